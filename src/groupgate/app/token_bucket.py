"""How much each caller may still ask for: a bucket of points that fills up again over time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final, Protocol

from cachetools import LRUCache

WINDOW: Final = 60
"""Seconds in which an empty bucket fills up."""

MOST_BUCKETS: Final = 10_000
"""Those used last are kept. One that is dropped is full again when its caller comes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What became of taking points out of a bucket."""

    was_taken: bool
    remaining: int
    """Points left."""
    seconds: int
    """Until the bucket is full again; if nothing was taken, until this much could be."""


class Buckets(Protocol):
    """Keeps buckets; a store that several processes share has to wait for its answers."""

    async def take(self, key: str, points: int) -> Level:
        """Take points out of the bucket of this key, or none if it does not hold as many."""


class MemoryBuckets:
    """Keeps them in this process.

    A bucket is the moment at which it will be full (the generic cell rate algorithm): each point
    taken puts that off. More than a bucket holds can be taken out of one that lacks no more than
    `slack`, and is then as much longer in filling up: what is very dear is rare, not impossible.
    """

    def __init__(
        self, capacity: int, slack: int = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity = capacity
        self._dearest = capacity - slack
        self._clock = clock
        self._full_at: LRUCache[str, float] = LRUCache(MOST_BUCKETS)

    async def take(self, key: str, points: int) -> Level:
        """Take points out of the bucket of this key."""
        now = self._clock()
        lacking = max(0.0, self._full_at.get(key, now) - now)  # in seconds, as all below
        wait = lacking + self._seconds(min(points, self._dearest)) - WINDOW
        if was_taken := wait <= _ROUNDING:
            lacking += self._seconds(points)
            self._full_at[key] = now + lacking
        remaining = self._capacity * (1 - lacking / WINDOW)
        return Level(
            was_taken=was_taken,
            remaining=max(0, int(remaining + _ROUNDING)),
            seconds=ceil(max(0.0, lacking if was_taken else wait) - _ROUNDING),
        )

    def _seconds(self, points: int) -> float:
        return points * WINDOW / self._capacity


_ROUNDING: Final = 1e-6
