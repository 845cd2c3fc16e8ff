"""JSON that is read, and JSON that other decoders would let pass."""

from typing import Any

import pytest

from groupgate.app.protocol.strict_json import NotJsonError, WrongShapeError, decode


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
    assert decode(raw, dict[str, Any]) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1, "a": 1}', "an object in it has the same name twice"),
        (b'{"a": [{"b": 1, "\\u0062": 2}]}', "an object in it has the same name twice"),
        (b'{"a": NaN}', "NaN is no number in JSON"),
        (b'{"a": -Infinity}', "-Infinity is no number in JSON"),
        (b'{"a": "\\ud800"}', "a string in it is not Unicode"),
        (b'{"a": "\\udfc3\\ud83c"}', "a string in it is not Unicode"),
        (b'{"a": "\xed\xa0\x80"}', "it is not UTF-8"),
        (b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "it is nested too deeply"),
        (b"[" + b"0," * 10_001 + b"0]", "it holds more than 10,000 values"),
    ],
)
def test_what_is_no_json_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode(raw, dict[str, Any])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[]", "Expected `object`, got `array`."),
        (b'{"a": 1' + b"0" * 5000 + b"}", "Integer value out of range - at `$[...]`."),
        (b'{"a": 1e999}', "Number out of range - at `$[...]`."),
    ],
)
def test_what_is_of_another_shape_is_told_apart(raw: bytes, message: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        decode(raw, dict[str, Any])
    assert str(caught.value) == message
