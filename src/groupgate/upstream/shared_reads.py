"""Reads that several processes make once: the second level of the read cache.

The first level is the cache in each process. The second one has bodies of responses, because every
process decodes them itself.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from groupgate.decoding.json_body import Decoded, decode_body
from groupgate.request import Deadline
from groupgate.stores import SharedCache, SharedRead
from groupgate.upstream.cache import MEMORY_PER_BODY_BYTE, ReadKey
from groupgate.upstream.transport import UpstreamResponse
from groupgate.upstream.vendor_state import VendorState

MAX_SHARED_BYTES: Final = 1024 * 1024
"""The largest body that is shared; a process reads a larger one itself."""


class _Stored(msgspec.Struct, frozen=True, array_like=True):
    content_type: str
    body: bytes


async def read_shared(
    state: VendorState,
    cache: SharedCache,
    key: ReadKey[Any],
    deadline: Deadline,
    fetch: Callable[[SharedRead], Awaitable[Decoded[Any]]],
) -> Decoded[Any]:
    """Return the response that another process has read or is reading, else that of `fetch`."""
    stamp = state.cache.stamp()
    async with cache.reading(state.provider, key.target, deadline) as read:
        if read.answer is None:
            return await fetch(read)
    stored = msgspec.msgpack.decode(read.answer, type=_Stored)
    decoded = decode_body(state.provider, stored.body, stored.content_type, key.shape)
    if key.check is not None:
        key.check(decoded.value)
    memory = len(stored.body) * MEMORY_PER_BODY_BYTE
    state.cache.put(key, decoded, size=memory, stamp=stamp, age=read.age)
    return decoded


def share(read: SharedRead, response: UpstreamResponse, ttl: float) -> None:
    """Give a response to the other processes, for `ttl` seconds."""
    if len(response.body) <= MAX_SHARED_BYTES:
        stored = _Stored(response.content_type, response.body)
        read.keep(msgspec.msgpack.encode(stored), ttl)
