"""parse_json: which damage to the text of JSON is repaired, and which is an error."""

import pytest

from groupgate.decoding.json_repair import UNREADABLE, parse_json


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b'"caf\xc3\xa9"', "café", id="UTF-8"),
        pytest.param(b'\xef\xbb\xbf"caf\xc3\xa9"', "café", id="UTF-8 with a byte order mark"),
        pytest.param('"café"'.encode("utf-16"), "café", id="UTF-16 with a byte order mark"),
        pytest.param('"café"'.encode("utf-16-le"), "café", id="UTF-16 without a byte order mark"),
        pytest.param(b'"caf\xe9"', "café", id="Latin-1"),
        pytest.param(b'"caf\xe9 caf\xc3\xa9"', "café café", id="Latin-1 and UTF-8"),
        pytest.param(b'"\xe6\x97\xa5\xfc"', "日ü", id="three bytes of UTF-8 before Latin-1"),
        pytest.param(b'"\xc0\xaf"', "À¯", id="overlong UTF-8"),
        pytest.param(b'"\x80 \x93x\x94"', "€ “x”", id="Windows-1252"),
        pytest.param(b'"\x81"', "\x81", id="a control character of Latin-1"),
        pytest.param(b'"a\tb\nc"', "a\tb\nc", id="control characters in a string"),
        pytest.param(rb'"\ud83d\ude00"', "😀", id="a pair of surrogates"),
        pytest.param(rb'"\ud83d!"', "\ufffd!", id="a lone high surrogate"),
        pytest.param(rb'"\ude00!"', "\ufffd!", id="a lone low surrogate"),
        pytest.param(rb'"\ude00\ud83d"', "\ufffd\ufffd", id="surrogates in the wrong order"),
        pytest.param(rb'"\\ud83d"', r"\ud83d", id="an escaped backslash before the letter u"),
        pytest.param(b'"\xed\xa0\xbd\xed\xb8\x80"', "😀", id="an encoded pair of surrogates"),
        pytest.param(b'"\xed\xa0\xbd"', "\ufffd", id="an encoded lone surrogate"),
        pytest.param(b" [1, 2.5, true, null] \n", [1, 2.5, True, None], id="undamaged JSON"),
        pytest.param(b'{"a":1,"a":2}', {"a": 2}, id="a key twice"),
    ],
)
def test_text_is_repaired(body: bytes, expected: object) -> None:
    assert parse_json(body) == expected


@pytest.mark.parametrize(
    "body",
    [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"9" * 4301, b"-" + b"9" * 4300],
)
def test_a_number_that_cannot_be_represented_is_unreadable(body: bytes) -> None:
    assert parse_json(b"[" + body + b"]") == [UNREADABLE]


def test_a_number_of_4300_digits_is_converted() -> None:
    assert parse_json(b"9" * 4300) == 10**4300 - 1


@pytest.mark.parametrize(
    "body", [b"", b" ", b"<html>", b"OK", b"{", b"[1,]", b"{} {}", b"{'a':1}", b"[1 2]", b'"']
)
def test_text_that_is_not_json_is_an_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"line 1 column"):
        parse_json(body)


def test_deep_nesting_is_an_error() -> None:
    with pytest.raises(RecursionError):
        parse_json(b"[" * 100_000)
