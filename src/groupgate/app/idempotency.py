"""Idempotency keys: a mutation with an `Idempotency-Key` runs once, however often it is sent."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from groupgate.app.protocol.documents import Operation
from groupgate.app.protocol.request_error import (
    BAD_KEY,
    KEY_IN_USE,
    KEY_REUSED,
    STORE_UNAVAILABLE,
    FormattedError,
    RequestError,
)
from groupgate.stores import (
    IdempotencyStore,
    KeyInterrupted,
    KeyInUse,
    KeyReused,
    StoreUnavailable,
)

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

MAX_KEY_LENGTH: Final = 255


class OperationResult(msgspec.Struct, frozen=True):
    """The `data` and `errors` of an operation that was executed."""

    data: dict[str, Any] | None
    errors: list[FormattedError]

    @property
    def is_final(self) -> bool:
        """True if something was or may have been applied, so that it must not run again."""
        if not self.errors:
            return True
        extensions = [error.get("extensions", {}) for error in self.errors]
        payloads = [value for value in (self.data or {}).values() if value is not None]
        return bool(payloads) or any(one.get("outcome") != "NOT_APPLIED" for one in extensions)


INTERRUPTED: Final = OperationResult(
    None,
    [
        {
            "message": (
                "The first request with this Idempotency-Key was interrupted; read the objects to "
                "find out what was changed."
            ),
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "outcome": "UNKNOWN"},
        }
    ],
)
"""The result of a run that raised: it must not run again, because it may have been applied."""


class Idempotency:
    """Runs a mutation once for each key of a caller."""

    def __init__(self, store: IdempotencyStore) -> None:
        self._store = store

    async def run(
        self,
        key: str | None,
        caller: str,
        operation: Operation,
        run: Callable[[], Awaitable[OperationResult]],
    ) -> tuple[OperationResult, Mapping[str, str]]:
        """Return the stored result of this key or run, and the headers that belong to the result.

        Raises RequestError if the key is malformed, in use, or was used for another request.
        """
        if key is None:
            return await run(), {}
        # No key contains a line break, so keys of two callers never collide.
        own_key = f"{caller}\n{_checked(key)}"
        stored = await self._begin(own_key, operation)
        if stored is not None:
            return msgspec.json.decode(stored, type=OperationResult), {REPLAYED: "true"}
        try:
            result = await run()
        except BaseException:
            await self._store.finish(own_key, msgspec.json.encode(INTERRUPTED))
            raise
        if result.is_final:
            await self._store.finish(own_key, msgspec.json.encode(result))
        else:
            await self._store.abandon(own_key)
        return result, {}

    async def _begin(self, own_key: str, operation: Operation) -> bytes | None:
        try:
            return await self._store.begin(own_key, _fingerprint(operation))
        except KeyReused:
            message = f"This {HEADER} was used for another request; use a new one for each change."
            raise RequestError.with_message(KEY_REUSED, message) from None
        except KeyInterrupted:
            return msgspec.json.encode(INTERRUPTED)
        except StoreUnavailable:
            message = (
                f"The store of {HEADER}s cannot be reached, so the mutation was not executed: it "
                "could be the second time. Retry in 5 s, or send it without the header."
            )
            headers = {"Retry-After": "5"}
            raise RequestError.with_message(STORE_UNAVAILABLE, message, headers) from None
        except KeyInUse:
            message = f"The first request with this {HEADER} is still running; retry in 1 s."
            raise RequestError.with_message(KEY_IN_USE, message, {"Retry-After": "1"}) from None


def _checked(key: str) -> str:
    if not 0 < len(key) <= MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        message = f"{HEADER} must be 1 to {MAX_KEY_LENGTH} printable ASCII characters."
        raise RequestError.with_message(BAD_KEY, message)
    return key


def _fingerprint(operation: Operation) -> str:
    parts = (operation.text, operation.name, operation.variables)
    return sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()
