"""The scope of one client request: its deadline, its call budget and its memo of GET responses."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Coroutine, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeVar

from groupgate.domain.errors import TooManyCalls, UpstreamError
from groupgate.domain.refs import ProviderKey


def now() -> float:
    """Seconds since some fixed moment; only differences mean something."""
    return asyncio.get_running_loop().time()


ResultT = TypeVar("ResultT")


class Deadline:
    """A moment on the clock of the event loop; without one, there is no end."""

    __slots__ = ("at",)

    def __init__(self, at: float = inf) -> None:
        self.at = at

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """So many seconds from now; None is never."""
        return cls() if seconds is None else cls(now() + seconds)

    @property
    def is_set(self) -> bool:
        """Whether there is an end at all."""
        return self.at < inf

    @property
    def left(self) -> float:
        """Seconds until then; less than nothing when it has passed."""
        return self.at - now() if self.is_set else inf

    def extend(self, other: "Deadline") -> None:
        """Move it to where the other is, if that is later."""
        self.at = max(self.at, other.at)

    def within(self, seconds: float) -> "Deadline":
        """The same, but no later than so many seconds from now."""
        return Deadline(min(self.at, now() + seconds))

    async def bound(self, work: Awaitable[ResultT]) -> ResultT:
        """Wait for it; raise TimeoutError, and cancel it, when the time is up."""
        async with asyncio.timeout_at(self.at if self.is_set else None):
            return await work


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamCall:
    """One call that went out: `milliseconds` until its answer was read, `status` 0 for none."""

    provider: ProviderKey
    method: str
    path: str
    status: int
    milliseconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stale:
    """An answer of earlier that stood in for a failure, and the failure."""

    provider: ProviderKey
    age_seconds: int
    reason: UpstreamError


@dataclass(slots=True, kw_only=True, eq=False)
class RequestScope:
    """The memory of one request. The memo's keys begin with the provider they belong to."""

    deadline: Deadline = field(default_factory=Deadline)
    max_calls: int | None = None
    no_cache: bool = False
    """Whether everything is asked of the vendors, whatever other requests have learned."""
    memo: dict[tuple[ProviderKey, Hashable], asyncio.Task[Any]] = field(default_factory=dict)
    calls: list[UpstreamCall] = field(default_factory=list)
    cache_hits: Counter[ProviderKey] = field(default_factory=Counter)
    """Reads that cost no call, because another request had made or was making it."""
    stale: dict[ProviderKey, Stale] = field(default_factory=dict)
    """The oldest answer of each vendor that stood in for a failure."""
    age: float | None = None
    """Seconds since the vendor gave the oldest answer that was taken from memory."""
    calls_begun: int = 0
    """How many calls it has made, or has been allowed to make."""
    _forgotten: set[ProviderKey] = field(default_factory=set)
    _running: set[asyncio.Task[Any]] = field(default_factory=set)
    _is_closed: bool = False

    def forget(self, provider: ProviderKey) -> None:
        """Ask the vendor anew from here on: it has been changed, or is about to be."""
        self._forgotten.add(provider)
        for key in [key for key in self.memo if key[0] is provider]:
            del self.memo[key]

    def bypasses_cache(self, provider: ProviderKey) -> bool:
        """Whether what other requests have learned of this vendor is not to be used."""
        return self.no_cache or provider in self._forgotten

    def begin_call(self, provider: ProviderKey) -> None:
        """Count a call; raise TooManyCalls if the request has made all it may."""
        if not self.count_call():
            raise TooManyCalls(
                provider,
                f"This request needs more than {self.max_calls} calls to the vendors, which is "
                "the limit of this gateway (GROUPGATE_UPSTREAM_CALLS_PER_REQUEST).",
            )

    def count_call(self) -> bool:
        """Count a call, if the request may make another; return whether it may."""
        may_call = self.max_calls is None or self.calls_begun < self.max_calls
        self.calls_begun += may_call
        return may_call

    def note_cached(self, age: float) -> None:
        """Note the age in seconds of an answer that was not asked for in this request."""
        self.age = max(age, self.age or 0)

    def note_stale(self, stale: Stale) -> None:
        """Note an answer that stood in for a failure."""
        known = self.stale.get(stale.provider)
        if known is None or known.age_seconds < stale.age_seconds:
            self.stale[stale.provider] = stale

    def start(self, work: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
        """Run work that ends with the request, if not before; nothing, once it has ended."""
        task = asyncio.ensure_future(work)
        if self._is_closed:
            task.cancel()
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def close(self) -> None:
        """Cancel what is still running: nobody waits for it.

        What was read is let go: its tasks know the scope in turn, and such a circle would stay in
        memory until the next look for garbage.
        """
        self._is_closed = True
        for task in self._running:
            task.cancel()
        self.memo.clear()


_current: ContextVar[RequestScope] = ContextVar("request_scope")


def current_scope() -> RequestScope:
    """The scope of the running request; outside of one, a new scope that shares nothing."""
    return _current.get(None) or RequestScope(no_cache=True)


@contextmanager
def request_scope(
    *, deadline: float | None = None, max_calls: int | None = None, no_cache: bool = False
) -> Iterator[RequestScope]:
    """Open the scope of one request; all tasks started inside share it.

    `deadline` is in seconds from now. Reads that are under way at the end are cancelled.
    """
    scope = RequestScope(deadline=Deadline.after(deadline), max_calls=max_calls, no_cache=no_cache)
    token = _current.set(scope)
    try:
        yield scope
    finally:
        _current.reset(token)
        scope.close()
