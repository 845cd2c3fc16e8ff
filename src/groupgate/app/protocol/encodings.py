"""Compression of responses: which encoding a client prefers, and the compressed bytes."""

import gzip
import re
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Final

import brotli  # type: ignore[import-untyped]
from cachetools import LRUCache
from starlette.datastructures import Headers
from starlette.responses import Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MIN_BYTES: Final = 1024
"""The smallest body that is compressed: it fits into one packet in any case."""

MAX_CACHED_BYTES: Final = 8 * 1024 * 1024
"""Memory for compressed bodies that are sent again."""

_OVERHEAD: Final = 300
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

_QUALITY: Final = re.compile(r"q=(?P<value>0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


@lru_cache(maxsize=256)
def preferred_encoding(accept: str) -> str:
    """Return the encoding that an `Accept-Encoding` prefers, or "" for none (RFC 9110, 12.5.3).

    No encoding (`identity`) is chosen only if the client prefers it. A malformed quality counts
    as 0.
    """
    given: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, _, parameters = part.partition(";")
        given[name.strip()] = _quality(parameters.strip())
    others = given.get("*", 0.0)
    qualities = {name: given.get(name, others) for name in _COMPRESS}
    best = max(qualities, key=qualities.__getitem__)
    return best if qualities[best] > 0 and qualities[best] >= given.get("identity", 0.0) else ""


def _quality(parameters: str) -> float:
    if not parameters:
        return 1.0
    match = _QUALITY.fullmatch(parameters)
    return float(match["value"]) if match else 0.0


def accepted_encoding(headers: Headers) -> str:
    """Return the encoding for the response to a request with these headers, or "" for none.

    The size of a compressed response tells something about its contents. A page of another site can
    use that only if the browser adds the credentials to the page's requests by itself, so such
    responses are not compressed: with a cookie, or with an Authorization that is not a token.
    """
    accept = ",".join(headers.getlist("accept-encoding"))
    if not accept or "cookie" in headers or not _is_sent_by_code(headers):
        return ""
    return preferred_encoding(accept)


def _is_sent_by_code(headers: Headers) -> bool:
    return headers.get("authorization", "bearer ").lower().startswith("bearer ")


class Compressor:
    """Compresses bodies, and keeps the compressed form of those that are sent again."""

    def __init__(self) -> None:
        self._cached: LRUCache[tuple[str, bytes], tuple[bytes, bytes]] = LRUCache(
            MAX_CACHED_BYTES, getsizeof=lambda pair: len(pair[0]) + len(pair[1]) + _OVERHEAD
        )

    def compress(self, body: bytes, encoding: str, *, is_repeated: bool) -> bytes:
        """Return a body in an encoding other than ""; `is_repeated` if it will be sent again."""
        if not is_repeated:
            return _COMPRESS[encoding](body)
        key = encoding, body
        pair = self._cached.get(key)
        if pair is None:
            pair = body, _COMPRESS[encoding](body)
            with suppress(ValueError):  # larger than the whole cache
                self._cached[key] = pair
        return pair[1]

    def apply(self, response: Response, headers: Headers, *, is_repeated: bool) -> None:
        """Compress a whole response for a request with these headers, if that is of use."""
        body = getattr(response, "body", None)
        if not isinstance(body, bytes):  # the explorer's page, which is read from a file later
            return
        response.headers.add_vary_header("Accept-Encoding")
        if len(body) < MIN_BYTES:
            return
        encoding = accepted_encoding(headers)
        if encoding:
            response.body = self.compress(body, encoding, is_repeated=is_repeated)
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Length"] = str(len(response.body))
