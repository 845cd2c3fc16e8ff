"""Diagnosis of rejected additions: Dodo rejects all products, and reads find the reasons."""

from collections.abc import Sequence

import pytest

from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import (
    InvalidInput,
    NotFound,
    Refusal,
    UserErrorCode,
)
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    CRM,
    EDGE,
    ICONS,
    MONTHLY,
    NOT_ACCEPTED,
    STARTER,
    UNKNOWN_PRODUCT,
    UNKNOWN_REJECTION,
    group,
    in_another_group,
    members,
    path_of,
    product,
    product_ref,
)
from tests.providers.faults import BROKEN, Fault
from tests.providers.mutations import run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ITEMS = f"{path_of(EDGE)}/items"
ARCHIVED = product("CRM Duo 2024")
GROUP_OF_ARCHIVED = group("Kestrel CRM 2024", "Monthly")
LISTS = [
    "/product-collections?page_number=0&page_size=100",
    "/product-collections?page_number=0&page_size=100&archived=true",
]


def unknown(about: ProductRef) -> NotFound:
    """Return the refusal of a product that does not exist."""
    return NotFound(message="The product does not exist.", about=about)


def archived(about: ProductRef) -> InvalidInput:
    """Return the refusal of an archived product."""
    message = "The product is archived and cannot be added to a group."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=about)


def archived_product(simulator: DodoSimulator) -> ProductRef:
    """Return an archived product that is in no collection."""
    products = simulator.snapshot()["products"]
    return product_ref(
        next(key for key, p in products.items() if p["archived"] and not p["collection_id"])
    )


def single(ref: ProductRef) -> str:
    """Return the path of a product."""
    return f"/products/{ref.native_id}"


async def refusals_of(provider: Provider, products: Sequence[ProductRef]) -> tuple[Refusal, ...]:
    """Add products that the vendor rejects, within one request; return the refusals."""
    with request_scope():
        plan = await provider.planner.assign(EDGE, products)
        with pytest.raises(Refused) as caught:
            await run_plan(plan)
    return caught.value.refusals


async def test_one_unknown_product_is_found_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    assert await refusals_of(provider, [UNKNOWN_PRODUCT]) == (unknown(UNKNOWN_PRODUCT),)
    assert [path for _, path, _ in take_calls(simulator)][1:] == [ITEMS, single(UNKNOWN_PRODUCT)]


async def test_one_product_of_another_collection_is_found_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    assert await refusals_of(provider, [STARTER]) == (in_another_group(STARTER, CRM),)
    assert [path for _, path, _ in take_calls(simulator)][1:] == [ITEMS, single(STARTER)]


async def test_one_archived_product_is_found_by_the_error_code(
    provider: Provider, simulator: DodoSimulator
) -> None:
    product = archived_product(simulator)
    assert await refusals_of(provider, [product]) == (archived(product),)
    assert [path for _, path, _ in take_calls(simulator)][1:] == [ITEMS]


async def test_a_few_products_are_read_one_by_one_with_their_collections(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = members(simulator, EDGE)
    assert await refusals_of(provider, [ICONS[0], UNKNOWN_PRODUCT, STARTER]) == (
        unknown(UNKNOWN_PRODUCT),
        in_another_group(STARTER, MONTHLY),
    )
    assert sorted(path for _, path, _ in take_calls(simulator)[2:]) == sorted(
        [*map(single, (ICONS[0], UNKNOWN_PRODUCT, STARTER)), path_of(CRM)]
    )
    assert members(simulator, EDGE) == before


async def test_many_products_are_searched_in_the_collections_and_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    many = members(simulator, MONTHLY)
    assert await refusals_of(provider, [*many, ARCHIVED, UNKNOWN_PRODUCT, *ICONS]) == (
        *(in_another_group(each, MONTHLY) for each in many),
        in_another_group(ARCHIVED, GROUP_OF_ARCHIVED),
        unknown(UNKNOWN_PRODUCT),
    )
    collections = [f"/product-collections/{each}" for each in simulator.snapshot()["collections"]]
    assert sorted(path for _, path, _ in take_calls(simulator)[2:]) == sorted(
        [*LISTS, *collections, *map(single, (UNKNOWN_PRODUCT, *ICONS))]
    )


async def test_archived_products_among_others_are_searched_in_the_archived_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    product = archived_product(simulator)
    assert await refusals_of(provider, [*ICONS, product]) == (archived(product),)
    assert sorted(path for _, path, _ in take_calls(simulator)[2:]) == sorted(
        [
            *map(single, (*ICONS, product)),
            "/products?page_number=0&page_size=100&archived=true",
        ]
    )


@pytest.mark.parametrize(
    ("fault", "refusal"),
    [
        (
            NOT_ACCEPTED,
            InvalidInput(
                message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
            ),
        ),
        (
            Fault(status=404),
            NotFound(message="The group does not exist, or is archived.", about=EDGE),
        ),
        (
            Fault(status=410, body=b'{"code": "PRODUCT_COLLECTION_IS_DELETED"}'),
            NotFound(message="The group does not exist, or is archived.", about=EDGE),
        ),
    ],
)
@pytest.mark.parametrize("products", [ICONS[:1], ICONS])
async def test_without_a_reason_the_refusal_follows_the_status(
    fail_with: FailWith, fault: Fault, refusal: Refusal, products: list[ProductRef]
) -> None:
    provider = fail_with({"POST": [fault]})
    assert await refusals_of(provider, products) == (refusal,)


@pytest.mark.parametrize("products", [[UNKNOWN_PRODUCT], [UNKNOWN_PRODUCT, STARTER]])
async def test_if_the_reads_fail_the_refusal_follows_the_status(
    fail_with: FailWith, products: list[ProductRef]
) -> None:
    broken: list[Fault | None] = [None, *[BROKEN] * 9]
    provider = fail_with({"POST": [NOT_ACCEPTED], "GET": broken})
    assert await refusals_of(provider, products) == (
        InvalidInput(
            message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
        ),
    )


async def test_a_rejection_with_an_unknown_status_is_not_diagnosed(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [UNKNOWN_REJECTION]})
    plan = await provider.planner.assign(EDGE, ICONS)
    take_calls(simulator)
    with pytest.raises(Rejected):
        await run_plan(plan)
    assert take_calls(simulator) == []
