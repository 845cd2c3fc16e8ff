"""Rate limits per second and per minute, reported in response headers (documented)."""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from groupgate.sandbox.simulator import Clock


@dataclass(slots=True, kw_only=True)
class SlidingWindow:
    """Counts the requests of the last `seconds`, of which `limit` are allowed."""

    limit: int
    seconds: int
    _times: deque[float] = field(default_factory=deque)

    def remaining(self, now: float) -> int:
        """Return the number of requests that are still allowed."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        return self.limit - len(self._times)

    def count(self, now: float) -> None:
        """Count a request."""
        self._times.append(now)

    def headers(self, now: float) -> dict[str, str]:
        """Return the rate-limit headers; that the reset is in epoch seconds is assumed."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining(now)),
            "X-RateLimit-Reset": str(ceil(now + self._wait(now))),
        }

    def retry_after(self, now: float) -> dict[str, str]:
        """Return the Retry-After header in whole seconds, at least 1 (the header is assumed)."""
        return {"Retry-After": str(max(1, ceil(self._wait(now))))}

    def _wait(self, now: float) -> float:
        return (self._times[0] if self._times else now) + self.seconds - now


class RateLimit:
    """The limits of one account; None turns a limit off."""

    def __init__(self, *, per_second: int | None, per_minute: int | None, clock: Clock) -> None:
        limits = ((per_minute, 60), (per_second, 1))
        self._clock = clock
        self._windows = [
            SlidingWindow(limit=limit, seconds=seconds)
            for limit, seconds in limits
            if limit is not None
        ]

    def refusal(self) -> dict[str, str] | None:
        """Count a request, or return the headers of its refusal, from the window that is full."""
        now = self._clock()
        for window in self._windows:
            if window.remaining(now) <= 0:
                return window.headers(now) | window.retry_after(now)
        for window in self._windows:
            window.count(now)
        return None

    def headers(self) -> dict[str, str]:
        """Return the headers of the longest window (the vendor does not say which it reports)."""
        return self._windows[0].headers(self._clock()) if self._windows else {}
