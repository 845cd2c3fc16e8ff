"""Admission of operations: one after another to the CPU, and only as many as the deadline allows.

Parsing, validation and execution take milliseconds of CPU each. If hundreds of operations start
in the same iteration of the event loop, all of them are answered at the end, long after the
deadline, and so is a health check. Therefore one operation starts in each iteration, in the order
of arrival. Those that would wait too long for their turn are rejected.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Final

from groupgate.app.protocol.request_error import OVERLOADED, RequestError
from groupgate.request import Deadline, now

QUEUE_SHARE: Final = 0.4
"""The part of the time until its deadline that an operation may wait for its turn.

After its turn it needs about as long again: the operations that started before it share the CPU.
"""

FIRST_ESTIMATE: Final = 0.02
"""Seconds between two turns of a queue, until they have been measured."""

_WEIGHT: Final = 0.1
"""The weight of the newest measurement in the moving average."""


class Admission:
    """Admits at most `running` operations at a time, those that wait for vendors included."""

    def __init__(self, running: int) -> None:
        self._limit = running
        self._running = 0
        self._waiting: deque[tuple[asyncio.Future[None], float]] = deque()
        """Operations that wait for their turn, and the last moment at which it is in time."""
        self._is_turn_taken = False
        self._turn_at: float | None = None
        self._seconds_per_turn = FIRST_ESTIMATE

    @property
    def limit(self) -> int:
        """The most operations at a time."""
        return self._limit

    @property
    def running(self) -> int:
        """The operations that have had their turn."""
        return self._running

    @property
    def waiting(self) -> int:
        """The operations that wait for their turn."""
        return len(self._waiting)

    @asynccontextmanager
    async def admit(self, deadline: Deadline) -> AsyncIterator[float]:
        """Wait for a turn, and count an operation as running while the context is open.

        Its value is the time waited in milliseconds. Raises RequestError if too many operations are
        running, or if the turn would come too late.
        """
        if self._running + len(self._waiting) >= self._limit:
            raise _overloaded(1)
        waits_since = now()
        await self._take_turn(deadline)
        self._running += 1
        try:
            yield (now() - waits_since) * 1000
        finally:
            self._running -= 1

    async def _take_turn(self, deadline: Deadline) -> None:
        if not self._is_turn_taken:
            self._is_turn_taken = True
            asyncio.get_running_loop().call_soon(self._give_next_turn)
            return
        patience = deadline.left * QUEUE_SHARE
        expected = len(self._waiting) * self._seconds_per_turn
        if expected > patience:
            raise _overloaded(expected)
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, now() + patience))
        await turn

    def _give_next_turn(self) -> None:
        """Give the turn of this iteration of the event loop to the operation that came first."""
        while self._waiting:
            turn, last_moment = self._waiting.popleft()
            if turn.done():  # cancelled
                continue
            if now() > last_moment:  # the estimate was too low
                turn.set_exception(_overloaded(len(self._waiting) * self._seconds_per_turn))
                continue
            turn.set_result(None)
            self._measure(now())
            asyncio.get_running_loop().call_soon(self._give_next_turn)
            return
        self._is_turn_taken, self._turn_at = False, None

    def _measure(self, moment: float) -> None:
        if self._turn_at is not None:
            # A single long turn is an exception, such as the rejection of hundreds of operations.
            seconds = min(moment - self._turn_at, 2 * self._seconds_per_turn)
            self._seconds_per_turn += _WEIGHT * (seconds - self._seconds_per_turn)
        self._turn_at = moment


def _overloaded(seconds: float) -> RequestError:
    retry_after = max(1, ceil(seconds))
    return RequestError.with_message(
        OVERLOADED,
        f"The gateway has too many operations to do. Retry in {retry_after} s.",
        {"Retry-After": str(retry_after)},
        retryAfterSeconds=retry_after,
    )
