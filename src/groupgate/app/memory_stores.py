"""The stores of one process, in memory; each of them forgets its oldest entries when it is full."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

from cachetools import LRUCache, TTLCache

from groupgate.stores import RATE_WINDOW, KeyInUse, KeyReused, Level

MAX_RESULT_BYTES: Final = 32 * 1024 * 1024
RESULT_OVERHEAD: Final = 500
"""Bytes that a result takes besides its own: key, fingerprint, entry (measured)."""

MAX_DOCUMENT_BYTES: Final = 4_000_000
MAX_DOCUMENTS: Final = 10_000

MAX_BUCKETS: Final = 10_000
"""A bucket that is dropped is full when its caller comes back."""

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class _Result:
    fingerprint: str
    content: bytes


class MemoryIdempotencyStore:
    """Stores results for `ttl` seconds each."""

    def __init__(self, ttl: float) -> None:
        self._running: dict[str, str] = {}
        self._results: TTLCache[str, _Result] = TTLCache(
            MAX_RESULT_BYTES, ttl, getsizeof=lambda result: RESULT_OVERHEAD + len(result.content)
        )

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key, or return the stored result."""
        result = self._results.get(key)
        used_for = result.fingerprint if result else self._running.get(key, fingerprint)
        if used_for != fingerprint:
            raise KeyReused
        if key in self._running:
            raise KeyInUse
        if result is None:
            self._running[key] = fingerprint
            return None
        return result.content

    async def finish(self, key: str, result: bytes) -> None:
        """Store the result; one that is larger than the whole store is dropped."""
        with suppress(ValueError):
            self._results[key] = _Result(self._running.pop(key), result)

    async def abandon(self, key: str) -> None:
        """Release the key."""
        self._running.pop(key, None)


class MemoryDocumentStore:
    """Stores documents up to a number of bytes and of documents."""

    def __init__(self) -> None:
        self._texts: LRUCache[str, str] = LRUCache(MAX_DOCUMENT_BYTES, _document_weight)

    async def get(self, document_hash: str) -> str | None:
        """Return the text of the document."""
        return self._texts.get(document_hash)

    async def set(self, document_hash: str, text: str) -> None:
        """Store a text; one that is larger than the whole store is dropped."""
        with suppress(ValueError):
            self._texts[document_hash] = text


def _document_weight(text: str) -> int:
    """The bytes of a text; the minimum weight bounds the number of texts."""
    return max(len(text.encode()), MAX_DOCUMENT_BYTES // MAX_DOCUMENTS)


class MemoryBuckets:
    """Buckets of `capacity` points that fill up within a minute.

    A bucket is stored as the moment at which it will be full (the generic cell rate algorithm);
    each point taken delays that moment. A bucket that owes points takes longer to fill up. An
    operation that costs more than the capacity is thus possible, but rarely.
    """

    def __init__(self, capacity: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity = capacity
        self._clock = clock
        self._full_at: LRUCache[str, float] = LRUCache(MAX_BUCKETS)
        self._redeemable_at: LRUCache[str, float] = LRUCache(MAX_BUCKETS)

    async def take(self, key: str, points: int, *, slack: int = 0, force: bool = False) -> Level:
        """Take points from the bucket of this key."""
        now = self._clock()
        lacking = max(0.0, self._full_at.get(key, now) - now)  # in seconds, as all below
        wait = lacking + self._seconds(min(points, self._capacity - slack)) - RATE_WINDOW
        if was_taken := force or wait <= _ROUNDING:
            lacking += self._seconds(points)
            self._full_at[key] = now + lacking
        else:
            self._redeemable_at[key] = min(self._redeemable_at.get(key, inf), now + wait)
        remaining = self._capacity * (1 - lacking / RATE_WINDOW)
        return Level(
            was_taken=was_taken,
            remaining=max(0, int(remaining + _ROUNDING)),
            seconds=ceil(max(0.0, lacking if was_taken else wait) - _ROUNDING),
        )

    async def redeem(self, key: str) -> bool:
        """Return True if the wait that a failed take has reported is over."""
        if self._redeemable_at.get(key, inf) > self._clock() + _ROUNDING:
            return False
        del self._redeemable_at[key]
        return True

    def _seconds(self, points: int) -> float:
        return points * RATE_WINDOW / self._capacity
