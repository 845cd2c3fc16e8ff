"""Lookups by SKU and native id, searches for groups, and products in the general group only."""

import pytest

from groupgate.domain.catalog import ProductStatus
from groupgate.domain.paging import GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.upstream.results import unwrap
from tests.providers.conftest import Connect
from tests.providers.reads import take_paths
from tests.providers.two_checkout.seed import (
    COLLECTION,
    GENERAL,
    OFFICE,
    UTILITIES,
    product_ref,
    products_by_group,
)
from tests.providers.two_checkout.undocumented import UndocumentedVendor, group, product

pytestmark = pytest.mark.anyio

WHOLE = PageRequest(first=100)
UNGROUPED = ProductsRequest(page=WHOLE, is_ungrouped=True)
ALL_PRODUCTS = ["/products/?Limit=200&Page=1", "/products/?Limit=200&Page=2"]
GENERAL_PRODUCTS = "/products/?GroupName=General&Limit=200&Page=1"


async def test_the_code_of_a_product_is_its_sku(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        products = await provider.get_products_by_sku(["A+B", "A+B"])
        found = await provider.get_products([product_ref("A+B")])
    assert products == {"A+B": found[product_ref("A+B")]}
    assert unwrap(products["A+B"]).sku == "A+B"
    assert await provider.get_products_by_sku([""]) == {}
    assert take_paths(simulator) == ["/products/A%2BB/"]


async def test_a_hundred_products_by_sku_need_one_read_of_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    codes = [row["ProductCode"] for row in simulator.snapshot()["products"]][::-2][:100]
    with request_scope():
        products = await provider.get_products_by_sku([*codes, "unknown"])
    assert list(products) == codes
    assert take_paths(simulator) == ALL_PRODUCTS


async def test_one_group_by_native_id_is_read_alone_and_several_from_the_list(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    groups = await provider.get_groups_by_native_id([OFFICE.native_id])
    assert {each: unwrap(found).ref for each, found in groups.items()} == {OFFICE.native_id: OFFICE}
    assert take_paths(simulator) == [f"/productgroups/{OFFICE.native_id}/"]
    ids = [UTILITIES.native_id, "unknown", OFFICE.native_id]
    assert set(await provider.get_groups_by_native_id(ids)) == {ids[0], ids[2]}
    assert take_paths(simulator) == ["/productgroups/"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("OFFICE", ["Office"]),
        ("éDUC", ["Éducation"]),
        ("e\u0301duc", ["Éducation"]),
        ("50%", ["R&D + QA / 50%"]),
        ("nothing has this", []),
    ],
)
async def test_a_search_for_groups_compares_case_folded_names(
    provider: Provider, simulator: TwoCheckoutSimulator, search: str, names: list[str]
) -> None:
    own, across = (
        GroupsRequest(page=WHOLE, collection=collection, search=search)
        for collection in (COLLECTION, None)
    )
    with request_scope():
        pages = await provider.list_groups([own, across])
    assert [found.name for found in unwrap(pages[own]).items] == names
    assert unwrap(pages[own]).total == len(names)
    assert pages[own] == pages[across]
    assert take_paths(simulator) == ["/productgroups/"]


async def test_products_of_the_general_group_are_ungrouped(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        page = unwrap((await provider.list_products([UNGROUPED]))[UNGROUPED])
    assert [found.sku for found in page.items] == products_by_group(simulator)["General"]
    assert {found.groups for found in page.items} == {(GENERAL,)}
    assert (page.has_next, page.total) == (False, 10)
    assert take_paths(simulator) == [GENERAL_PRODUCTS]


async def test_a_page_of_ungrouped_products_has_the_total(provider: Provider) -> None:
    request = ProductsRequest(page=PageRequest(first=3, offset=2), is_ungrouped=True)
    page = unwrap((await provider.list_products([request]))[request])
    assert (page.ends, page.has_next, page.total) == ((3, 4, 5), True, 10)


async def test_ungrouped_products_are_taken_from_cached_pages_of_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """One call is left: the group of a product whose record names none."""
    with request_scope():
        request = ProductsRequest(page=PageRequest(first=1), search="nothing has this")
        await provider.list_products([request])
        assert take_paths(simulator) == ALL_PRODUCTS
        page = unwrap((await provider.list_products([UNGROUPED]))[UNGROUPED])
    assert [found.sku for found in page.items] == products_by_group(simulator)["General"]
    assert take_paths(simulator) == ["/products/PTR-TEA-1Y/productgroups/", "/productgroups/"]


async def test_ungrouped_products_are_filtered_by_status_and_search(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    rows = {row["ProductCode"]: row["Enabled"] for row in simulator.snapshot()["products"]}
    general = products_by_group(simulator)["General"]
    requests = {
        is_active: ProductsRequest(page=WHOLE, is_ungrouped=True, status=status)
        for is_active, status in ((True, ProductStatus.ACTIVE), (False, ProductStatus.INACTIVE))
    }
    found = ProductsRequest(page=WHOLE, is_ungrouped=True, search="READER")
    with request_scope():
        pages = await provider.list_products([*requests.values(), found])
    for is_active, request in requests.items():
        codes = [each.sku for each in unwrap(pages[request]).items]
        assert codes == [code for code in general if rows[code] is is_active]
    assert [each.sku for each in unwrap(pages[found]).items] == ["FREE-READER"]
    assert take_paths(simulator) == [GENERAL_PRODUCTS]


async def test_products_are_filtered_by_status(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    request = ProductsRequest(page=WHOLE, status=ProductStatus.INACTIVE)
    with request_scope():
        page = unwrap((await provider.list_products([request]))[request])
    rows = simulator.snapshot()["products"]
    assert [each.sku for each in page.items] == [
        row["ProductCode"] for row in rows if not row["Enabled"]
    ]
    assert (page.has_next, page.total) == (False, 13)
    assert take_paths(simulator) == ALL_PRODUCTS


TOOLS = group("T1", "General tools")
GROUPS = (TOOLS, group("G1", "General"))


async def test_a_vendor_that_compares_a_part_of_the_name_is_detected(connect: Connect) -> None:
    rows = [product(f"{row['Code']}-{n}", row) for n in range(2) for row in GROUPS]
    vendor = UndocumentedVendor(
        GROUPS, rows, group_filter=lambda row, name: name in row["ProductGroup"]["Name"]
    )
    with request_scope():
        page = unwrap((await connect(vendor).list_products([UNGROUPED]))[UNGROUPED])
    assert [each.sku for each in page.items] == ["G1-0", "G1-1"]
    assert page.total == 2
    assert vendor.calls == [
        "/products/?GroupName=General&Limit=200&Page=1",
        "/products/?Limit=200&Page=1",
    ]


async def test_a_merchant_without_a_general_group_has_no_ungrouped_products(
    connect: Connect,
) -> None:
    vendor = UndocumentedVendor((TOOLS,), [product("T1-0", TOOLS)])
    page = unwrap((await connect(vendor).list_products([UNGROUPED]))[UNGROUPED])
    assert (page.items, page.has_next, page.total) == ((), False, 0)


async def test_products_whose_records_name_no_group_are_read_by_the_name(
    connect: Connect,
) -> None:
    vendor = UndocumentedVendor(
        GROUPS,
        [product("one"), product("two")],
        group_filter=lambda row, _name: row["ProductCode"] == "two",
    )
    page = unwrap((await connect(vendor).list_products([UNGROUPED]))[UNGROUPED])
    assert [each.sku for each in page.items] == ["two"]
    assert vendor.calls == ["/products/?GroupName=General&Limit=200&Page=1"]
