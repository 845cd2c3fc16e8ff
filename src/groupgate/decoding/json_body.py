"""Decoding the JSON body of a vendor's response; a body that does not fit raises Malformed."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from groupgate.decoding.lenient_json import UnfitError, decode_leniently
from groupgate.domain.errors import Malformed
from groupgate.domain.refs import AccountKey
from groupgate.request import UnreadableValues

ShapeT = TypeVar("ShapeT")


@dataclass(frozen=True, slots=True)
class Decoded(Generic[ShapeT]):
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
