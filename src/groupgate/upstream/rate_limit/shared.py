"""Permits that several processes share, and those of one process while it is on its own."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from groupgate.domain.errors import UpstreamError
from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline, now
from groupgate.stores import Grant, Limits, SharedBudget, StoreUnavailable
from groupgate.upstream.rate_limit.limiter import Permit, RateLimiter, throttled
from groupgate.upstream.rate_limit.limits import (
    MINUTE,
    SECOND,
    UNLIMITED,
    Rate,
    RateLimitHeaders,
)

MAX_PERMITS: Final = 8
"""Permits that a process asks for at once, so that it leaves some to the others."""

MAX_WAIT: Final = 1.0
"""Seconds after which the store is asked again in any case: the vendor may report other limits."""

SHORT_OUTAGE: Final = 1.0
"""Seconds for which a call may wait for the store to be back, if its process's share is used up."""

TAKE_AGAIN: Final = 0.05
"""Seconds until such a call asks the store again."""


class SharedPermits:
    """Takes permits from the budget of several processes, for the calls of this one.

    `limits` returns what all processes together may do at present. `make_error` returns the error
    of a call that gets no permit for so many seconds.
    """

    def __init__(
        self,
        budget: SharedBudget,
        limits: Callable[[], Limits],
        make_error: Callable[[float], UpstreamError],
    ) -> None:
        self.outages = 0
        """How often the store has become unavailable."""
        self._budget = budget
        self._limits = limits
        self._make_error = make_error
        self._waiting: deque[tuple[asyncio.Future[str | None], Deadline]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._unavailable_since: float | None = None

    @property
    def outage_seconds(self) -> float:
        """Seconds for which the store has been unavailable; 0 if it is not."""
        return 0 if self._unavailable_since is None else now() - self._unavailable_since

    @property
    def waiting(self) -> int:
        """The calls that wait for a permit."""
        return len(self._waiting)

    async def take(self, deadline: Deadline) -> str | None:
        """Return the name of a permit; None if the store is unavailable.

        Raises the made error if none can be granted by the deadline.
        """
        if (spare := self._budget.spare(self._limits())) is not None:
            self._unavailable_since = None
            return spare
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        waiter = future, deadline
        self._waiting.append(waiter)
        if self._pump is None:
            self._pump = asyncio.create_task(self._grant_waiting())
        try:
            return await deadline.wait_for(future)
        except BaseException as error:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
            self._return_unused(future)
            if isinstance(error, TimeoutError):
                raise self._make_error(1) from None
            raise

    def _return_unused(self, future: asyncio.Future[str | None]) -> None:
        """Return the permit of a call that was cancelled at the moment when it got one."""
        if future.done() and not future.cancelled() and future.exception() is None:
            name = future.result()
            if name is not None:
                self._budget.end(name, was_sent=False)

    async def _grant_waiting(self) -> None:
        """Ask for permits until no call waits for one."""
        try:
            while self._waiting:
                wanted = min(len(self._waiting), MAX_PERMITS)
                try:
                    grant = await self._budget.take(wanted, self._limits())
                except StoreUnavailable:
                    self._release_all()
                    continue
                self._unavailable_since = None
                self._hand_out(grant)
                if len(grant.permits) < wanted:
                    await asyncio.sleep(min(grant.wait, MAX_WAIT))
        finally:
            self._pump = None

    def _release_all(self) -> None:
        """Let all calls go on without a shared permit."""
        if self._unavailable_since is None:
            self.outages += 1
            self._unavailable_since = now()
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_result(None)

    def _hand_out(self, grant: Grant) -> None:
        """Give the permits to the first that wait; fail those for whom the others come too late."""
        permits = deque(grant.permits)
        while permits and self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_result(permits.popleft())
        for permit in permits:
            self._budget.end(permit, was_sent=False)
        opens_at = now() + grant.wait
        for future, deadline in [*self._waiting]:
            if deadline.at < opens_at and not future.done():
                future.set_exception(self._make_error(grant.wait))


class SharedRateLimiter(RateLimiter):
    """Grants permits that also count in the budget which several processes share.

    A call first gets a permit of this process, in fair order, and then a shared one. While the
    store of the shared ones is unavailable, each process uses its share of the limits: of what was
    left of them at first, and of the whole once a window has passed. So all processes together stay
    within the limits, although no process knows when the others called.
    """

    def __init__(
        self,
        provider: AccountKey,
        *,
        budget: SharedBudget,
        concurrency: int,
        per_second: Rate = UNLIMITED,
        per_minute: Rate = UNLIMITED,
    ) -> None:
        super().__init__(
            provider, concurrency=concurrency, per_second=per_second, per_minute=per_minute
        )
        self._budget = budget
        self._permits = SharedPermits(budget, self._limits, partial(throttled, provider))
        self._alone: RateLimiter | None = None
        self._alone_since = 0

    @property
    def running(self) -> int:
        """The number of calls that have a permit, and a shared one."""
        return super().running - self._permits.waiting

    @property
    def waiting(self) -> int:
        """The number of calls that wait for a permit, or for a shared one."""
        return super().waiting + self._permits.waiting

    @asynccontextmanager
    async def permit(self, owner: Hashable, deadline: Deadline) -> AsyncIterator[Permit]:
        """Wait for a permit; raise Throttled if none can be granted by the deadline."""
        async with super().permit(owner, deadline) as permit:
            name = await self._take(deadline)
            if name is None:
                async with self._permit_alone(owner, deadline, permit):
                    yield permit
                return
            try:
                yield permit
            finally:
                self._budget.end(name, was_sent=permit.is_sent)

    def update(self, headers: RateLimitHeaders, *, is_throttled: bool) -> None:
        """Update the limits from a response's headers; what pauses one process pauses all."""
        super().update(headers, is_throttled=is_throttled)
        seconds = self._paused_until - now()
        if seconds > 0:
            self._budget.pause(seconds)

    async def _take(self, deadline: Deadline) -> str | None:
        """Return the name of a shared permit; None if the call needs one of this process's share.

        At the beginning of an outage a call waits for the first of both.
        """
        while True:
            name = await self._permits.take(deadline)
            is_short = self._permits.outage_seconds < SHORT_OUTAGE
            if name is not None or not is_short or self._share().may_begin():
                return name
            if deadline.left < TAKE_AGAIN:
                raise throttled(self._provider, 1)
            await asyncio.sleep(TAKE_AGAIN)

    @asynccontextmanager
    async def _permit_alone(
        self, owner: Hashable, deadline: Deadline, permit: Permit
    ) -> AsyncIterator[None]:
        async with self._share().permit(owner, deadline) as own:
            name = self._budget.begin_alone()
            try:
                yield
            finally:
                own.is_sent = permit.is_sent
                self._budget.end(name, was_sent=permit.is_sent)

    def _share(self) -> RateLimiter:
        """Return the limiter of this process for the present outage of the store."""
        if self._alone is None or self._alone_since != self._permits.outages:
            processes = self._budget.processes
            shares = {
                seconds: Rate(calls=max(1, calls // processes), is_fixed=True)
                for seconds, calls in self._windows.limits.items()
            }
            self._alone = RateLimiter(
                self._provider,
                concurrency=max(1, self._concurrency // processes),
                per_second=shares.get(SECOND, UNLIMITED),
                per_minute=shares.get(MINUTE, UNLIMITED),
            )
            self._alone.note_ended(self._budget.recent())
            left = self._budget.left(self._windows.limits)
            self._alone.leave({seconds: calls // processes for seconds, calls in left.items()})
            self._alone_since = self._permits.outages
        return self._alone

    def _limits(self) -> Limits:
        return Limits(concurrency=self._concurrency, windows=self._windows.limits)
