"""decode_leniently: which bodies fit in spite of their notation, and what is null or left out."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from msgspec import UNSET, Struct, UnsetType

from groupgate.decoding.lenient_json import PartialRows, UnfitError, decode_leniently


class Tag(Struct, frozen=True, kw_only=True):
    """An object without required fields."""

    label: str | None = None


class Row(Struct, frozen=True, kw_only=True, rename="camel"):
    """A row of a list, with a field of each type that vendors use."""

    id: str
    display_name: str | None = None
    amount: int | None = None
    price: int | float | str | None = None
    exact: Decimal | None = None
    ratio: float | None = None
    is_active: bool | None = None
    is_listed: bool = True
    created_at: datetime | None = None
    details: Any = None
    group_ids: tuple[str, ...] | None = None
    tags: tuple[Tag, ...] = ()
    first_tag: Tag | None = None


class Body(Struct, frozen=True, kw_only=True):
    """A page of rows."""

    items: tuple[Row, ...]
    note: str | None = None
    data: tuple[Row, ...] | UnsetType = UNSET


Decoded = tuple[Any, dict[str, int], dict[str, int]]


def decode(body: object, shape: Any = Body) -> Decoded:
    """Return the value, and the counts of nulls and of left-out rows by JSON path."""
    value, unreadable = decode_leniently(json.dumps(body).encode(), shape)
    return (value, *_counts(unreadable))


def _counts(unreadable: Any) -> tuple[dict[str, int], dict[str, int]]:
    return ({}, {}) if unreadable is None else (dict(unreadable.nulls), dict(unreadable.rows))


def decode_row(**fields: object) -> tuple[Row, dict[str, int]]:
    """Return the only row of a page, and the counts of its nulls."""
    body, nulls, rows = decode({"items": [{"id": "a", **fields}]})
    assert rows == {}
    (row,) = body.items
    return row, nulls


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"id": 77}, Row(id="77")),
        ({"displayName": 5}, Row(id="a", display_name="5")),
        ({"amount": 1999.0}, Row(id="a", amount=1999)),
        ({"amount": "1999"}, Row(id="a", amount=1999)),
        ({"price": 9.5}, Row(id="a", price=9.5)),
        ({"price": "9.50"}, Row(id="a", price="9.50")),
        ({"exact": "9.50"}, Row(id="a", exact=Decimal("9.50"))),
        ({"exact": 9.5}, Row(id="a", exact=Decimal("9.5"))),
        ({"ratio": "0.5"}, Row(id="a", ratio=0.5)),
        ({"isActive": 1}, Row(id="a", is_active=True)),
        ({"isActive": "false"}, Row(id="a", is_active=False)),
        ({"isListed": 0}, Row(id="a", is_listed=False)),
        ({"createdAt": 0}, Row(id="a", created_at=datetime(1970, 1, 1, tzinfo=UTC))),
        ({"details": {"a": [1, None]}}, Row(id="a", details={"a": [1, None]})),
        ({"groupIds": [7, "8"]}, Row(id="a", group_ids=("7", "8"))),
        ({"groupIds": {}}, Row(id="a", group_ids=())),
        ({"groupIds": {"10": "c", "9": "b", "0": "a"}}, Row(id="a", group_ids=("a", "b", "c"))),
        ({"tags": None}, Row(id="a")),
        ({"tags": {}}, Row(id="a")),
        ({"tags": {"0": {"label": 1}}}, Row(id="a", tags=(Tag(label="1"),))),
        ({"firstTag": {}}, Row(id="a", first_tag=Tag())),
    ],
)
def test_an_equivalent_value_of_a_field_fits(fields: dict[str, object], expected: Row) -> None:
    assert decode_row(**fields) == (expected, {})


@pytest.mark.parametrize(
    ("fields", "json_path"),
    [
        ({"displayName": False}, "$.items[].displayName"),
        ({"amount": 19.99}, "$.items[].amount"),
        ({"amount": ""}, "$.items[].amount"),
        ({"price": True}, "$.items[].price"),
        ({"price": {}}, "$.items[].price"),
        ({"exact": "free"}, "$.items[].exact"),
        ({"isActive": "yes"}, "$.items[].isActive"),
        ({"isActive": 2}, "$.items[].isActive"),
        ({"createdAt": ""}, "$.items[].createdAt"),
        ({"createdAt": "0001-01-01T00:00:00+02:00"}, "$.items[].createdAt"),
        ({"groupIds": "a"}, "$.items[].groupIds"),
        ({"groupIds": ["a", None]}, "$.items[].groupIds[]"),
        ({"groupIds": {"a": "b"}}, "$.items[].groupIds"),
        ({"firstTag": "new"}, "$.items[].firstTag"),
        ({"firstTag": []}, "$.items[].firstTag"),
    ],
)
def test_a_value_that_does_not_fit_becomes_null(fields: dict[str, object], json_path: str) -> None:
    assert decode_row(**fields) == (Row(id="a"), {json_path: 1})


def test_null_in_a_field_that_cannot_be_null_becomes_its_default() -> None:
    assert decode_row(isListed=None) == (Row(id="a"), {"$.items[].isListed": 1})


def test_numbers_that_cannot_be_represented_become_null() -> None:
    body = b'{"items":[{"id":"a","amount":NaN,"price":1e999,"details":Infinity,"ratio":%s}]}'
    value, unreadable = decode_leniently(body % (b"9" * 5000), Body)
    assert value == Body(items=(Row(id="a"),))
    assert _counts(unreadable) == (
        {"$.items[].amount": 1, "$.items[].price": 1, "$.items[].ratio": 1},
        {},
    )


@pytest.mark.parametrize(
    "row",
    [
        None,
        "a",
        [],
        {},
        {"id": None},
        {"id": True},
        {"id": "b", "isListed": "maybe"},
        {"id": "b", "tags": "none"},
        {"displayName": 5, "amount": "many"},
    ],
)
def test_a_row_that_cannot_be_decoded_is_left_out(row: object) -> None:
    """Problems inside the row are not reported as well."""
    value, nulls, rows = decode({"items": [{"id": "a"}, row, {"id": "c"}]})
    assert (value.items, value.items.left_out) == ((Row(id="a"), Row(id="c")), 1)
    assert (nulls, rows) == ({}, {"$.items[]": 1})


def test_problems_are_counted_by_path() -> None:
    rows = [{"id": "a", "amount": ""}, {"id": "b", "amount": "", "price": {}}, None, None]
    value, nulls, left_out = decode({"items": rows, "note": []})
    assert value.items == (Row(id="a"), Row(id="b"))
    assert nulls == {"$.items[].amount": 2, "$.items[].price": 1, "$.note": 1}
    assert left_out == {"$.items[]": 2}


def test_an_item_without_required_fields_that_does_not_fit_is_no_lost_row() -> None:
    row, nulls = decode_row(tags=[{"label": "new"}, None])
    assert (row.tags, type(row.tags)) == ((Tag(label="new"),), tuple)
    assert nulls == {"$.items[].tags[]": 1}


@pytest.mark.parametrize("items", [None, {}, []])
def test_an_empty_list_has_several_notations(items: object) -> None:
    assert decode({"items": items}) == (Body(items=()), {}, {})


def test_a_list_may_be_an_object_with_numbers_as_keys() -> None:
    items = {"10": {"id": "c"}, "2": {"id": "b"}, "1": None, "0": {"id": "a"}}
    value, nulls, rows = decode({"items": items})
    assert [row.id for row in value.items] == ["a", "b", "c"]
    assert (nulls, rows) == ({}, {"$.items[]": 1})


@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        (None, "$"),
        ([], "$"),
        ("x", "$"),
        ({}, "$.items"),
        ({"data": []}, "$.items"),
        ({"items": "x"}, "$.items"),
        ({"items": {"id": "a"}}, "$.items"),
        ({"items": [], "data": "x"}, "$.data"),
    ],
)
def test_a_body_that_does_not_fit_as_a_whole_is_an_error(body: object, json_path: str) -> None:
    with pytest.raises(UnfitError) as caught:
        decode(body)
    assert caught.value.json_path == json_path


def test_null_is_an_empty_list_in_a_field_that_may_be_missing() -> None:
    assert decode({"items": [], "data": None}) == (Body(items=(), data=()), {}, {})


LIST_OR_PAGE: Any = tuple[Row, ...] | Body
ONE_OR_MORE: Any = Row | tuple[Row, ...]
NAME_OR_ROWS: Any = str | Row | tuple[str | Row, ...] | None


@pytest.mark.parametrize(
    ("shape", "body", "expected"),
    [
        (LIST_OR_PAGE, [{"id": 1}], (Row(id="1"),)),
        (LIST_OR_PAGE, {"0": {"id": 1}}, (Row(id="1"),)),
        (LIST_OR_PAGE, {"items": [{"id": 1}]}, Body(items=(Row(id="1"),))),
        (LIST_OR_PAGE, {}, ()),
        (LIST_OR_PAGE, None, ()),
        (ONE_OR_MORE, {"id": 1}, Row(id="1")),
        (ONE_OR_MORE, [{"id": 1}], (Row(id="1"),)),
        (ONE_OR_MORE, {"0": {"id": 1}}, (Row(id="1"),)),
        (NAME_OR_ROWS, 5, "5"),
        (NAME_OR_ROWS, None, None),
        (NAME_OR_ROWS, [1, {"id": 2}], ("1", Row(id="2"))),
    ],
)
def test_a_value_of_one_of_several_types_is_decoded(
    shape: Any, body: object, expected: object
) -> None:
    assert decode(body, shape) == (expected, {}, {})


@pytest.mark.parametrize(
    ("shape", "body", "json_path"),
    [
        (LIST_OR_PAGE, {"error": "x"}, "$.items"),
        (LIST_OR_PAGE, "x", "$"),
        (ONE_OR_MORE, {}, "$.id"),
        (ONE_OR_MORE, None, "$"),
        (NAME_OR_ROWS, {}, "$.id"),
        (NAME_OR_ROWS, False, "$"),
    ],
)
def test_a_value_of_none_of_several_types_is_an_error_at_the_deepest_path(
    shape: Any, body: object, json_path: str
) -> None:
    with pytest.raises(UnfitError) as caught:
        decode(body, shape)
    assert caught.value.json_path == json_path


def test_partial_rows_know_how_many_rows_were_left_out() -> None:
    rows = PartialRows.of(["a", "b"], 3)
    assert (rows, rows.left_out) == (("a", "b"), 3)


TEXT = strategies.text()
TIMES = strategies.datetimes(timezones=strategies.just(UTC))
ROWS = strategies.builds(
    Row,
    id=TEXT,
    display_name=strategies.none() | TEXT,
    amount=strategies.none() | strategies.integers(-(2**63), 2**63 - 1),
    price=strategies.none() | strategies.integers() | strategies.floats(-1e9, 1e9) | TEXT,
    exact=strategies.none() | strategies.decimals(-1000, 1000, places=2),
    ratio=strategies.none() | strategies.floats(allow_nan=False, allow_infinity=False),
    is_active=strategies.none() | strategies.booleans(),
    is_listed=strategies.booleans(),
    created_at=strategies.none() | TIMES,
    group_ids=strategies.none() | strategies.lists(TEXT, max_size=3).map(tuple),
    tags=strategies.lists(strategies.builds(Tag, label=strategies.none() | TEXT), max_size=3).map(
        tuple
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(strategies.builds(Body, items=strategies.lists(ROWS, max_size=3).map(tuple)))
def test_a_body_that_fits_is_decoded_as_the_strict_decoder_does(body: Body) -> None:
    encoded = msgspec.json.encode(body)
    assert decode_leniently(encoded, Body) == (msgspec.json.decode(encoded, type=Body), None)


JSON = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | TEXT,
    lambda inner: (
        strategies.lists(inner, max_size=4)
        | strategies.dictionaries(
            strategies.sampled_from(["items", "id", "0", "1", "amount", "tags", "createdAt"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON, strategies.sampled_from([Body, LIST_OR_PAGE, ONE_OR_MORE, NAME_OR_ROWS]))
def test_any_json_is_decoded_or_does_not_fit(body: object, shape: Any) -> None:
    with suppress(UnfitError):
        decode(body, shape)


@given(strategies.binary(max_size=200))
def test_any_bytes_are_decoded_or_an_error(body: bytes) -> None:
    with suppress(UnfitError, json.JSONDecodeError):
        decode_leniently(b'{"items":[{"id":"' + body + b'"}]}', Body)
