"""The results of mutations by `Idempotency-Key`, for all processes."""

from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any, Final

import structlog
from redis.asyncio import Redis

from groupgate.app.redis.connection import RedisConnection, entry_name
from groupgate.stores import KeyInterrupted, KeyInUse, KeyReused, StoreUnavailable

_BEGIN: Final = """
local claimed = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if claimed then return {'', 0} end
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
"""

_log = structlog.get_logger()


class RedisIdempotencyStore:
    """Results of mutations, for `ttl` seconds each.

    A claim without a result is that of a running mutation. `longest` is the most seconds that one
    can take; after that its process has died, and nobody knows what it has changed.
    """

    def __init__(self, connection: RedisConnection, *, ttl: int, longest: float) -> None:
        self._connection = connection
        self._ttl = ttl * 1000
        self._longest = longest * 1000
        # A claim outlives the mutation also if results are stored for a shorter time.
        self._claim = max(self._ttl, ceil(self._longest))
        self._begin = connection.client.register_script(_BEGIN)
        self._claimed: dict[str, str] = {}

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key, or return the stored result."""
        name = entry_name("idempotency", key)

        async def claim() -> tuple[bytes, int]:
            found, left = await self._begin(keys=[name], args=[fingerprint, self._claim])
            return found, left

        found, left = await self._connection.run(claim)
        if not found:
            self._claimed[key] = fingerprint
            return None
        used_for, has_result, result = found.partition(b"\n")
        if used_for.decode() != fingerprint:
            raise KeyReused
        if has_result:
            unsealed = self._connection.unseal(result)
            if unsealed is None:  # another encryption key: it must not run again all the same
                raise KeyInterrupted
            return unsealed
        if self._claim - left > self._longest:
            raise KeyInterrupted
        raise KeyInUse

    async def finish(self, key: str, result: bytes) -> None:
        """Store the result; if Redis fails, the key stays claimed and nothing runs again."""
        content = self._claimed.pop(key).encode() + b"\n" + self._connection.seal(result)
        await self._try(
            lambda: self._client.set(entry_name("idempotency", key), content, px=self._ttl)
        )

    async def abandon(self, key: str) -> None:
        """Release the key; if Redis fails, it stays claimed."""
        self._claimed.pop(key, None)
        await self._try(lambda: self._client.delete(entry_name("idempotency", key)))

    @property
    def _client(self) -> Redis:
        return self._connection.client

    async def _try(self, command: Callable[[], Awaitable[Any]]) -> None:
        try:
            await self._connection.run(command)
        except StoreUnavailable:
            _log.warning("idempotency_key_stays_claimed")
