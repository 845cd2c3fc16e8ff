"""Headers of responses to GET for caches between the gateway and its clients, and 304.

No cache stores what needed a token. With GROUPGATE_PUBLIC_MAX_AGE, shared caches such as CDNs store
complete responses. Their age counts from the oldest part, which `Age` reports (RFC 9111, 4.2.3).
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response

from groupgate.app.query_cache import QueryResponse
from groupgate.schema.ids import ProviderRef, try_decode_id

MAX_TAG_BYTES: Final = 2_000
"""The longest list of tags. Proxies have 4 KiB for all headers, and the list is sent twice."""

_ID: Final = re.compile(rb'"(WyJ[jnw]Iiwi[A-Za-z0-9_-]+)"')
"""A string that may be the id of a collection, a group or a product, by how their ids begin."""


def add_cache_headers(
    response: Response,
    request: Headers,
    shared: QueryResponse | None,
    *,
    is_anonymous: bool,
    max_age: int,
) -> Response:
    """Add Cache-Control, ETag and tags to the response to a GET; return 304 if the client has it.

    `shared` is the response as every caller with the same permissions receives it, None if it is
    not complete. `max_age` is in seconds; 0 if no shared cache may store it.
    """
    if not is_anonymous:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = "no-cache"
    if max_age and shared is not None:
        response.headers["Cache-Control"] = f"public, max-age={max_age}"
        tags = tags_of(shared)
        response.headers["Cache-Tag"], response.headers["Surrogate-Key"] = (
            ",".join(tags),
            " ".join(tags),
        )
    tag = _entity_tag(response)
    response.headers["ETag"] = tag
    if not _matches(request.getlist("if-none-match"), tag):
        return response
    response.status_code, response.body = 304, b""
    del response.headers["content-length"], response.headers["content-type"]
    return response


def tags_of(shared: QueryResponse) -> list[str]:
    """Return the tags of a response: its vendors, such as `DODO`, and the objects with an id in it.

    The tag of an object is `DODO:` and the vendor's own id. If the list would be too long, it has
    the vendors only.
    """
    vendors = sorted(key.path for key in shared.writes)
    objects = sorted(_objects_in(shared.body))
    tags = [*vendors, *objects]
    return tags if sum(len(tag) + 1 for tag in tags) <= MAX_TAG_BYTES else vendors


def _objects_in(body: bytes) -> Iterable[str]:
    refs = (try_decode_id(found.decode()) for found in set(_ID.findall(body)))
    return {
        f"{ref.provider.path}:{quote(ref.native_id, safe='')}"
        for ref in refs
        if ref is not None and not isinstance(ref, ProviderRef) and ref.native_id is not None
    }


def _entity_tag(response: Response) -> str:
    """A weak tag, as the response may be sent in several encodings."""
    digest = blake2b(response.headers["content-type"].encode(), digest_size=12)
    digest.update(response.body)
    return f'W/"{digest.hexdigest()}"'


def _matches(given: Iterable[str], tag: str) -> bool:
    """True if `If-None-Match` contains the tag, by weak comparison, or is `*`."""
    listed = {part.strip().removeprefix("W/") for value in given for part in value.split(",")}
    return "*" in listed or tag.removeprefix("W/") in listed
