"""Reads that are under way, each shared by all requests that want the same."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from groupgate.upstream.clock import now
from groupgate.upstream.deadline import Deadline

GRACE: Final = 0.01
"""Seconds in which a read whose time is up can tell what kept it."""

Read = Callable[[Deadline], Coroutine[Any, Any, Any]]


@dataclass(slots=True, kw_only=True, eq=False)
class Flight:
    """One read. It goes on as long as somebody waits for it, to the last one's deadline.

    If one who waited has lost patience, it goes on without anybody, for those who come later.
    """

    task: asyncio.Task[Any]
    deadline: Deadline
    began: float
    waiting: int = 0
    is_left_to_itself: bool = False


class Flights:
    """The reads of one vendor that are under way."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    async def join(
        self, key: Hashable, deadline: Deadline, read: Read, patience: float = inf
    ) -> Any:
        """Wait for the read of this key, and begin it if nobody has.

        Raises TimeoutError just after the deadline, when the read itself would have ended by now if
        it were not for others that have more time; or when `patience` is over, which is in seconds
        from when the read began.
        """
        flight = self._flights.get(key) or self._begin(key, deadline, read)
        loses_patience = flight.began + patience
        if loses_patience > now():
            flight.deadline.extend(deadline)
        flight.waiting += 1
        limit = Deadline(min(deadline.at + GRACE, loses_patience))
        try:
            return await limit.bound(asyncio.shield(flight.task))
        except TimeoutError:
            flight.is_left_to_itself |= deadline.left > 0
            raise
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.is_left_to_itself:
                flight.task.cancel()
                self._forget(key, flight)

    def let_go(self) -> None:
        """Let nobody else join the reads that are under way: what they read has been changed."""
        self._flights.clear()

    def _begin(self, key: Hashable, deadline: Deadline, read: Read) -> Flight:
        own = Deadline(deadline.at)
        flight = Flight(task=asyncio.ensure_future(read(own)), deadline=own, began=now())
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _task: self._forget(key, flight))
        flight.task.add_done_callback(_look_at)
        return flight

    def _forget(self, key: Hashable, flight: Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]


def _look_at(task: asyncio.Task[Any]) -> None:
    """Take note of a failure that nobody waited for, which asyncio would else complain of."""
    if not task.cancelled():
        task.exception()
