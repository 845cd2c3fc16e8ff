"""InputValidator: collects all refusals, each with its argument, without upstream calls."""

from collections.abc import Callable
from functools import partial

import pytest

from groupgate.commands.validation import InputValidator
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupAccess, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import (
    Conflict,
    InvalidInput,
    NotFound,
    Refusal,
    Unsupported,
    UserErrorCode,
    not_found,
)
from tests.commands.runners import CodeAndField, codes_and_fields
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    FOREIGN_GROUP,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    A,
    B,
    C,
    D,
    sample_provider,
)

IMPLICIT = CollectionRef(provider=ProviderKey.DODO)


def validator_without(*missing: Capability) -> InputValidator:
    """Return a validator for a vendor with all but these capabilities."""
    return InputValidator(sample_provider(ALL_CAPABILITIES - set(missing)), Capability.GROUP_UPDATE)


def refusals_of(check: Callable[[], object]) -> tuple[Refusal, ...]:
    """Return the refusals that a check raises."""
    with pytest.raises(Refused) as caught:
        check()
    return caught.value.refusals


def collected(validator: InputValidator) -> list[CodeAndField]:
    """Return the code and the field of all collected refusals."""
    return codes_and_fields(refusals_of(validator.raise_refusals))


def test_an_unsupported_mutation_is_refused_at_once_without_a_call() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_DELETE})

    (refusal,) = refusals_of(lambda: InputValidator(vendor, Capability.GROUP_DELETE))

    assert refusal == Unsupported(
        message="Sample vendor does not support GROUP_DELETE.",
        provider=ProviderKey.DODO,
        capability=Capability.GROUP_DELETE,
    )
    assert vendor.calls == []


def test_a_validator_without_refusals_raises_nothing() -> None:
    validator_without().raise_refusals()


def test_a_valid_list_is_returned_in_its_order() -> None:
    validator = validator_without()

    assert validator.check_refs([B, A], ProductRef, "productIds", 100) == (B, A)
    validator.raise_refusals()


def test_each_invalid_id_of_a_list_is_refused_with_its_index() -> None:
    validator = validator_without()
    given: list[Ref | None] = [A, None, FOREIGN_PRODUCT, GROUP, A, B, A]

    assert validator.check_refs(given, ProductRef, "productIds", 100) == (A, B)
    refusals = refusals_of(validator.raise_refusals)
    assert codes_and_fields(refusals) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
        (UserErrorCode.INVALID, ("productIds", "3")),
        (UserErrorCode.DUPLICATE, ("productIds", "4")),
        (UserErrorCode.DUPLICATE, ("productIds", "6")),
    ]
    assert [refusal.message for refusal in refusals[:4]] == [
        "The value is not the id of a product.",
        "The product belongs to another provider than Sample vendor.",
        "The value is not the id of a product.",
        "The list contains this product more than once.",
    ]


def test_a_list_of_as_many_ids_as_the_limit_passes_and_a_longer_one_is_refused() -> None:
    ids = [ProductRef(provider=ProviderKey.DODO, native_id=str(number)) for number in range(101)]

    passed = validator_without().check_refs(ids[:100], ProductRef, "productIds", 100)
    (refusal,) = refusals_of(
        lambda: validator_without().check_refs(ids, ProductRef, "productIds", 100)
    )

    assert len(passed) == 100
    assert refusal == InvalidInput(
        message="The list contains 101 ids; at most 100 are allowed.",
        code=UserErrorCode.TOO_LONG,
        field=("productIds",),
    )


def test_the_ids_of_a_list_that_is_too_long_are_not_checked() -> None:
    validator = validator_without()
    validator.refuse_argument("The input is wrong.", "input")

    refusals = refusals_of(lambda: validator.check_refs([None] * 11, ProductRef, "productIds", 10))

    assert [refusal.field for refusal in refusals] == [("input",), ("productIds",)]


@pytest.mark.parametrize("name", ["", "   ", "\t\n"])
def test_a_blank_name_is_refused(name: str) -> None:
    validator = validator_without()
    validator.check_group_change(GroupChange(name=name), "input")

    assert refusals_of(validator.raise_refusals) == (
        InvalidInput(
            message="Sample vendor requires a name for the group.",
            code=UserErrorCode.BLANK,
            field=("input", "name"),
        ),
    )


def test_a_group_name_can_be_cleared_only_if_the_vendor_supports_unnamed_groups() -> None:
    validator_without().check_group_change(GroupChange(name=None), "input")
    validator = validator_without(Capability.GROUP_UNNAMED)
    validator.check_group_change(GroupChange(name=None), "input")

    assert collected(validator) == [(UserErrorCode.BLANK, ("input", "name"))]


def test_an_absent_name_is_refused_only_for_a_new_object_that_requires_one() -> None:
    validator_without(Capability.GROUP_UNNAMED).check_group_change(GroupChange(), "input")
    validator_without().check_group_change(GroupChange(), "group", is_new=True)
    validator_without().check_collection_change(CollectionChange())
    validator = validator_without(Capability.GROUP_UNNAMED)
    validator.check_collection_change(CollectionChange(), is_new=True)
    validator.check_group_change(GroupChange(), "group", is_new=True)

    assert [
        (refusal.message, refusal.field) for refusal in refusals_of(validator.raise_refusals)
    ] == [
        ("Sample vendor requires a name for the collection.", ("input", "name")),
        ("Sample vendor requires a name for the group.", ("group", "name")),
    ]
    assert collected(validator) == [
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.BLANK, ("group", "name")),
    ]


def test_each_unsupported_field_is_refused() -> None:
    missing = (
        Capability.GROUP_STATUS,
        Capability.GROUP_ACCESS,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
    )
    change = GroupChange(
        status=GroupStatus.ACTIVE,
        access=GroupAccess.OPEN,
        description=None,
        template_name="Plain",
    )
    validator_without().check_group_change(change, "input")
    validator = validator_without(*missing)
    validator.check_group_change(change, "input")

    refusals = refusals_of(validator.raise_refusals)

    assert [refusal.capability for refusal in refusals if isinstance(refusal, Unsupported)] == [
        *missing
    ]
    assert [refusal.field for refusal in refusals] == [
        ("input", "status"),
        ("input", "access"),
        ("input", "description"),
        ("input", "templateName"),
    ]


def test_null_is_unsupported_for_an_unsupported_field_and_otherwise_invalid() -> None:
    validator = validator_without(Capability.GROUP_ACCESS)
    validator.refuse_null("input", "status")
    validator.refuse_null("input", "access")

    assert collected(validator) == [
        (UserErrorCode.INVALID, ("input", "status")),
        (UserErrorCode.UNSUPPORTED, ("input", "access")),
    ]


def test_a_target_that_cannot_exist_is_refused_as_not_found() -> None:
    implicit = GroupRef(provider=ProviderKey.DODO, native_id="1")
    for ref, message in (
        (implicit, "The group does not exist."),
        (IMPLICIT, "The collection does not exist."),
    ):
        assert refusals_of(partial(validator_without().check_target, ref, "id")) == (
            NotFound(message=message, about=ref, field=("id",)),
        )
        validator_without(Capability.COLLECTIONS).check_target(ref, "id")
    for ref in (GROUP, COLLECTION):
        validator_without().check_target(ref, "id")
        without_collections = validator_without(Capability.COLLECTIONS)
        assert refusals_of(partial(without_collections.check_target, ref, "id"))


def test_a_second_group_that_cannot_exist_is_refused_as_not_found() -> None:
    validator = validator_without()
    implicit = GroupRef(provider=ProviderKey.DODO, native_id="1")

    assert validator.check_ref(implicit, GroupRef, "toGroupId") is None
    assert validator.check_ref(FOREIGN_GROUP, GroupRef, "toGroupId") is None
    assert validator.check_ref(OTHER_GROUP, GroupRef, "toGroupId") == OTHER_GROUP
    assert collected(validator) == [
        (UserErrorCode.NOT_FOUND, ("toGroupId",)),
        (UserErrorCode.WRONG_PROVIDER, ("toGroupId",)),
    ]


def test_a_refusal_of_the_planner_gets_the_argument_of_the_object_it_is_about() -> None:
    validator = validator_without()
    validator.check_target(GROUP, "id")
    validator.check_refs([A, B], ProductRef, "productIds", 100)
    about: list[Ref | None] = [GROUP, COLLECTION, B, C, None]

    fields = [
        validator.with_field(Conflict(message="", code=UserErrorCode.LAST_PRODUCT, about=ref)).field
        for ref in about
    ]

    assert fields == [("id",), ("id",), ("productIds", "1"), None, None]


def test_a_refusal_with_a_field_keeps_it() -> None:
    validator = validator_without()
    validator.check_target(GROUP, "id")
    refusal = InvalidInput(message="", code=UserErrorCode.INVALID, field=("input",), about=GROUP)

    assert validator.with_field(refusal) is refusal


def test_a_refusal_of_a_taken_name_gets_the_name_argument() -> None:
    taken = Conflict(message="", code=UserErrorCode.TAKEN, about=GROUP, conflicting_ref=OTHER_GROUP)
    for name in ("New", None):
        validator = validator_without()
        validator.check_target(GROUP, "id")
        validator.check_group_change(GroupChange(name=name), "input")
        assert validator.with_field(taken).field == ("input", "name")


def test_refusals_of_the_planner_come_after_those_of_the_validator() -> None:
    validator = validator_without()
    validator.check_target(GROUP, "id")
    validator.refuse_argument("The input is wrong.", "input")

    refusals = refusals_of(lambda: validator.raise_refusals([not_found(GROUP)]))

    assert [refusal.field for refusal in refusals] == [("input",), ("id",)]


def check_permutation(*order: ProductRef) -> None:
    """Check an order of the products A, B and C."""
    validator = validator_without()
    validator.check_permutation((A, B, C), order, "productIds")
    validator.raise_refusals()


def test_any_order_of_all_members_is_a_permutation() -> None:
    check_permutation(A, B, C)
    check_permutation(C, A, B)


@pytest.mark.parametrize(
    ("order", "counts"),
    [
        ((A, B), "1 missing, 0 unknown"),
        ((A, B, C, D), "0 missing, 1 unknown"),
        ((D,), "3 missing, 1 unknown"),
        ((), "3 missing, 0 unknown"),
    ],
)
def test_missing_and_unknown_members_are_counted(
    order: tuple[ProductRef, ...], counts: str
) -> None:
    assert refusals_of(lambda: check_permutation(*order)) == (
        InvalidInput(
            message=f"The list must contain every member exactly once: {counts}.",
            code=UserErrorCode.NOT_A_PERMUTATION,
            field=("productIds",),
        ),
    )
