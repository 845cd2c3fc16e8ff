"""The rate limiter of one vendor: concurrent calls, calls per second and per minute.

Calls that wait for a permit stand in a fair queue: round robin over requests, one call each.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from contextvars import Context
from math import ceil, inf
from typing import Final, Self

from msgspec import Struct

from groupgate.domain.errors import Throttled, UpstreamError
from groupgate.domain.refs import AccountKey
from groupgate.observer import Budget
from groupgate.request import Deadline, now
from groupgate.upstream.rate_limit.limits import (
    UNLIMITED,
    Rate,
    RateLimitHeaders,
    Windows,
)

LONGEST_PAUSE: Final = 60.0
"""Seconds for which one response of a vendor can stop all calls."""

REJECT_SPREAD: Final = 1.0
"""Seconds over which the rejections of all waiters are spread."""

_NO_CONTEXT: Final = Context()

PermitContext = AbstractAsyncContextManager["Permit", bool | None]


class Permit:
    """The permission to make one call; `is_sent` is set once the call has been sent.

    To enter it waits for the permission, and raises Throttled if there is none by the deadline.
    """

    __slots__ = ("_deadline", "_limiter", "_owner", "is_sent")

    def __init__(self, limiter: "RateLimiter", owner: Hashable, deadline: Deadline) -> None:
        self.is_sent = False
        self._limiter = limiter
        self._owner = owner
        self._deadline = deadline

    async def __aenter__(self) -> Self:
        """Wait for the permission."""
        if not self._limiter.begin_now():
            await self._limiter.wait(self._owner, self._deadline)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Return the permission."""
        self._limiter.release(was_sent=self.is_sent)


class Waiter(Struct, frozen=True, eq=False):
    """A call that waits; its future is True with the permit, and False from its deadline on."""

    granted: asyncio.Future[bool]
    deadline: Deadline


class FairQueue:
    """Waiting calls by owner, so that a request with many calls does not delay the others."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Waiter]] = OrderedDict()
        self.size = 0
        """The number of waiters."""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Waiter]:
        """Iterate over all waiters, owner by owner."""
        return (waiter for own in self._waiting.values() for waiter in own)

    def add(self, owner: Hashable, deadline: Deadline) -> Waiter:
        """Append a waiter to the owner's calls."""
        waiter = Waiter(asyncio.get_running_loop().create_future(), deadline)
        self._waiting.setdefault(owner, deque()).append(waiter)
        self.size += 1
        return waiter

    def remove(self, owner: Hashable, waiter: Waiter) -> None:
        """Remove a waiter; one that has left the queue already is ignored."""
        own = self._waiting.get(owner)
        if own is not None and waiter in own:
            own.remove(waiter)
            self.size -= 1
            if not own:
                del self._waiting[owner]

    def next(self) -> Waiter:
        """Remove and return the next waiter; its owner's other calls wait for the next round."""
        owner, own = self._waiting.popitem(last=False)
        waiter = own.popleft()
        self.size -= 1
        if own:
            self._waiting[owner] = own
        return waiter

    def ahead_of(self, owner: Hashable) -> int:
        """Return how many calls would be served before another call of this owner."""
        own = len(self._waiting.get(owner, ()))
        others = (len(calls) for one, calls in self._waiting.items() if one != owner)
        return own + sum(min(waiting, own + 1) for waiting in others)


class RateLimiter:
    """Grants permits in fair order, within the configured limits and those the vendor reports."""

    def __init__(
        self,
        provider: AccountKey,
        *,
        concurrency: int,
        per_second: Rate = UNLIMITED,
        per_minute: Rate = UNLIMITED,
    ) -> None:
        self._provider = provider
        self._concurrency = self._free = concurrency
        self._windows = Windows(per_second, per_minute)
        self._queue = FairQueue()
        self._paused_until = -inf
        self._timer: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        """The timer for the deadlines of all waiters."""

    @property
    def running(self) -> int:
        """The number of calls that have a permit."""
        return self._concurrency - self._free

    @property
    def waiting(self) -> int:
        """The number of calls that wait for a permit."""
        return self._queue.size

    def budgets(self) -> Mapping[str, Budget]:
        """Return the calls that each window allows, and those that are left."""
        return self._windows.budgets()

    def note_ended(self, moments: Iterable[float]) -> None:
        """Count calls that ended at these moments, which were made without this limiter."""
        self._windows.note_ended(moments)

    def leave(self, left: Mapping[float, int]) -> None:
        """Let no window grant more than these further calls until its length has passed."""
        self._windows.leave(left)

    def permit(self, owner: Hashable, deadline: Deadline) -> PermitContext:
        """Return a permit; they go round robin over owners, however many calls each has waiting."""
        return Permit(self, owner, deadline)

    def begin_now(self) -> bool:
        """Begin a call if none waits and the limits allow it; return whether they do."""
        if not self.may_begin():
            return False
        self._begin()
        return True

    def may_begin(self) -> bool:
        """Return True if no call waits and the limits allow one."""
        if self._queue or not self._free:
            return False
        moment = now()
        return self._paused_until <= moment and self._windows.are_open(moment)

    async def wait(self, owner: Hashable, deadline: Deadline) -> None:
        """Wait until a call may begin; raise Throttled if none may by the deadline."""
        wait = self._shortest_wait(owner)
        if wait > deadline.left:
            raise throttled(self._provider, wait)
        waiter = self._queue.add(owner, deadline)
        self._grant_waiting()
        self._expire_from(deadline.at)
        try:
            is_granted = await waiter.granted
        except BaseException:
            self._queue.remove(owner, waiter)
            if _is_granted(waiter.granted):
                self.release(was_sent=False)
            raise
        if not is_granted:
            self._queue.remove(owner, waiter)
            raise throttled(self._provider, self._shortest_wait(owner))

    def release(self, *, was_sent: bool) -> None:
        """End a call; one that was not sent counts in no window."""
        self._free += 1
        self._windows.end(was_sent=was_sent)
        self._grant_waiting()

    def update(self, headers: RateLimitHeaders, *, is_throttled: bool) -> None:
        """Update the limits, and the time of the next call, from a response's headers."""
        if headers.limit and self._windows.resize_from(headers):
            self._grant_waiting()
        if is_throttled:
            self._pause(headers.wait or 0)
        elif headers.remaining == 0:
            self._pause(headers.resets_in or 0)

    def reject_waiters(self, make_error: Callable[[], UpstreamError]) -> None:
        """Fail all waiting calls, spread over a second.

        If a hundred failed at once, every other client would wait while their responses are
        written.
        """
        rejected = []
        while self._queue:
            rejected.append(self._queue.next().granted)
        loop = asyncio.get_running_loop()
        for number, granted in enumerate(rejected):
            loop.call_later(number * REJECT_SPREAD / len(rejected), _fail, granted, make_error)

    def _begin(self) -> None:
        self._free -= 1
        self._windows.begin()

    def _grant_waiting(self) -> None:
        """Grant as many permits as the limits allow; set a timer for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and self._free:
            moment = now()
            opens_at = max(self._paused_until, self._windows.opens_at(moment))
            if opens_at > moment:
                if opens_at < inf:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_at(opens_at, self._grant_waiting)
                return
            granted = self._queue.next().granted
            if not granted.done():
                granted.set_result(True)
                self._begin()

    def _expire_from(self, moment: float) -> None:
        """End the waiting of overdue calls at this moment or earlier.

        A timer is set only if none fires early enough, so that most calls need none.
        """
        timer = self._expiry
        if moment < inf and (timer is None or timer.when() > moment):
            if timer is not None:
                timer.cancel()
            # Without the context of the request, which would stay in memory with the timer.
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_at(moment, self._expire, context=_NO_CONTEXT)

    def _expire(self) -> None:
        self._expiry = None
        moment, following = now(), inf
        for waiter in self._queue:
            if waiter.deadline.at > moment:
                following = min(following, waiter.deadline.at)
            elif not waiter.granted.done():
                waiter.granted.set_result(False)
        self._expire_from(following)

    def _shortest_wait(self, owner: Hashable) -> float:
        moment = now()
        if self._paused_until <= moment and self._windows.are_open(moment, self._queue.size):
            return 0  # at most all that wait are ahead
        soonest = self._windows.soonest(moment, self._queue.ahead_of(owner))
        return max(self._paused_until, soonest) - moment

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now() + min(seconds, LONGEST_PAUSE))
        for waiter in self._queue:
            if waiter.deadline.at < self._paused_until:
                _fail(waiter.granted, lambda: throttled(self._provider, self._paused_until - now()))
        self._grant_waiting()


def throttled(provider: AccountKey, wait: float) -> Throttled:
    """Return the error of a call that gets no permit for so many seconds."""
    seconds = max(1, ceil(wait))
    return Throttled(
        provider,
        f"The rate limit of {provider.display_name} is reached; retry in {seconds} s.",
        retry_after=seconds,
    )


def _fail(granted: asyncio.Future[bool], make_error: Callable[[], UpstreamError]) -> None:
    if not granted.done():
        granted.set_exception(make_error())


def _is_granted(granted: asyncio.Future[bool]) -> bool:
    is_done = granted.done() and not granted.cancelled() and granted.exception() is None
    return is_done and granted.result()
