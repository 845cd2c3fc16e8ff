"""Parsing of JSON whose text is damaged, as some vendors send it.

Repaired are a byte order mark, UTF-16, bytes that are not UTF-8, control characters in strings,
lone surrogates, and numbers that JSON does not have. Anything else that is not JSON is an error.
"""

import json
import re
from math import isfinite
from typing import Any, Final

UNREADABLE: Final = object()
"""The value of a number that is infinite, not a number, or too long to be one; fits no type."""

_MAX_DIGITS: Final = 4300
"""The longest integer that Python converts (see `sys.set_int_max_str_digits`)."""

_NOT_ASCII: Final = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]"
)
"""One character of UTF-8, or a single byte, in bytes that were decoded as Latin-1."""

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    r"|\\.",
    re.DOTALL,
)
"""One escape of a JSON string: a pair of surrogates, a lone surrogate, or any other."""


def parse_json(body: bytes) -> Any:
    """Return the JSON value; UNREADABLE stands for each number that cannot be represented.

    Raises ValueError if the repaired text is not JSON, and RecursionError if it is nested too
    deeply.
    """
    text = _without_surrogates(_text(body))
    return _DECODER.decode(_ESCAPE.sub(_repaired_escape, text))


def _text(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        return body.decode(encoding, "replace")
    text = body.removeprefix(b"\xef\xbb\xbf")
    try:
        return text.decode()
    except UnicodeDecodeError:
        return _NOT_ASCII.sub(_character, text.decode("latin-1"))


def _character(match: re.Match[str]) -> str:
    """Return a character of UTF-8, or else each of its bytes as a character."""
    encoded = match[0].encode("latin-1")
    try:
        return encoded.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return "".join(map(_latin_1, encoded))


def _latin_1(byte: int) -> str:
    """Return the character of a byte in Latin-1; browsers too read its controls as Windows-1252."""
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


def _without_surrogates(text: str) -> str:
    """Combine surrogates into pairs, and replace those without a partner by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _repaired_escape(match: re.Match[str]) -> str:
    return r"\ufffd" if match["lone"] else match[0]


def _integer(digits: str) -> object:
    return int(digits) if len(digits) <= _MAX_DIGITS else UNREADABLE


def _float(digits: str) -> object:
    number = float(digits)
    return number if isfinite(number) else UNREADABLE


_DECODER: Final = json.JSONDecoder(
    strict=False,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=lambda _name: UNREADABLE,
)
