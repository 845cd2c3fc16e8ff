"""`extensions.unreadable`: what is null or left out, and for which field it was read."""

import pytest
from structlog.testing import capture_logs

from groupgate.app.settings import Settings
from groupgate.domain.refs import ProviderKey
from groupgate.schema.ids import encode_id
from tests.e2e.altered_lists import (
    COLLECTION,
    GROUP,
    KEYS,
    NAME,
    PRODUCT,
    PRODUCTS,
    ROW,
    ROWS,
    Json,
    dodo_collection,
    entry,
    open_altered,
)
from tests.e2e.transports import Alteration, AlterJson

pytestmark = pytest.mark.anyio


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
    async with open_altered({PRODUCTS[key]: with_odd_rows(key)}) as (gateway, vendors):
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
    assert vendors.reads == 2
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
    async with open_altered(alterations, cached) as (gateway, vendors):
        bodies = [await gateway.execute(query % alias) for alias in ("a", "b")]
    assert vendors.reads == 1
    assert [body["extensions"]["unreadable"] for body in bodies] == [
        [entry(ProviderKey.DODO, ["provider", alias], "$.items[]")] for alias in ("a", "b")
    ]


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
        (
            '{ provider(key: DODO) { productCollection(nativeId: "pdc_1") { name } } }',
            [(["provider", "productCollection"], "$.groups[].products[]")],
        ),
        (
            """{ provider(key: DODO) {
              group(nativeId: "g1", productCollectionNativeId: "pdc_1") { name }
            } }""",
            [(["provider", "group"], "$.groups[].products[]")],
        ),
        (
            '{ provider(key: DODO) { product(nativeId: "pdt_1") { name } } }',
            [(["provider", "product"], "$.created_at")],
        ),
        (
            '{ provider(key: DODO) { a: productsByNativeId(nativeIds: ["x", "pdt_1"]) { name } } }',
            [(["provider", "a", 0], "$.created_at")],
        ),
    ],
)
async def test_the_path_is_that_of_the_field_that_needs_the_read(
    query: str, paths: list[tuple[list[str | int], str]]
) -> None:
    ids = {"c": encode_id(COLLECTION), "g": encode_id(GROUP), "p": encode_id(PRODUCT)}
    variables = {name: value for name, value in ids.items() if f"${name}:" in query}
    async with open_altered(dodo_collection(ROW, None)) as (gateway, _):
        response = await gateway.execute(query, **variables)
    assert "errors" not in response
    assert response["extensions"]["unreadable"] == [
        entry(ProviderKey.DODO, path, json_path) for path, json_path in paths
    ]


async def test_a_product_found_by_its_sku_is_reported_for_this_field() -> None:
    query = '{ provider(key: AXIM) { productBySku(sku: "7") { sku } } }'
    body = b'{"success":true,"data":[{"id":"p1","sku":7,"price":[]}]}'
    async with open_altered({"/products": body}) as (gateway, _):
        response = await gateway.execute(query)
    assert response["data"] == {"provider": {"productBySku": {"sku": "7"}}}
    path: list[str | int] = ["provider", "productBySku"]
    assert response["extensions"]["unreadable"] == [entry(ProviderKey.AXIM, path, "$.data[].price")]


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
    async with open_altered({"/products": lose_row_of_second_page}) as (gateway, _):
        response = await gateway.execute(query)
    products = response["data"]["provider"]["products"]
    assert (len(products["nodes"]), products["pageInfo"]) == (100, {"hasNextPage": True})
    path: list[str | int] = ["provider", "products", "pageInfo", "hasNextPage"]
    assert response["extensions"]["unreadable"] == [entry(ProviderKey.DODO, path, "$.items[]")]
