"""A new order names every member once, and nothing else."""

import pytest

from groupgate.commands.validation import InputValidator, check_permutation
from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from tests.little_shop import A, B, C, D, shop


def check(*order: ProductRef) -> None:
    """Check an order of A, B and C."""
    validator = InputValidator(shop(), Capability.GROUP_REORDER_PRODUCTS)
    check_permutation(validator, (A, B, C), order, "productIds")
    validator.settle()


def test_any_order_of_all_members_passes() -> None:
    check(A, B, C)
    check(C, A, B)


@pytest.mark.parametrize(
    ("order", "told"),
    [
        ((A, B), "1 missing, 0 foreign"),
        ((A, B, C, D), "0 missing, 1 foreign"),
        ((D,), "3 missing, 1 foreign"),
        ((), "3 missing, 0 foreign"),
    ],
)
def test_missing_and_foreign_members_are_counted(order: tuple[ProductRef, ...], told: str) -> None:
    with pytest.raises(Refused) as caught:
        check(*order)

    assert caught.value.refusals == (
        InvalidInput(
            message=f"The list must name every member once: {told}.",
            code=UserErrorCode.NOT_A_PERMUTATION,
            field=("productIds",),
        ),
    )
