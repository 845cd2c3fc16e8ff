"""Axim's responses with odd rows: which values are converted, null, or left out and reported."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from msgspec.structs import replace

from groupgate.domain.catalog import Group, GroupAccess, GroupStatus, Money, Product, ProductStatus
from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.request import request_scope
from tests.providers.conftest import Connect
from tests.providers.reads import FixedResponses, Recorder, unreadable_paths

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
Reported = dict[str, int]

ALL: Final = PageRequest(first=100)
CREATED: Final = datetime(2024, 8, 30, 19, 43, 4, 216000, tzinfo=UTC)
PRODUCTS: Final = ProductsRequest(page=ALL, search=None)
GROUPS: Final = GroupsRequest(collection=CollectionRef(provider=ProviderKey.AXIM), page=ALL)


def group_ref(native_id: str) -> GroupRef:
    """Return the ref of a group."""
    return GroupRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_row(native_id: str) -> Json:
    """Return a row of the list of products."""
    return {
        "id": native_id,
        "name": native_id,
        "sku": f"SKU {native_id}",
        "price": 9,
        "status": "active",
        "productGroups": ["g1"],
        "createdAt": "2024-08-30T19:43:04.216Z",
    }


def group_row(native_id: str, *products: object) -> Json:
    """Return a row of the list of groups."""
    return {
        "id": native_id,
        "name": native_id,
        "status": True,
        "restrictAccess": False,
        "products": products,
        "productCount": len(products),
        "createdAt": "2024-08-30T19:43:04.216Z",
    }


def listed(*rows: object, **more: object) -> Recorder:
    """Return a transport that answers with a list of these rows; NaN stays in it."""
    pagination = {"page": 1, "total": len(rows)}
    return as_json({"success": True, "data": rows, "pagination": pagination, **more})


def as_json(body: object) -> Recorder:
    """Return a transport that answers with this body."""
    return Recorder(content=json.dumps(body).encode())


async def read_products(provider: Provider) -> tuple[list[Product], Reported]:
    """Return the listed products, and the counts of unreadable values by JSON path."""
    with request_scope() as scope:
        page = (await provider.list_products([PRODUCTS]))[PRODUCTS]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


async def read_groups(provider: Provider) -> tuple[list[Group], Reported]:
    """Return the listed groups, and the counts of unreadable values by JSON path."""
    with request_scope() as scope:
        page = (await provider.list_groups([GROUPS]))[GROUPS]
        assert not isinstance(page, UpstreamError)
        return list(page.items), unreadable_paths(scope)


@pytest.mark.parametrize(
    ("change", "expected", "reported"),
    [
        ({"id": 7}, {"ref": group_ref("7")}, {}),
        ({"name": 7}, {"name": "7"}, {}),
        ({"status": 0}, {"status": GroupStatus.INACTIVE}, {}),
        ({"status": "true"}, {}, {}),
        ({"status": None}, {}, {"$.data[].status": 1}),
        ({"restrictAccess": None}, {"access": None}, {}),
        ({"restrictAccess": 1}, {"access": GroupAccess.RESTRICTED}, {}),
        ({"restrictAccess": "false"}, {"access": GroupAccess.OPEN}, {}),
        ({"restrictAccess": "maybe"}, {"access": None}, {"$.data[].restrictAccess": 1}),
        ({"createdAt": 1725046984216}, {"created_at": CREATED}, {}),
        ({"createdAt": "2024-08-30 19:43:04.216"}, {"created_at": CREATED}, {}),
        ({"createdAt": ""}, {"created_at": None}, {"$.data[].createdAt": 1}),
        (
            {"createdAt": "0001-01-01T00:00:00+02:00"},
            {"created_at": None},
            {"$.data[].createdAt": 1},
        ),
        (
            {"updatedAt": "9999-12-31T23:59:59-01:00"},
            {"updated_at": None},
            {"$..updatedAt": 1},
        ),
        ({"products": None}, {}, {}),
        ({"products": {}}, {}, {}),
        ({"productCount": "0"}, {}, {}),
        ({"productCount": "none"}, {}, {"$.data[].productCount": 1}),
    ],
)
async def test_one_odd_value_does_not_cost_the_list_of_groups(
    connect: Connect, change: Json, expected: Json, reported: Reported
) -> None:
    usual, _ = await read_groups(connect(listed(group_row("g1"), group_row("g2"))))
    transport = listed(group_row("g1"), group_row("g2") | change)
    groups, unreadable = await read_groups(connect(transport))
    assert groups == [usual[0], replace(usual[1], **expected)]
    assert unreadable == reported


@pytest.mark.parametrize(
    "row",
    [
        None,
        "g2",
        {"name": "no id"},
        {"id": "g2", "name": "no products"},
        group_row("g2") | {"id": None},
        group_row("g2") | {"name": None},
        group_row("g2") | {"status": "on sale"},
        group_row("g2") | {"products": "none"},
    ],
)
async def test_a_group_that_cannot_be_decoded_is_left_out(connect: Connect, row: object) -> None:
    groups, unreadable = await read_groups(connect(listed(group_row("g1"), row, group_row("g3"))))
    assert [group.ref.native_id for group in groups] == ["g1", "g3"]
    assert unreadable == {"$.data[]": 1}


@pytest.mark.parametrize(
    ("change", "expected", "reported"),
    [
        ({"id": 7}, {"ref": product_ref("7")}, {}),
        ({"sku": 77}, {"sku": "77"}, {}),
        ({"sku": 77.0}, {"sku": "77"}, {}),
        ({"sku": True}, {"sku": None}, {"$.data[].sku": 1}),
        ({"sku": {}}, {"sku": None}, {"$.data[].sku": 1}),
        ({"name": ["p2"]}, {"name": None}, {"$.data[].name": 1}),
        ({"price": "9.50"}, {"price": Money(amount=Decimal("9.50"), currency_code=None)}, {}),
        ({"price": 9.5}, {"price": Money(amount=Decimal("9.5"), currency_code=None)}, {}),
        ({"price": {}}, {"price": None}, {"$.data[].price": 1}),
        ({"price": "1_000"}, {"price": None}, {"$..price": 1}),
        ({"price": " "}, {"price": None}, {}),
        ({"price": False}, {"price": None}, {"$.data[].price": 1}),
        ({"price": float("nan")}, {"price": None}, {"$.data[].price": 1}),
        ({"status": "draft"}, {"status": ProductStatus.INACTIVE}, {}),
        ({"status": True}, {"status": None}, {"$.data[].status": 1}),
        ({"productGroups": {}}, {"groups": ()}, {}),
        ({"productGroups": [1, "g2"]}, {"groups": (group_ref("1"), group_ref("g2"))}, {}),
        ({"productGroups": {"1": "b", "0": "a"}}, {"groups": (group_ref("a"), group_ref("b"))}, {}),
        ({"productGroups": ["g1", None]}, {"groups": None}, {"$.data[].productGroups[]": 1}),
        ({"mediaGallery": [None]}, {}, {"$.data[].mediaGallery[]": 1}),
        ({"mediaGallery": "none"}, {}, {"$.data[].mediaGallery": 1}),
        ({"shortDescription": 1, "description": None}, {"description": "1"}, {}),
    ],
)
async def test_one_odd_value_does_not_cost_the_list_of_products(
    connect: Connect, change: Json, expected: Json, reported: Reported
) -> None:
    usual, _ = await read_products(connect(listed(product_row("p1"), product_row("p2"))))
    transport = listed(product_row("p1"), product_row("p2") | change)
    products, unreadable = await read_products(connect(transport))
    assert products == [usual[0], replace(usual[1], **expected)]
    assert unreadable == reported


@pytest.mark.parametrize("row", [None, 7, {}, {"_id": "p2"}, product_row("p2") | {"id": []}])
async def test_a_product_without_a_readable_id_is_left_out(connect: Connect, row: object) -> None:
    transport = listed(product_row("p1"), row, product_row("p3"))
    products, unreadable = await read_products(connect(transport))
    assert [product.ref.native_id for product in products] == ["p1", "p3"]
    assert unreadable == {"$.data[]": 1}


@pytest.mark.parametrize(
    ("row", "members", "reported"),
    [
        (product_row("p2") | {"sku": 5}, ["p1", "p2"], {}),
        (
            product_row("p2") | {"price": {}},
            ["p1", "p2"],
            {"$.data.products[].price": 1},
        ),
        (None, ["p1"], {"$.data.products[]": 1}),
        ({"name": "no id"}, ["p1"], {"$.data.products[]": 1}),
    ],
)
async def test_one_odd_product_of_a_group_does_not_cost_the_others(
    connect: Connect, row: object, members: list[str], reported: Reported
) -> None:
    data = {
        "productGroup": {"id": "g1", "name": "g1"},
        "products": [product_row("p1"), row],
        "pagination": {"page": 1, "total": 2},
    }
    ref = group_ref("g1")
    with request_scope() as scope:
        provider = connect(as_json({"success": True, "data": data}))
        found = (await provider.get_memberships([ref]))[ref]
        assert not isinstance(found, UpstreamError)
        assert [one.product.ref.native_id for one in found] == members
        assert unreadable_paths(scope) == reported


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, []),
        ({}, []),
        ({"1": product_row("p2"), "0": product_row("p1")}, ["p1", "p2"]),
    ],
)
async def test_a_list_has_several_notations(
    connect: Connect, data: object, expected: list[str]
) -> None:
    products, unreadable = await read_products(connect(as_json({"success": 1, "data": data})))
    assert [product.ref.native_id for product in products] == expected
    assert unreadable == {}


@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        ({"success": True}, "$.data"),
        ({"success": True, "data": "none"}, "$.data"),
        ({"success": "false", "data": []}, "$.success"),
        ({"success": 0}, "$.success"),
        ({"success": "perhaps", "data": []}, "$.success"),
        ([], "$"),
    ],
)
async def test_a_response_that_is_not_a_list_is_malformed(
    connect: Connect, body: object, json_path: str
) -> None:
    failure = (await connect(as_json(body)).list_products([PRODUCTS]))[PRODUCTS]
    assert isinstance(failure, Malformed)
    assert failure.json_path == json_path


async def test_a_left_out_row_counts_for_the_length_of_the_list(connect: Connect) -> None:
    page = await connect(listed(product_row("p1"), None)).list_products([PRODUCTS])
    products = page[PRODUCTS]
    assert not isinstance(products, UpstreamError)
    assert (products.total, products.has_next) == (2, False)


async def test_a_product_whose_row_is_left_out_is_not_taken_for_missing(connect: Connect) -> None:
    """It is not in the response to the batch read, and is then read alone."""
    batch = "/open-api/api/products?entityId=p1%2Cp2&page=1&limit=50"
    responses = FixedResponses(
        {
            batch: {"success": True, "data": [product_row("p1"), {"id": None}]},
            "/open-api/api/products/p2": {"success": True, "data": product_row("p2")},
        }
    )
    refs = [product_ref("p1"), product_ref("p2")]
    with request_scope():
        found = await connect(responses).get_products(refs)
    assert set(found) == set(refs)
    assert responses.targets == [batch, "/open-api/api/products/p2"]
