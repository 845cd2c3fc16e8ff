"""When the time for something is up, and how much of it is left."""

import asyncio
from collections.abc import Awaitable
from math import inf
from typing import TypeVar

from groupgate.upstream.clock import now

ResultT = TypeVar("ResultT")


class Deadline:
    """A moment on the clock of the event loop; without one, there is no end."""

    __slots__ = ("at",)

    def __init__(self, at: float = inf) -> None:
        self.at = at

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """So many seconds from now; None is never."""
        return cls() if seconds is None else cls(now() + seconds)

    @property
    def is_set(self) -> bool:
        """Whether there is an end at all."""
        return self.at < inf

    @property
    def left(self) -> float:
        """Seconds until then; less than nothing when it has passed."""
        return self.at - now() if self.is_set else inf

    def extend(self, other: "Deadline") -> None:
        """Move it to where the other is, if that is later."""
        self.at = max(self.at, other.at)

    def within(self, seconds: float) -> "Deadline":
        """The same, but no later than so many seconds from now."""
        return Deadline(min(self.at, now() + seconds))

    async def bound(self, work: Awaitable[ResultT]) -> ResultT:
        """Wait for it; raise TimeoutError, and cancel it, when the time is up."""
        async with asyncio.timeout_at(self.at if self.is_set else None):
            return await work
