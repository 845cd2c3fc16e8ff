"""Strict JSON: what is decoded, what is rejected, and how many values are accepted."""

from typing import Any

import pytest

from groupgate.app.protocol.requests import NotJsonError, WrongShapeError, decode_json
from tests.app.gateway import gateway_client


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b' {"a": [1, 2.5, null, true, "x"]}\n', {"a": [1, 2.5, None, True, "x"]}),
        (b'{"\\ud83c\\udfc3": "\\u0000"}', {"🏃": "\0"}),
        ('{"a": "🏊"}'.encode(), {"a": "🏊"}),
        (b'{"a": 18446744073709551616}', {"a": 2**64}),
        (b'{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
    ],
)
def test_json_is_decoded(raw: bytes, expected: dict[str, Any]) -> None:
    assert decode_json(raw, dict[str, Any]) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1, "a": 1}', "an object has the same key twice"),
        (b'{"a": [{"b": 1, "\\u0062": 2}]}', "an object has the same key twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": "\\ud800"}', "a string is not valid Unicode"),
        (b'{"a": "\\udfc3\\ud83c"}', "a string is not valid Unicode"),
        (b'{"a": "\xed\xa0\x80"}', "the text is not UTF-8"),
        (b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "the nesting is too deep"),
        (b"[" + b"0," * 10_001 + b"0]", "the text holds more than 10,000 values"),
    ],
)
def test_invalid_json_is_rejected(raw: bytes, message: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(raw, dict[str, Any])
    assert str(caught.value) == message


COMMAS = "," * 20_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f'{{"a": "{COMMAS}"}}', {"a": COMMAS}),
        (f'{{"a": "\\"{COMMAS}\\\\"}}', {"a": f'"{COMMAS}\\'}),
        (f'{{"{COMMAS}:": 1}}', {f"{COMMAS}:": 1}),
        (f'{{"a": [{"1," * 9_999}1]}}', {"a": [1] * 10_000}),
        (
            "{" + ",".join(f'"a{i}": {{}}' for i in range(10_000)) + "}",
            {f"a{i}": {} for i in range(10_000)},
        ),
    ],
    ids=["text", "text with escapes", "key", "list", "object"],
)
def test_ten_thousand_values_and_any_text_are_decoded(raw: str, expected: dict[str, Any]) -> None:
    assert decode_json(raw.encode(), dict[str, Any]) == expected


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"a": [{"1," * 10_001}1]}}',
        "{" + ",".join(f'"a{i}": 1' for i in range(10_001)) + "}",
        '{"a":' * 10_001 + "1" + "}" * 10_001,
        '{"a": "\\\\", "b": [' + '",",' * 10_001 + "1]}",
    ],
    ids=["list", "object", "nested objects", "after a text"],
)
def test_more_than_ten_thousand_values_are_rejected(raw: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(raw.encode(), dict[str, Any])
    assert str(caught.value) == "the text holds more than 10,000 values"


def test_a_text_that_does_not_end_is_rejected_in_linear_time() -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(b'{"a": "' + b'\\"' * 500_000, dict[str, Any])
    assert str(caught.value).startswith("Unterminated string starting at")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[]", "Expected `object`, got `array`."),
        (b'{"a": 1' + b"0" * 5000 + b"}", "Integer value out of range - at `$[...]`."),
        (b'{"a": 1e999}', "Number out of range - at `$[...]`."),
    ],
)
def test_json_of_another_type_is_a_different_error(raw: bytes, message: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        decode_json(raw, dict[str, Any])
    assert str(caught.value) == message


@pytest.mark.anyio
async def test_a_document_with_twenty_thousand_commas_is_executed() -> None:
    async with gateway_client() as client:
        response = await client.post("/graphql", json={"query": f"{{ __typename {COMMAS} }}"})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})
