"""Permits of one account that several processes share, behind the queue of this process.

A call first gets a permit of this process's own limiter, in fair order, and then a shared one.
While the store of the shared ones is unavailable, each process uses its share of the limits.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Final

from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline, now
from groupgate.stores import Grant, Limits, SharedBudget, StoreUnavailable
from groupgate.upstream.rate_limit.limiter import (
    MINUTE,
    SECOND,
    UNLIMITED,
    Permit,
    Rate,
    RateLimiter,
    throttled,
)

MAX_PERMITS: Final = 8
"""Permits that a process asks for at once, so that it leaves some to the others."""

MAX_WAIT: Final = 1.0
"""Seconds after which the store is asked again in any case: the vendor may report other limits."""


class SharedPermits:
    """Permits that count in the limiter of this process and in the shared budget."""

    def __init__(
        self, provider: AccountKey, limiter: RateLimiter, budget: SharedBudget, concurrency: int
    ) -> None:
        self._provider = provider
        self._limiter = limiter
        self._budget = budget
        self._concurrency = concurrency
        self._waiting: deque[tuple[asyncio.Future[str | None], Deadline]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._alone: RateLimiter | None = None

    @property
    def waiting(self) -> int:
        """The calls that have a permit of this process and wait for a shared one."""
        return len(self._waiting)

    @asynccontextmanager
    async def permit(self, owner: Hashable, deadline: Deadline) -> AsyncIterator[Permit]:
        """Wait for a permit; raise Throttled if none can be granted by the deadline."""
        async with self._limiter.permit(owner, deadline) as permit:
            name = await self._take(deadline)
            if name is None:
                async with self._permit_alone(owner, deadline, permit):
                    yield permit
                return
            try:
                yield permit
            finally:
                self._budget.end(name, was_sent=permit.is_sent)

    def share_pause(self) -> None:
        """Tell the other processes for how long the vendor accepts no calls."""
        seconds = self._limiter.pause_left
        if seconds > 0:
            self._budget.pause(seconds)

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
        """The limiter of this process while the store is unavailable."""
        if self._alone is None:
            processes = self._budget.processes
            shares = {
                seconds: Rate(calls=max(1, calls // processes), is_fixed=True)
                for seconds, calls in self._limiter.limits.items()
            }
            self._alone = RateLimiter(
                self._provider,
                concurrency=max(1, self._concurrency // processes),
                per_second=shares.get(SECOND, UNLIMITED),
                per_minute=shares.get(MINUTE, UNLIMITED),
            )
            self._alone.note_ended(self._budget.recent())
        return self._alone

    async def _take(self, deadline: Deadline) -> str | None:
        """Return a shared permit; None if the store is unavailable."""
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
                raise throttled(self._provider, 1) from None
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
                self._alone = None
                self._hand_out(grant)
                if len(grant.permits) < wanted:
                    await asyncio.sleep(min(grant.wait, MAX_WAIT))
        finally:
            self._pump = None

    def _limits(self) -> Limits:
        return Limits(concurrency=self._concurrency, windows=self._limiter.limits)

    def _release_all(self) -> None:
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
                future.set_exception(throttled(self._provider, grant.wait))
