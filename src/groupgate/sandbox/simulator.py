"""What simulators have in common: each writes down its requests and slows a hasty client."""

import math
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from groupgate.sandbox.asgi import NO_JSON, Answer, Call, JsonApp, Receive, Scope, Send

Clock = Callable[[], float]

_WINDOW = 60.0


class RateLimit:
    """At most so many requests in any sixty seconds."""

    def __init__(self, per_minute: int | None, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._taken: deque[float] = deque()

    def take(self) -> int:
        """Return 0 when there was room, else the whole seconds until there is."""
        if self._per_minute is None:
            return 0
        now = self._clock()
        while self._taken and self._taken[0] <= now - _WINDOW:
            self._taken.popleft()
        if len(self._taken) >= self._per_minute:
            return self._seconds_left(now)
        self._taken.append(now)
        return 0

    def _seconds_left(self, now: float) -> int:
        oldest = self._taken[0] if self._taken else now
        return max(1, math.ceil(oldest + _WINDOW - now))


class Simulator(ABC):
    """An ASGI app that plays one vendor below `prefix`."""

    def __init__(
        self, *, prefix: str = "", rate_per_minute: int | None = None, clock: Clock = time.time
    ) -> None:
        self.calls: deque[tuple[str, str, Any]] = deque(maxlen=10_000)
        """Method, path with query as sent below the prefix, and JSON body of every request."""
        self.throttled = 0
        """How many requests were answered with 429."""
        self._prefix = prefix
        self._limit = RateLimit(rate_per_minute, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        sent = _target(scope).removeprefix(self._prefix)
        app = JsonApp(partial(self._handle, sent), self._prefix)
        await app(scope, receive, send)

    @abstractmethod
    def reset(self) -> None:
        """Go back to the seed; what was counted and written down stays."""

    @abstractmethod
    def answer(self, call: Call) -> Answer:
        """Answer a request that came in time."""

    @abstractmethod
    def too_many(self, seconds: int) -> Answer:
        """Answer a request that came too early by so many seconds."""

    def _handle(self, sent: str, call: Call) -> Answer:
        self.calls.append((call.method, sent, None if call.json is NO_JSON else call.json))
        seconds = self._limit.take()
        if seconds:
            self.throttled += 1
            return self.too_many(seconds)
        return self.answer(call)


def _target(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope["query_string"]
    return (path + b"?" + query if query else path).decode("latin-1")
