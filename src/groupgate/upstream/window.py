"""So many calls in any stretch of time, counted so that the vendor never counts more."""

from collections import deque
from math import ceil, inf


class Window:
    """A sliding window.

    The vendor counts a call at some moment between its sending and its answer. So a call takes
    its place from the one, and gives it back when the window's length has passed since the other.
    """

    def __init__(self, calls: int, seconds: float) -> None:
        self.calls = calls
        self.seconds = seconds
        self._under_way = 0
        self._ended: deque[float] = deque()

    def begin(self) -> None:
        """Take a place."""
        self._under_way += 1

    def end(self, moment: float, *, was_sent: bool) -> None:
        """Note that a call is over; one that was not sent frees its place at once."""
        self._under_way -= 1
        if was_sent:
            self._ended.append(moment)

    def opens_at(self, moment: float, ahead: int = 0) -> float:
        """When there is a place at the earliest, if `ahead` other calls take theirs before.

        Infinite if it is not known: all depends on calls that are under way.
        """
        while self._ended and self._ended[0] <= moment - self.seconds:
            self._ended.popleft()
        missing = self._under_way + len(self._ended) + ahead + 1 - self.calls
        if missing <= 0:
            return moment
        if missing <= len(self._ended):
            return self._ended[missing - 1] + self.seconds
        return inf

    def soonest(self, moment: float, ahead: int) -> float:
        """The same, at the best: as if every call that is under way were answered now."""
        known = self.opens_at(moment, ahead)
        if known < inf:
            return known
        beyond = self._under_way + ahead + 1 - self.calls
        return moment + self.seconds * ceil(beyond / self.calls)
