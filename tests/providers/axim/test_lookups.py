"""Lookups by SKU and native id, searches for groups, and products that are in no group."""

from typing import Any

import httpx
import pytest

from groupgate.domain.catalog import GroupStatus, Product, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.axim import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from groupgate.upstream.results import unwrap
from groupgate.upstream.vendor_state import Policy, VendorState
from tests.providers.axim.seed import (
    COLLECTION,
    KITCHEN,
    all_products,
    group_named,
    group_path,
    groups_path,
    product_ref,
    products_path,
)
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.reads import FixedResponses, take_paths

pytestmark = pytest.mark.anyio

WHOLE = PageRequest(first=100)
UNGROUPED = ProductsRequest(page=WHOLE, is_ungrouped=True)
UNGROUPED_SKUS = ["FUR-018", "FUR-019", "FUR-020", "TEX-066", "TEX-067", "TEX-068"]


def skus_of(simulator: AximSimulator) -> list[str]:
    """Return the SKUs of the simulator's products in order."""
    return [product["sku"] for product in all_products(simulator)]


def sku_batch_path(skus: list[str]) -> str:
    """Return the path of the products with these SKUs."""
    return f"/products?sku%3Ain={'%2C'.join(skus)}&page=1&limit=50"


def sku_search_path(part: str, page: int = 1) -> str:
    """Return the path of a page of the products whose SKU contains this text."""
    return f"/products?sku={part}&page={page}&limit=50"


async def test_sixty_products_by_sku_need_two_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    skus = skus_of(simulator)[::-3][:60]
    with request_scope():
        products = await provider.get_products_by_sku([*skus, skus[0], ""])
        assert await provider.get_products_by_sku(skus) == products
    assert {sku: unwrap(product).sku for sku, product in products.items()} == {
        sku: sku for sku in skus
    }
    assert take_paths(simulator) == [sku_batch_path(skus[:50]), sku_batch_path(skus[50:])]


async def test_a_product_by_sku_has_all_fields(
    provider: Provider, simulator: AximSimulator
) -> None:
    found = unwrap((await provider.get_products_by_sku(["FUR-001"]))["FUR-001"])
    ref = product_ref(all_products(simulator)[0]["id"])
    assert found == unwrap((await provider.get_products([ref]))[ref])
    assert found.groups
    assert found.detail


async def test_an_unknown_sku_has_no_result_and_needs_no_second_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = await provider.get_products_by_sku(["unknown", "FUR-001"])
    assert list(products) == ["FUR-001"]
    assert take_paths(simulator) == [sku_batch_path(["unknown", "FUR-001"])]


async def test_products_of_cached_pages_need_no_call_by_sku(
    provider: Provider, simulator: AximSimulator
) -> None:
    skus = skus_of(simulator)
    with request_scope():
        await provider.list_products([ProductsRequest(page=PageRequest(first=50))])
        take_paths(simulator)
        assert list(await provider.get_products_by_sku(skus[:50])) == skus[:50]
        assert take_paths(simulator) == []
        assert len(await provider.get_products_by_sku(skus[49:51])) == 2
    assert take_paths(simulator) == [sku_batch_path([skus[50]])]


ODD = [
    {"id": "p1", "sku": "A,B"},
    {"id": "p2", "sku": "A,B,C"},
    {"id": "p3", "sku": "a,b"},
    {"id": "p4"},
    {"id": "p5", "sku": "D"},
    {"id": "p6", "sku": "D"},
]


async def test_a_sku_with_a_comma_is_found_by_a_search_for_a_part(connect: Connect) -> None:
    """The vendor separates the SKUs of a batch by commas."""
    path = "/open-api/api" + sku_search_path("A%2CB")
    vendor = FixedResponses({path: {"data": ODD[:3][::-1]}})
    products = await connect(vendor).get_products_by_sku(["A,B"])
    assert {sku: unwrap(product).ref for sku, product in products.items()} == {
        "A,B": product_ref("p1")
    }
    assert vendor.targets == [path]


async def test_the_first_of_several_products_with_one_sku_is_returned(connect: Connect) -> None:
    path = "/open-api/api" + sku_batch_path(["D", "E"])
    vendor = FixedResponses({path: {"data": ODD[4:], "pagination": {"page": 1, "total": 2}}})
    products = await connect(vendor).get_products_by_sku(["D", "E"])
    assert {sku: unwrap(product).ref for sku, product in products.items()} == {
        "D": product_ref("p5")
    }
    assert vendor.targets == [path]


async def test_products_without_a_sku_are_not_returned_for_any(connect: Connect) -> None:
    prefix = "/open-api/api"
    bodies = {
        prefix + products_path(1): {"data": ODD},
        prefix + sku_batch_path(["X"]): {"data": []},
    }
    provider = connect(FixedResponses(bodies))
    with request_scope():
        await provider.list_products([ProductsRequest(page=WHOLE)])
        assert await provider.get_products_by_sku(["", "X"]) == {}


async def test_skus_are_searched_one_by_one_if_the_batch_contains_other_products(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    first = all_products(simulator)[:50]

    def without_filter(path: str, body: Any) -> Any:
        return {"data": first} if "sku%3Ain" in path else body

    provider = alter_responses(without_filter)
    products = await provider.get_products_by_sku(["FUR-003", "PHO-176", "unknown"])
    assert {sku: unwrap(product).sku for sku, product in products.items()} == {
        "FUR-003": "FUR-003",
        "PHO-176": "PHO-176",
    }
    assert take_paths(simulator) == [
        sku_batch_path(["FUR-003", "PHO-176", "unknown"]),
        sku_search_path("PHO-176"),
        sku_search_path("unknown"),
    ]


async def test_skus_are_searched_one_by_one_if_the_batch_is_truncated_or_rejected(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    skus = skus_of(simulator)[:3]

    def shortened(path: str, body: Any) -> Any:
        return body | {"data": body["data"][:2]} if "sku%3Ain" in path else body

    products = await alter_responses(shortened).get_products_by_sku(skus)
    assert list(products) == skus
    assert take_paths(simulator) == [sku_batch_path(skus), sku_search_path(skus[2])]
    rejected = alter_responses(lambda path, body: 400 if "sku%3Ain" in path else body)
    assert list(await rejected.get_products_by_sku(skus)) == skus
    assert take_paths(simulator) == [sku_batch_path(skus), *map(sku_search_path, skus)]


async def test_a_search_for_a_sku_that_is_rejected_finds_nothing(
    alter_responses: AlterResponses,
) -> None:
    provider = alter_responses(lambda path, body: 404 if "sku" in path else body)
    assert await provider.get_products_by_sku(["FUR-001"]) == {}


async def test_a_batch_of_skus_that_fails_fails_its_products_only(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    skus = skus_of(simulator)[:60]
    bad = sku_batch_path(skus[50:])
    products = await alter_responses(
        lambda path, body: 500 if path == bad else body
    ).get_products_by_sku(skus)
    assert all(isinstance(products[sku], Product) for sku in skus[:50])
    assert all(isinstance(products[sku], Unavailable) for sku in skus[50:])


async def test_a_product_by_sku_is_taken_from_an_earlier_list_if_the_vendor_fails(
    settings: Settings,
) -> None:
    rows = [{"id": "p1", "sku": "A"}, {"id": "p2"}]
    vendor = FixedResponses({"/open-api/api" + products_path(1): {"data": rows}})
    state = VendorState(ProviderKey.AXIM, Policy(cache_stale_if_error=300))
    provider = build(settings, vendor, state)
    with request_scope():
        await provider.list_products([ProductsRequest(page=WHOLE)])
    vendor.handler = lambda _request: httpx.Response(503)
    with request_scope() as scope:
        found = await provider.get_products_by_sku(["A", "B"])
    assert unwrap(found["A"]).ref == product_ref("p1")
    assert isinstance(found["B"], Unavailable)
    assert isinstance(scope.stale[ProviderKey.AXIM].reason, Unavailable)


async def test_one_group_by_native_id_is_read_alone(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    groups = await provider.get_groups_by_native_id([ref.native_id, ref.native_id])
    assert {each: unwrap(group).ref for each, group in groups.items()} == {ref.native_id: ref}
    assert take_paths(simulator) == [group_path(ref.native_id)]


async def test_several_groups_by_native_id_are_read_from_their_list(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = [group["id"] for group in simulator.snapshot()["groups"]]
    assert list(await provider.get_groups_by_native_id([*ids, "unknown"])) == ids
    assert take_paths(simulator) == [groups_path(1)]


async def test_a_search_for_groups_reads_pages_of_fifty_until_the_page_is_full(
    provider: Provider, simulator: AximSimulator
) -> None:
    headers = {"accessToken": "axim-sandbox-token"}
    transport = httpx.ASGITransport(app=simulator)
    async with httpx.AsyncClient(transport=transport, headers=headers) as http:
        for number in range(60):
            url = "http://axim.test/open-api/api/productGroup/create"
            await http.post(url, json={"name": f"Range {number}"})
    simulator.calls.clear()
    ten, all_of_one = (
        GroupsRequest(page=PageRequest(first=first), search="RANGE 1") for first in (10, 20)
    )
    with request_scope():
        page = unwrap((await provider.list_groups([ten]))[ten])
        assert [group.name for group in page.items][:3] == ["Range 1", "Range 10", "Range 11"]
        assert (len(page.items), page.has_next, page.total) == (10, True, None)
        assert take_paths(simulator) == [groups_path(1)]
        page = unwrap((await provider.list_groups([all_of_one]))[all_of_one])
    assert (len(page.items), page.has_next, page.total) == (11, False, 11)
    assert take_paths(simulator) == [groups_path(2)]


@pytest.mark.parametrize(
    ("search", "status", "names"),
    [
        ("kitchen &", None, ["Kitchen & dining"]),
        ("men", None, ["Women", "Men"]),
        ("summer", GroupStatus.INACTIVE, ["Summer 2025"]),
        ("summer", GroupStatus.ACTIVE, []),
    ],
)
async def test_groups_of_the_collection_and_of_all_collections_are_the_same(
    provider: Provider, search: str, status: GroupStatus | None, names: list[str]
) -> None:
    own, across = (
        GroupsRequest(page=WHOLE, collection=collection, search=search, status=status)
        for collection in (COLLECTION, None)
    )
    pages = await provider.list_groups([own, across])
    assert [group.name for group in unwrap(pages[own]).items] == names
    assert pages[own] == pages[across]


async def test_products_with_an_empty_list_of_groups_are_ungrouped(
    provider: Provider, simulator: AximSimulator
) -> None:
    page = unwrap((await provider.list_products([UNGROUPED]))[UNGROUPED])
    assert [product.sku for product in page.items] == UNGROUPED_SKUS
    assert {product.groups for product in page.items} == {()}
    assert (page.has_next, page.total) == (False, 6)
    assert take_paths(simulator) == [products_path(number) for number in range(1, 6)]


async def test_ungrouped_products_end_at_a_full_page(
    provider: Provider, simulator: AximSimulator
) -> None:
    request = ProductsRequest(page=PageRequest(first=2), is_ungrouped=True)
    page = unwrap((await provider.list_products([request]))[request])
    assert [product.sku for product in page.items] == UNGROUPED_SKUS[:2]
    assert take_paths(simulator) == [products_path(1)]


async def test_groups_are_read_if_products_do_not_name_theirs(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    def without_groups(path: str, body: Any) -> Any:
        if not path.startswith("/products"):
            return body
        rows = [{**row} for row in body["data"]]
        for row in rows:
            del row["productGroups"]
        return body | {"data": rows}

    provider = alter_responses(without_groups)
    with request_scope():
        page = unwrap((await provider.list_products([UNGROUPED]))[UNGROUPED])
    assert [product.sku for product in page.items] == UNGROUPED_SKUS
    assert {product.groups for product in page.items} == {None}
    paths = take_paths(simulator)
    assert len(paths) == len(set(paths))
    assert groups_path(1) in paths


async def test_status_search_and_groups_are_combined(provider: Provider) -> None:
    request = ProductsRequest(
        page=WHOLE, is_ungrouped=True, status=ProductStatus.INACTIVE, search="tex-"
    )
    page = unwrap((await provider.list_products([request]))[request])
    assert [product.sku for product in page.items] == ["TEX-068"]


async def test_a_product_without_a_status_matches_neither(connect: Connect) -> None:
    path = "/open-api/api" + products_path(1)
    rows = [{"id": "p1"}, {"id": "p2", "status": "Active"}, {"id": "p3", "status": "draft"}]
    requests = {
        status: ProductsRequest(page=WHOLE, status=status)
        for status in (None, ProductStatus.ACTIVE, ProductStatus.INACTIVE)
    }
    pages = await connect(FixedResponses({path: {"data": rows}})).list_products(
        list(requests.values())
    )
    found = {
        status: [product.ref.native_id for product in unwrap(pages[request]).items]
        for status, request in requests.items()
    }
    assert found == {
        None: ["p1", "p2", "p3"],
        ProductStatus.ACTIVE: ["p2"],
        ProductStatus.INACTIVE: ["p3"],
    }
