"""Reading the response to a write.

Every status of success without an error in the body is a success, whatever the content type says.
"""

import re
from typing import Any, Final, TypeVar

import msgspec

from groupgate.decoding.json_body import Decoded
from groupgate.decoding.json_repair import parse_json
from groupgate.decoding.lenient_json import UnfitError, decode_leniently
from groupgate.domain.errors import Malformed, Unconfirmed, WriteOutcome
from groupgate.domain.refs import AccountKey

ShapeT = TypeVar("ShapeT")

_BOM: Final = b"\xef\xbb\xbf"

_ERROR_KEYS: Final = ("error", "errors", "error_code", "errorCode", "Error", "Errors")
"""Keys of error bodies; a response of success may have them without a value."""

_NO: Final = {"0", "false"}

_NO_VALUE: Final = {*_NO, "", "null"}

_SUCCESS_STATUS: Final = re.compile(r"2\d\d")


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
    return Decoded(None) if shape in {NoBody, AnyBody} else _decode(body, shape)


def missing_id(provider: AccountKey, noun: str, json_path: str) -> Malformed:
    """Return the error for a successful creation whose response does not contain the new id."""
    message = f"The response of {provider.display_name} does not name the new {noun}."
    error = Malformed(provider, message, json_path=json_path)
    error.outcome = WriteOutcome.UNKNOWN
    return error


def _decode(body: bytes, shape: type[ShapeT]) -> Decoded[ShapeT | None]:
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
