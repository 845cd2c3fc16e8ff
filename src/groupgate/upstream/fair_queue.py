"""Calls that wait for their turn, served in rounds: each asker in turn, one call a round."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable


class FairQueue:
    """Waiting calls by asker, so that one who asks for much does not keep the others waiting."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, asker: Hashable) -> asyncio.Future[None]:
        """Put a call at the end of the asker's own queue; it is done when its turn has come."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(asker, deque()).append(turn)
        return turn

    def remove(self, asker: Hashable, turn: asyncio.Future[None]) -> None:
        """Take a call back that waits no longer."""
        own = self._waiting.get(asker)
        if own is not None and turn in own:
            own.remove(turn)
            if not own:
                del self._waiting[asker]

    def next(self) -> asyncio.Future[None]:
        """Take out the call whose turn it is; its asker's next call waits for the next round."""
        asker, own = self._waiting.popitem(last=False)
        turn = own.popleft()
        if own:
            self._waiting[asker] = own
        return turn

    def ahead_of(self, asker: Hashable) -> int:
        """How many calls would be served before another call of this asker."""
        own = len(self._waiting.get(asker, ()))
        others = (len(calls) for one, calls in self._waiting.items() if one != asker)
        return own + sum(min(waiting, own + 1) for waiting in others)
