"""Responses in another notation: the client receives the same data as usual."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from groupgate.domain.refs import ProviderKey
from tests.e2e.altered_lists import KEYS, NAME, PRODUCTS, ROWS, SHOW_PRODUCTS, Json, open_altered

pytestmark = pytest.mark.anyio

RESPONSES: Final = Path(__file__).parent / "vendor_responses"

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
    async with open_altered({PRODUCTS[ProviderKey(key)]: body}) as (gateway, vendors):
        response = await gateway.execute(SHOW_PRODUCTS, key=key)
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [(node["sku"], node["status"]) for node in nodes] == expected
    assert response.keys() == {"data"}
    assert vendors.reads == 1


async def test_a_whole_number_written_as_a_float_is_a_price() -> None:
    body = (RESPONSES / "dodo-float-price.json").read_bytes()
    async with open_altered({"/products": body}) as (gateway, _):
        response = await gateway.execute(SHOW_PRODUCTS, key="DODO")
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [node["price"] for node in nodes] == [{"amount": "19.99", "currencyCode": "USD"}] * 2
    assert response.keys() == {"data"}


async def test_a_time_that_is_null_at_the_vendor_is_null() -> None:
    body = (RESPONSES / "dodo-null-created.json").read_bytes()
    async with open_altered({"/products": body}) as (gateway, _):
        response = await gateway.execute(SHOW_PRODUCTS, key="DODO")
    nodes = response["data"]["provider"]["products"]["nodes"]
    assert [node["createdAt"] for node in nodes] == ["2026-11-01T09:00:00Z", None]
    assert response.keys() == {"data"}


async def test_an_access_that_is_null_at_the_vendor_is_null() -> None:
    body = (RESPONSES / "axim-restrict-null.json").read_bytes()
    async with open_altered({"/productGroup/all": body}) as (gateway, _):
        response = await gateway.execute(SHOW_GROUPS)
    (collection,) = response["data"]["provider"]["productCollections"]["nodes"]
    assert collection["groups"]["nodes"] == [
        {"name": "G1", "access": "OPEN"},
        {"name": "G2", "access": None},
    ]
    assert response.keys() == {"data"}


def with_two_rows(key: ProviderKey, body: Json) -> Json:
    """Return a list of the first two products, whose names have a letter that is not ASCII."""
    rows = [{**row, NAME[key]: f"Café {number}"} for number, row in enumerate(body[ROWS[key]][:2])]
    counts = {"total": 2, "Count": 2}
    return {
        name: value | counts if name.casefold() == "pagination" else value
        for name, value in body.items()
    } | {ROWS[key]: rows}


def as_text(body: Json) -> str:
    """Return JSON without escapes."""
    return json.dumps(body, ensure_ascii=False)


TEXT_KINDS: Final[dict[str, Callable[[str], bytes]]] = {
    "a byte order mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "Latin-1": lambda text: text.encode("latin-1"),
    "a number that is not read": lambda text: f'{{"nan": NaN, {text[1:]}'.encode(),
}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html"])
@pytest.mark.parametrize("encode", TEXT_KINDS.values(), ids=TEXT_KINDS)
@pytest.mark.parametrize("key", KEYS)
async def test_damaged_text_gives_the_usual_response(
    key: ProviderKey, encode: Callable[[str], bytes], content_type: str
) -> None:
    usual = {PRODUCTS[key]: lambda body: with_two_rows(key, body)}
    damaged = {PRODUCTS[key]: lambda body: encode(as_text(with_two_rows(key, body)))}
    async with open_altered(usual) as (gateway, vendors):
        expected = await gateway.execute(SHOW_PRODUCTS, key=key.value)
        vendors.alterations, vendors.content_type = damaged, content_type
        assert await gateway.execute(SHOW_PRODUCTS, key=key.value) == expected
    names = [node["name"] for node in expected["data"]["provider"]["products"]["nodes"]]
    assert names == ["Café 0", "Café 1"]
    assert expected.keys() == {"data"}


@pytest.mark.parametrize("key", KEYS)
async def test_a_lone_surrogate_in_a_name_is_replaced(key: ProviderKey) -> None:
    def alter(body: Json) -> bytes:
        return as_text(with_two_rows(key, body)).replace("é", r"\ud83d").encode()

    async with open_altered({PRODUCTS[key]: alter}) as (gateway, _):
        response = await gateway.execute(SHOW_PRODUCTS, key=key.value)
    names = [node["name"] for node in response["data"]["provider"]["products"]["nodes"]]
    assert names == ["Caf\ufffd 0", "Caf\ufffd 1"]
    assert response.keys() == {"data"}


@pytest.mark.parametrize("key", KEYS)
async def test_a_list_may_be_an_object_with_numbers_as_keys(key: ProviderKey) -> None:
    def alter(body: Json) -> Json:
        body = with_two_rows(key, body)
        first, second = body[ROWS[key]]
        return {**body, ROWS[key]: {"10": second, "9": first}}

    async with open_altered({PRODUCTS[key]: lambda body: with_two_rows(key, body)}) as (
        gateway,
        vendors,
    ):
        expected = await gateway.execute(SHOW_PRODUCTS, key=key.value)
        vendors.alterations = {PRODUCTS[key]: alter}
        assert await gateway.execute(SHOW_PRODUCTS, key=key.value) == expected


@pytest.mark.parametrize("empty", [None, {}])
@pytest.mark.parametrize("key", KEYS)
async def test_null_and_an_empty_object_are_an_empty_list(key: ProviderKey, empty: object) -> None:
    async with open_altered({PRODUCTS[key]: lambda body: {**body, ROWS[key]: empty}}) as (
        gateway,
        _,
    ):
        response = await gateway.execute(SHOW_PRODUCTS, key=key.value)
    assert response == {"data": {"provider": {"products": {"nodes": []}}}}


@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
@pytest.mark.parametrize("key", KEYS)
async def test_a_page_of_html_is_an_error(key: ProviderKey, content_type: str) -> None:
    async with open_altered({PRODUCTS[key]: b"<html>Maintenance</html>"}) as (gateway, vendors):
        vendors.content_type = content_type
        response = await gateway.execute(SHOW_PRODUCTS, key=key.value)
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_PROTOCOL"
    assert response["data"] == {"provider": {"products": None}}
    assert "extensions" not in response
