"""The rate limiter of one vendor: concurrent calls, calls per second and per minute.

Calls that wait for a permit stand in a fair queue: round robin over requests, one call each.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from math import ceil, inf
from typing import Final, Self

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


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A call that waits until its future is done, or until its deadline."""

    granted: asyncio.Future[None]
    deadline: Deadline


class FairQueue:
    """Waiting calls by owner, so that a request with many calls does not delay the others."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Waiter]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Waiter]:
        """Iterate over all waiters, owner by owner."""
        return (waiter for own in self._waiting.values() for waiter in own)

    def add(self, owner: Hashable, deadline: Deadline) -> Waiter:
        """Append a waiter to the owner's calls."""
        waiter = Waiter(asyncio.get_running_loop().create_future(), deadline)
        self._waiting.setdefault(owner, deque()).append(waiter)
        return waiter

    def remove(self, owner: Hashable, waiter: Waiter) -> None:
        """Remove a waiter; one that has left the queue already is ignored."""
        own = self._waiting.get(owner)
        if own is not None and waiter in own:
            own.remove(waiter)
            if not own:
                del self._waiting[owner]

    def next(self) -> Waiter:
        """Remove and return the next waiter; its owner's other calls wait for the next round."""
        owner, own = self._waiting.popitem(last=False)
        waiter = own.popleft()
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

    @property
    def running(self) -> int:
        """The number of calls that have a permit."""
        return self._concurrency - self._free

    @property
    def waiting(self) -> int:
        """The number of calls that wait for a permit."""
        return sum(1 for _ in self._queue)

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
        try:
            await deadline.wait_for(waiter.granted)
        except BaseException as error:
            self._queue.remove(owner, waiter)
            if _is_granted(waiter.granted):
                self.release(was_sent=False)
            if isinstance(error, TimeoutError):
                raise throttled(self._provider, self._shortest_wait(owner)) from None
            raise

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
            moment = max(self._paused_until, self._windows.opens_at(now()))
            if moment > now():
                if moment < inf:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_at(moment, self._grant_waiting)
                return
            granted = self._queue.next().granted
            if not granted.done():
                granted.set_result(None)
                self._begin()

    def _shortest_wait(self, owner: Hashable) -> float:
        moment = now()
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


def _fail(granted: asyncio.Future[None], make_error: Callable[[], UpstreamError]) -> None:
    if not granted.done():
        granted.set_exception(make_error())


def _is_granted(granted: asyncio.Future[None]) -> bool:
    return granted.done() and not granted.cancelled() and granted.exception() is None
