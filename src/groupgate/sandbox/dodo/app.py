"""The simulator: who may call, how often, and what was asked."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from groupgate.sandbox.asgi import NO_JSON, Answer, Call, JsonApp, Receive, Scope, Send
from groupgate.sandbox.dodo import routes, seed
from groupgate.sandbox.dodo.errors import ApiError
from groupgate.sandbox.dodo.limits import RateLimit
from groupgate.sandbox.dodo.request import Request
from groupgate.sandbox.dodo.snapshot import snapshot

SeenCall = tuple[str, str, Any]
"""Method, path with query as sent below the prefix, decoded body."""

_CALLS_KEPT = 10_000


class DodoSimulator:
    """An ASGI app that answers as test.dodopayments.com would, from a made-up catalogue.

    The limits are those of tier 0 (documented); None turns one off.
    Calls without a valid key are not limited, unlike the vendor's.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a default
        self,
        *,
        api_key: str = "sk_test_sandbox",
        read_only_key: str | None = None,
        prefix: str = "",
        rate_per_second: int | None = 40,
        rate_per_minute: int | None = 240,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.calls: deque[SeenCall] = deque(maxlen=_CALLS_KEPT)
        self.throttled = 0
        self._api_key, self._read_only_key = api_key, read_only_key
        self._prefix = prefix.rstrip("/")
        self._clock = clock
        self._limit = RateLimit(per_second=rate_per_second, per_minute=rate_per_minute, clock=clock)
        self.reset()

    def reset(self) -> None:
        """Put the first catalogue back; what was counted and recorded stays."""
        self._catalog = seed.catalog(self._clock)

    def snapshot(self) -> dict[str, Any]:
        """Return a copy of the state in plain dicts and lists."""
        return snapshot(self._catalog)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        handler = partial(self._answer, self._target(scope))
        await JsonApp(handler, self._prefix)(scope, receive, send)

    def _target(self, scope: Scope) -> str:
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = raw_path.decode("ascii", "replace").removeprefix(self._prefix)
        query = scope["query_string"].decode("latin-1")
        return f"{path}?{query}" if query else path

    def _answer(self, target: str, call: Call) -> Answer:
        self.calls.append((call.method, target, None if call.json is NO_JSON else call.json))
        key = _bearer(call)
        if key is None or key not in {self._api_key, self._read_only_key}:
            return ApiError(401, "UNAUTHORIZED", "Not authorised").answer
        refused = self._limit.refusal()
        if refused is not None:
            self.throttled += 1
            return replace(ApiError(429, "TOO_MANY_REQUESTS").answer, headers=refused)
        answer = self._routed(call, may_write=key == self._api_key)
        return replace(answer, headers=self._limit.headers())

    def _routed(self, call: Call, *, may_write: bool) -> Answer:
        try:
            handler, ids = routes.resolve(call.method, call.segments)
            _expect_permission(call, may_write=may_write)
            return handler(Request(catalog=self._catalog, call=call), *ids)
        except ApiError as error:
            return error.answer


def _expect_permission(call: Call, *, may_write: bool) -> None:
    # Read-only keys are documented; that their writes are answered 403 is assumed.
    if call.method != "GET" and not may_write:
        raise ApiError(403, "UNAUTHORIZED", "This key may only read")


def _bearer(call: Call) -> str | None:
    scheme, _, key = call.headers.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" else None
