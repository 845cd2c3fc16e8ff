"""The scope of one client request: its deadline, its call budget and its memo of GET responses.

Both halves of the program see it: the HTTP layer opens the scope, the upstream layer uses it.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from types import MappingProxyType
from typing import Any, TypeVar

from msgspec import Struct, field

from groupgate.coroutines import Suspended, run_until_suspended, start_task
from groupgate.domain.errors import Malformed, TooManyCalls, UpstreamError
from groupgate.domain.refs import AccountKey
from groupgate.observer import CacheResult, UpstreamCall, Write
from groupgate.timeline import TimedAnswer, Timeline

ResultT = TypeVar("ResultT")

ResponsePath = tuple[str | int, ...]
"""The path of a field in the GraphQL response: names of fields, and indexes of lists."""


FindPath = Callable[[], Iterable[str | int]]
"""Returns a ResponsePath; it is called only if a value cannot be read."""


def now() -> float:
    """Return the time of the running event loop in seconds, from an arbitrary start."""
    return asyncio.get_running_loop().time()


class Deadline:
    """A moment on the event loop's clock; infinitely far away by default."""

    __slots__ = ("at",)

    def __init__(self, at: float = inf) -> None:
        self.at = at

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """Return the deadline that many seconds from now; None means no deadline."""
        return cls() if seconds is None else cls(now() + seconds)

    @property
    def is_set(self) -> bool:
        """True unless the deadline is infinitely far away."""
        return self.at < inf

    @property
    def left(self) -> float:
        """Seconds until the deadline; negative once it has passed."""
        return self.at - now() if self.is_set else inf

    def extend(self, other: "Deadline") -> None:
        """Move this deadline to the other one, if that is later."""
        self.at = max(self.at, other.at)

    def within(self, seconds: float, moment: float | None = None) -> "Deadline":
        """Return the earlier of this deadline and that many seconds from a moment, or from now."""
        return Deadline(min(self.at, (now() if moment is None else moment) + seconds))

    async def wait_for(self, work: Awaitable[ResultT]) -> ResultT:
        """Await `work`; at the deadline, cancel it and raise TimeoutError."""
        try:
            return run_until_suspended(work)
        except Suspended as suspended:
            rest: Awaitable[ResultT] = suspended.rest
        async with asyncio.timeout_at(self.at if self.is_set else None):
            return await rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """A cached answer that was served because the vendor failed, and that failure."""

    provider: AccountKey
    age_seconds: int
    reason: UpstreamError


@dataclass(frozen=True, slots=True, eq=False)
class UnreadableValues:
    """The values of one response that could not be decoded, counted by JSON path.

    The indexes of lists are left out of the paths: `$.items[].price`. The values in `nulls` were
    replaced by null; the items in `rows` were left out of their lists.
    """

    nulls: Mapping[str, int]
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadablePlace:
    """A place of unreadable values: a path in a vendor's responses, read for a field of ours.

    `path` is the field of the GraphQL response that first needed the read. `is_row` is True if the
    values are items that were left out of a list, not fields that became null.
    """

    provider: AccountKey
    path: ResponsePath
    json_path: str
    is_row: bool


class RequestScope(Struct, kw_only=True, eq=False):
    """The state of one client request. The first part of a memo key is the provider."""

    deadline: Deadline = field(default_factory=Deadline)
    max_calls: int | None = None
    no_cache: bool = False
    """True if the request must not use answers that were cached for other requests."""
    memo: dict[tuple[AccountKey, Hashable], asyncio.Future[Any]] = field(default_factory=dict)
    calls: list[UpstreamCall] = field(default_factory=list)
    cache_hits: dict[AccountKey, int] = field(default_factory=lambda: defaultdict(int))
    """Reads answered from the cache, or by a read that another request had started."""
    stale: dict[AccountKey, Stale] = field(default_factory=dict)
    """For each vendor that failed, the oldest answer that was served instead."""
    unreadable: dict[UnreadablePlace, int] = field(default_factory=lambda: defaultdict(int))
    """How many values could not be decoded, by their place."""
    age: float | None = None
    """Age in seconds of the oldest answer taken from the cache; None if there is none."""
    is_volatile: bool = False
    """True if the response depends on something besides the vendors' answers, such as a status."""
    unconfirmed: list[Awaitable[None]] = field(default_factory=list)
    """The ends of writes that other processes are being told of."""
    writes: list[Write] = field(default_factory=list)
    """The writes of the request, in the order in which they began."""
    calls_begun: int = 0
    """Calls counted against `max_calls`."""
    timeline: Timeline | None = None
    """What the request does in time, if its client wants to know; else None."""
    _invalidated: set[AccountKey] = field(default_factory=set)
    _running: set[asyncio.Future[Any]] = field(default_factory=set)
    _noted: set[UnreadableValues] = field(default_factory=set)
    _is_closed: bool = False

    def invalidate(self, provider: AccountKey) -> None:
        """Read everything from this vendor again: a write has changed it, or is about to."""
        self._invalidated.add(provider)
        for key in [key for key in self.memo if key[0] == provider]:
            del self.memo[key]

    def bypasses_cache(self, provider: AccountKey) -> bool:
        """Return True if reads from this vendor must not use the cache."""
        return self.no_cache or provider in self._invalidated

    def begin_call(self, provider: AccountKey) -> None:
        """Count a call; raise TooManyCalls if the budget is spent."""
        if not self.count_call():
            raise TooManyCalls(
                provider,
                f"The request needs more than {self.max_calls} calls to vendors, which is the "
                "limit of this gateway (GROUPGATE_UPSTREAM_CALLS_PER_REQUEST). "
                "Request fewer objects at a time.",
            )

    def count_call(self) -> bool:
        """Count a call if the budget allows one more; return whether it does."""
        is_allowed = self.max_calls is None or self.calls_begun < self.max_calls
        self.calls_begun += is_allowed
        return is_allowed

    def note_cached(self, age: float) -> None:
        """Record the age in seconds of an answer that was taken from the cache."""
        self.age = max(age, self.age or 0)

    def note_hit(
        self, provider: AccountKey, path: str, result: CacheResult, age: float | None = None
    ) -> TimedAnswer | None:
        """Count a read answered from the cache or by another request's read; see `note_answer`.

        `age` is that of an answer from the cache.
        """
        self.cache_hits[provider] += 1
        if age is not None:
            self.note_cached(age)
        return None if self.timeline is None else self.note_answer(provider, path, result, age)

    def note_answer(
        self, provider: AccountKey, path: str, result: CacheResult, age: float | None = None
    ) -> TimedAnswer | None:
        """Record in the timeline, if there is one, that a read was answered without a call."""
        if self.timeline is None:
            return None
        return self.timeline.add_answer(provider, path, result, moment=now(), age=age)

    def note_stale(self, stale: Stale) -> None:
        """Record an answer that was served because the vendor failed."""
        known = self.stale.get(stale.provider)
        if known is None or known.age_seconds < stale.age_seconds:
            self.stale[stale.provider] = stale

    def note_unreadable(self, provider: AccountKey, values: UnreadableValues | None) -> None:
        """Record the unreadable values of a response, once for each read of it."""
        if values is None or values in self._noted:
            return
        self._noted.add(values)
        for json_path, number in values.nulls.items():
            self.count_unreadable(provider, json_path, number)
        for json_path, number in values.rows.items():
            self.count_unreadable(provider, json_path, number, is_row=True)

    def count_unreadable(
        self, provider: AccountKey, json_path: str, number: int = 1, *, is_row: bool = False
    ) -> None:
        """Count values at one JSON path that could not be read, for the field being loaded."""
        place = UnreadablePlace(
            provider=provider, path=tuple(_find_path.get()()), json_path=json_path, is_row=is_row
        )
        self.unreadable[place] += number

    def left_out_rows(self, provider: AccountKey) -> int:
        """Return how many rows were left out of the vendor's lists so far."""
        return sum(number for _, number in self._left_out(provider))

    def require_all_rows(self, provider: AccountKey, known: int = 0) -> None:
        """Raise Malformed if more than `known` rows were left out of the vendor's lists."""
        left_out = self._left_out(provider)
        if sum(number for _, number in left_out) > known:
            raise Malformed(
                provider,
                f"{provider.display_name} returned a list with rows that cannot be decoded, so "
                "the list is not complete.",
                json_path=left_out[-1][0],
            )

    def _left_out(self, provider: AccountKey) -> list[tuple[str, int]]:
        return [
            (place.json_path, number)
            for place, number in self.unreadable.items()
            if place.is_row and place.provider == provider
        ]

    def start(self, work: Coroutine[Any, Any, ResultT]) -> asyncio.Future[ResultT]:
        """Start a task that is cancelled when the scope closes, or at once if it has closed."""
        if self._is_closed:
            work.close()
            cancelled: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
            cancelled.cancel()
            return cancelled
        task = start_task(work)
        if not task.done():
            self.own(task)
        return task

    def own(self, task: asyncio.Future[Any]) -> None:
        """Cancel a task when the scope closes."""
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def confirm_writes(self) -> None:
        """Wait until every process knows of this request's writes."""
        while self.unconfirmed:
            await self.unconfirmed.pop()

    def close(self) -> None:
        """Cancel the tasks that are still running and clear the memo.

        The memo's tasks refer to this scope; the cycle would stay in memory until the next
        garbage collection.
        """
        self._is_closed = True
        for task in self._running:
            task.cancel()
        self.memo.clear()


_current: ContextVar[RequestScope] = ContextVar("request_scope")
_headers: ContextVar[Mapping[str, str]] = ContextVar(
    "outgoing_headers", default=MappingProxyType({})
)
_find_path: ContextVar[FindPath] = ContextVar("response_path", default=tuple)


def set_response_path(find_path: FindPath) -> None:
    """Set the field of the response for which the reads that follow in this task are made."""
    _find_path.set(find_path)


@contextmanager
def sending_headers(headers: Mapping[str, str]) -> Iterator[None]:
    """Send these headers too with every call to a vendor that is begun inside."""
    token = _headers.set({**_headers.get(), **headers})
    try:
        yield
    finally:
        _headers.reset(token)


def headers_to_send() -> Mapping[str, str]:
    """Return the headers for calls to vendors besides their own."""
    return _headers.get()


def current_scope() -> RequestScope:
    """Return the scope of the running request; outside of one, a new scope without a cache."""
    return _current.get(None) or RequestScope(no_cache=True)


class request_scope:  # noqa: N801 - used as a function; a generator would take twice as long
    """Open the scope of one request for all tasks that are started inside; close it at the end.

    `deadline` is a moment, or in seconds from now.
    """

    __slots__ = ("_path_token", "_scope", "_token")

    def __init__(
        self,
        *,
        deadline: float | Deadline | None = None,
        max_calls: int | None = None,
        no_cache: bool = False,
        timeline: Timeline | None = None,
    ) -> None:
        # A copy: a mutation extends it.
        own = Deadline(deadline.at) if isinstance(deadline, Deadline) else Deadline.after(deadline)
        self._scope = RequestScope(
            deadline=own, max_calls=max_calls, no_cache=no_cache, timeline=timeline
        )

    def __enter__(self) -> RequestScope:
        self._token, self._path_token = _current.set(self._scope), _find_path.set(tuple)
        return self._scope

    def __exit__(self, *_error: object) -> None:
        _find_path.reset(self._path_token)
        _current.reset(self._token)
        self._scope.close()
