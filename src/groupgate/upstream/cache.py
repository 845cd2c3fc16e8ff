"""The read cache of one vendor account: stored responses, and single flight.

A vendor's catalogue is the same for every caller, so answers can be shared between requests. The
cache of each process has decoded responses; a second level, which several processes share, has
their bodies.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Final, Generic, TypeVar

import msgspec

from groupgate.coroutines import start_task
from groupgate.decoding.json_body import Decoded, decode_body
from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline, now
from groupgate.stores import SharedCache, SharedRead

ShapeT = TypeVar("ShapeT")

MEMORY_PER_BODY_BYTE: Final = 10
"""Bytes that a response takes in memory for each byte of its body.

Measured with Dodo collections of 100 products: 1 for the body itself, 5 for the decoded structs and
the objects that other layers derive from them, and up to 3 for their JSON in responses.
"""

ENTRY_OVERHEAD: Final = 550
"""Bytes that an entry takes besides its body: key, timestamps, dictionary slot (measured)."""

GRACE: Final = 0.01
"""Seconds that a shared read gets after the deadline, so that it can report its own failure."""

MAX_WAIT_IF_CACHED: Final = 3.0
"""Seconds that a read may take before waiters that have a cached answer receive that instead.

The read continues in the background. Without this limit, a vendor that hangs would delay every
reader until the deadline: readers share one call, and so few failing calls do not open the breaker.
"""

MAX_SHARED_BYTES: Final = 1024 * 1024
"""The largest body that processes share; each reads a larger one itself."""

ShareBody = Callable[[str, bytes], None]
"""Gives other processes the content type and the body of a response, as long as it is fresh."""

Read = Callable[[Deadline], Coroutine[Any, Any, Any]]

Check = Callable[[Any], object]
"""Raises UpstreamError for a decoded response that reports a failure."""


class ReadKey(msgspec.Struct, Generic[ShapeT], frozen=True):
    """Identifies a read: path with query, and the shape of the decoded response."""

    target: str
    shape: type[ShapeT]


class FetchStamp(msgspec.Struct, frozen=True, kw_only=True):
    """When a read was sent, and how many writes the vendor had received by then."""

    sent_at: float
    writes: int


class Entry(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A decoded response, the bytes that it takes, and when it was requested and received."""

    decoded: Decoded[Any]
    body: bytes
    size: int
    sent_at: float
    received_at: float

    @property
    def age(self) -> float:
        """Seconds since the response was received."""
        return now() - self.received_at


class ResponseCache:
    """Responses of one vendor account, bounded in bytes; the least recently used go first.

    `ttl` and `stale_if_error` are in seconds; 0 means that no entry is fresh, or stale. Cachetools'
    TLRUCache, which keeps a heap of all ages, takes several times as long to store a response.
    """

    def __init__(self, *, ttl: float, stale_if_error: float, max_bytes: int) -> None:
        self.ttl = ttl
        self.max_bytes = max_bytes
        self.bytes = 0
        """The bytes that the entries take."""
        self.writes = 0
        """How many writes the vendor has received."""
        self._stale_if_error = stale_if_error
        self._longest = max(ttl, stale_if_error)
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    @property
    def entries(self) -> int:
        """The number of entries; expired ones count until they are the least recently used."""
        return len(self._entries)

    def get_fresh(self, key: Hashable) -> Entry | None:
        """Return the entry unless it is older than `ttl`."""
        found = self._get(key, self.ttl)
        return None if found is None else found[0]

    def get_fresh_and_age(self, key: Hashable) -> tuple[Entry, float] | None:
        """Return the entry and its age in seconds, unless it is older than `ttl`."""
        return self._get(key, self.ttl)

    def get_stale(self, key: Hashable) -> Entry | None:
        """Return the entry unless it is older than `stale_if_error`."""
        found = self._get(key, self._stale_if_error)
        return None if found is None else found[0]

    def is_current(self, stamp: FetchStamp) -> bool:
        """Return True if the vendor has not been written to since the read was sent."""
        return stamp.writes == self.writes

    def stamp(self) -> FetchStamp:
        """Return the stamp of a read that is about to be sent."""
        return FetchStamp(sent_at=now(), writes=self.writes)

    def put(
        self,
        key: Hashable,
        decoded: Decoded[Any],
        *,
        body: bytes,
        stamp: FetchStamp,
        age: float = 0,
    ) -> None:
        """Store a response; `age` is in seconds.

        Nothing is stored if the vendor has been written to since the read was sent, if a response
        to a later read is stored already, or if the entry is larger than the whole cache.
        """
        known = self._entries.get(key)
        is_outdated = known is not None and known.sent_at > stamp.sent_at
        size = len(body) * MEMORY_PER_BODY_BYTE + ENTRY_OVERHEAD
        if not self._longest or not self.is_current(stamp) or is_outdated or size > self.max_bytes:
            return
        moment = now()
        self.discard(key)
        self._entries[key] = Entry(
            decoded=decoded,
            body=body,
            size=size,
            sent_at=stamp.sent_at,
            received_at=moment - age,
        )
        self.bytes += size
        self._make_room(moment)

    def decode(
        self, provider: AccountKey, key: ReadKey[ShapeT], body: bytes, content_type: str
    ) -> Decoded[ShapeT]:
        """Return the decoded body; an equal body is not decoded again, and has the same objects.

        Catalogues change rarely, so most reads return what the last one did: the objects that other
        layers have derived from it are used again. Raises Malformed.
        """
        known = self._entries.get(key)
        if known is not None and known.body == body:
            decoded: Decoded[ShapeT] = known.decoded
            return decoded
        return decode_body(provider, body, content_type, key.shape)

    def discard(self, key: Hashable) -> None:
        """Remove one entry."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.bytes -= entry.size

    def clear(self) -> None:
        """Remove all entries, and do not store the responses to reads that are running."""
        self.writes += 1
        self.bytes = 0
        self._entries.clear()

    def _get(self, key: Hashable, longest: float) -> tuple[Entry, float] | None:
        entry = self._entries.get(key) if longest else None
        if entry is None:
            return None
        age = now() - entry.received_at
        if age >= longest:
            return None
        self._entries.move_to_end(key)
        return entry, age

    def _make_room(self, moment: float) -> None:
        """Remove the entries that were used least recently, until those that are left may stay."""
        while self._entries:
            key, first = next(iter(self._entries.items()))
            if self.bytes <= self.max_bytes and first.received_at + self._longest > moment:
                return
            self.discard(key)


class SharedResponses:
    """The second level of a vendor's cache: bodies, which each process decodes itself.

    What several processes read at the same time is read once.
    """

    def __init__(self, provider: AccountKey, cache: ResponseCache, store: SharedCache) -> None:
        self._provider = provider
        self._cache = cache
        self._store = store

    async def read(
        self,
        key: ReadKey[ShapeT],
        deadline: Deadline,
        fetch: Callable[[ShareBody], Awaitable[Decoded[ShapeT]]],
        check: Check,
    ) -> Decoded[ShapeT]:
        """Return the response that another process has read or is reading, else that of `fetch`.

        `fetch` passes what it has read to its argument, for the other processes.
        """
        stamp = self._cache.stamp()
        async with self._store.reading(self._provider, key.target, deadline) as read:
            if read.answer is None:
                return await fetch(partial(self._share, read))
        stored = msgspec.msgpack.decode(read.answer, type=_StoredBody)
        decoded = self._cache.decode(self._provider, key, stored.body, stored.content_type)
        check(decoded.value)
        self._cache.put(key, decoded, body=stored.body, stamp=stamp, age=read.age)
        return decoded

    def _share(self, read: SharedRead, content_type: str, body: bytes) -> None:
        if len(body) <= MAX_SHARED_BYTES:
            stored = _StoredBody(content_type, body)
            read.keep(msgspec.msgpack.encode(stored), self._cache.ttl)


class _StoredBody(msgspec.Struct, frozen=True, array_like=True):
    content_type: str
    body: bytes


@dataclass(slots=True, kw_only=True, eq=False)
class InFlightRead:
    """A read that several requests may wait for, up to the latest of their deadlines.

    It is cancelled when nobody waits any longer. If a waiter gave up before its deadline, the read
    `is_detached`: it continues without waiters, and its response is cached for later requests.
    """

    task: asyncio.Future[Any]
    deadline: Deadline
    started_at: float
    waiters: int = 0
    is_detached: bool = False


class SingleFlight:
    """Runs each read of one vendor once at a time, for all requests that want it."""

    def __init__(self) -> None:
        self._running: dict[Hashable, InFlightRead] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._running

    async def join(
        self, key: Hashable, deadline: Deadline, read: Read, max_wait: float = inf
    ) -> Any:
        """Wait for the running read of this key, or start it.

        Raises TimeoutError `GRACE` seconds after the deadline, or `max_wait` seconds after the
        read started. The read itself continues for the waiters that have more time.
        """
        running = self._running.get(key) or self._start(key, deadline, read)
        gives_up_at = running.started_at + max_wait
        if gives_up_at > now():
            running.deadline.extend(deadline)
        running.waiters += 1
        limit = Deadline(min(deadline.at + GRACE, gives_up_at))
        try:
            return await limit.wait_for(asyncio.shield(running.task))
        except TimeoutError:
            running.is_detached |= deadline.left > 0
            raise
        finally:
            running.waiters -= 1
            if not running.waiters and not running.is_detached:
                running.task.cancel()
                self._forget(key, running)

    def clear(self) -> None:
        """Let no new request join the running reads, which continue: the vendor has changed."""
        self._running.clear()

    def _start(self, key: Hashable, deadline: Deadline, read: Read) -> InFlightRead:
        own = Deadline(deadline.at)
        running = InFlightRead(task=start_task(read(own)), deadline=own, started_at=now())
        self._running[key] = running
        running.task.add_done_callback(lambda _task: self._forget(key, running))
        running.task.add_done_callback(_retrieve_exception)
        return running

    def _forget(self, key: Hashable, running: InFlightRead) -> None:
        if self._running.get(key) is running:
            del self._running[key]


def _retrieve_exception(task: asyncio.Future[Any]) -> None:
    """Mark a failure that nobody waited for as seen; asyncio would log it otherwise."""
    if not task.cancelled():
        task.exception()
