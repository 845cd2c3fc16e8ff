"""Decoding the JSON body of a vendor's response, to a read or to a write.

A body of a read that does not fit raises Malformed. For a write, every status of success without an
error in the body is a success, whatever the content type says.
"""

import re
from typing import Any, Final, Generic, TypeVar

import msgspec

from groupgate.decoding.json_repair import parse_json
from groupgate.decoding.lenient_json import UnfitError, decode_leniently
from groupgate.domain.errors import Malformed, Unconfirmed, WriteOutcome
from groupgate.domain.refs import AccountKey
from groupgate.request import UnreadableValues

ShapeT = TypeVar("ShapeT")

_BOM: Final = b"\xef\xbb\xbf"

_ERROR_KEYS: Final = ("error", "errors", "error_code", "errorCode", "Error", "Errors")
"""Keys of error bodies; a response of success may have them without a value."""

_NO: Final = {"0", "false"}

_NO_VALUE: Final = {*_NO, "", "null"}

_SUCCESS_STATUS: Final = re.compile(r"2\d\d")


class Decoded(msgspec.Struct, Generic[ShapeT], frozen=True):
    """A decoded body, with its values that could not be decoded; None if there are none."""

    value: ShapeT
    unreadable: UnreadableValues | None = None


def decode_body(
    provider: AccountKey, body: bytes, content_type: str, shape: type[ShapeT]
) -> Decoded[ShapeT]:
    """Return the body decoded as `shape`; only a body that does not fit is decoded leniently.

    If an object has a key twice, the last value counts, as in every JSON library. The content type
    counts only if the body is not JSON: some vendors label JSON as text or HTML.
    """
    try:
        value = msgspec.json.decode(body, type=shape)
    except ValueError:
        return _decode_leniently(provider, body, content_type, shape)
    except RecursionError:
        raise _invalid(provider, content_type) from None
    if _may_overflow(body):
        return _decode_leniently(provider, body, content_type, shape)
    return Decoded(value)


def _may_overflow(body: bytes) -> bool:
    """Return True if the body may contain a time before the year 1 in UTC.

    A plus sign is found in a fraction of the time that it takes to find a date.
    """
    return b"+" in body and b'"0001-01-01' in body


def _decode_leniently(
    provider: AccountKey, body: bytes, content_type: str, shape: type[ShapeT]
) -> Decoded[ShapeT]:
    try:
        return Decoded(*decode_leniently(body, shape))
    except UnfitError as error:
        path = error.json_path
    except (ValueError, RecursionError):
        raise _invalid(provider, content_type) from None
    raise Malformed(
        provider,
        f"{provider.display_name} returned JSON that differs from its documentation at {path}.",
        json_path=path,
    )


def _invalid(provider: AccountKey, content_type: str) -> Malformed:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type and not _is_json(media_type):
        message = f"{provider.display_name} returned a content type that is not JSON."
        return Malformed(provider, message)
    message = f"{provider.display_name} returned invalid JSON."
    return Malformed(provider, message, json_path="$")


def _is_json(media_type: str) -> bool:
    return media_type in {"application/json", "text/json"} or media_type.endswith("+json")


class NoBody(msgspec.Struct):
    """The shape of a response that has no body (documented): text in it is not interpreted."""


class AnyBody(msgspec.Struct):
    """The shape of a response of which nothing is used, but whose body may report an error."""


def decode_write_body(
    provider: AccountKey, body: bytes, shape: type[ShapeT]
) -> Decoded[ShapeT | None]:
    """Return the body decoded as `shape`; None if it does not have this shape, or is empty.

    With `NoBody` or `AnyBody` as shape, the result is always None. Raises Unconfirmed for a body
    that is not JSON, an HTML page for instance, and for `false`; Malformed for an error.
    """
    text = body.removeprefix(_BOM).strip()
    if not text:
        return Decoded(None)
    try:
        value = parse_json(body)
    except (ValueError, RecursionError):
        is_page = text.startswith(b"<")
        if shape is NoBody and not is_page:
            return Decoded(None)
        raise _unconfirmed(provider, "whose body is not valid JSON") from None
    if isinstance(value, bool | int | str) and str(value).strip().casefold() in _NO:
        raise _unconfirmed(provider, "whose body is false")
    path = _error_path(value)
    if path is not None:
        message = f"{provider.display_name} returned an error with a status of success."
        raise Malformed(provider, message, json_path=path)
    return Decoded(None) if shape in {NoBody, AnyBody} else _decode_or_none(body, shape)


def missing_id(provider: AccountKey, noun: str, json_path: str) -> Malformed:
    """Return the error for a successful creation whose response does not contain the new id."""
    message = f"The response of {provider.display_name} does not name the new {noun}."
    error = Malformed(provider, message, json_path=json_path)
    error.outcome = WriteOutcome.UNKNOWN
    return error


def _decode_or_none(body: bytes, shape: type[ShapeT]) -> Decoded[ShapeT | None]:
    try:
        return Decoded(*decode_leniently(body, shape))
    except (UnfitError, RecursionError):
        return Decoded(None)


def _unconfirmed(provider: AccountKey, reason: str) -> Unconfirmed:
    message = f"{provider.display_name} returned a status of success, {reason}."
    return Unconfirmed(provider, message, json_path="$")


def _error_path(value: object) -> str | None:
    """Return the JSON path of what reports an error; None if the body reports none.

    A message alone is no error: Dodo sends one with a success (documented for unarchive).
    """
    if not isinstance(value, dict):
        return None
    success = value.get("success")
    if success is not None and not _has_value(success):
        return "$.success"
    for key in _ERROR_KEYS:
        if _has_value(value.get(key)):
            return f"$.{key}"
    if success is None and _is_error_code(value.get("code")):
        return "$.code"
    return None


def _is_error_code(code: Any) -> bool:
    """Return True unless the code is missing, or is an HTTP status of success."""
    return _has_value(code) and not _SUCCESS_STATUS.fullmatch(str(code))


def _has_value(value: Any) -> bool:
    is_scalar = isinstance(value, str | int | float)
    return bool(value) and not (is_scalar and str(value).strip().casefold() in _NO_VALUE)
