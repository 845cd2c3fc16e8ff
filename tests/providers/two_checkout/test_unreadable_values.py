"""2Checkout's responses with odd rows: which values are converted, null, or left out."""

import json
from decimal import Decimal
from typing import Any, Final

import pytest
from msgspec.structs import replace

from groupgate.domain.catalog import Group, Money, Product, ProductStatus
from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.request import request_scope
from tests.providers.conftest import Connect
from tests.providers.reads import Recorder, unreadable_paths

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
Reported = dict[str, int]

ALL: Final = PageRequest(first=100)
PRODUCTS: Final = ProductsRequest(page=ALL, search=None)
GROUPS: Final = GroupsRequest(collection=CollectionRef(provider=ProviderKey.TWO_CHECKOUT), page=ALL)


def product_ref(code: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def group_ref(code: str) -> GroupRef:
    """Return the ref of a group."""
    return GroupRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def pricing(*regular: object) -> list[Json]:
    """Return a pricing configuration with these prices."""
    return [{"Default": True, "DefaultCurrency": "USD", "Prices": {"Regular": list(regular)}}]


def amount(value: object, **more: object) -> Json:
    """Return a price."""
    return {"Amount": value, "Currency": "USD", "MinQuantity": "1", **more}


def product_row(code: str) -> Json:
    """Return a row of the list of products."""
    return {
        "ProductCode": code,
        "ProductName": code,
        "ProductGroup": {"Name": "General", "Code": "96A9F43B1B"},
        "Enabled": True,
        "GeneratesSubscription": False,
        "PricingConfigurations": pricing(amount(39.99)),
    }


def as_json(body: object) -> Recorder:
    """Return a transport that answers with this body; NaN stays in it."""
    return Recorder(content=json.dumps(body).encode())


def listed(*rows: object) -> Recorder:
    """Return a transport that answers with a page of these rows."""
    return as_json({"Items": rows, "Pagination": {"Page": 1, "Limit": 200, "Count": len(rows)}})


async def read_products(provider: Provider) -> tuple[list[Product], Reported]:
    """Return the listed products, and the counts of unreadable values by JSON path."""
    with request_scope() as scope:
        page = (await provider.list_products([PRODUCTS]))[PRODUCTS]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


async def read_groups(provider: Provider) -> tuple[list[Group], Reported]:
    """Return the groups, and the counts of unreadable values by JSON path."""
    with request_scope() as scope:
        page = (await provider.list_groups([GROUPS]))[GROUPS]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


def money(text: str) -> Money:
    """Return an amount in dollars."""
    return Money(amount=Decimal(text), currency_code="USD")


@pytest.mark.parametrize(
    ("change", "expected", "reported"),
    [
        ({"ProductCode": 123}, {"ref": product_ref("123"), "sku": "123"}, {}),
        ({"ProductName": 2024}, {"name": "2024"}, {}),
        ({"ProductName": False}, {"name": None}, {"$.Items[].ProductName": 1}),
        ({"Enabled": 1}, {}, {}),
        ({"Enabled": 0}, {"status": ProductStatus.INACTIVE}, {}),
        ({"Enabled": "1"}, {}, {}),
        ({"Enabled": "false"}, {"status": ProductStatus.INACTIVE}, {}),
        ({"Enabled": None}, {"status": None}, {}),
        ({"Enabled": "yes"}, {"status": None}, {"$.Items[].Enabled": 1}),
        ({"GeneratesSubscription": 1}, {"is_recurring": True}, {}),
        ({"GeneratesSubscription": None}, {"is_recurring": None}, {}),
        (
            {"GeneratesSubscription": "monthly"},
            {"is_recurring": None},
            {"$.Items[].GeneratesSubscription": 1},
        ),
        ({"ShortDescription": 5}, {"description": "5"}, {}),
        ({"ProductGroup": {"Name": 7, "Code": 8}}, {"groups": (group_ref("8"),)}, {}),
        ({"ProductGroup": []}, {"groups": None}, {"$.Items[].ProductGroup": 1}),
        ({"ProductGroup": {}}, {"groups": None}, {"$.Items[].ProductGroup.Name": 1}),
    ],
)
async def test_one_odd_value_does_not_cost_the_list_of_products(
    connect: Connect, change: Json, expected: Json, reported: Reported
) -> None:
    usual, _ = await read_products(connect(listed(product_row("A"), product_row("B"))))
    transport = listed(product_row("A"), product_row("B") | change)
    products, unreadable = await read_products(connect(transport))
    changed = replace(products[1], pricing=usual[1].pricing)
    assert [products[0], changed] == [usual[0], replace(usual[1], **expected)]
    assert unreadable == reported


PRICES: Final = "$.Items[].PricingConfigurations[].Prices"


@pytest.mark.parametrize(
    ("configurations", "price", "reported"),
    [
        (pricing(amount("39.99")), money("39.99"), {}),
        (pricing(amount(40.0)), money("40.00"), {}),
        (pricing(amount(5, MinQuantity=10.0), amount(7, MinQuantity=1)), money("7.00"), {}),
        (pricing(amount("free")), None, {"$..Amount": 1}),
        (pricing(amount("1_000")), None, {"$..Amount": 1}),
        (pricing(amount("1e99")), None, {"$..Amount": 1}),
        (pricing(amount("")), None, {}),
        (pricing(amount(["39.99"])), None, {f"{PRICES}.Regular[].Amount": 1}),
        (pricing(amount(float("nan"))), None, {f"{PRICES}.Regular[].Amount": 1}),
        (pricing(None, amount(39.99)), money("39.99"), {f"{PRICES}.Regular[]": 1}),
        (pricing(amount(1e999)), None, {f"{PRICES}.Regular[].Amount": 1}),
        ([{"DefaultCurrency": "USD", "Prices": {"Regular": {}}}], None, {}),
        (
            [{"DefaultCurrency": "USD", "Prices": {"Regular": {"0": amount(39.99)}}}],
            money("39.99"),
            {},
        ),
        ([{"DefaultCurrency": "USD", "Prices": []}], None, {}),
        ([{"DefaultCurrency": "USD", "Prices": "none"}], None, {PRICES: 1}),
        ({}, None, {}),
        ({"0": pricing(amount(39.99))[0]}, money("39.99"), {}),
        ("none", None, {"$.Items[].PricingConfigurations": 1}),
    ],
)
async def test_an_odd_price_does_not_cost_the_list_of_products(
    connect: Connect, configurations: object, price: Money | None, reported: Reported
) -> None:
    row = product_row("B") | {"PricingConfigurations": configurations}
    # An odd value in another row makes sure that the whole list is decoded leniently.
    transport = listed(product_row("A") | {"Enabled": 1}, row)
    products, unreadable = await read_products(connect(transport))
    assert [product.price for product in products] == [money("39.99"), price]
    assert unreadable == reported


@pytest.mark.parametrize(
    "row", [None, "B", {}, {"ProductName": "B"}, product_row("B") | {"ProductCode": None}]
)
async def test_a_product_without_a_readable_code_is_left_out(connect: Connect, row: object) -> None:
    transport = listed(product_row("A"), row, product_row("C"))
    products, unreadable = await read_products(connect(transport))
    assert [product.sku for product in products] == ["A", "C"]
    assert unreadable == {"$.Items[]": 1}


@pytest.mark.parametrize(
    ("body", "codes", "reported"),
    [
        ([], [], {}),
        ({}, [], {}),
        (None, [], {}),
        ({"Items": None}, [], {}),
        ({"Items": {}}, [], {}),
        ({"Items": {"1": product_row("B"), "0": product_row("A")}}, ["A", "B"], {}),
        ({"0": product_row("A"), "1": product_row("B")}, ["A", "B"], {}),
        ([product_row("A"), None], ["A"], {"$[]": 1}),
    ],
)
async def test_a_list_of_products_has_several_notations(
    connect: Connect, body: object, codes: list[str], reported: Reported
) -> None:
    products, unreadable = await read_products(connect(as_json(body)))
    assert ([product.sku for product in products], unreadable) == (codes, reported)


GENERAL: Final = {"Name": "General", "Code": "96A9F43B1B"}


@pytest.mark.parametrize(
    ("body", "names", "reported"),
    [
        ([GENERAL, {"Name": 2024, "Code": 5}], ["General", "2024"], {}),
        (
            [GENERAL, {"Name": "Plans", "Code": "P", "Description": []}],
            ["General", "Plans"],
            {"$[].Description": 1},
        ),
        ([GENERAL, None], ["General"], {"$[]": 1}),
        ([GENERAL, {"Name": None, "Code": "P"}], ["General"], {"$[]": 1}),
        ([GENERAL, {"Code": "P"}], ["General"], {"$[]": 1}),
        ({"0": GENERAL}, ["General"], {}),
        ({}, [], {}),
        (None, [], {}),
        ({"Items": [GENERAL, {"Code": "P"}]}, ["General"], {"$.Items[]": 1}),
    ],
)
async def test_one_odd_group_does_not_cost_the_list_of_groups(
    connect: Connect, body: object, names: list[str], reported: Reported
) -> None:
    groups, unreadable = await read_groups(connect(as_json(body)))
    assert ([group.name for group in groups], unreadable) == (names, reported)


@pytest.mark.parametrize("body", [{"Name": 7, "Code": 8}, [{"Name": "7", "Code": 8.0}]])
async def test_a_group_read_alone_may_have_odd_values(connect: Connect, body: object) -> None:
    ref = group_ref("8")
    with request_scope() as scope:
        found = (await connect(as_json(body)).get_groups([ref]))[ref]
        assert isinstance(found, Group)
        assert (found.ref, found.name, unreadable_paths(scope)) == (ref, "7", {})


@pytest.mark.parametrize("body", [{}, None, {"error_code": "X", "message": "no"}, "8"])
async def test_a_response_that_is_not_a_group_is_malformed(connect: Connect, body: object) -> None:
    ref = group_ref("8")
    found = (await connect(as_json(body)).get_groups([ref]))[ref]
    assert isinstance(found, Malformed)


@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        ({"error_code": "X", "message": "no"}, "$.Items"),
        ({"Pagination": {"Count": 0}}, "$.Items"),
        ("none", "$"),
    ],
)
async def test_a_response_that_is_not_a_list_is_malformed(
    connect: Connect, body: object, json_path: str
) -> None:
    failure = (await connect(as_json(body)).list_products([PRODUCTS]))[PRODUCTS]
    assert isinstance(failure, Malformed)
    assert failure.json_path == json_path


async def test_an_amount_with_a_huge_exponent_is_no_price(connect: Connect) -> None:
    """Written out, it would fill the memory."""
    content = json.dumps([product_row("A")]).replace("39.99", "1e999999999").encode()
    products, unreadable = await read_products(connect(Recorder(content=content)))
    reported = {"$[].PricingConfigurations[].Prices.Regular[].Amount": 1}
    assert ([product.price for product in products], unreadable) == ([None], reported)
