"""Rate limits: so many calls in any second and in any minute, told in headers (documented)."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil


@dataclass(slots=True, kw_only=True)
class Window:
    """A sliding window with room for `limit` calls."""

    limit: int
    seconds: int
    _taken: deque[float] = field(default_factory=deque)

    def room(self, now: float) -> int:
        """Return how many calls still fit."""
        while self._taken and self._taken[0] <= now - self.seconds:
            self._taken.popleft()
        return self.limit - len(self._taken)

    def take(self, now: float) -> None:
        """Count a call."""
        self._taken.append(now)

    def headers(self, now: float) -> dict[str, str]:
        """Say what is left. That the reset is in epoch seconds is assumed."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.room(now)),
            "X-RateLimit-Reset": str(ceil(now + self._wait(now))),
        }

    def retry_after(self, now: float) -> dict[str, str]:
        """Say how long to wait: whole seconds, at least one (the header is assumed)."""
        return {"Retry-After": str(max(1, ceil(self._wait(now))))}

    def _wait(self, now: float) -> float:
        return (self._taken[0] if self._taken else now) + self.seconds - now


class RateLimit:
    """The limits of one account; None turns one off."""

    def __init__(
        self, *, per_second: int | None, per_minute: int | None, clock: Callable[[], float]
    ) -> None:
        wanted = ((per_minute, 60), (per_second, 1))
        self._clock = clock
        self._windows = [
            Window(limit=limit, seconds=seconds) for limit, seconds in wanted if limit is not None
        ]

    def refusal(self) -> dict[str, str] | None:
        """Count a call, or return the headers that refuse it: those of the window that is full."""
        now = self._clock()
        for window in self._windows:
            if window.room(now) <= 0:
                return window.headers(now) | window.retry_after(now)
        for window in self._windows:
            window.take(now)
        return None

    def headers(self) -> dict[str, str]:
        """Say what is left in the longest window (the vendor does not say which it means)."""
        return self._windows[0].headers(self._clock()) if self._windows else {}
