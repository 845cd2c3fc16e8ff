"""Responses of vendors with odd rows, seen by a client: data, `extensions.unreadable`, refusals."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from groupgate.app.settings import Settings
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.schema.ids import encode_id
from tests.e2e.documents import document
from tests.e2e.gateway import UNCACHED, Gateway, open_gateway, snapshots, take_writes
from tests.e2e.transports import Alteration, AlteredReads, AlterJson

pytestmark = pytest.mark.anyio

Json = dict[str, Any]

RESPONSES: Final = Path(__file__).parent / "vendor_responses"
KEYS: Final = list(ProviderKey)

PRODUCTS: Final = {
    ProviderKey.DODO: "/dodo/products",
    ProviderKey.AXIM: "/products",
    ProviderKey.TWO_CHECKOUT: "/products/",
}
"""The ends of the paths of the lists of products."""

ROWS: Final = {
    ProviderKey.DODO: "items",
    ProviderKey.AXIM: "data",
    ProviderKey.TWO_CHECKOUT: "Items",
}
"""The fields of the responses that contain the rows."""

NAME: Final = {
    ProviderKey.DODO: "name",
    ProviderKey.AXIM: "name",
    ProviderKey.TWO_CHECKOUT: "ProductName",
}
"""The field of a row that contains the product's name."""


@asynccontextmanager
async def opened(
    alterations: dict[str, Alteration], upstream: Settings = UNCACHED
) -> AsyncIterator[tuple[Gateway, AlteredReads]]:
    """Open a gateway whose vendors send altered responses."""
    responses = AlteredReads(alterations)
    async with open_gateway(transport=responses.transport, upstream=upstream) as gateway:
        yield gateway, responses


def entry(key: ProviderKey, path: list[str | int], json_path: str, count: int = 1) -> Json:
    """Return an entry of `extensions.unreadable`."""
    return {"provider": key.value, "path": path, "jsonPath": json_path, "count": count}


SHOW_PRODUCTS: Final = """
    query ($key: ProviderKey!) {
      provider(key: $key) {
        products { nodes { nativeId sku status createdAt price { amount currencyCode } } }
      }
    }
"""

SHOW_GROUPS: Final = """
    { provider(key: AXIM) { productCollections { nodes { groups { nodes { name access } } } } } }
"""


@pytest.mark.parametrize(
    ("name", "key", "expected"),
    [
        ("2co-enabled-1", "TWO_CHECKOUT", [("A", "ACTIVE"), ("B", "ACTIVE")]),
        ("axim-sku-int", "AXIM", [("S1", "ACTIVE"), ("77", "ACTIVE")]),
    ],
)
async def test_a_product_with_an_equivalent_value_is_shown(
    name: str, key: str, expected: list[tuple[str, str]]
) -> None:
    body = (RESPONSES / f"{name}.json").read_bytes()
    async with opened({PRODUCTS[ProviderKey(key)]: body}) as (gateway, responses):
        response = await gateway.execute(SHOW_PRODUCTS, key=key)
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [(node["sku"], node["status"]) for node in nodes] == expected
    assert response.keys() == {"data"}
    assert responses.reads == 1


async def test_a_whole_number_written_as_a_float_is_a_price() -> None:
    body = (RESPONSES / "dodo-float-price.json").read_bytes()
    async with opened({"/products": body}) as (gateway, _):
        response = await gateway.execute(SHOW_PRODUCTS, key="DODO")
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [node["price"] for node in nodes] == [{"amount": "19.99", "currencyCode": "USD"}] * 2
    assert response.keys() == {"data"}


async def test_a_time_that_is_null_at_the_vendor_is_null() -> None:
    body = (RESPONSES / "dodo-null-created.json").read_bytes()
    async with opened({"/products": body}) as (gateway, _):
        response = await gateway.execute(SHOW_PRODUCTS, key="DODO")
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [node["createdAt"] for node in nodes] == ["2026-11-01T09:00:00Z", None]
    assert response.keys() == {"data"}


async def test_an_access_that_is_null_at_the_vendor_is_null() -> None:
    body = (RESPONSES / "axim-restrict-null.json").read_bytes()
    async with opened({"/productGroup/all": body}) as (gateway, _):
        response = await gateway.execute(SHOW_GROUPS)
    (collection,) = response["data"]["provider"]["productCollections"]["nodes"]
    assert collection["groups"]["nodes"] == [
        {"name": "G1", "access": "OPEN"},
        {"name": "G2", "access": None},
    ]
    assert response.keys() == {"data"}


def with_odd_rows(key: ProviderKey) -> AlterJson:
    """Return three rows of a list of products: one without a readable name, and one null."""

    def alter(body: Json) -> Json:
        rows = body[ROWS[key]]
        odd = {**rows[1], NAME[key]: ["secret"]}
        pagination = {
            field: {**value, "Count": 3, "total": 3}
            for field, value in body.items()
            if field.casefold() == "pagination"
        }
        return {**body, ROWS[key]: [rows[0], odd, None], **pagination}

    return alter


@pytest.mark.parametrize("key", KEYS)
async def test_null_and_left_out_values_are_reported(key: ProviderKey) -> None:
    """The whole response, and one line in the log for each place; the value is in neither."""
    query = (
        "query ($key: ProviderKey!) { provider(key: $key) { all: products { nodes { name } } } }"
    )
    async with opened({PRODUCTS[key]: with_odd_rows(key)}) as (gateway, responses):
        with capture_logs() as lines:
            bodies = [await gateway.execute(query, key=key.value) for _ in range(2)]
    rows = ROWS[key]
    (first, second) = bodies[0]["data"]["provider"]["all"]["nodes"]
    assert isinstance(first["name"], str)
    assert second == {"name": None}
    assert bodies[0]["extensions"] == {
        "unreadable": [
            entry(key, ["provider", "all"], f"$.{rows}[].{NAME[key]}"),
            entry(key, ["provider", "all"], f"$.{rows}[]"),
        ]
    }
    assert bodies[0].keys() == {"data", "extensions"}
    assert bodies[1] == bodies[0]
    assert responses.reads == 2
    line = {"event": "unreadable_values", "provider": key.value, "log_level": "warning"}
    assert [
        {name: value for name, value in each.items() if name in {*line, "json_path", "count"}}
        for each in lines
        if each["log_level"] == "warning"
    ] == [
        {**line, "json_path": f"$.{rows}[].{NAME[key]}", "count": 1},
        {**line, "json_path": f"$.{rows}[]", "count": 1},
    ]
    assert "secret" not in repr([bodies, lines])


async def test_a_cached_response_is_reported_with_the_path_of_each_request() -> None:
    cached = Settings.model_construct(dodo_rate_per_second=None, dodo_rate_per_minute=None)
    query = "{ provider(key: DODO) { %s: products { nodes { id } } } }"
    alterations: dict[str, Alteration] = {"/products": b'{"items":[null]}'}
    async with opened(alterations, cached) as (gateway, responses):
        bodies = [await gateway.execute(query % alias) for alias in ("a", "b")]
    assert responses.reads == 1
    assert [body["extensions"]["unreadable"] for body in bodies] == [
        [entry(ProviderKey.DODO, ["provider", alias], "$.items[]")] for alias in ("a", "b")
    ]


COLLECTION: Final = CollectionRef(provider=ProviderKey.DODO, native_id="pdc_1")
GROUP: Final = GroupRef(provider=ProviderKey.DODO, collection_id="pdc_1", native_id="g1")
PRODUCT: Final = ProductRef(provider=ProviderKey.DODO, native_id="pdt_1")

ROW: Final = {"id": "r1", "product_id": "pdt_1", "status": True, "is_recurring": False}


def dodo_collection(*rows: object, **more: object) -> dict[str, Alteration]:
    """Return a collection with one group that has these rows, and its product."""
    group = {"group_id": "g1", "group_name": "One", "status": True, "products": rows}
    collection = {"id": "pdc_1", "name": "Plans", "groups": [group], **more}
    product = {"product_id": "pdt_1", "created_at": "?", "product_collection_id": "pdc_1"}
    return {
        "/product-collections/pdc_1": json.dumps(collection).encode(),
        "/products/pdt_1": json.dumps(product).encode(),
        "/products": b'{"items":[]}',
    }


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        (
            "query ($c: ID!) { named: productCollection(id: $c) { groups { nodes { name } } } }",
            [(["named"], "$.groups[].products[]")],
        ),
        (
            "query ($g: ID!) { group(id: $g) { products { nodes { id } } collection { id } } }",
            [(["group"], "$.groups[].products[]")],
        ),
        (
            "query ($p: ID!, $g: ID!) { nodes(ids: [$p, $g]) { ... on Product { createdAt } } }",
            [(["nodes", 0], "$.created_at"), (["nodes", 1], "$.groups[].products[]")],
        ),
        (
            "query ($p: ID!) { product(id: $p) { groups { nodes: id } } }",
            [(["product"], "$.created_at"), (["product", "groups"], "$.groups[].products[]")],
        ),
        (
            "query ($p: ID!) { node(id: $p) { ... on Product { status createdAt } } }",
            [(["node"], "$.created_at")],
        ),
    ],
)
async def test_the_path_is_that_of_the_field_that_needs_the_read(
    query: str, paths: list[tuple[list[str | int], str]]
) -> None:
    ids = {"c": encode_id(COLLECTION), "g": encode_id(GROUP), "p": encode_id(PRODUCT)}
    variables = {name: value for name, value in ids.items() if f"${name}:" in query}
    async with opened(dodo_collection(ROW, None)) as (gateway, _):
        response = await gateway.execute(query, **variables)
    assert "errors" not in response
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, path, json_path) for path, json_path in paths
    ]


async def test_a_read_for_the_next_page_has_the_path_of_the_flag() -> None:
    """The first page of 100 rows does not say whether another page follows."""
    reads = 0

    def lose_row_of_second_page(body: Json) -> Json:
        nonlocal reads
        reads += 1
        return body if reads == 1 else {"items": [None, *body["items"]]}

    query = """{ provider(key: DODO) {
      products(first: 100) { nodes { id } pageInfo { hasNextPage } }
    } }"""
    async with opened({"/products": lose_row_of_second_page}) as (gateway, _):
        response = await gateway.execute(query)
    products = response["data"]["provider"]["products"]
    assert (len(products["nodes"]), products["pageInfo"]) == (100, {"hasNextPage": True})
    path: list[str | int] = ["provider", "products", "pageInfo", "hasNextPage"]
    assert response["extensions"]["unreadable"] == [entry(ProviderKey.DODO, path, "$.items[]")]


PROTOCOL: Final = (
    "Dodo Payments returned a list with rows that cannot be decoded, so the list is not complete."
)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("query ($id: ID!) { group(id: $id) { name revision } }", ["group", "revision"]),
        (
            "query ($id: ID!) { group(id: $id) { name collection { revision } } }",
            ["group", "collection", "revision"],
        ),
    ],
)
async def test_a_list_without_a_row_has_no_revision(query: str, path: list[str]) -> None:
    async with opened(dodo_collection(ROW, None)) as (gateway, _):
        response = await gateway.execute(query, id=encode_id(GROUP))
    assert response["data"]["group"]["name"] == "One"
    (error,) = response["errors"]
    assert (error["path"], error["message"]) == (path, PROTOCOL)
    extensions = error["extensions"]
    assert {name: extensions[name] for name in ("code", "provider", "retryable", "jsonPath")} == {
        "code": "UPSTREAM_PROTOCOL",
        "provider": "DODO",
        "retryable": False,
        "jsonPath": "$.groups[].products[]",
    }
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, ["group"], "$.groups[].products[]")
    ]


async def test_a_list_with_null_values_has_a_revision() -> None:
    odd = {**ROW, "price": "?"}
    async with opened(dodo_collection(odd)) as (gateway, _):
        response = await gateway.execute(
            "query ($id: ID!) { group(id: $id) { revision } }", id=encode_id(GROUP)
        )
    assert isinstance(response["data"]["group"]["revision"], str)
    assert response.keys() == {"data", "extensions"}


async def ids_of(gateway: Gateway, key: ProviderKey) -> tuple[str, list[str]]:
    """Return the id of a group with its first products, and the ids of these products."""
    data = await gateway.data(
        """query ($key: ProviderKey!) { provider(key: $key) { productCollections(first: 1) {
          nodes { groups(first: 2) { nodes { id products(first: 2) { nodes { id } } } } } } } }""",
        key=key.value,
    )
    (collection,) = data["provider"]["productCollections"]["nodes"]
    group = collection["groups"]["nodes"][1]
    return group["id"], [node["id"] for node in group["products"]["nodes"]]


def _lose_dodo_row(body: Json) -> Json:
    for group in body["groups"]:
        group["products"].append(None)
    return body


def _lose_axim_row(body: Json) -> Json:
    data = body["data"]
    rows = data["products"] if isinstance(data, dict) else data
    return {**body, "data": {**data, "products": [*rows, None]} if rows is not data else [*data, 0]}


def _lose_two_checkout_row(body: Any) -> Any:
    return {**body, "Items": [*body["Items"], None]} if isinstance(body, dict) else [*body, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Makes a row unreadable in the reads whose paths have these ends, and its report."""

    ends: tuple[str, ...]
    alter: AlterJson
    json_path: str
    count: int = 1


LOSSES: Final = {
    ProviderKey.DODO: Loss(
        ends=("pdc_xpasAwB7qeUA5bPrs6anz",),
        alter=_lose_dodo_row,
        json_path="$.groups[].products[]",
        count=4,
    ),
    ProviderKey.AXIM: Loss(
        ends=("/all", "c18fbded9857e8af2f61603b", "/products"),
        alter=_lose_axim_row,
        json_path="$.data.products[]",
    ),
    ProviderKey.TWO_CHECKOUT: Loss(
        ends=("/productgroups/", "/products/"),
        alter=_lose_two_checkout_row,
        json_path="$.Items[]",
    ),
}

MUTATIONS: Final = [
    (ProviderKey.DODO, "groupReorderProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupUpdate", {"input": {"name": "New"}, "ifRevision": "x"}),
    (ProviderKey.DODO, "groupUnassignProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupSetProducts", {"productIds": []}),
    (ProviderKey.DODO, "groupSetProducts", {"productIds": [], "dryRun": True}),
    (ProviderKey.AXIM, "groupSetProducts", {"productIds": []}),
    (ProviderKey.AXIM, "groupUpdate", {"input": {"name": "New"}, "ifRevision": "x"}),
    (ProviderKey.TWO_CHECKOUT, "groupSetProducts", {"productIds": []}),
    (ProviderKey.TWO_CHECKOUT, "groupAssignProducts", {"productIds": [], "ifRevision": "x"}),
]


@pytest.mark.parametrize(("key", "name", "arguments"), MUTATIONS)
async def test_a_mutation_that_reads_a_list_without_a_row_writes_nothing(
    key: ProviderKey, name: str, arguments: Json
) -> None:
    """Even a refusal may be wrong without the row, so there is none."""
    loss = LOSSES[key]
    async with opened({}) as (gateway, responses):
        group, products = await ids_of(gateway, key)
        before = snapshots(gateway.sandbox)
        gateway.clear_calls()
        responses.alterations = dict.fromkeys(loss.ends, loss.alter)
        given = {"id": group, **arguments}
        if "productIds" in given:
            given["productIds"] = products[:1]
        response = await gateway.execute(document(name, "userErrors { code }", given), **given)
        assert take_writes(gateway) == []
        assert snapshots(gateway.sandbox) == before
    assert response["data"] == {"payload": None}
    (error,) = response["errors"]
    assert error["path"] == ["payload"]
    extensions = error["extensions"]
    assert (extensions["code"], extensions["outcome"]) == ("UPSTREAM_PROTOCOL", "NOT_APPLIED")
    assert extensions["jsonPath"] == loss.json_path
    assert response["extensions"]["unreadable"] == [
        entry(key, ["payload"], loss.json_path, loss.count)
    ]


async def test_null_values_do_not_stop_a_mutation() -> None:
    def lose_price(body: Json) -> Json:
        body["groups"][1]["products"][0]["price"] = "?"
        return body

    async with opened({}) as (gateway, responses):
        group, products = await ids_of(gateway, ProviderKey.DODO)
        gateway.clear_calls()
        responses.alterations = {"pdc_xpasAwB7qeUA5bPrs6anz": lose_price}
        given = {"id": group, "productIds": products[:1]}
        response = await gateway.execute(
            document("groupUnassignProducts", "userErrors { code }", given), **given
        )
        assert [method for method, _ in take_writes(gateway)] == ["DELETE"]
    assert response["data"] == {"payload": {"userErrors": []}}
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, ["payload"], "$.groups[].products[].price")
    ]


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize("key", KEYS)
async def test_a_page_of_html_is_an_error(key: ProviderKey, content_type: str) -> None:
    async with opened({PRODUCTS[key]: b"<html>Maintenance</html>"}) as (gateway, responses):
        responses.content_type = content_type
        response = await gateway.execute(SHOW_PRODUCTS, key=key.value)
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_PROTOCOL"
    assert response["data"] == {"provider": {"products": None}}
    assert "extensions" not in response
