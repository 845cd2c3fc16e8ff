"""Writing a GraphQL response: media type, status, compression, and the rest of an unread body."""

import asyncio
import gzip
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Final

import brotli  # type: ignore[import-untyped]
import msgspec
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from groupgate.app.protocol.request_error import (
    NOT_ACCEPTABLE,
    FormattedError,
    Reason,
    RequestError,
)
from groupgate.app.protocol.requests import CLOSE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PARTIAL_SUCCESS: Final = 294
"""The status of the GraphQL-over-HTTP draft for a response with `data` and `errors`."""


class Media(StrEnum):
    """A media type of responses, in the order of preference where the client has none."""

    GRAPHQL = "application/graphql-response+json"
    JSON = "application/json"
    PAGE = "text/html"


# Clients that name no type, only `*/*`, predate the GraphQL type (the `graphql-http` audits).
_WILDCARD_ORDER: Final = (Media.JSON, Media.GRAPHQL, Media.PAGE)
_EXACT_ORDER: Final = tuple(Media)

_EXACT: Final = 2
"""The specificity of a media range without a wildcard."""

_CONTENT_TYPES: Final = {media: f"{media}; charset=utf-8".encode() for media in Media}

MAX_CACHED_ACCEPT: Final = 300
"""The longest Accept header, in characters, whose preference is cached; browsers send about 150."""

_MEDIA_QUALITY: Final = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")


class ResponseWriter:
    """Writes responses for one client: its media type, and `draft` or standard statuses.

    With a `trace_id`, every error has it in its extensions.
    """

    def __init__(self, media: Media, *, draft: bool, trace_id: str | None = None) -> None:
        self._media = media
        self._draft = draft
        self._trace_id = trace_id

    def result(
        self,
        data: Mapping[str, Any] | None,
        errors: list[FormattedError],
        extensions: Mapping[str, Any] | None = None,
    ) -> Response:
        """Return the response to an operation that was executed."""
        body: dict[str, Any] = {"data": data}
        if errors:
            body["errors"] = self._traced(errors)
        if extensions:
            body["extensions"] = extensions
        partial = self._draft and bool(errors) and self._media is Media.GRAPHQL
        status = PARTIAL_SUCCESS if partial else 200
        return JsonResponse(self._media, status, msgspec.json.encode(body))

    def encoded(self, body: bytes) -> Response:
        """Return the response to a query that another request has executed without an error."""
        return JsonResponse(self._media, 200, body)

    def request_error(self, error: RequestError) -> Response:
        """Return the response to a request that is not executed; it has no `data`, not even null.

        The draft allows `application/json` for successful responses only.
        """
        media = Media.GRAPHQL if self._draft else self._media
        body = msgspec.json.encode({"errors": self._traced(error.errors)})
        response = JsonResponse(media, self._status(error.reason), body)
        response.headers.update({**error.headers, "Cache-Control": "no-store"})
        return response

    def _traced(self, errors: Sequence[FormattedError]) -> Sequence[FormattedError]:
        if self._trace_id is None:
            return errors
        trace = {"traceId": self._trace_id}
        return [
            {**error, "extensions": {**error.get("extensions", {}), **trace}} for error in errors
        ]

    def _status(self, reason: Reason) -> int:
        if self._draft:
            return reason.draft or reason.status
        legacy = reason.legacy if self._media is Media.JSON else None
        return legacy or reason.status


def error_response(error: RequestError) -> Response:
    """Return the JSON response to a request that fails outside /graphql."""
    return ResponseWriter(Media.JSON, draft=False).request_error(error)


class JsonResponse(Response):
    """A JSON response; the constructor of starlette takes as long as the encoding of the body."""

    def __init__(self, media: Media, status: int, body: bytes) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", _CONTENT_TYPES[media]),
        ]


def preferred_media(accept: str, offers: tuple[Media, ...]) -> Media | None:
    """Return the offer that an Accept header prefers, or None if it accepts none of them."""
    find = _preferred_media if len(accept) > MAX_CACHED_ACCEPT else _preferred_media_cached
    return find(accept, offers)


def not_acceptable() -> RequestError:
    """Return the error for an Accept header that accepts none of the media types."""
    message = (
        f"Responses are {Media.GRAPHQL} or {Media.JSON}; the Accept header accepts neither of them."
    )
    return RequestError.with_message(NOT_ACCEPTABLE, message)


def _preferred_media(accept: str, offers: tuple[Media, ...]) -> Media | None:
    ranges = list(_media_ranges(accept))
    if not ranges:
        return Media.JSON
    ranks = {offer: _rank(offer, ranges) for offer in offers}
    best = max(offers, key=ranks.__getitem__)
    quality, _, _ = ranks[best]
    return best if quality > 0 else None


_preferred_media_cached: Final = lru_cache(maxsize=200)(_preferred_media)


@dataclass(frozen=True, slots=True, kw_only=True)
class _MediaRange:
    name: str
    quality: float

    @property
    def specificity(self) -> int:
        return _EXACT - self.name.count("*")

    def includes(self, media: Media) -> bool:
        major, _, _ = media.partition("/")
        return self.name in {media, f"{major}/*", "*/*"}


def _rank(offer: Media, ranges: Sequence[_MediaRange]) -> tuple[float, int, int]:
    """The most specific range that includes an offer decides its quality (RFC 9110, 12.5.1)."""
    matching = [media_range for media_range in ranges if media_range.includes(offer)]
    if not matching:
        return 0.0, 0, 0
    best = max(matching, key=lambda media_range: (media_range.specificity, media_range.quality))
    order = _EXACT_ORDER if best.specificity == _EXACT else _WILDCARD_ORDER
    return best.quality, best.specificity, -order.index(offer)


def _media_ranges(accept: str) -> Iterator[_MediaRange]:
    """Parse an Accept header; another charset or a malformed quality counts as quality 0."""
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if not name:
            continue
        values = dict(_parameter(parameter) for parameter in parameters)
        quality = values.get("q", "1")
        if values.get("charset", "utf-8") not in {"utf-8", "utf8"} or not _MEDIA_QUALITY.fullmatch(
            quality
        ):
            quality = "0"
        yield _MediaRange(name=name, quality=float(quality))


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')


MIN_BYTES: Final = 1024
"""The smallest body that is compressed: it fits into one packet in any case."""

MAX_CACHED_BYTES: Final = 8 * 1024 * 1024
"""Memory for compressed bodies that are sent again."""

_CACHED_OVERHEAD: Final = 300
"""Bytes of an entry besides its two bodies."""

# Levels that take about as long as the encoding of the JSON itself.
_COMPRESS: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "zstd": partial(zstd.compress, level=3),
        "br": partial(brotli.compress, quality=4),
        "gzip": partial(gzip.compress, compresslevel=5, mtime=0),
    }
)
"""The encodings in the order of preference where the client has none."""

_ENCODING_QUALITY: Final = re.compile(r"q=(?P<value>0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


@lru_cache(maxsize=256)
def preferred_encoding(accept: str) -> str:
    """Return the encoding that an `Accept-Encoding` prefers, or "" for none (RFC 9110, 12.5.3).

    No encoding (`identity`) is chosen only if the client prefers it. A malformed quality counts
    as 0.
    """
    given: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameters = part.partition(";")
        given[name.strip()] = _encoding_quality(parameters.strip())
    others = given.get("*", 0.0)
    qualities = {name: given.get(name, others) for name in _COMPRESS}
    best = max(qualities, key=qualities.__getitem__)
    return best if qualities[best] > 0 and qualities[best] >= given.get("identity", 0.0) else ""


def _encoding_quality(parameters: str) -> float:
    if not parameters:
        return 1.0
    match = _ENCODING_QUALITY.fullmatch(parameters)
    return float(match["value"]) if match else 0.0


def accepted_encoding(headers: Headers) -> str:
    """Return the encoding for the response to a request with these headers, or "" for none."""
    accept = ",".join(headers.getlist("accept-encoding"))
    if not accept or not may_compress(headers.get("authorization"), has_cookie="cookie" in headers):
        return ""
    return preferred_encoding(accept)


def may_compress(authorization: str | None, *, has_cookie: bool) -> bool:
    """Return True if the response to a request with these credentials may be compressed.

    The size of a compressed response tells something about its contents. A page of another site can
    use that only if the browser adds the credentials to the page's requests by itself, so such
    responses are not compressed: with a cookie, or with an Authorization that is not a token.
    """
    is_token = authorization is None or authorization[:7].lower() == "bearer "
    return is_token and not has_cookie


class Compressor:
    """Compresses bodies, and keeps the compressed form of those that are sent again."""

    def __init__(self) -> None:
        self._cached: LRUCache[tuple[str, bytes], tuple[bytes, bytes]] = LRUCache(
            MAX_CACHED_BYTES, getsizeof=lambda pair: len(pair[0]) + len(pair[1]) + _CACHED_OVERHEAD
        )

    def compress(self, body: bytes, encoding: str, *, is_repeated: bool) -> bytes:
        """Return a body in an encoding other than ""; `is_repeated` if it will be sent again."""
        if not is_repeated:
            return _COMPRESS[encoding](body)
        compressed = self.find(body, encoding)
        if compressed is None:
            compressed = _COMPRESS[encoding](body)
            with suppress(ValueError):  # larger than the whole cache
                self._cached[encoding, body] = body, compressed
        return compressed

    def find(self, body: bytes, encoding: str) -> bytes | None:
        """Return the compressed form of a body that was sent before, if it was kept."""
        pair = self._cached.get((encoding, body))
        return None if pair is None else pair[1]

    def apply(self, response: Response, request: Request, *, is_repeated: bool) -> None:
        """Compress a whole response to this request, if that is of use."""
        if len(response.body) < MIN_BYTES:
            return
        encoding = accepted_encoding(request.headers)
        if encoding:
            response.body = self.compress(bytes(response.body), encoding, is_repeated=is_repeated)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Length"] = str(len(response.body))


MAX_DRAINED_BYTES: Final = 32 * 1024 * 1024
MAX_DRAIN_SECONDS: Final = 5.0
MAX_DRAIN_PAUSE: Final = 0.5
"""Seconds without a byte: a client that has read its response sends no more."""


async def send_response(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a response, and drop the rest of a body that was rejected halfway."""
    if (b"connection", CLOSE.encode()) in response.raw_headers:
        await respond_and_drain_body(response, scope, receive, send)
    else:
        await response(scope, receive, send)


async def respond_and_drain_body(
    response: Response, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send the whole response, then read and drop the rest of the body, then close.

    A connection that is closed over unread bytes is reset, and the client may lose the response.
    """

    async def send_open(message: Message) -> None:
        if "body" in message:
            message["more_body"] = True
        await send(message)

    await response(scope, receive, send_open)
    expects_continue = any(name == b"expect" for name, _ in scope["headers"])
    if not expects_continue:  # reading would send 100 Continue, which asks for the body
        with suppress(TimeoutError):
            async with asyncio.timeout(MAX_DRAIN_SECONDS):
                await _drain_body(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain_body(receive: Receive) -> None:
    dropped, more_body = 0, True
    while more_body and dropped < MAX_DRAINED_BYTES:
        message = await asyncio.wait_for(receive(), MAX_DRAIN_PAUSE)
        dropped += len(message.get("body", b""))
        more_body = message.get("more_body", False)
