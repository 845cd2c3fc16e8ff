"""The queue of calls that wait for a permit: round robin over requests, one call each."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from groupgate.request import Deadline


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A call that waits until its future is done, or until its deadline."""

    granted: asyncio.Future[None]
    deadline: Deadline


class FairQueue:
    """Waiting calls by owner, so that a request with many calls does not delay the others."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Waiter]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Waiter]:
        """Iterate over all waiters, owner by owner."""
        return (waiter for own in self._waiting.values() for waiter in own)

    def add(self, owner: Hashable, deadline: Deadline) -> Waiter:
        """Append a waiter to the owner's calls."""
        waiter = Waiter(asyncio.get_running_loop().create_future(), deadline)
        self._waiting.setdefault(owner, deque()).append(waiter)
        return waiter

    def remove(self, owner: Hashable, waiter: Waiter) -> None:
        """Remove a waiter; one that has left the queue already is ignored."""
        own = self._waiting.get(owner)
        if own is not None and waiter in own:
            own.remove(waiter)
            if not own:
                del self._waiting[owner]

    def next(self) -> Waiter:
        """Remove and return the next waiter; its owner's other calls wait for the next round."""
        owner, own = self._waiting.popitem(last=False)
        waiter = own.popleft()
        if own:
            self._waiting[owner] = own
        return waiter

    def ahead_of(self, owner: Hashable) -> int:
        """Return how many calls would be served before another call of this owner."""
        own = len(self._waiting.get(owner, ()))
        others = (len(calls) for one, calls in self._waiting.items() if one != owner)
        return own + sum(min(waiting, own + 1) for waiting in others)
