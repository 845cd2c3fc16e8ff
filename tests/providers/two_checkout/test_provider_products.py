"""Reads of products, and the calls they make."""

from decimal import Decimal
from urllib.parse import quote

import httpx
import pytest

from groupgate.domain.catalog import (
    BillingPeriod,
    Group,
    Money,
    PeriodUnit,
    Pricing,
    PricingModel,
    Product,
    ProductDetail,
    ProductStatus,
)
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.providers.two_checkout import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.upstream.results import unwrap
from tests.providers.reads import all_pages, take_paths
from tests.providers.two_checkout.seed import COLLECTION, group_ref, product_ref

pytestmark = pytest.mark.anyio

ANTIVIRUS, TESTING = group_ref("96A9F43B1B"), group_ref("E5D4C3B2A1")
FIRST = Product(
    ref=product_ref("BAV-1D-1M"),
    name="Bastion Antivirus 1 device, 1 month",
    description="Bastion Antivirus for 1 month",
    sku="BAV-1D-1M",
    price=Money(amount=Decimal("3.60"), currency_code="USD"),
    pricing=Pricing(
        model=PricingModel.RECURRING,
        billing_period=BillingPeriod(count=1, unit=PeriodUnit.MONTH),
        is_tax_included=False,
    ),
    is_recurring=True,
    status=ProductStatus.ACTIVE,
    detail=ProductDetail(image_url="https://images.example.com/2checkout/bav-1d-1m.png"),
    groups=(ANTIVIRUS,),
    embedded_groups=(
        Group(
            ref=ANTIVIRUS,
            name="Antivirus",
            description="Protection for every device",
            template_name="Security cart",
        ),
    ),
)
PAGE_ONE, PAGE_TWO = "/products/?Limit=200&Page=1", "/products/?Limit=200&Page=2"


def listed(simulator: TwoCheckoutSimulator) -> list[str]:
    """Return all codes in the vendor's order."""
    return [row["ProductCode"] for row in simulator.snapshot()["products"]]


async def read_size(provider: Provider, simulator: TwoCheckoutSimulator) -> None:
    """Read in an earlier request that the catalogue has two pages."""
    with request_scope():
        await provider.list_products([ProductsRequest(page=PageRequest(first=1))])
    assert take_paths(simulator) == [PAGE_ONE]


async def codes_of(provider: Provider, request: ProductsRequest) -> list[str]:
    """Return the codes on a page."""
    page = unwrap((await provider.list_products([request]))[request])
    return [product.ref.native_id for product in page.items]


async def test_pages_of_seven_contain_every_product(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    async def read(page: PageRequest) -> Page[Product]:
        request = ProductsRequest(page=page)
        found = unwrap((await provider.list_products([request]))[request])
        assert found.total == 262
        return found

    with request_scope():
        products = await all_pages(7, read)
    assert [product.ref.native_id for product in products] == listed(simulator)
    assert products[0] == FIRST
    assert take_paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_a_page_reads_only_the_page_of_the_vendor_that_contains_it(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    request = ProductsRequest(page=PageRequest(first=100, offset=200))
    with request_scope():
        page = unwrap((await provider.list_products([request]))[request])
    assert [product.ref.native_id for product in page.items] == listed(simulator)[200:]
    assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (201, 262, False, 262)
    assert take_paths(simulator) == [PAGE_TWO]


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
async def test_a_search_matches_names_and_codes_in_any_case(
    provider: Provider, simulator: TwoCheckoutSimulator, search: str, found: list[str]
) -> None:
    request = ProductsRequest(page=PageRequest(first=5), search=search)
    with request_scope():
        assert await codes_of(provider, request) == found
    assert take_paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_a_search_stops_when_its_page_is_full(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    request = ProductsRequest(page=PageRequest(first=2, offset=5), search="bastion")
    page = unwrap((await provider.list_products([request]))[request])
    assert (page.ends, page.has_next, page.total) == ((6, 7), True, None)
    assert take_paths(simulator) == [PAGE_ONE]


async def test_a_hundred_products_need_one_read_of_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    wanted = listed(simulator)[::-2][:100]
    with request_scope():
        products = await provider.get_products([product_ref(code) for code in wanted])
    assert {ref.native_id: unwrap(product).sku for ref, product in products.items()} == {
        code: code for code in wanted
    }
    assert take_paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_products_missing_from_the_complete_list_are_not_read_again(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    refs = [product_ref(f"missing {number}") for number in range(100)]
    with request_scope():
        assert await provider.get_products([*refs, FIRST.ref]) == {FIRST.ref: FIRST}
    assert take_paths(simulator) == [PAGE_ONE, PAGE_TWO]


async def test_the_same_product_a_hundred_times_needs_one_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        assert await provider.get_products([FIRST.ref] * 100) == {FIRST.ref: FIRST}
        assert await provider.get_statuses([FIRST.ref]) == {FIRST.ref: ProductStatus.ACTIVE}
        assert await provider.groups_of([FIRST.ref]) == {FIRST.ref: (ANTIVIRUS,)}
    assert take_paths(simulator) == ["/products/BAV-1D-1M/"]


async def test_two_products_of_two_pages_are_read_one_by_one(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_size(provider, simulator)
    with request_scope():
        products = await provider.get_products([FIRST.ref, product_ref("007")])
    assert [product.native_id for product in products] == ["BAV-1D-1M", "007"]
    assert take_paths(simulator) == ["/products/BAV-1D-1M/", "/products/007/"]


async def test_three_products_of_two_pages_are_read_from_the_pages(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    await read_size(provider, simulator)
    refs = [product_ref(code) for code in ("007", "BAV-1D-1M", "A+B")]
    with request_scope():
        assert (await provider.get_products(refs)).keys() == set(refs)
    assert take_paths(simulator) == [PAGE_ONE, PAGE_TWO]


@pytest.mark.parametrize(
    ("wanted", "calls"),
    [
        (["BAV-1D-1M", "BAV-1D-1Y"], [PAGE_ONE]),
        (["BAV-1D-1M", "007"], [PAGE_ONE, "/products/007/"]),
        (["A+B", "007"], [PAGE_ONE, PAGE_TWO]),
    ],
)
async def test_two_products_start_with_a_page_while_the_length_is_unknown(
    provider: Provider, simulator: TwoCheckoutSimulator, wanted: list[str], calls: list[str]
) -> None:
    with request_scope():
        await provider.get_products([product_ref(code) for code in wanted])
    assert take_paths(simulator) == calls


async def test_products_on_a_cached_page_need_no_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        codes = await codes_of(provider, ProductsRequest(page=PageRequest(first=62, offset=200)))
        assert take_paths(simulator) == [PAGE_TWO]
        products = await provider.get_products([product_ref(code) for code in codes])
    assert len(products) == 62
    assert take_paths(simulator) == []


@pytest.mark.parametrize("missing_status", [400, 404])
async def test_codes_of_free_text_are_found_and_unknown_codes_are_not(
    settings: Settings, missing_status: int
) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    provider = build(settings, httpx.ASGITransport(app=simulator))
    odd = listed(simulator)[-10:]
    wanted = [*odd, "no such code", "a/b", "%2E"]
    for code in wanted:
        found = await provider.get_products([product_ref(code)])
        assert [ref.native_id for ref in found] == ([code] if code in odd else [])
    assert take_paths(simulator) == [f"/products/{quote(code, safe='')}/" for code in wanted]


async def test_codes_that_no_path_can_contain_are_not_found_without_a_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    for code in ("", ".", ".."):
        assert await provider.get_products([product_ref(code)]) == {}
    assert take_paths(simulator) == []


async def test_the_group_of_a_product_is_read_only_if_its_record_names_none(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    ungrouped = product_ref("PTR-TEA-1Y")
    with request_scope():
        product = unwrap((await provider.get_products([ungrouped]))[ungrouped])
        assert product.groups is None
        for _ in range(2):
            assert await provider.groups_of([ungrouped]) == {ungrouped: (TESTING,)}
    assert take_paths(simulator) == [
        "/products/PTR-TEA-1Y/",
        "/products/PTR-TEA-1Y/productgroups/",
        "/productgroups/",
    ]


async def test_an_unknown_product_has_no_groups_and_no_status(provider: Provider) -> None:
    unknown = product_ref("unknown")
    assert await provider.groups_of([unknown]) == {}
    assert await provider.get_statuses([unknown]) == {}


async def test_contains_needs_one_call_per_product(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    unknown = product_ref("unknown")
    with request_scope():
        contains = await provider.contains([(ANTIVIRUS, FIRST.ref), (TESTING, FIRST.ref)])
        assert contains == {(ANTIVIRUS, FIRST.ref): True, (TESTING, FIRST.ref): False}
        assert take_paths(simulator) == ["/products/BAV-1D-1M/"]
        assert await provider.contains([(ANTIVIRUS, unknown)]) == {(ANTIVIRUS, unknown): False}
        assert take_paths(simulator) == ["/products/unknown/"]


async def test_every_product_has_the_values_of_the_vendor(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    rows = {row["ProductCode"]: row for row in simulator.snapshot()["products"]}
    products = await provider.get_products([product_ref(code) for code in rows])
    assert len(products) == len(rows) == 262
    for ref, result in products.items():
        product, row = unwrap(result), rows[ref.native_id]
        assert (product.name, product.description) == (
            row["ProductName"],
            row["ShortDescription"] or None,
        )
        assert (product.status is ProductStatus.ACTIVE) is row["Enabled"]
        assert product.is_recurring is row["GeneratesSubscription"]
        assert (product.price is None) is (not row["PricingConfigurations"])
        group = row["ProductGroup"]
        assert product.groups == ((group_ref(group["Code"]),) if group else None)
        assert all(ref.collection == COLLECTION for ref in product.groups or ())
