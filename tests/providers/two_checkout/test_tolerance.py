"""2Checkout where its pages leave open what comes, and the calls that it then takes."""

import httpx
import pytest

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Denied, Unavailable, UpstreamError
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.providers.two_checkout import Settings, build
from groupgate.request import request_scope
from tests.providers.two_checkout.odd_vendor import Json, OddVendor, group, product
from tests.providers.two_checkout.reading import IMPLICIT, codes, group_ref, product_ref, told

pytestmark = pytest.mark.anyio

BASIC, PRO, OTHER = group("B1", "Plans"), group("P1", "Plans Pro"), group("O1", "Other")
GROUPS = (BASIC, PRO, OTHER)


def provider_of(vendor: OddVendor, settings: Settings) -> Provider:
    """The provider over this vendor."""
    return build(settings, httpx.AsyncClient(transport=vendor))


def of_each_group(number: int) -> list[Json]:
    """So many products of each group, taking turns."""
    return [product(f"{row['Code']}-{n}", row) for n in range(number) for row in GROUPS]


async def test_an_ignored_group_name_is_seen_through(settings: Settings) -> None:
    """Then all products are read, and only those that carry the group are in it."""
    vendor = OddVendor(GROUPS, of_each_group(100), group_filter=lambda _row, _name: True)
    provider = provider_of(vendor, settings)
    ask = MembershipsRequest(group=group_ref("P1"), page=PageRequest(first=3, offset=10))
    with request_scope():
        page = told((await provider.list_memberships([ask]))[ask])
        everything = await provider.get_memberships([ask.group])
    assert codes(page.items) == ["P1-10", "P1-11", "P1-12"]
    assert (page.ends, page.total, page.has_next) == ((11, 12, 13), 100, True)
    assert codes(told(everything[ask.group])) == [f"P1-{n}" for n in range(100)]
    assert vendor.calls == [
        "/productgroups/P1/",
        "/products/?GroupName=Plans Pro&Limit=200&Page=1",
        "/products/?Limit=200&Page=1",
        "/products/?Limit=200&Page=2",
    ]


async def test_a_group_name_compared_as_a_beginning_is_seen_through(settings: Settings) -> None:
    vendor = OddVendor(
        GROUPS,
        of_each_group(2),
        group_filter=lambda row, name: row["ProductGroup"]["Name"].startswith(name),
    )
    provider = provider_of(vendor, settings)
    members = await provider.get_memberships([group_ref("B1")])
    assert codes(told(members[group_ref("B1")])) == ["B1-0", "B1-1"]


async def test_products_that_carry_no_group_are_asked_for_by_its_name(settings: Settings) -> None:
    """One page shows that walking on is of no use; the filter is then taken at its word."""
    rows = of_each_group(50)
    vendor = OddVendor(
        GROUPS,
        [row | {"ProductGroup": None} for row in rows],
        group_filter=lambda row, name: row["ProductCode"].startswith(name[0]),
    )
    vendor.groups = [group("B1", "B"), group("O1", "O")]
    provider = provider_of(vendor, settings)
    with request_scope():
        members = await provider.get_memberships([group_ref("B1"), group_ref("O1")])
    assert codes(told(members[group_ref("B1")])) == [f"B1-{n}" for n in range(50)]
    assert codes(told(members[group_ref("O1")])) == [f"O1-{n}" for n in range(50)]
    assert vendor.calls == [
        "/productgroups/",
        "/products/?Limit=200&Page=1",
        "/products/?GroupName=B&Limit=200&Page=1",
        "/products/?GroupName=O&Limit=200&Page=1",
    ]


@pytest.mark.parametrize("home", ["Plans Pro", ["Plans Pro"], PRO, [PRO]])
async def test_a_few_products_that_carry_no_group_are_asked_for_it(
    settings: Settings, home: Json
) -> None:
    vendor = OddVendor(GROUPS, [*of_each_group(1), product("lost"), product("nowhere")])
    vendor.homes = {"lost": home}
    provider = provider_of(vendor, settings)
    refs = [group_ref(row["Code"]) for row in GROUPS]
    with request_scope():
        members = await provider.get_memberships(refs)
        groups = await provider.groups_of([product_ref("lost"), product_ref("nowhere")])
        pairs = [(ref, product_ref("lost")) for ref in refs]
        contains = await provider.contains(pairs)
    assert [codes(told(members[ref])) for ref in refs] == [["B1-0"], ["P1-0", "lost"], ["O1-0"]]
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


async def test_a_group_that_cannot_be_asked_for_fails_all_that_depend_on_it(
    settings: Settings,
) -> None:
    vendor = OddVendor(GROUPS, [*of_each_group(1), product("lost")])
    vendor.failures = {"/products/lost/productgroups/": 503}
    provider = provider_of(vendor, settings)
    with pytest.raises(Unavailable):
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    groups = await provider.groups_of([product_ref("lost"), product_ref("P1-0")])
    assert isinstance(groups[product_ref("lost")], Unavailable)
    assert groups[product_ref("P1-0")] == (group_ref("P1"),)


async def test_a_name_that_no_group_has_is_no_group(settings: Settings) -> None:
    """Names are case sensitive (documented)."""
    vendor = OddVendor(GROUPS, [product("lost")])
    vendor.homes = {"lost": "plans"}
    provider = provider_of(vendor, settings)
    assert await provider.groups_of([product_ref("lost")]) == {product_ref("lost"): ()}


async def test_without_a_total_a_short_first_page_is_a_whole_walk(settings: Settings) -> None:
    vendor = OddVendor(GROUPS, of_each_group(10), tells_total=False)
    provider = provider_of(vendor, settings)
    with request_scope():
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    assert vendor.calls == ["/productgroups/", "/products/?Limit=200&Page=1"]


async def test_without_a_total_a_full_first_page_is_walked_no_further(settings: Settings) -> None:
    vendor = OddVendor(GROUPS, of_each_group(100), tells_total=False)
    provider = provider_of(vendor, settings)
    with request_scope():
        members = await provider.get_memberships([group_ref("B1"), group_ref("P1")])
    assert codes(told(members[group_ref("B1")])) == [f"B1-{n}" for n in range(100)]
    assert vendor.calls == [
        "/productgroups/",
        "/products/?Limit=200&Page=1",
        "/products/?GroupName=Plans&Limit=200&Page=1",
        "/products/?GroupName=Plans Pro&Limit=200&Page=1",
    ]


async def test_a_page_without_a_total_tells_what_it_can(settings: Settings) -> None:
    vendor = OddVendor(GROUPS, of_each_group(70), tells_total=False)
    provider = provider_of(vendor, settings)
    first, last = (
        ProductsRequest(page=PageRequest(first=10, offset=offset)) for offset in (0, 205)
    )
    pages = await provider.list_products([first, last])
    first_page, last_page = told(pages[first]), told(pages[last])
    assert (first_page.has_next, first_page.total) == (True, None)
    assert (last_page.has_next, last_page.total) == (False, 210)


async def test_a_product_on_two_pages_is_in_its_group_once(settings: Settings) -> None:
    """Pages are no snapshot: a product that was just added moves the others along."""
    rows = of_each_group(100)
    vendor = OddVendor(GROUPS, [*rows[:200], rows[199], *rows[200:]])
    provider = provider_of(vendor, settings)
    ask = ProductsRequest(page=PageRequest(first=4, offset=198))
    with request_scope():
        page = told((await provider.list_products([ask]))[ask])
        members = await provider.get_memberships([group_ref(row["Code"]) for row in GROUPS])
    assert [one.ref.native_id for one in page.items] == ["B1-66", "P1-66", "O1-66"]
    assert page.ends == (199, 200, 202)
    assert sorted(code for found in members.values() for code in codes(told(found))) == sorted(
        row["ProductCode"] for row in rows
    )


async def test_products_are_matched_by_code_not_by_place(settings: Settings) -> None:
    rows = of_each_group(1)
    vendor = OddVendor(GROUPS, rows[::-1])
    provider = provider_of(vendor, settings)
    refs = [product_ref(code) for code in ("O1-0", "gone", "B1-0")]
    products = await provider.get_products(refs)
    assert {ref.native_id: getattr(one, "name", None) for ref, one in products.items()} == {
        "O1-0": "Product O1-0",
        "B1-0": "Product B1-0",
    }


async def test_what_has_another_code_than_asked_is_not_it(settings: Settings) -> None:
    """Codes are case sensitive, even where the vendor's database should not be."""

    def answer(request: httpx.Request) -> httpx.Response:
        rows = {"/6.0/productgroups/b1/": BASIC, "/6.0/products/x/": product("X")}
        return httpx.Response(200, json=rows[request.url.path])

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    provider = build(settings, http)
    assert await provider.get_groups([group_ref("b1")]) == {}
    assert await provider.get_products([product_ref("x")]) == {}


async def test_a_group_without_a_code_is_not_listed(settings: Settings) -> None:
    vendor = OddVendor([BASIC, {"Name": "New", "Code": None}], [])
    provider = provider_of(vendor, settings)
    ask = GroupsRequest(collection=IMPLICIT, page=PageRequest(first=10))
    page = told((await provider.list_groups([ask]))[ask])
    assert (page.items, page.total) == ((Group(ref=group_ref("B1"), name="Plans"),), 1)


async def test_only_the_ask_whose_call_failed_has_an_error(settings: Settings) -> None:
    vendor = OddVendor(GROUPS, of_each_group(100))
    vendor.failures = {"/products/B1-0/": 401, "/products/O1-0/": 404}
    provider = provider_of(vendor, settings)
    await provider.list_products([ProductsRequest(page=PageRequest(first=1))])
    refs = [product_ref("B1-0"), product_ref("O1-0")]
    with request_scope():
        products = await provider.get_products(refs)
        statuses = await provider.get_statuses(refs)
        holds = await provider.contains([(group_ref("B1"), ref) for ref in refs])
    failure = products[refs[0]]
    assert isinstance(failure, Denied)
    assert products == {refs[0]: failure}
    assert statuses == {refs[0]: failure}
    assert holds == {(group_ref("B1"), refs[0]): failure, (group_ref("B1"), refs[1]): False}


async def test_a_group_whose_own_call_failed_fails_alone(settings: Settings) -> None:
    vendor = OddVendor(GROUPS, [])
    vendor.failures = {"/productgroups/B1/": 500}
    provider = provider_of(vendor, settings)
    ask = MembershipsRequest(group=group_ref("B1"), page=PageRequest(first=1))
    with request_scope():
        groups = await provider.get_groups([group_ref("B1")])
        pages = await provider.list_memberships([ask])
    assert isinstance(groups[group_ref("B1")], Unavailable)
    assert pages == {ask: groups[group_ref("B1")]}
    assert vendor.calls == ["/productgroups/B1/"]


@pytest.mark.parametrize("path", ["/productgroups/", "/products/"])
async def test_a_list_that_fails_fails_everything(settings: Settings, path: str) -> None:
    vendor = OddVendor(GROUPS, [])
    vendor.failures = {path: 503}
    provider = provider_of(vendor, settings)
    with pytest.raises(UpstreamError):
        await provider.get_memberships([group_ref("B1"), group_ref("P1")])
