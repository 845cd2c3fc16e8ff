"""What a vendor has answered of late, for all requests: its data is the same for every caller."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, TypeVar

from cachetools import TLRUCache

from groupgate.domain.errors import (
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
    clear_traceback,
)
from groupgate.request import Deadline, RequestScope, Stale, current_scope, now
from groupgate.upstream.policy import Policy

ENTRY: Final = 550
"""Bytes that an answer takes besides its own: its key, its moments, its place (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchStamp:
    """When something was asked for, and how many changes the vendor had seen by then."""

    asked_at: float
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decoded answer, the bytes it takes, and when it was asked for and came.

    The vendors' structs are frozen and take about as much memory as what they came in.
    """

    value: object
    size: int
    asked_at: float
    came_at: float

    @property
    def age(self) -> float:
        """Seconds since it came."""
        return now() - self.came_at


class Cache:
    """Answers of one vendor account, bounded by bytes; the least recently used go first."""

    def __init__(self, policy: Policy) -> None:
        self.ttl = policy.cache_ttl
        self._changes = 0
        self._stale_if_error = policy.cache_stale_if_error
        longest = max(self.ttl, self._stale_if_error)
        self._entries: TLRUCache[Hashable, Entry] = TLRUCache(
            policy.cache_bytes,
            ttu=lambda _key, entry, _now: entry.came_at + longest,
            timer=now,
            getsizeof=lambda entry: entry.size,
        )

    def fresh(self, key: Hashable) -> Entry | None:
        """The answer, if it still stands."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.age < self.ttl else None

    def last_cached(self, key: Hashable) -> Entry | None:
        """The answer, if it may still stand in for a failure."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.age < self._stale_if_error else None

    def stamp(self) -> FetchStamp:
        """Note that something is about to be asked for."""
        return FetchStamp(asked_at=now(), changes=self._changes)

    def keep(self, key: Hashable, value: object, *, size: int, stamp: FetchStamp) -> None:
        """Keep an answer, unless it is too large, or older than a change or than what is kept.

        `size` is that of what it came in, in bytes.
        """
        known = self._entries.get(key)
        is_outrun = known is not None and known.asked_at > stamp.asked_at
        entry = Entry(value=value, size=size + ENTRY, asked_at=stamp.asked_at, came_at=now())
        is_too_large = entry.size > self._entries.maxsize
        if stamp.changes == self._changes and not is_outrun and not is_too_large:
            self._entries[key] = entry

    def discard(self, key: Hashable) -> None:
        """Drop one answer: the vendor has taken it back."""
        self._entries.pop(key, None)

    def drop(self) -> None:
        """Drop everything, and what is being read just now, for the vendor has changed."""
        self._changes += 1
        self._entries.clear()


GRACE: Final = 0.01
"""Seconds in which a read whose time is up can tell what kept it."""

Read = Callable[[Deadline], Coroutine[Any, Any, Any]]


@dataclass(slots=True, kw_only=True, eq=False)
class InFlightRead:
    """One read. It goes on as long as somebody waits for it, to the last one's deadline.

    If one who waited has lost patience, it goes on without anybody, for those who come later.
    """

    task: asyncio.Task[Any]
    deadline: Deadline
    began: float
    waiting: int = 0
    is_left_to_itself: bool = False


class SingleFlight:
    """The reads of one vendor that are under way."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, InFlightRead] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    async def join(
        self, key: Hashable, deadline: Deadline, read: Read, patience: float = inf
    ) -> Any:
        """Wait for the read of this key, and begin it if nobody has.

        Raises TimeoutError just after the deadline, when the read itself would have ended by now if
        it were not for others that have more time; or when `patience` is over, which is in seconds
        from when the read began.
        """
        flight = self._flights.get(key) or self._begin(key, deadline, read)
        loses_patience = flight.began + patience
        if loses_patience > now():
            flight.deadline.extend(deadline)
        flight.waiting += 1
        limit = Deadline(min(deadline.at + GRACE, loses_patience))
        try:
            return await limit.bound(asyncio.shield(flight.task))
        except TimeoutError:
            flight.is_left_to_itself |= deadline.left > 0
            raise
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.is_left_to_itself:
                flight.task.cancel()
                self._forget(key, flight)

    def detach_all(self) -> None:
        """Let nobody else join the reads that are under way: what they read has been changed."""
        self._flights.clear()

    def _begin(self, key: Hashable, deadline: Deadline, read: Read) -> InFlightRead:
        own = Deadline(deadline.at)
        flight = InFlightRead(task=asyncio.ensure_future(read(own)), deadline=own, began=now())
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _task: self._forget(key, flight))
        flight.task.add_done_callback(_look_at)
        return flight

    def _forget(self, key: Hashable, flight: InFlightRead) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a failure that nobody waited for, which asyncio would else complain of."""
    if not task.cancelled():
        task.exception()


KeyT = TypeVar("KeyT", bound=Hashable)
RowT = TypeVar("RowT")


def is_failure(error: UpstreamError) -> bool:
    """Whether the vendor failed; one that says no, or takes the key away, has not."""
    is_no = isinstance(error, Rejected)
    return isinstance(error, Unavailable | Throttled | Malformed) and not is_no


@dataclass(slots=True)
class StaleFallback:
    """The failure, and the answers of earlier that were looked at in its place."""

    reason: UpstreamError
    entries: list[Entry] = field(default_factory=list)

    def note(self, scope: RequestScope) -> None:
        """Have the request tell that they were used."""
        clear_traceback(self.reason)
        for entry in self.entries:
            scope.note_cached(entry.age)
            scope.note_stale(
                Stale(provider=self.reason.provider, age_seconds=int(entry.age), reason=self.reason)
            )


_current: ContextVar[StaleFallback | None] = ContextVar("stand_in", default=None)


def current_fallback() -> StaleFallback | None:
    """What reads are to be answered from, in place of the vendor; None while it is to be asked."""
    return _current.get()


@contextmanager
def serving_stale(reason: UpstreamError) -> Iterator[StaleFallback]:
    """Answer the reads inside with what was last known; one of which nothing is fails as told."""
    fallback = StaleFallback(reason)
    token = _current.set(fallback)
    try:
        yield fallback
    finally:
        _current.reset(token)


async def find_stale(
    answers: Mapping[KeyT, object],
    recall: Callable[[], Awaitable[Iterable[RowT]]],
    key_of: Callable[[RowT], KeyT],
) -> dict[KeyT, RowT]:
    """Look for those answers that are failures on a list that was read before: `recall` reads it.

    The vendor is not called. Returns what was found.
    """
    failed = {
        key: answer
        for key, answer in answers.items()
        if isinstance(answer, UpstreamError) and is_failure(answer)
    }
    if not failed:
        return {}
    with serving_stale(next(iter(failed.values()))) as fallback:
        try:
            rows = await recall()
        except UpstreamError:
            return {}
    found = {key: row for row in rows if (key := key_of(row)) in failed}
    if found:
        fallback.note(current_scope())
    return found
