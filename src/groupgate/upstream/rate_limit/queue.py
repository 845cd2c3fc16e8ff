"""Calls that wait for their turn, served in rounds: each asker in turn, one call a round."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from groupgate.request import Deadline


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A call that waits until its turn is done, or until its deadline."""

    permit: asyncio.Future[None]
    deadline: Deadline


class FairQueue:
    """Waiting calls by asker, so that one who asks for much does not keep the others waiting."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Waiting]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        """All calls that wait, in no order that matters."""
        return (call for own in self._waiting.values() for call in own)

    def add(self, asker: Hashable, deadline: Deadline) -> Waiting:
        """Put a call at the end of the asker's own queue."""
        call = Waiting(asyncio.get_running_loop().create_future(), deadline)
        self._waiting.setdefault(asker, deque()).append(call)
        return call

    def remove(self, asker: Hashable, call: Waiting) -> None:
        """Take a call back that waits no longer."""
        own = self._waiting.get(asker)
        if own is not None and call in own:
            own.remove(call)
            if not own:
                del self._waiting[asker]

    def next(self) -> Waiting:
        """Take out the call whose turn it is; its asker's next call waits for the next round."""
        asker, own = self._waiting.popitem(last=False)
        call = own.popleft()
        if own:
            self._waiting[asker] = own
        return call

    def ahead_of(self, asker: Hashable) -> int:
        """How many calls would be served before another call of this asker."""
        own = len(self._waiting.get(asker, ()))
        others = (len(calls) for one, calls in self._waiting.items() if one != asker)
        return own + sum(min(waiting, own + 1) for waiting in others)
