"""Admission of operations: a few at a time to the CPU, and only as many as the deadline allows.

Parsing, validation and execution take up to milliseconds of CPU each. If hundreds of operations
start in the same iteration of the event loop, all of them are answered at the end, long after the
deadline, and so is a health check. Therefore operations start in an iteration only until they have
taken SLICE seconds. The others wait for their turns; those that would wait too long are rejected.

Callers take turns, each with its operations in the order of arrival: one that sends hundreds at
once delays and displaces its own, and not those of others.
"""

import asyncio
from collections import OrderedDict, deque
from math import ceil
from typing import Final

from groupgate.app.protocol.request_error import OVERLOADED, RequestError
from groupgate.request import Deadline, now

SLICE: Final = 0.004
"""Seconds of an iteration after which no further operation starts in it."""

TURNS: Final = 16
"""The most operations that are given their turns for one iteration."""

QUEUE_SHARE: Final = 0.4
"""The part of the time until its deadline that an operation may wait for its turn.

After its turn it needs about as long again: the operations that started before it share the CPU.
"""

FIRST_ESTIMATE: Final = 0.02
"""Seconds between two turns of a queue, until they have been measured."""

_WEIGHT: Final = 0.1
"""The weight of the newest measurement in the moving average."""


_Queue = deque[tuple[asyncio.Future[None], float]]
"""Operations that wait for their turn, and the last moment at which it is in time."""


class Admission:
    """Admits at most `limit` operations at a time, those that wait for vendors included."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._running = 0
        self._waiting = 0
        self._woken = 0
        """Operations that have their turns, or are rejected, and have not run since."""
        self._queues: OrderedDict[str, _Queue] = OrderedDict()
        """The queue of each caller that waits, the one with the next turn first."""
        self._late = _Queue()
        """Operations that had their turns in an iteration without time for them."""
        self._slice_end: float | None = None
        """When no further operation starts in this iteration; None before the first one."""
        self._gives_turns = False
        """True if turns are given in the next iteration."""
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
        return self._waiting

    def start_at_once(self) -> bool:
        """Start an operation if it need not wait; return whether it did.

        `leave` must be called at its end, as after `start_in_turn`.
        """
        others = self._waiting + self._woken
        if others or self._running >= self._limit or not self._has_time(now()):
            return False
        self._running += 1
        return True

    def _has_time(self, moment: float) -> bool:
        """Return True if an operation may start in this iteration; the first one always may."""
        if self._slice_end is not None:
            return moment < self._slice_end
        self._slice_end = moment + SLICE
        self._give_turns_soon()
        return True

    def _give_turns_soon(self) -> None:
        if not self._gives_turns:
            self._gives_turns = True
            asyncio.get_running_loop().call_soon(self._give_turns)

    async def start_in_turn(self, deadline: Deadline, caller: str) -> float:
        """Wait for a turn to start an operation; return the time waited in milliseconds.

        Raises RequestError if too many operations are running, if the turn would come too late, or
        if another caller with fewer operations needs the place.
        """
        if self._running + self._waiting >= self._limit:
            self._make_room(caller)
        waits_since = now()
        await self._wait_for_turn(deadline, caller)
        self._running += 1
        return (now() - waits_since) * 1000

    def leave(self) -> None:
        """End an operation."""
        self._running -= 1

    def _make_room(self, caller: str) -> None:
        """Reject the last operation of the longest queue; raise RequestError if it is the caller's.

        A caller gets no more places than the one that loses them.
        """
        longest = max(self._queues.values(), key=len, default=_Queue())
        if len(longest) <= len(self._queues.get(caller, ())) + 1:
            raise _overloaded(1)
        turn, _ = longest.pop()
        self._waiting -= 1
        if not turn.done():
            self._woken += 1
            turn.set_exception(_overloaded(1))

    async def _wait_for_turn(self, deadline: Deadline, caller: str) -> None:
        patience = deadline.left * QUEUE_SHARE
        expected = self._turns_before(caller) * self._seconds_per_turn
        if expected > patience:
            raise _overloaded(expected)
        last_moment = now() + patience
        queue = self._queues.setdefault(caller, _Queue())
        while True:
            turn = asyncio.get_running_loop().create_future()
            queue.append((turn, last_moment))
            self._waiting += 1
            self._give_turns_soon()
            try:
                await turn
            finally:
                if not turn.cancelled():
                    self._woken -= 1
            moment = now()
            if self._has_time(moment):
                self._measure(moment)
                return
            queue = self._late

    def _turns_before(self, caller: str) -> int:
        """The turns that are given before the next operation of this caller has one."""
        own = len(self._queues.get(caller, ()))
        others = (queue for name, queue in self._queues.items() if name != caller)
        return len(self._late) + own + sum(min(len(queue), own + 1) for queue in others)

    def _give_turns(self) -> None:
        """Give turns for this iteration of the event loop, one to each caller in turn."""
        self._slice_end, given, moment = None, 0, now()
        while self._waiting and given < TURNS:
            turn, last_moment = self._next_waiting()
            if turn.done():  # cancelled
                continue
            self._woken += 1
            if moment > last_moment:  # the estimate was too low
                turn.set_exception(_overloaded(self._waiting * self._seconds_per_turn))
                continue
            turn.set_result(None)
            given += 1
        self._gives_turns = False
        if given:
            self._give_turns_soon()
        else:
            self._turn_at = None

    def _next_waiting(self) -> tuple[asyncio.Future[None], float]:
        self._waiting -= 1
        if self._late:
            return self._late.popleft()
        caller, queue = self._queues.popitem(last=False)
        waiting = queue.popleft()
        if queue:
            self._queues[caller] = queue  # at the end
        return waiting

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
