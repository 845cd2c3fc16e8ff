"""The rate limiter of one vendor: concurrent calls, calls per second and per minute.

Calls that wait for a permit stand in a fair queue: round robin over requests, one call each.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from groupgate.domain.errors import Throttled, UpstreamError
from groupgate.domain.refs import AccountKey
from groupgate.observer import Budget
from groupgate.request import Deadline, now
from groupgate.upstream.rate_limit.headers import RateLimitHeaders
from groupgate.upstream.rate_limit.queue import FairQueue

SECOND: Final = 1.001
MINUTE: Final = 60.06
"""Window lengths in seconds, a thousandth longer than named: the vendor's clock differs."""

LONGEST_PAUSE: Final = 60.0
"""Seconds for which one response of a vendor can stop all calls."""

REJECT_SPREAD: Final = 1.0
"""Seconds over which the rejections of all waiters are spread."""

_WINDOW_NAMES: Final = {SECOND: "second", MINUTE: "minute"}

_SHORT_RESET: Final = 2.0
"""A one-second window resets within two seconds, as the header has whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The calls allowed in a window; None for no limit.

    A fixed rate is not changed by the vendor's headers.
    """

    calls: int | None = None
    is_fixed: bool = False


UNLIMITED: Final = Rate()


@dataclass(slots=True)
class Permit:
    """The permission to make one call; `is_sent` is set once the call has been sent."""

    is_sent: bool = False


class Window:
    """A sliding window of calls.

    The vendor counts a call at some moment between its sending and its response. So a call takes
    its place when it is sent, and frees it when the window's length has passed since its response.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._running = 0
        self._ended: deque[float] = deque()

    def begin(self) -> None:
        """Take a place."""
        self._running += 1

    def end(self, moment: float, *, was_sent: bool) -> None:
        """End a call; one that was not sent frees its place at once."""
        self._running -= 1
        if was_sent:
            self.note_ended(moment)

    def note_ended(self, moment: float) -> None:
        """Count a call that ended at this moment."""
        self._ended.append(moment)

    def left(self, moment: float) -> int:
        """Return how many places are free."""
        self._forget_old(moment)
        return max(0, self.calls - self._running - len(self._ended))

    def opens_at(self, moment: float, ahead: int = 0) -> float:
        """Return when a place is free at the earliest, after `ahead` other calls took theirs.

        Returns infinity if that depends on calls that are running.
        """
        self._forget_old(moment)
        missing = self._running + len(self._ended) + ahead + 1 - self.calls
        if missing <= 0:
            return moment
        if missing <= len(self._ended):
            return self._ended[missing - 1] + self.seconds
        return inf

    def _forget_old(self, moment: float) -> None:
        while self._ended and self._ended[0] <= moment - self.seconds:
            self._ended.popleft()

    def soonest(self, moment: float, ahead: int) -> float:
        """Return the earliest time as `opens_at` does, assuming that running calls end now."""
        known = self.opens_at(moment, ahead)
        if known < inf:
            return known
        beyond = self._running + ahead + 1 - self.calls
        return moment + self.seconds * ceil(beyond / self.calls)


class RateLimiter:
    """Grants permits in fair order, within the configured limits and those the vendor reports."""

    def __init__(
        self,
        provider: AccountKey,
        *,
        concurrency: int,
        per_second: Rate = Rate(),
        per_minute: Rate = Rate(),
    ) -> None:
        self._provider = provider
        self._concurrency = self._free = concurrency
        self._second, self._minute = per_second, per_minute
        self._windows = {
            seconds: Window(rate.calls, seconds)
            for seconds, rate in ((SECOND, per_second), (MINUTE, per_minute))
            if rate.calls is not None
        }
        self._queue = FairQueue()
        self._paused_until = -inf
        self._reported_minute: int | None = None
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
        moment = now()
        return {
            _WINDOW_NAMES[seconds]: Budget(limit=window.calls, left=window.left(moment))
            for seconds, window in self._windows.items()
        }

    @property
    def limits(self) -> Mapping[float, int]:
        """The calls that are allowed at present, by the length of their window in seconds."""
        return {seconds: window.calls for seconds, window in self._windows.items()}

    @property
    def pause_left(self) -> float:
        """Seconds for which the vendor accepts no calls; not positive if it does."""
        return self._paused_until - now()

    def note_ended(self, moments: Iterable[float]) -> None:
        """Count calls that ended at these moments, which were made without this limiter."""
        for window in self._windows.values():
            for moment in moments:
                window.note_ended(moment)

    @asynccontextmanager
    async def permit(self, owner: Hashable, deadline: Deadline) -> AsyncIterator[Permit]:
        """Wait for a permit; raise Throttled if none can be granted by the deadline.

        Permits go round robin over owners, however many calls each has waiting.
        """
        await self._acquire(owner, deadline)
        permit = Permit()
        try:
            yield permit
        finally:
            self._release(was_sent=permit.is_sent)

    def update(self, headers: RateLimitHeaders, *, is_throttled: bool) -> None:
        """Update the limits, and the time of the next call, from a response's headers."""
        self._resize_from(headers)
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

    async def _acquire(self, owner: Hashable, deadline: Deadline) -> None:
        if not self._queue and self._free and self._opens_at() <= now():
            self._begin()
            return
        wait = self._shortest_wait(owner)
        if wait > deadline.left:
            raise self._throttled(wait)
        waiter = self._queue.add(owner, deadline)
        self._grant_waiting()
        try:
            await deadline.wait_for(waiter.granted)
        except BaseException as error:
            self._queue.remove(owner, waiter)
            if _is_granted(waiter.granted):
                self._release(was_sent=False)
            if isinstance(error, TimeoutError):
                raise self._throttled(self._shortest_wait(owner)) from None
            raise

    def _throttled(self, wait: float) -> Throttled:
        return throttled(self._provider, wait)

    def _begin(self) -> None:
        self._free -= 1
        for window in self._windows.values():
            window.begin()

    def _release(self, *, was_sent: bool) -> None:
        self._free += 1
        for window in self._windows.values():
            window.end(now(), was_sent=was_sent)
        self._grant_waiting()

    def _grant_waiting(self) -> None:
        """Grant as many permits as the limits allow; set a timer for the next one."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and self._free:
            moment = self._opens_at()
            if moment > now():
                if moment < inf:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_at(moment, self._grant_waiting)
                return
            granted = self._queue.next().granted
            if not granted.done():
                granted.set_result(None)
                self._begin()

    def _opens_at(self) -> float:
        moment = now()
        opening = (window.opens_at(moment) for window in self._windows.values())
        return max(self._paused_until, *opening, moment)

    def _shortest_wait(self, owner: Hashable) -> float:
        moment, ahead = now(), self._queue.ahead_of(owner)
        opening = (window.soonest(moment, ahead) for window in self._windows.values())
        return max(self._paused_until, *opening, moment) - moment

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now() + min(seconds, LONGEST_PAUSE))
        for waiter in self._queue:
            if waiter.deadline.at < self._paused_until:
                _fail(waiter.granted, lambda: self._throttled(self._paused_until - now()))
        self._grant_waiting()

    def _resize_from(self, headers: RateLimitHeaders) -> None:
        """Update the limit of the window that the headers belong to.

        Only the IETF draft's header names the window. Otherwise a limit that resets later than in
        two seconds belongs to the minute; after that, a smaller one that resets soon is taken for
        the second's. As that is a guess, it only lowers the configured limit.
        """
        if not headers.limit:
            return
        if headers.window is not None:
            self._resize_named(headers.window, headers.limit)
        elif headers.resets_in is None:
            return
        elif headers.resets_in > _SHORT_RESET:
            self._reported_minute = headers.limit
            self._resize(MINUTE, self._minute, headers.limit)
        elif self._reported_minute and headers.limit < self._reported_minute:
            configured = self._second.calls or headers.limit
            self._resize(SECOND, self._second, min(headers.limit, configured))

    def _resize_named(self, window: int, limit: int) -> None:
        if window == round(SECOND):
            self._resize(SECOND, self._second, limit)
        elif window == round(MINUTE):
            self._resize(MINUTE, self._minute, limit)

    def _resize(self, seconds: float, rate: Rate, calls: int) -> None:
        window = self._windows.get(seconds)
        if window is not None and not rate.is_fixed and window.calls != calls:
            window.calls = calls
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
