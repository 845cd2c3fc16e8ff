"""Responses that 2Checkout's pages leave open, and the calls that they need."""

import httpx
import pytest

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Denied, Unavailable, UpstreamError
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, PageRequest, ProductsRequest
from groupgate.request import request_scope
from groupgate.upstream.results import unwrap
from tests.providers.conftest import Connect
from tests.providers.two_checkout.seed import COLLECTION, codes, group_ref, product_ref
from tests.providers.two_checkout.undocumented import Json, UndocumentedVendor, group, product

pytestmark = pytest.mark.anyio

BASIC, PRO, OTHER = group("B1", "Plans"), group("P1", "Plans Pro"), group("O1", "Other")
GROUPS = (BASIC, PRO, OTHER)


def of_each_group(number: int) -> list[Json]:
    """Return this many products of each group, alternating."""
    return [product(f"{row['Code']}-{n}", row) for n in range(number) for row in GROUPS]


async def test_a_vendor_that_ignores_the_group_name_is_detected(connect: Connect) -> None:
    """All products are read, and only those whose record names the group are in it."""
    vendor = UndocumentedVendor(GROUPS, of_each_group(100), group_filter=lambda _row, _name: True)
    provider = connect(vendor)
    request = MembershipsRequest(group=group_ref("P1"), page=PageRequest(first=3, offset=10))
    with request_scope():
        page = unwrap((await provider.list_memberships([request]))[request])
        everything = await provider.get_memberships([request.group])
    assert codes(page.items) == ["P1-10", "P1-11", "P1-12"]
    assert (page.ends, page.total, page.has_next) == ((11, 12, 13), 100, True)
    assert codes(unwrap(everything[request.group])) == [f"P1-{n}" for n in range(100)]
    assert vendor.calls == [
        "/productgroups/P1/",
        "/products/?GroupName=Plans Pro&Limit=200&Page=1",
        "/products/?Limit=200&Page=1",
        "/products/?Limit=200&Page=2",
    ]


async def test_a_vendor_that_compares_the_start_of_the_name_is_detected(connect: Connect) -> None:
    vendor = UndocumentedVendor(
        GROUPS,
        of_each_group(2),
        group_filter=lambda row, name: row["ProductGroup"]["Name"].startswith(name),
    )
    provider = connect(vendor)
    members = await provider.get_memberships([group_ref("B1")])
    assert codes(unwrap(members[group_ref("B1")])) == ["B1-0", "B1-1"]


async def test_products_whose_records_name_no_group_are_read_by_its_name(connect: Connect) -> None:
    """The first page shows that reading all is useless; the filter by name is trusted then."""
    rows = of_each_group(50)
    vendor = UndocumentedVendor(
        GROUPS,
        [row | {"ProductGroup": None} for row in rows],
        group_filter=lambda row, name: row["ProductCode"].startswith(name[0]),
    )
    vendor.groups = [group("B1", "B"), group("O1", "O")]
    provider = connect(vendor)
    with request_scope():
        members = await provider.get_memberships([group_ref("B1"), group_ref("O1")])
    assert codes(unwrap(members[group_ref("B1")])) == [f"B1-{n}" for n in range(50)]
    assert codes(unwrap(members[group_ref("O1")])) == [f"O1-{n}" for n in range(50)]
    assert vendor.calls == [
        "/productgroups/",
        "/products/?Limit=200&Page=1",
        "/products/?GroupName=B&Limit=200&Page=1",
        "/products/?GroupName=O&Limit=200&Page=1",
    ]


@pytest.mark.parametrize("group_of_lost", ["Plans Pro", ["Plans Pro"], PRO, [PRO]])
async def test_the_groups_of_a_few_products_whose_records_name_none_are_read(
    connect: Connect, group_of_lost: Json
) -> None:
    vendor = UndocumentedVendor(GROUPS, [*of_each_group(1), product("lost"), product("nowhere")])
    vendor.group_of_product = {"lost": group_of_lost}
    provider = connect(vendor)
    refs = [group_ref(row["Code"]) for row in GROUPS]
    with request_scope():
        members = await provider.get_memberships(refs)
        groups = await provider.groups_of([product_ref("lost"), product_ref("nowhere")])
        pairs = [(ref, product_ref("lost")) for ref in refs]
        contains = await provider.contains(pairs)
    assert [codes(unwrap(members[ref])) for ref in refs] == [["B1-0"], ["P1-0", "lost"], ["O1-0"]]
    assert groups == {
        product_ref("lost"): (group_ref("P1"),),
        product_ref("nowhere"): (),
    }
    assert list(contains.values()) == [False, True, False]
    assert vendor.calls == [
        "/productgroups/",
        "/products/?Limit=200&Page=1",
        "/products/lost/productgroups/",
        "/products/nowhere/productgroups/",
    ]


async def test_a_group_that_cannot_be_read_fails_all_reads_that_need_it(
    connect: Connect,
) -> None:
    vendor = UndocumentedVendor(GROUPS, [*of_each_group(1), product("lost")])
    vendor.failures = {"/products/lost/productgroups/": 503}
    provider = connect(vendor)
    with pytest.raises(Unavailable):
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    groups = await provider.groups_of([product_ref("lost"), product_ref("P1-0")])
    assert isinstance(groups[product_ref("lost")], Unavailable)
    assert groups[product_ref("P1-0")] == (group_ref("P1"),)


async def test_a_name_that_no_group_has_is_no_group(connect: Connect) -> None:
    """Names are case sensitive (documented)."""
    vendor = UndocumentedVendor(GROUPS, [product("lost")])
    vendor.group_of_product = {"lost": "plans"}
    provider = connect(vendor)
    assert await provider.groups_of([product_ref("lost")]) == {product_ref("lost"): ()}


async def test_without_a_total_a_short_first_page_is_the_whole_list(connect: Connect) -> None:
    vendor = UndocumentedVendor(GROUPS, of_each_group(10), has_total=False)
    provider = connect(vendor)
    with request_scope():
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    assert vendor.calls == ["/productgroups/", "/products/?Limit=200&Page=1"]


async def test_without_a_total_a_full_first_page_is_the_only_one_read(connect: Connect) -> None:
    vendor = UndocumentedVendor(GROUPS, of_each_group(100), has_total=False)
    provider = connect(vendor)
    with request_scope():
        members = await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    assert codes(unwrap(members[group_ref("B1")])) == [f"B1-{n}" for n in range(100)]
    assert vendor.calls == [
        "/productgroups/",
        "/products/?Limit=200&Page=1",
        "/products/?GroupName=Plans&Limit=200&Page=1",
        "/products/?GroupName=Plans Pro&Limit=200&Page=1",
    ]


async def test_without_a_total_only_the_last_page_has_one(connect: Connect) -> None:
    vendor = UndocumentedVendor(GROUPS, of_each_group(70), has_total=False)
    provider = connect(vendor)
    first, last = (
        ProductsRequest(page=PageRequest(first=10, offset=offset)) for offset in (0, 205)
    )
    pages = await provider.list_products([first, last])
    first_page, last_page = unwrap(pages[first]), unwrap(pages[last])
    assert (first_page.has_next, first_page.total) == (True, None)
    assert (last_page.has_next, last_page.total) == (False, 210)


async def test_a_product_on_two_pages_is_in_its_group_once(connect: Connect) -> None:
    """A product added between two reads of pages moves the others to later pages."""
    rows = of_each_group(100)
    vendor = UndocumentedVendor(GROUPS, [*rows[:200], rows[199], *rows[200:]])
    provider = connect(vendor)
    request = ProductsRequest(page=PageRequest(first=4, offset=198))
    with request_scope():
        page = unwrap((await provider.list_products([request]))[request])
        members = await provider.get_memberships([group_ref(row["Code"]) for row in GROUPS])
    assert [one.ref.native_id for one in page.items] == ["B1-66", "P1-66", "O1-66", "B1-67"]
    assert page.ends == (199, 200, 202, 203)
    assert sorted(code for found in members.values() for code in codes(unwrap(found))) == sorted(
        row["ProductCode"] for row in rows
    )


async def test_products_are_matched_by_code_in_any_order(connect: Connect) -> None:
    rows = of_each_group(1)
    vendor = UndocumentedVendor(GROUPS, rows[::-1])
    provider = connect(vendor)
    refs = [product_ref(code) for code in ("O1-0", "unknown", "B1-0")]
    products = await provider.get_products(refs)
    assert {ref.native_id: getattr(one, "name", None) for ref, one in products.items()} == {
        "O1-0": "Product O1-0",
        "B1-0": "Product B1-0",
    }


async def test_a_response_with_another_code_is_not_used(connect: Connect) -> None:
    """Codes are case sensitive, even where the vendor's database should not be."""

    def handle(request: httpx.Request) -> httpx.Response:
        rows = {"/6.0/productgroups/b1/": BASIC, "/6.0/products/x/": product("X")}
        return httpx.Response(200, json=rows[request.url.path])

    provider = connect(httpx.MockTransport(handle))
    assert await provider.get_groups([group_ref("b1")]) == {}
    assert await provider.get_products([product_ref("x")]) == {}


async def test_a_group_without_a_code_is_not_listed(connect: Connect) -> None:
    vendor = UndocumentedVendor([BASIC, {"Name": "New", "Code": None}], [])
    provider = connect(vendor)
    request = GroupsRequest(collection=COLLECTION, page=PageRequest(first=10))
    page = unwrap((await provider.list_groups([request]))[request])
    assert (page.items, page.total) == ((Group(ref=group_ref("B1"), name="Plans"),), 1)


async def test_only_the_product_whose_call_failed_has_the_error(connect: Connect) -> None:
    vendor = UndocumentedVendor(GROUPS, of_each_group(100))
    vendor.failures = {"/products/B1-0/": 401, "/products/O1-0/": 404}
    provider = connect(vendor)
    await provider.list_products([ProductsRequest(page=PageRequest(first=1))])
    refs = [product_ref("B1-0"), product_ref("O1-0")]
    with request_scope():
        products = await provider.get_products(refs)
        statuses = await provider.get_statuses(refs)
        contains = await provider.contains([(group_ref("B1"), ref) for ref in refs])
    failure = products[refs[0]]
    assert isinstance(failure, Denied)
    assert products == {refs[0]: failure}
    assert statuses == {refs[0]: failure}
    assert contains == {(group_ref("B1"), refs[0]): failure, (group_ref("B1"), refs[1]): False}


async def test_a_group_whose_call_failed_has_the_error(connect: Connect) -> None:
    vendor = UndocumentedVendor(GROUPS, [])
    vendor.failures = {"/productgroups/B1/": 500}
    provider = connect(vendor)
    request = MembershipsRequest(group=group_ref("B1"), page=PageRequest(first=1))
    with request_scope():
        groups = await provider.get_groups([group_ref("B1")])
        pages = await provider.list_memberships([request])
    assert isinstance(groups[group_ref("B1")], Unavailable)
    assert pages == {request: groups[group_ref("B1")]}
    assert vendor.calls == ["/productgroups/B1/"]


@pytest.mark.parametrize("path", ["/productgroups/", "/products/"])
async def test_a_list_that_fails_fails_all_requests(connect: Connect, path: str) -> None:
    vendor = UndocumentedVendor(GROUPS, [])
    vendor.failures = {path: 503}
    provider = connect(vendor)
    with pytest.raises(UpstreamError):
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
