"""Reads that are under way, each shared by all requests that want the same."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Final

from groupgate.upstream.deadline import Deadline

GRACE: Final = 0.01
"""Seconds in which a read whose time is up can tell what kept it."""

Read = Callable[[Deadline], Coroutine[Any, Any, Any]]


@dataclass(slots=True, kw_only=True, eq=False)
class Flight:
    """One read. It goes on as long as somebody waits for it, to the last one's deadline."""

    task: asyncio.Task[Any]
    deadline: Deadline
    waiting: int = 0


class Flights:
    """The reads of one vendor that are under way."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight] = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    async def join(self, key: Hashable, deadline: Deadline, read: Read) -> Any:
        """Wait for the read of this key, and begin it if nobody has.

        Raises TimeoutError just after the deadline, when the read itself would have ended by now if
        it were not for others that have more time.
        """
        flight = self._flights.get(key) or self._begin(key, deadline, read)
        flight.deadline.extend(deadline)
        flight.waiting += 1
        try:
            return await Deadline(deadline.at + GRACE).bound(asyncio.shield(flight.task))
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                flight.task.cancel()
                self._forget(key, flight)

    def let_go(self) -> None:
        """Let nobody else join the reads that are under way: what they read has been changed."""
        self._flights.clear()

    def _begin(self, key: Hashable, deadline: Deadline, read: Read) -> Flight:
        own = Deadline(deadline.at)
        flight = Flight(task=asyncio.ensure_future(read(own)), deadline=own)
        self._flights[key] = flight
        flight.task.add_done_callback(lambda _task: self._forget(key, flight))
        return flight

    def _forget(self, key: Hashable, flight: Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
