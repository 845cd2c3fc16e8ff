"""Decoding a vendor's JSON; what does not fit becomes an error that names the place."""

import re
from typing import TypeVar

import msgspec

from groupgate.domain.errors import Malformed
from groupgate.domain.refs import ProviderKey

ShapeT = TypeVar("ShapeT")

_PATH = re.compile(r"`(\$[^`]*)`$")
_MISSING = re.compile(r"missing required field `([^`]+)`")


class NoBody(msgspec.Struct):
    """The shape of an answer that says nothing."""


def decode(provider: ProviderKey, body: bytes, shape: type[ShapeT]) -> ShapeT:
    """Return the body as this shape; raise Malformed with the JSON path if it does not fit."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        path = _place(str(error))
        raise Malformed(
            provider, f"Its answer does not have the documented shape at {path}.", json_path=path
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(provider, "Its answer is not valid JSON.", json_path="$") from None


def _place(complaint: str) -> str:
    """The path in msgspec's words, down to a field that is missing; never the value."""
    path, field = _PATH.search(complaint), _MISSING.search(complaint)
    return (path[1] if path else "$") + (f".{field[1]}" if field else "")
