"""Responses of vendors for all processes, and reads that one of them makes for all.

Every entry belongs to a generation of its account. The end of a write deletes the generation before
the client of the write has its answer (`app/redis/notices.py`), so no later read finds an entry of
before, and a read that began before the write leaves none.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from groupgate.app.redis.connection import RedisConnection, entry_name, generation_name
from groupgate.domain.refs import AccountKey
from groupgate.request import Deadline
from groupgate.stores import StoreUnavailable

CLAIM: Final = 2.0
"""Seconds after which the read of a process that has died is another's."""

RENEW: Final = 0.7
"""Seconds until a process that is still reading says so."""

FIRST_WAIT: Final = 0.005
LONGEST_WAIT: Final = 0.025
"""Seconds until a process looks again for the answer that another one reads."""

_ANSWER: Final = 2
_CLAIMED: Final = 1

_FIND: Final = """
local generation = redis.call('GET', KEYS[1])
if not generation then
  generation = ARGV[1]
  redis.call('SET', KEYS[1], generation)
end
local length = #generation
local found = redis.call('GET', KEYS[2])
if found and string.sub(found, 1, length) == generation then
  return {2, generation, string.sub(found, length + 1), redis.call('PTTL', KEYS[2])}
end
local claim = redis.call('GET', KEYS[3])
if claim and string.sub(claim, 1, length) == generation then return {0, generation, claim, 0} end
redis.call('SET', KEYS[3], generation .. ARGV[2], 'PX', ARGV[3])
return {1, generation, '', 0}
"""

_KEEP: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1] .. ARGV[3], 'PX', ARGV[4])
end
if redis.call('GET', KEYS[3]) == ARGV[1] .. ARGV[2] then redis.call('DEL', KEYS[3]) end
"""

_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""

_RENEW: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
"""


class RedisRead:
    """An answer that was found, or a read that this process makes."""

    def __init__(self, answer: bytes | None = None, age: float = 0) -> None:
        self.answer = answer
        self.age = age
        self.kept: bytes | None = None
        self.ttl = 0.0

    def keep(self, answer: bytes, ttl: float) -> None:
        """Give the answer to the other processes when the read has ended."""
        self.kept, self.ttl = answer, ttl


class RedisSharedCache:
    """The responses of all accounts."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._find = connection.client.register_script(_FIND)
        self._keep = connection.client.register_script(_KEEP)
        self._release = connection.client.register_script(_RELEASE)
        self._renew = connection.client.register_script(_RENEW)

    @asynccontextmanager
    async def reading(
        self, account: AccountKey, key: str, deadline: Deadline
    ) -> AsyncIterator[RedisRead]:
        """Find the answer, or claim the read; without Redis every process reads itself."""
        name = entry_name("answer", f"{account.path} {key}")
        names = [generation_name(account.path), name, f"{name}:claim"]
        claim = _Claim(names=names, token=uuid4().hex)
        found = RedisRead()
        with suppress(StoreUnavailable):
            found = await self._find_or_claim(claim, deadline)
        if not claim.generation:
            yield found
            return
        renewing = asyncio.create_task(self._renew_always(claim))
        try:
            yield found
        finally:
            renewing.cancel()
            self._connection.start(self._end(claim, found))

    async def _find_or_claim(self, claim: "_Claim", deadline: Deadline) -> RedisRead:
        """Return the answer, or a read for this process, which may have claimed it.

        After another process has failed, this one reads without a claim, like all that have waited.
        """
        wait, first_reader = FIRST_WAIT, b""

        async def find() -> tuple[int, bytes, bytes, int]:
            arguments: list[str | int] = [uuid4().hex, claim.token, int(CLAIM * 1000)]
            state, generation, value, left = await self._find(keys=claim.names, args=arguments)
            return state, generation, value, left

        while True:
            state, generation, value, left = await self._connection.run(find)
            if state == _ANSWER:
                ttl, _, sealed = value.partition(b"\n")
                answer = self._connection.unseal(sealed)
                return RedisRead(answer, max(0.0, (int(ttl) - left) / 1000))
            if state == _CLAIMED:
                claim.generation = generation.decode()
                return RedisRead()
            first_reader = first_reader or value
            if value != first_reader or deadline.left < wait:
                return RedisRead()
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _renew_always(self, claim: "_Claim") -> None:
        name = claim.names[2]
        arguments: list[str | int] = [claim.value, int(CLAIM * 1000)]
        with suppress(StoreUnavailable):
            while True:
                await asyncio.sleep(RENEW)
                await self._connection.run(lambda: self._renew(keys=[name], args=arguments))

    async def _end(self, claim: "_Claim", read: RedisRead) -> None:
        """Store the answer, or let another process read."""
        milliseconds = int(read.ttl * 1000)
        with suppress(StoreUnavailable):
            if read.kept is None or not milliseconds:
                names = claim.names[2:]
                await self._connection.run(lambda: self._release(keys=names, args=[claim.value]))
                return
            value = f"{milliseconds}\n".encode() + self._connection.seal(read.kept)
            arguments: list[str | bytes | int] = [
                claim.generation,
                claim.token,
                value,
                milliseconds,
            ]
            await self._connection.run(lambda: self._keep(keys=claim.names, args=arguments))


@dataclass(slots=True, kw_only=True)
class _Claim:
    """The claim of a read; `generation` is empty until it succeeds."""

    names: list[str]
    token: str
    generation: str = ""

    @property
    def value(self) -> str:
        return self.generation + self.token
