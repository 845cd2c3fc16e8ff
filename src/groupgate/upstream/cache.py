"""What a vendor has answered of late, for all requests: its data is the same for every caller."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from cachetools import TLRUCache

from groupgate.upstream.clock import now
from groupgate.upstream.policy import Policy

ENTRY: Final = 550
"""Bytes that an answer takes besides its own: its key, its moments, its place (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """When something was asked for, and how many changes the vendor had seen by then."""

    asked_at: float
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A decoded answer, the bytes it takes, and when it was asked for and came.

    The vendors' structs are frozen and take about as much memory as what they came in.
    """

    value: object
    size: int
    asked_at: float
    came_at: float

    @property
    def age(self) -> float:
        """Seconds since it came."""
        return now() - self.came_at


class Cache:
    """Answers of one vendor account, bounded by bytes; the least recently used go first."""

    def __init__(self, policy: Policy) -> None:
        self.ttl = policy.cache_ttl
        self._changes = 0
        self._stale_if_error = policy.cache_stale_if_error
        longest = max(self.ttl, self._stale_if_error)
        self._entries: TLRUCache[Hashable, Entry] = TLRUCache(
            policy.cache_bytes,
            ttu=lambda _key, entry, _now: entry.came_at + longest,
            timer=now,
            getsizeof=lambda entry: entry.size,
        )

    def fresh(self, key: Hashable) -> Entry | None:
        """The answer, if it still stands."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.age < self.ttl else None

    def last_known(self, key: Hashable) -> Entry | None:
        """The answer, if it may still stand in for a failure."""
        entry = self._entries.get(key)
        return entry if entry is not None and entry.age < self._stale_if_error else None

    def question(self) -> Question:
        """Note that something is about to be asked for."""
        return Question(asked_at=now(), changes=self._changes)

    def keep(self, key: Hashable, value: object, *, size: int, question: Question) -> None:
        """Keep an answer, unless it is too large, or older than a change or than what is kept.

        `size` is that of what it came in, in bytes.
        """
        known = self._entries.get(key)
        is_outrun = known is not None and known.asked_at > question.asked_at
        entry = Entry(value=value, size=size + ENTRY, asked_at=question.asked_at, came_at=now())
        is_too_large = entry.size > self._entries.maxsize
        if question.changes == self._changes and not is_outrun and not is_too_large:
            self._entries[key] = entry

    def discard(self, key: Hashable) -> None:
        """Drop one answer: the vendor has taken it back."""
        self._entries.pop(key, None)

    def drop(self) -> None:
        """Drop everything, and what is being read just now, for the vendor has changed."""
        self._changes += 1
        self._entries.clear()
