"""The results of mutations by `Idempotency-Key`, for all processes."""

import asyncio
import time
from contextlib import suppress
from math import ceil
from typing import Final

import structlog
from cachetools import TTLCache

from groupgate.app.memory_stores import MAX_RESULT_BYTES, RESULT_OVERHEAD
from groupgate.app.redis.connection import (
    MUTATION_SECONDS,
    RedisConnection,
    entry_name,
    new_token,
)
from groupgate.stores import KeyInterrupted, KeyInUse, KeyReused, StoreUnavailable

_BEGIN: Final = """
if KEYS[2] and (redis.call('EXISTS', KEYS[2]) == 0 or redis.call('EXISTS', KEYS[3]) == 1) then
  return {'lost', 0}
end
local claimed = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
local found = not claimed and redis.call('GET', KEYS[1])
if claimed or found == ARGV[1] then return {'', 0} end
return {found, redis.call('PTTL', KEYS[1])}
"""
"""A claim that is there already is that of an earlier attempt, whose answer was lost."""

_CHECK: Final = """
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
  local listeners = redis.call('PUBSUB', 'NUMSUB', ARGV[2])[2]
  if math.max(listeners, tonumber(ARGV[3])) > 1 then
    redis.call('SET', KEYS[2], 1, 'PX', ARGV[4])
  end
end
return generation
"""

_FINISH: Final = """
local found = redis.call('GET', KEYS[1])
if not found or found == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
"""

_ABANDON: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""

ATTEMPTS: Final = 2
"""Attempts to claim a key; the second one finds the claim of the first, if its answer was lost.

They share `MUTATION_SECONDS`.
"""

AGAIN: Final = 1.0
"""Seconds until Redis is asked again to release a claim."""

RELEASES: Final = 2
"""Times that a lost claim is released: the first time may come before the claim itself."""

MAX_LOST: Final = 1000
"""The most claims without an answer that are released."""

GRACE: Final = 1.5
"""Seconds in which all processes store their claims again, after Redis has lost them."""

_GENERATION: Final = entry_name("idempotency generation", "")
_LOST: Final = b"lost"

_log = structlog.get_logger()


class RedisIdempotencyStore:
    """Results of mutations, for `ttl` seconds each.

    A claim without a result is that of a running mutation. `longest` is the most seconds that one
    can take; after that its process has died, and nobody knows what it has changed.

    `check_entries` finds out if Redis has lost its entries. Each process then stores those of its
    own again, also the latest results, and for `GRACE` seconds no key can be claimed.
    """

    def __init__(self, connection: RedisConnection, *, ttl: int, longest: float) -> None:
        self._connection = connection
        self._ttl = ttl * 1000
        self._longest = longest * 1000
        # A claim outlives the mutation also if results are stored for a shorter time.
        self._claim = max(self._ttl, ceil(self._longest))
        self._begin = connection.script(_BEGIN)
        self._finish = connection.script(_FINISH)
        self._abandon = connection.script(_ABANDON)
        self._claimed: dict[str, str] = {}
        """What this process has stored for the keys of its running mutations."""
        self._finished: TTLCache[str, tuple[bytes, float]] = TTLCache(
            MAX_RESULT_BYTES, ttl, getsizeof=lambda result: RESULT_OVERHEAD + len(result[0])
        )
        """The latest results of this process, and when they expire, on the monotonic clock."""
        self._lost: dict[str, tuple[str, int]] = {}
        """Claims whose answer was lost, and how often they still have to be released."""
        self._check = connection.script(_CHECK)
        self._generation: bytes | None = None

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        """Claim the key, or return the stored result."""
        claim = f"{fingerprint} {new_token()}"
        found, left = await self._claim_key(key, claim)
        if not found:
            self._claimed[key] = claim
            return None
        if found == _LOST:
            raise StoreUnavailable
        head, has_result, result = found.partition(b"\n")
        if head.decode().partition(" ")[0] != fingerprint:
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
        claim = self._claimed.pop(key)
        content = claim.encode() + b"\n" + self._connection.seal(result)
        with suppress(ValueError):  # larger than the whole store
            self._finished[key] = content, time.monotonic() + self._ttl / 1000
        names = [entry_name("idempotency", key)]
        given: list[str | bytes | int] = [claim, content, self._ttl]
        try:
            await self._connection.run_script(self._finish, names, given, MUTATION_SECONDS)
        except StoreUnavailable:
            _log.warning("idempotency_key_stays_claimed")

    async def abandon(self, key: str) -> None:
        """Release the key, now or as soon as Redis responds."""
        claim = self._claimed.pop(key)
        if not await self._release(key, claim):
            self._release_later(key, claim)

    async def _claim_key(self, key: str, claim: str) -> tuple[bytes, int]:
        """Claim a key; without an answer, make sure that no claim is left."""
        names = [entry_name("idempotency", key)]
        if self._generation is not None:
            names += [_GENERATION, f"{_GENERATION}:grace"]
        given: list[str | int] = [claim, self._claim]
        for _ in range(ATTEMPTS):
            with suppress(StoreUnavailable):
                found, left = await self._connection.run_script(
                    self._begin, names, given, MUTATION_SECONDS / ATTEMPTS
                )
                return found, left
        self._release_later(key, claim)
        raise StoreUnavailable

    async def _release(self, key: str, claim: str) -> bool:
        names = [entry_name("idempotency", key)]
        try:
            await self._connection.run_script(self._abandon, names, [claim], MUTATION_SECONDS)
        except StoreUnavailable:
            return False
        return True

    def _release_later(self, key: str, claim: str) -> None:
        """Release a claim that Redis may have, when Redis responds."""
        if not self._lost:
            self._connection.start(self._release_lost())
        if len(self._lost) < MAX_LOST:
            self._lost[key] = claim, RELEASES

    async def _release_lost(self) -> None:
        for _ in range(ceil(self._longest / 1000 / AGAIN)):
            await asyncio.sleep(AGAIN)
            for key, (claim, times) in [*self._lost.items()]:
                if not await self._release(key, claim):
                    break
                self._lost[key] = claim, times - 1
                if times == 1:
                    del self._lost[key]
            if not self._lost or self._connection.is_closing:
                break
        self._lost.clear()

    async def check_entries(self, channel: str, processes: int) -> None:
        """Store the entries of this process again, if Redis has lost them.

        `channel` is one that every process listens to, and `processes` their last known number.
        """
        given: list[str | int] = [new_token(), channel, processes, int(GRACE * 1000)]
        names = [_GENERATION, f"{_GENERATION}:grace"]
        with suppress(StoreUnavailable):
            generation = await self._connection.run_script(self._check, names, given)
            if self._generation not in {None, generation}:
                await self._store_again()
            self._generation = generation

    async def _store_again(self) -> None:
        moment = time.monotonic()
        for key, claim in [*self._claimed.items()]:
            await self._store_one(key, claim, self._claim)
        for key, (content, expires_at) in [*self._finished.items()]:
            left = int((expires_at - moment) * 1000)
            if left > 0:
                await self._store_one(key, content, left)

    async def _store_one(self, key: str, value: str | bytes, milliseconds: int) -> None:
        name = entry_name("idempotency", key)
        await self._connection.run(
            "SET", name, value, "PX", milliseconds, "NX", seconds=MUTATION_SECONDS
        )
