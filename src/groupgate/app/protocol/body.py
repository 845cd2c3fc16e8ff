"""The body of a POST: of the right type, not compressed, no larger than allowed, and in time."""

from typing import Final

from starlette.requests import Request

from groupgate.app.protocol.request_error import (
    TOO_LARGE,
    TOO_SLOW,
    UNREADABLE,
    UNSUPPORTED_MEDIA,
    RequestError,
)
from groupgate.request import Deadline

# The rest of a body that is refused while it comes is not read: nothing can follow it.
_CLOSE: Final = {"Connection": "close"}

HALF_READ: Final = frozenset({TOO_LARGE.status, TOO_SLOW.status})
"""Statuses of answers to a body that may still be coming."""


async def read_body(request: Request, limit: int, deadline: Deadline) -> bytes:
    """Read a JSON body; refuse any other, and one of more than `limit` bytes, before it is read.

    One that has not arrived at the deadline is refused then, for nothing could be done with it.

    Forms are refused like all the rest: a page of another site can send a form, but no JSON.
    """
    _check_type(request.headers.getlist("content-type"))
    _check_encoding(request.headers.getlist("content-encoding"))
    _check_length(request.headers.get("content-length", "0"), limit)
    try:
        return await deadline.wait_for(_whole(request, limit))
    except TimeoutError:
        raise RequestError.saying(TOO_SLOW, "The body did not arrive in time.", _CLOSE) from None


async def _whole(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _check_type(given: list[str]) -> None:
    name, *parameters = given[0].lower().split(";") if len(given) == 1 else [""]
    charsets = [
        value.strip().strip('"')
        for name, _, value in (parameter.partition("=") for parameter in parameters)
        if name.strip() == "charset"
    ]
    if name.strip() != "application/json" or charsets not in ([], ["utf-8"]):
        raise RequestError.saying(
            UNSUPPORTED_MEDIA,
            "The body must be JSON in UTF-8, sent as Content-Type: application/json.",
            {"Accept": "application/json"},
        )


def _check_encoding(given: list[str]) -> None:
    if any(value.strip().lower() not in {"", "identity"} for value in given):
        raise RequestError.saying(
            UNSUPPORTED_MEDIA,
            "Compressed bodies are not read: send it without Content-Encoding.",
            {"Accept-Encoding": "identity"},
        )


def _check_length(declared: str, limit: int) -> None:
    try:
        length = int(declared)
    except ValueError:
        raise RequestError.saying(UNREADABLE, "Content-Length is not a number.", _CLOSE) from None
    if length > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> RequestError:
    return RequestError.saying(TOO_LARGE, f"The body has more than {limit:,} bytes.", _CLOSE)
