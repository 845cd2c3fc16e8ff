"""Mutations that carry an `Idempotency-Key` are carried out once, however often they are sent."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Protocol

import msgspec
from cachetools import TTLCache

from groupgate.app.protocol.operation import Operation
from groupgate.app.protocol.request_error import Reason, RequestError, Told

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

LONGEST_KEY: Final = 255
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of results that are remembered in memory; the oldest are forgotten first."""
RESULT: Final = 500
"""Bytes that a result takes besides its own: its key, its fingerprint, its place (measured)."""

UNUSABLE: Final = Reason(code="BAD_REQUEST", status=400)
REUSED: Final = Reason(code="IDEMPOTENCY_KEY_REUSED", status=422)
IN_USE: Final = Reason(code="IDEMPOTENCY_KEY_IN_USE", status=409)


class OperationResult(msgspec.Struct, frozen=True):
    """What an execution came to."""

    data: dict[str, Any] | None
    errors: list[Told]

    @property
    def is_final(self) -> bool:
        """Whether something was or may have been applied, so that it must not run again."""
        if not self.errors:
            return True
        told = [error.get("extensions", {}) for error in self.errors]
        changed = [value for value in (self.data or {}).values() if value is not None]
        return bool(changed) or any(one.get("outcome") != "NOT_APPLIED" for one in told)


BROKEN_OFF: Final = OperationResult(
    None,
    [
        {
            "message": "The first request with this key broke off: read what has become of it.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "outcome": "UNKNOWN"},
        }
    ],
)
"""Rather no second try than a change applied twice."""


class Store(Protocol):
    """Remembers results by key. A store that replicas share can stand in for the one in memory."""

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key and return None, or return the result that it has.

        Raises Refusal if the key was used for another request, or is in use right now.
        """

    async def finish(self, key: str, result: bytes) -> None:
        """Keep the result of the request that claimed the key."""

    async def abandon(self, key: str) -> None:
        """Give the key free: nothing was applied."""


@dataclass(frozen=True, slots=True)
class _Kept:
    fingerprint: str
    result: bytes


class MemoryStore:
    """Keeps results in this process, for `ttl` seconds each."""

    def __init__(self, ttl: float) -> None:
        self._running: dict[str, str] = {}
        self._kept: TTLCache[str, _Kept] = TTLCache(
            MOST_BYTES, ttl, getsizeof=lambda kept: RESULT + len(kept.result)
        )

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key, or return what is remembered of it."""
        kept = self._kept.get(key)
        used_for = kept.fingerprint if kept else self._running.get(key, fingerprint)
        if used_for != fingerprint:
            message = f"This {HEADER} was used for another request. Every change needs its own."
            raise RequestError.saying(REUSED, message)
        if key in self._running:
            message = f"The first request with this {HEADER} is still running. Try again later."
            raise RequestError.saying(IN_USE, message, {"Retry-After": "1"})
        if kept is None:
            self._running[key] = fingerprint
        return None if kept is None else kept.result

    async def finish(self, key: str, result: bytes) -> None:
        """Keep the result; one that is larger than all that may be kept is let go."""
        with suppress(ValueError):
            self._kept[key] = _Kept(self._running.pop(key), result)

    async def abandon(self, key: str) -> None:
        """Give the key free."""
        self._running.pop(key, None)


class Idempotency:
    """Runs mutations once for each key of a caller."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run(
        self,
        key: str | None,
        caller: str,
        asked: Operation,
        run: Callable[[], Awaitable[OperationResult]],
    ) -> tuple[OperationResult, Mapping[str, str]]:
        """Run, unless this key has a result; return it, and the headers that belong to it.

        Raises Refusal if the key is unusable, in use, or was used for another request.
        """
        if key is None:
            return await run(), {}
        # A line break: no key has one, so that those of two callers are never the same.
        own_key = f"{caller}\n{_checked(key)}"
        earlier = await self._store.begin(own_key, _fingerprint(asked))
        if earlier is not None:
            return msgspec.json.decode(earlier, type=OperationResult), {REPLAYED: "true"}
        try:
            outcome = await run()
        except BaseException:
            await self._store.finish(own_key, msgspec.json.encode(BROKEN_OFF))
            raise
        if outcome.is_final:
            await self._store.finish(own_key, msgspec.json.encode(outcome))
        else:
            await self._store.abandon(own_key)
        return outcome, {}


def _checked(key: str) -> str:
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        message = f"{HEADER} must be 1 to {LONGEST_KEY} printable ASCII characters."
        raise RequestError.saying(UNUSABLE, message)
    return key


def _fingerprint(asked: Operation) -> str:
    parts = (asked.text, asked.name, asked.variables)
    return sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
