"""Permits that several processes share: the calls of this process that wait for one."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from groupgate.domain.errors import UpstreamError
from groupgate.request import Deadline, now
from groupgate.stores import Grant, Limits, SharedBudget, StoreUnavailable

MAX_PERMITS: Final = 8
"""Permits that a process asks for at once, so that it leaves some to the others."""

MAX_WAIT: Final = 1.0
"""Seconds after which the store is asked again in any case: the vendor may report other limits."""


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
        self._is_available = True

    @property
    def waiting(self) -> int:
        """The calls that wait for a permit."""
        return len(self._waiting)

    async def take(self, deadline: Deadline) -> str | None:
        """Return the name of a permit; None if the store is unavailable.

        Raises the made error if none can be granted by the deadline.
        """
        if (spare := self._budget.spare(self._limits())) is not None:
            self._is_available = True
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
                self._is_available = True
                self._hand_out(grant)
                if len(grant.permits) < wanted:
                    await asyncio.sleep(min(grant.wait, MAX_WAIT))
        finally:
            self._pump = None

    def _release_all(self) -> None:
        """Let all calls go on without a shared permit."""
        self.outages += self._is_available
        self._is_available = False
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
