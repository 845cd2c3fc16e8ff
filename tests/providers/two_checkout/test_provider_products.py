"""Reading 2Checkout's products: exact answers, and the calls they take."""

from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest

from groupgate.domain.catalog import Money, Product, ProductDetail, ProductStatus
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.providers.two_checkout import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.reading import (
    IMPLICIT,
    all_pages,
    group_ref,
    paths,
    product_ref,
    told,
)

pytestmark = pytest.mark.anyio

ANTIVIRUS, TESTING = group_ref("96A9F43B1B"), group_ref("E5D4C3B2A1")
FIRST = Product(
    ref=product_ref("BAV-1D-1M"),
    name="Bastion Antivirus 1 device, 1 month",
    description="Bastion Antivirus for 1 month",
    sku="BAV-1D-1M",
    price=Money(amount=Decimal("3.60"), currency="USD"),
    is_recurring=True,
    status=ProductStatus.ACTIVE,
    detail=ProductDetail(image_url="https://images.example.com/2checkout/bav-1d-1m.png"),
    groups=(ANTIVIRUS,),
)
PAGE_ONE, PAGE_TWO = "/products/?Limit=200&Page=1", "/products/?Limit=200&Page=2"


def listed(simulator: TwoCheckoutSimulator) -> list[str]:
    """All codes, in the vendor's order."""
    return [row["ProductCode"] for row in simulator.snapshot()["products"]]


async def read_size(provider: Provider, simulator: TwoCheckoutSimulator) -> None:
    """Let an earlier request learn that the catalogue has two pages."""
    with request_scope():
        await provider.list_products([ProductsRequest(page=PageRequest(first=1))])
    assert paths(simulator) == [PAGE_ONE]


async def codes_of(provider: Provider, ask: ProductsRequest) -> list[str]:
    """The codes on a page."""
    page = told((await provider.list_products([ask]))[ask])
    return [product.ref.native_id for product in page.items]


async def test_all_products_page_to_their_end_in_sevens(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    async def read(page: PageRequest) -> Page[Product]:
        ask = ProductsRequest(page=page)
        found = told((await provider.list_products([ask]))[ask])
        assert found.total == 262
        return found

    with request_scope():
        products = await all_pages(7, read)
    assert [product.ref.native_id for product in products] == listed(simulator)
    assert products[0] == FIRST
    assert paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_a_page_of_a_hundred_reads_only_where_it_lies(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    ask = ProductsRequest(page=PageRequest(first=100, offset=200))
    with request_scope():
        page = told((await provider.list_products([ask]))[ask])
    assert [product.ref.native_id for product in page.items] == listed(simulator)[200:]
    assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (201, 262, False, 262)
    assert paths(simulator) == [PAGE_TWO]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("FREE-READER", ["FREE-READER"]),
        ("free-READ", ["FREE-READER"]),
        ("BÜRO-suite", ["büro-suite 2026"]),
        ("half price", ["50%-off bundle"]),
        ("日本", ["日本語入力"]),
        ("nothing has this", []),
    ],
)
async def test_search_looks_at_name_and_code(
    provider: Provider, simulator: TwoCheckoutSimulator, search: str, found: list[str]
) -> None:
    ask = ProductsRequest(page=PageRequest(first=5), search=search)
    with request_scope():
        assert await codes_of(provider, ask) == found
    assert paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_search_stops_when_the_page_is_full(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    ask = ProductsRequest(page=PageRequest(first=2, offset=5), search="bastion")
    page = told((await provider.list_products([ask]))[ask])
    assert (page.ends, page.has_next, page.total) == ((6, 7), True, None)
    assert paths(simulator) == [PAGE_ONE]


async def test_a_hundred_products_take_one_walk(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    wanted = listed(simulator)[::-2][:100]
    with request_scope():
        products = await provider.get_products([product_ref(code) for code in wanted])
    assert {ref.native_id: told(product).sku for ref, product in products.items()} == {
        code: code for code in wanted
    }
    assert paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_a_walk_to_the_end_tells_what_is_missing(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    refs = [product_ref(f"missing {number}") for number in range(100)]
    with request_scope():
        assert await provider.get_products([*refs, FIRST.ref]) == {FIRST.ref: FIRST}
    assert paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_the_same_product_a_hundred_times_is_one_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        assert await provider.get_products([FIRST.ref] * 100) == {FIRST.ref: FIRST}
        assert await provider.get_statuses([FIRST.ref]) == {FIRST.ref: ProductStatus.ACTIVE}
        assert await provider.groups_of([FIRST.ref]) == {FIRST.ref: (ANTIVIRUS,)}
    assert paths(simulator) == ["/products/BAV-1D-1M/"]


async def test_two_products_of_two_pages_are_read_singly(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_size(provider, simulator)
    with request_scope():
        products = await provider.get_products([FIRST.ref, product_ref("007")])
    assert [product.native_id for product in products] == ["BAV-1D-1M", "007"]
    assert paths(simulator) == ["/products/BAV-1D-1M/", "/products/007/"]


async def test_three_products_of_two_pages_are_walked_for(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_size(provider, simulator)
    refs = [product_ref(code) for code in ("007", "BAV-1D-1M", "A+B")]
    with request_scope():
        assert (await provider.get_products(refs)).keys() == set(refs)
    assert paths(simulator) == [PAGE_ONE, PAGE_TWO]


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        (["BAV-1D-1M", "BAV-1D-1Y"], [PAGE_ONE]),
        (["BAV-1D-1M", "007"], [PAGE_ONE, "/products/007/"]),
        (["A+B", "007"], [PAGE_ONE, PAGE_TWO]),
    ],
)
async def test_two_products_of_a_catalogue_of_unknown_size_begin_with_a_page(
    provider: Provider, simulator: TwoCheckoutSimulator, wanted: list[str], calls: list[str]
) -> None:
    with request_scope():
        await provider.get_products([product_ref(code) for code in wanted])
    assert paths(simulator) == calls


async def test_products_on_a_page_already_read_take_no_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        codes = await codes_of(provider, ProductsRequest(page=PageRequest(first=62, offset=200)))
        assert paths(simulator) == [PAGE_TWO]
        products = await provider.get_products([product_ref(code) for code in codes])
    assert len(products) == 62
    assert paths(simulator) == []


@pytest.mark.parametrize("missing_status", [400, 404])
async def test_codes_of_free_text_are_found_and_others_are_missing(
    settings: Settings, missing_status: int
) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    provider = build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))
    odd = listed(simulator)[-10:]
    wanted = [*odd, "no such code", "a/b", "%2E"]
    for code in wanted:
        found = await provider.get_products([product_ref(code)])
        assert [ref.native_id for ref in found] == ([code] if code in odd else [])
    assert paths(simulator) == [f"/products/{quote(code, safe='')}/" for code in wanted]


async def test_codes_that_no_path_can_hold_are_missing_without_a_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    for code in ("", ".", ".."):
        assert await provider.get_products([product_ref(code)]) == {}
    assert paths(simulator) == []


async def test_the_group_of_a_product_is_asked_for_only_where_it_carries_none(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    ungrouped = product_ref("PTR-TEA-1Y")
    with request_scope():
        product = told((await provider.get_products([ungrouped]))[ungrouped])
        assert product.groups is None
        for _ in range(2):
            assert await provider.groups_of([ungrouped]) == {ungrouped: (TESTING,)}
    assert paths(simulator) == [
        "/products/PTR-TEA-1Y/",
        "/products/PTR-TEA-1Y/productgroups/",
        "/productgroups/",
    ]


async def test_a_product_that_is_gone_has_no_groups_and_no_status(provider: Provider) -> None:
    gone = product_ref("gone")
    assert await provider.groups_of([gone]) == {}
    assert await provider.get_statuses([gone]) == {}


async def test_whether_a_group_holds_a_product_is_one_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    gone = product_ref("gone")
    with request_scope():
        holds = await provider.contains([(ANTIVIRUS, FIRST.ref), (TESTING, FIRST.ref)])
        assert holds == {(ANTIVIRUS, FIRST.ref): True, (TESTING, FIRST.ref): False}
        assert paths(simulator) == ["/products/BAV-1D-1M/"]
        assert await provider.contains([(ANTIVIRUS, gone)]) == {(ANTIVIRUS, gone): False}
        assert paths(simulator) == ["/products/gone/"]


async def test_every_product_is_what_the_vendor_has(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    rows = {row["ProductCode"]: row for row in simulator.snapshot()["products"]}
    products = await provider.get_products([product_ref(code) for code in rows])
    assert len(products) == len(rows) == 262
    for ref, answer in products.items():
        product, row = told(answer), rows[ref.native_id]
        assert (product.name, product.description) == (
            row["ProductName"],
            row["ShortDescription"] or None,
        )
        assert (product.status is ProductStatus.ACTIVE) is row["Enabled"]
        assert product.is_recurring is row["GeneratesSubscription"]
        assert (product.price is None) is (not row["PricingConfigurations"])
        held = row["ProductGroup"]
        assert product.groups == ((group_ref(held["Code"]),) if held else None)
        assert all(ref.collection == IMPLICIT for ref in product.groups or ())
