"""Decoding the JSON body of a vendor's response; a body that does not fit raises Malformed."""

import re
from typing import Final, TypeVar

import msgspec

from groupgate.domain.errors import Malformed
from groupgate.domain.refs import ProviderKey

ShapeT = TypeVar("ShapeT")

_ERROR_KEYS: Final = frozenset({"code", "error", "error_code", "errors", "message"})
"""Keys of the vendors' error bodies."""

_PATH: Final = re.compile(r"`(\$[^`]*)`$")
_MISSING: Final = re.compile(r"missing required field `([^`]+)`")


class NoBody(msgspec.Struct):
    """The shape of a response whose body is only checked for an error."""


def decode_body(
    provider: ProviderKey, body: bytes, content_type: str, shape: type[ShapeT]
) -> ShapeT:
    """Return the body decoded as `shape`. A response without a content type counts as JSON.

    If an object has a key twice, the last value counts, as in every JSON library.
    """
    if shape is NoBody:
        _check_no_error(provider, body)
        return shape()
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and not _is_json(media_type):
        raise Malformed(
            provider, f"{provider.display_name} returned a content type that is not JSON."
        )
    return decode_json(provider, body, shape)


def decode_json(provider: ProviderKey, body: bytes, shape: type[ShapeT]) -> ShapeT:
    """Return the JSON decoded as `shape`; raise Malformed with the JSON path if it does not fit."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        path = _path_of(str(error))
        raise Malformed(
            provider,
            f"{provider.display_name} returned JSON that differs from its documentation at {path}.",
            json_path=path,
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed(
            provider, f"{provider.display_name} returned invalid JSON.", json_path="$"
        ) from None


def _check_no_error(provider: ProviderKey, body: bytes) -> None:
    """Raise Malformed if the body is an HTML page or an error."""
    is_page = body.lstrip().startswith(b"<")
    try:
        value = None if is_page else msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return
    if is_page or (isinstance(value, dict) and not value.keys().isdisjoint(_ERROR_KEYS)):
        raise Malformed(
            provider, f"{provider.display_name} returned an error with a status of success."
        )


def _is_json(media_type: str) -> bool:
    return media_type in {"application/json", "text/json"} or media_type.endswith("+json")


def _path_of(message: str) -> str:
    """Return the JSON path in msgspec's message, down to a missing field; never the value."""
    path, field = _PATH.search(message), _MISSING.search(message)
    return (path[1] if path else "$") + (f".{field[1]}" if field else "")
