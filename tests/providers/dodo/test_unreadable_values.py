"""Dodo's responses with odd rows: which values are converted, null, or left out and reported."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from msgspec.structs import replace

from groupgate.domain.catalog import (
    Group,
    GroupStatus,
    Money,
    Product,
    ProductCollection,
)
from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import CollectionsRequest, GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.request import request_scope
from tests.providers.conftest import Connect
from tests.providers.dodo import records
from tests.providers.reads import FixedResponses, Recorder, unreadable_paths

pytestmark = pytest.mark.anyio

Reported = dict[str, int]

ALL: Final = PageRequest(first=100)
COLLECTION: Final = CollectionRef(provider=ProviderKey.DODO, native_id="pdc_1")
GROUP: Final = GroupRef(provider=ProviderKey.DODO, collection_id="pdc_1", native_id="g1")
CREATED: Final = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def product_ref(native_id: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


def product_row(native_id: str) -> records.Json:
    """Return a row of the list of products."""
    return records.listed_product(native_id, name=native_id, price=1999, currency="USD")


def as_json(body: object, **headers: str) -> Recorder:
    """Return a transport that answers with this body; NaN stays in it."""
    return Recorder(content=json.dumps(body).encode(), headers=headers)


async def read_products(provider: Provider) -> tuple[list[Product], Reported]:
    """Return the listed products, and the counts of unreadable values by JSON path."""
    request = ProductsRequest(page=ALL, search=None)
    with request_scope() as scope:
        page = (await provider.list_products([request]))[request]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


async def read_collections(provider: Provider) -> tuple[list[ProductCollection], Reported]:
    """Return the listed collections, and the counts of unreadable values by JSON path."""
    request = CollectionsRequest(page=ALL)
    with request_scope() as scope:
        page = (await provider.list_collections([request]))[request]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


async def read_groups(provider: Provider) -> tuple[list[Group], Reported]:
    """Return the groups of the collection, and the counts of unreadable values by JSON path."""
    request = GroupsRequest(collection=COLLECTION, page=ALL)
    with request_scope() as scope:
        page = (await provider.list_groups([request]))[request]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


@pytest.mark.parametrize(
    ("change", "expected", "reported"),
    [
        ({"product_id": 7}, {"ref": product_ref("7")}, {}),
        ({"name": 5}, {"name": "5"}, {}),
        ({"name": None}, {"name": None}, {}),
        ({"name": []}, {"name": None}, {"$.items[].name": 1}),
        ({"price": 1999.0}, {}, {}),
        ({"price": "1999"}, {}, {}),
        ({"price": "1999.0"}, {}, {}),
        ({"price": 19.99}, {"price": None}, {"$.items[].price": 1}),
        ({"price": ""}, {"price": None}, {"$.items[].price": 1}),
        ({"price": True}, {"price": None}, {"$.items[].price": 1}),
        ({"price": float("nan")}, {"price": None}, {"$.items[].price": 1}),
        ({"price": float("inf")}, {"price": None}, {"$.items[].price": 1}),
        (
            {"price_detail": records.one_time("950")},  # type: ignore[arg-type] # an odd amount
            {"price": Money(amount=Decimal("9.50"), currency_code="USD")},
            {},
        ),
        ({"price_detail": {"price": 950, "currency": "USD"}}, {"price": None}, {}),
        ({"price_detail": "free"}, {}, {"$.items[].price_detail": 1}),
        ({"is_recurring": None}, {"is_recurring": None}, {}),
        ({"is_recurring": 1}, {"is_recurring": True}, {}),
        ({"is_recurring": "true"}, {"is_recurring": True}, {}),
        ({"is_recurring": "0"}, {}, {}),
        ({"is_recurring": "yes"}, {"is_recurring": None}, {"$.items[].is_recurring": 1}),
    ],
)
async def test_one_odd_value_does_not_cost_the_list_of_products(
    connect: Connect, change: records.Json, expected: dict[str, Any], reported: Reported
) -> None:
    rows = [product_row("pdt_1"), product_row("pdt_2"), product_row("pdt_3")]
    usual, _ = await read_products(connect(as_json({"items": rows})))
    rows[1] |= change
    products, unreadable = await read_products(connect(as_json({"items": rows})))
    # The terms of the price change with the odd price; other tests compare them.
    products[1] = replace(products[1], pricing=usual[1].pricing)
    assert products == [usual[0], replace(usual[1], **expected), usual[2]]
    assert unreadable == reported


@pytest.mark.parametrize(
    ("written", "expected", "reported"),
    [
        (None, None, {}),
        ("2026-11-01T09:00:00", CREATED, {}),
        ("2026-11-01T10:00:00+01:00", CREATED, {}),
        (1793523600, CREATED, {}),
        (1793523600000, CREATED, {}),
        ("1793523600", CREATED, {}),
        ("Sun, 01 Nov 2026 09:00:00 GMT", CREATED, {}),
        ("/Date(1793523600000)/", CREATED, {}),
        ("", None, {"$.items[].created_at": 1}),
        ("yesterday", None, {"$.items[].created_at": 1}),
        (True, None, {"$.items[].created_at": 1}),
        ("0001-01-01T00:00:00+02:00", None, {"$.items[].created_at": 1}),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC), {}),
        ("9999-12-31T23:59:59-01:00", None, {"$..created_at": 1}),
    ],
)
async def test_one_odd_time_does_not_cost_the_lists(
    connect: Connect, written: object, expected: datetime | None, reported: Reported
) -> None:
    products = [product_row("pdt_1"), product_row("pdt_2") | {"created_at": written}]
    collections = [
        records.listed_collection("pdc_1"),
        records.listed_collection("pdc_2", created_at=written),
    ]
    found, unreadable = await read_products(connect(as_json({"items": products})))
    assert [one.detail and one.detail.created_at for one in found] == [CREATED, expected]
    assert unreadable == reported
    listed, unreadable = await read_collections(connect(as_json({"items": collections})))
    assert [one.created_at for one in listed] == [CREATED, expected]
    assert unreadable == reported


@pytest.mark.parametrize(
    "row",
    [
        None,
        "pdt_2",
        [],
        {},
        product_row("pdt_2") | {"product_id": None},
        product_row("pdt_2") | {"product_id": False, "price": "?"},
    ],
)
async def test_a_product_without_a_readable_id_is_left_out(connect: Connect, row: object) -> None:
    body = {"items": [product_row("pdt_1"), row, product_row("pdt_3")]}
    products, unreadable = await read_products(connect(as_json(body)))
    assert [product.ref.native_id for product in products] == ["pdt_1", "pdt_3"]
    assert unreadable == {"$.items[]": 1}


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (None, []),
        ({}, []),
        ({"0": product_row("pdt_1"), "1": product_row("pdt_2")}, ["pdt_1", "pdt_2"]),
        ({str(n): product_row(f"pdt_{n}") for n in (10, 9, 1)}, ["pdt_1", "pdt_9", "pdt_10"]),
    ],
)
async def test_a_list_of_products_has_several_notations(
    connect: Connect, items: object, expected: list[str]
) -> None:
    products, unreadable = await read_products(connect(as_json({"items": items})))
    assert [product.ref.native_id for product in products] == expected
    assert unreadable == {}


def collection(*groups: object) -> records.Json:
    """Return a collection with these groups."""
    return records.collection("pdc_1") | {"groups": groups}


@pytest.mark.parametrize(
    ("change", "expected", "reported"),
    [
        ({"group_id": 2}, {"ref": replace(GROUP, native_id="2")}, {}),
        ({"group_name": 7}, {"name": "7"}, {}),
        ({"group_name": False}, {"name": None}, {"$.groups[].group_name": 1}),
        ({"status": 0}, {"status": GroupStatus.INACTIVE}, {}),
        ({"status": "true"}, {}, {}),
        ({"products": None}, {}, {}),
        ({"products": {}}, {}, {}),
    ],
)
async def test_one_odd_value_of_a_group_does_not_cost_the_collection(
    connect: Connect, change: records.Json, expected: dict[str, Any], reported: Reported
) -> None:
    row = records.group("g2", group_name="Two")
    usual, _ = await read_groups(connect(as_json(collection(records.group("g1"), row))))
    body = collection(records.group("g1"), row | change)
    groups, unreadable = await read_groups(connect(as_json(body)))
    assert groups == [usual[0], replace(usual[1], **expected)]
    assert unreadable == reported


@pytest.mark.parametrize(
    "row",
    [
        None,
        {"group_id": "g2"},
        records.group("g2", status=None),
        records.group("g2", status="yes"),
        records.group("g2") | {"group_id": None},
        records.group("g2") | {"products": "none"},
    ],
)
async def test_a_group_that_cannot_be_decoded_is_left_out(connect: Connect, row: object) -> None:
    body = collection(records.group("g1"), row, records.group("g3"))
    groups, unreadable = await read_groups(connect(as_json(body)))
    assert [group.ref.native_id for group in groups] == ["g1", "g3"]
    assert unreadable == {"$.groups[]": 1}


@pytest.mark.parametrize(
    ("row", "members", "reported"),
    [
        (records.item("pdt_2", status=1), ["pdt_1", "pdt_2"], {}),
        (records.item("pdt_2", is_recurring=None), ["pdt_1", "pdt_2"], {}),
        (records.item("pdt_2") | {"product_id": 2}, ["pdt_1", "2"], {}),
        (
            records.item("pdt_2", price="x"),
            ["pdt_1", "pdt_2"],
            {"$.groups[].products[].price": 1},
        ),
        (records.item("pdt_2", status=None), ["pdt_1"], {"$.groups[].products[]": 1}),
        (records.item("pdt_2") | {"id": None}, ["pdt_1"], {"$.groups[].products[]": 1}),
        (None, ["pdt_1"], {"$.groups[].products[]": 1}),
    ],
)
async def test_one_odd_row_of_a_group_does_not_cost_the_others(
    connect: Connect, row: Any, members: list[str], reported: Reported
) -> None:
    body = collection(records.group("g1", records.item("pdt_1"), row))
    with request_scope() as scope:
        found = (await connect(as_json(body)).get_memberships([GROUP]))[GROUP]
        assert not isinstance(found, UpstreamError)
        assert [one.product.ref.native_id for one in found] == members
        assert unreadable_paths(scope) == reported


async def test_a_product_read_alone_may_have_odd_values(connect: Connect) -> None:
    body = records.product("pdt_1", is_recurring="no", created_at="", price=None)
    ref = product_ref("pdt_1")
    with request_scope() as scope:
        found = (await connect(as_json(body)).get_products([ref]))[ref]
        assert isinstance(found, Product)
        assert (found.price, found.is_recurring) == (None, None)
        assert found.detail is not None
        assert (found.detail.created_at, found.detail.updated_at) == (
            None,
            datetime(2026, 11, 2, 10, 30, tzinfo=UTC),
        )
        assert unreadable_paths(scope) == {"$.is_recurring": 1, "$.created_at": 1}


@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        ({}, "$.items"),
        ({"items": "none"}, "$.items"),
        ({"items": {"a": {}}}, "$.items"),
        ([], "$"),
        ({"code": "INTERNAL", "message": "no"}, "$.items"),
    ],
)
async def test_a_response_that_is_not_a_list_is_malformed(
    connect: Connect, body: object, json_path: str
) -> None:
    request = ProductsRequest(page=ALL, search=None)
    failure = (await connect(as_json(body)).list_products([request]))[request]
    assert isinstance(failure, Malformed)
    assert failure.json_path == json_path


async def test_a_page_with_a_left_out_row_is_not_the_last(connect: Connect) -> None:
    """A full page has 100 rows; the next one is read although only 99 could be decoded."""
    rows: list[Any] = [product_row(f"pdt_{number}") for number in range(99)]
    pages = FixedResponses(
        {
            "/products?page_number=0&page_size=100": {"items": [*rows, None]},
            "/products?page_number=1&page_size=100": {"items": [product_row("pdt_last")]},
        }
    )
    request = ProductsRequest(page=PageRequest(first=100), search=None)
    with request_scope() as scope:
        page = (await connect(pages).list_products([request]))[request]
        assert not isinstance(page, UpstreamError)
        assert len(page.items) == 100
        assert page.items[-1].ref == product_ref("pdt_last")
        assert (page.total, page.ends[-1], page.has_next) == (101, 101, False)
        assert unreadable_paths(scope) == {"$.items[]": 1}


async def test_a_product_whose_row_is_left_out_is_not_taken_for_missing(connect: Connect) -> None:
    """Five products are searched in the list, and the missing one is then read alone."""
    listed = [product_row(f"pdt_{number}") for number in range(1, 5)]
    responses = FixedResponses(
        {
            "/products?page_number=0&page_size=100": {"items": [*listed, {"product_id": None}]},
            "/products/pdt_5": records.product("pdt_5"),
        }
    )
    refs = [product_ref(f"pdt_{number}") for number in range(1, 6)]
    with request_scope():
        found = await connect(responses).get_products(refs)
    assert set(found) == set(refs)
    assert responses.targets == ["/products?page_number=0&page_size=100", "/products/pdt_5"]
