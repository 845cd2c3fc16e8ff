"""So many calls in any stretch of time, counted so that the vendor never counts more."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from groupgate.domain.errors import Throttled, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, now
from groupgate.upstream.policy import Policy, Rate
from groupgate.upstream.rate_limit.headers import RateLimitHeaders
from groupgate.upstream.rate_limit.queue import FairQueue


class Window:
    """A sliding window.

    The vendor counts a call at some moment between its sending and its answer. So a call takes
    its place from the one, and gives it back when the window's length has passed since the other.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._under_way = 0
        self._ended: deque[float] = deque()

    def begin(self) -> None:
        """Take a place."""
        self._under_way += 1

    def end(self, moment: float, *, was_sent: bool) -> None:
        """Note that a call is over; one that was not sent frees its place at once."""
        self._under_way -= 1
        if was_sent:
            self._ended.append(moment)

    def opens_at(self, moment: float, ahead: int = 0) -> float:
        """When there is a place at the earliest, if `ahead` other calls take theirs before.

        Infinite if it is not known: all depends on calls that are under way.
        """
        while self._ended and self._ended[0] <= moment - self.seconds:
            self._ended.popleft()
        missing = self._under_way + len(self._ended) + ahead + 1 - self.calls
        if missing <= 0:
            return moment
        if missing <= len(self._ended):
            return self._ended[missing - 1] + self.seconds
        return inf

    def soonest(self, moment: float, ahead: int) -> float:
        """The same, at the best: as if every call that is under way were answered now."""
        known = self.opens_at(moment, ahead)
        if known < inf:
            return known
        beyond = self._under_way + ahead + 1 - self.calls
        return moment + self.seconds * ceil(beyond / self.calls)


SECOND: Final = 1.001
MINUTE: Final = 60.06
"""Both a thousandth longer than they are, for no two clocks run alike."""

LONGEST_PAUSE: Final = 60.0
"""Seconds for which a vendor can silence the gateway by one answer."""

TOLD_WITHIN: Final = 1.0
"""Seconds in which all who wait are told that there is no turn for them."""

_SHORT_RESET: Final = 2.0
"""A window of a second resets within two, for the moment is told in whole seconds."""


@dataclass(slots=True)
class Permit:
    """The turn of one call; `is_sent` once it has gone out."""

    is_sent: bool = False


class RateLimiter:
    """Lets calls pass in turn, as the policy and what the vendor says of its limits allow."""

    def __init__(self, provider: ProviderKey, policy: Policy) -> None:
        self._provider = provider
        self._free = policy.concurrency
        self._second, self._minute = policy.per_second, policy.per_minute
        self._windows = {
            seconds: Window(rate.calls, seconds)
            for seconds, rate in ((SECOND, self._second), (MINUTE, self._minute))
            if rate.calls is not None
        }
        self._queue = FairQueue()
        self._paused_until = -inf
        self._minute_told: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def permit(self, asker: Hashable, deadline: Deadline) -> AsyncIterator[Permit]:
        """Wait for a turn, as long as the deadline allows; raise Throttled if none comes by then.

        Askers take turns, whoever of them came first with how many calls.
        """
        await self._wait(asker, deadline)
        permit = Permit()
        try:
            yield permit
        finally:
            self._end(was_sent=permit.is_sent)

    def update(self, told: RateLimitHeaders, *, is_refusal: bool) -> None:
        """Learn from an answer: how many calls there may be, and when the next one may come."""
        self._learn(told)
        if is_refusal:
            self._pause(told.wait or 0)
        elif told.remaining == 0:
            self._pause(told.resets_in or 0)

    def reject_waiters(self, refusal: Callable[[], UpstreamError]) -> None:
        """Tell all who wait that there is no turn for them, one after the other.

        If a hundred were told at once, everyone else would wait until their answers are written.
        """
        dismissed = []
        while self._queue:
            dismissed.append(self._queue.next().permit)
        loop = asyncio.get_running_loop()
        for number, permit in enumerate(dismissed):
            loop.call_later(number * TOLD_WITHIN / len(dismissed), _refuse, permit, refusal)

    async def _wait(self, asker: Hashable, deadline: Deadline) -> None:
        if not self._queue and self._free and self._opens_at() <= now():
            self._begin()
            return
        wait = self._shortest_wait(asker)
        if wait > deadline.left:
            raise self._held_back(wait)
        call = self._queue.add(asker, deadline)
        self._serve()
        try:
            await deadline.bound(call.permit)
        except BaseException as error:
            self._queue.remove(asker, call)
            if _has_come(call.permit):
                self._end(was_sent=False)
            if isinstance(error, TimeoutError):
                raise self._held_back(self._shortest_wait(asker)) from None
            raise

    def _held_back(self, wait: float) -> Throttled:
        message = "It is called as often as its limits allow."
        return Throttled(self._provider, message, retry_after=max(1, ceil(wait)))

    def _begin(self) -> None:
        self._free -= 1
        for window in self._windows.values():
            window.begin()

    def _end(self, *, was_sent: bool) -> None:
        self._free += 1
        for window in self._windows.values():
            window.end(now(), was_sent=was_sent)
        self._serve()

    def _serve(self) -> None:
        """Let as many calls pass as may, and come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._queue and self._free:
            moment = self._opens_at()
            if moment > now():
                if moment < inf:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_at(moment, self._serve)
                return
            permit = self._queue.next().permit
            if not permit.done():
                permit.set_result(None)
                self._begin()

    def _opens_at(self) -> float:
        moment = now()
        opening = (window.opens_at(moment) for window in self._windows.values())
        return max(self._paused_until, *opening, moment)

    def _shortest_wait(self, asker: Hashable) -> float:
        moment, ahead = now(), self._queue.ahead_of(asker)
        opening = (window.soonest(moment, ahead) for window in self._windows.values())
        return max(self._paused_until, *opening, moment) - moment

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, now() + min(seconds, LONGEST_PAUSE))
        for call in self._queue:
            if call.deadline.at < self._paused_until:
                _refuse(call.permit, lambda: self._held_back(self._paused_until - now()))
        self._serve()

    def _learn(self, told: RateLimitHeaders) -> None:
        """Take over a limit the vendor tells, for the window that it must be of.

        A vendor does not say which window it tells of. One that resets later than in two seconds
        is that of a minute. Then one with fewer calls that resets soon is that of a second.
        """
        if not told.limit or told.resets_in is None:
            return
        if told.resets_in > _SHORT_RESET:
            self._minute_told = told.limit
            self._resize(MINUTE, self._minute, told.limit)
        elif self._minute_told and told.limit < self._minute_told:
            self._resize(SECOND, self._second, told.limit)

    def _resize(self, seconds: float, rate: Rate, calls: int) -> None:
        window = self._windows.get(seconds)
        if window is not None and not rate.is_fixed and window.calls != calls:
            window.calls = calls
            self._serve()


def _refuse(permit: asyncio.Future[None], refusal: Callable[[], UpstreamError]) -> None:
    if not permit.done():
        permit.set_exception(refusal())


def _has_come(permit: asyncio.Future[None]) -> bool:
    return permit.done() and not permit.cancelled() and permit.exception() is None
