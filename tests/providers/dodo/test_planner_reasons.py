"""Why Dodo would not take products: it refuses all of them, and reads tell which and why."""

from collections.abc import Sequence

import pytest

from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import (
    Conflict,
    InvalidInput,
    NotFound,
    Refusal,
    UserErrorCode,
)
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    CRM,
    EDGE,
    ICONS,
    MONTHLY,
    NO_PRODUCT,
    asked,
    carry,
    group,
    held,
    path_of,
    product,
)
from tests.providers.dodo.faults import BROKEN, NOT_ACCEPTED, ODD_REFUSAL, Fault, failing
from tests.providers.dodo.reading import product_ref

pytestmark = pytest.mark.anyio

ITEMS = f"{path_of(EDGE)}/items"
STARTER = product("CRM Starter, monthly")
ARCHIVED = product("CRM Duo 2024")
ARCHIVED_HOME = group("Kestrel CRM 2024", "Monthly")
LISTS = [
    "/product-collections?page_number=0&page_size=100",
    "/product-collections?page_number=0&page_size=100&archived=true",
]


def unknown(about: ProductRef) -> NotFound:
    """What tells that there is no such product."""
    return NotFound(message="There is no such product.", about=about)


def elsewhere(about: ProductRef, conflicting_ref: CollectionRef | GroupRef) -> Conflict:
    """What tells that a product is in another group."""
    return Conflict(
        message="This product is in another group; take it out there first, or move it.",
        code=UserErrorCode.IN_ANOTHER_GROUP,
        about=about,
        conflicting_ref=conflicting_ref,
    )


def archived(about: ProductRef) -> InvalidInput:
    """What tells that a product is archived."""
    message = "This product is archived; no group can take it."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=about)


def loose_archived(simulator: DodoSimulator) -> ProductRef:
    """A product that is archived and in no collection."""
    products = simulator.snapshot()["products"]
    return product_ref(
        next(key for key, p in products.items() if p["archived"] and not p["collection_id"])
    )


def single(ref: ProductRef) -> str:
    """Where one product is read."""
    return f"/products/{ref.native_id}"


async def refusals_of(provider: Provider, products: Sequence[ProductRef]) -> tuple[Refusal, ...]:
    """Have products refused by the vendor, within one request; return why."""
    with request_scope():
        plan = await provider.planner.assign(EDGE, products)
        with pytest.raises(Refused) as caught:
            await carry(plan)
    return caught.value.refusals


async def test_one_unknown_product_is_found_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    assert await refusals_of(provider, [NO_PRODUCT]) == (unknown(NO_PRODUCT),)
    assert [path for _, path, _ in asked(simulator)][1:] == [ITEMS, single(NO_PRODUCT)]


async def test_one_product_of_another_collection_is_found_by_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    assert await refusals_of(provider, [STARTER]) == (elsewhere(STARTER, CRM),)
    assert [path for _, path, _ in asked(simulator)][1:] == [ITEMS, single(STARTER)]


async def test_one_archived_product_is_told_by_the_vendors_code(
    provider: Provider, simulator: DodoSimulator
) -> None:
    product = loose_archived(simulator)
    assert await refusals_of(provider, [product]) == (archived(product),)
    assert [path for _, path, _ in asked(simulator)][1:] == [ITEMS]


async def test_a_few_products_are_read_singly_with_the_collections_they_lead_to(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = held(simulator, EDGE)
    assert await refusals_of(provider, [ICONS[0], NO_PRODUCT, STARTER]) == (
        unknown(NO_PRODUCT),
        elsewhere(STARTER, MONTHLY),
    )
    assert sorted(path for _, path, _ in asked(simulator)[2:]) == sorted(
        [*map(single, (ICONS[0], NO_PRODUCT, STARTER)), path_of(CRM)]
    )
    assert held(simulator, EDGE) == before


async def test_many_products_are_looked_for_in_the_collections_and_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    many = held(simulator, MONTHLY)
    assert await refusals_of(provider, [*many, ARCHIVED, NO_PRODUCT, *ICONS]) == (
        *(elsewhere(each, MONTHLY) for each in many),
        elsewhere(ARCHIVED, ARCHIVED_HOME),
        unknown(NO_PRODUCT),
    )
    collections = [f"/product-collections/{each}" for each in simulator.snapshot()["collections"]]
    assert sorted(path for _, path, _ in asked(simulator)[2:]) == sorted(
        [*LISTS, *collections, *map(single, (NO_PRODUCT, *ICONS))]
    )


async def test_archived_ones_among_others_are_looked_for_on_their_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    product = loose_archived(simulator)
    assert await refusals_of(provider, [*ICONS, product]) == (archived(product),)
    assert sorted(path for _, path, _ in asked(simulator)[2:]) == sorted(
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
            NotFound(message="It does not exist, or is archived.", about=EDGE),
        ),
        (
            Fault(status=410, body=b'{"code": "PRODUCT_COLLECTION_IS_DELETED"}'),
            NotFound(message="It does not exist, or is archived.", about=EDGE),
        ),
    ],
)
@pytest.mark.parametrize("products", [ICONS[:1], ICONS])
async def test_where_no_product_is_to_blame_the_status_tells(
    settings: Settings,
    simulator: DodoSimulator,
    fault: Fault,
    refusal: Refusal,
    products: list[ProductRef],
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    assert await refusals_of(provider, products) == (refusal,)


@pytest.mark.parametrize("products", [[NO_PRODUCT], [NO_PRODUCT, STARTER]])
async def test_where_the_reads_fail_the_status_tells(
    settings: Settings, simulator: DodoSimulator, products: list[ProductRef]
) -> None:
    broken: list[Fault | None] = [None, *[BROKEN] * 9]
    provider = failing(settings, simulator, POST=[NOT_ACCEPTED], GET=broken)
    assert await refusals_of(provider, products) == (
        InvalidInput(
            message="Dodo Payments does not accept this change.", code=UserErrorCode.INVALID
        ),
    )


async def test_a_refusal_without_a_known_meaning_is_not_looked_into(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[ODD_REFUSAL])
    plan = await provider.planner.assign(EDGE, ICONS)
    asked(simulator)
    with pytest.raises(Rejected):
        await carry(plan)
    assert asked(simulator) == []
