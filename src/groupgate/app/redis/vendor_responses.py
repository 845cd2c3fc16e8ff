"""Responses of vendors for all processes, and reads that one of them makes for all.

Every entry belongs to a generation of its account. The end of a write deletes the generation before
the client of the write has its answer (`app/redis/write_notices.py`), so no later read finds an
entry of before, and a read that began before the write leaves none.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from groupgate.app.redis.connection import (
    RedisConnection,
    entry_name,
    generation_name,
    new_token,
)
from groupgate.app.redis.vendor_limits import TAKE, Demand, RedisBudget
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

_FIND: Final = (
    f"""
local function take(KEYS, ARGV)
{TAKE}
end
"""
    """
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
local granted = KEYS[4] and take({unpack(KEYS, 4)}, {unpack(ARGV, 4)})
return {1, generation, '', 0, granted}
"""
)

"""The keys and arguments after the third are those of a permit for the call, if it is claimed."""

_KEEP: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('SET', KEYS[2], ARGV[1] .. ARGV[3], 'PX', ARGV[4])
end
if redis.call('GET', KEYS[3]) == ARGV[1] .. ARGV[2] then redis.call('DEL', KEYS[3]) end
"""

_RELEASE: Final = """
local claim = redis.call('GET', KEYS[1])
if claim and string.sub(claim, -#ARGV[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
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
    """The responses of all accounts.

    `budgets` are those of the accounts by their paths: a read that has to call its vendor gets the
    permit for the call with the same round trip.
    """

    def __init__(
        self, connection: RedisConnection, budgets: Mapping[str, RedisBudget] | None = None
    ) -> None:
        self._connection = connection
        self._budgets = {} if budgets is None else budgets
        self._find = connection.script(_FIND)
        self._keep = connection.script(_KEEP)
        self._release = connection.script(_RELEASE)
        self._renew = connection.script(_RENEW)

    @asynccontextmanager
    async def reading(
        self, account: AccountKey, key: str, deadline: Deadline
    ) -> AsyncIterator[RedisRead]:
        """Find the answer, or claim the read; without Redis every process reads itself."""
        path = account.path
        name = entry_name("answer", f"{path} {key}")
        claim = _Claim(
            names=[generation_name(path), name, f"{name}:claim"],
            token=new_token(),
            budget=self._budgets.get(path),
        )
        found = RedisRead()
        with suppress(StoreUnavailable):
            found = await self._find_or_claim(claim, deadline)
        if not claim.generation:
            yield found
            return
        self._renew_later(claim)
        try:
            yield found
        finally:
            self._end(claim, found)

    async def _find_or_claim(self, claim: "_Claim", deadline: Deadline) -> RedisRead:
        """Return the answer, or a read for this process, which may have claimed it.

        After another process has failed, this one reads without a claim, like all that have waited.
        """
        wait, first_reader = FIRST_WAIT, b""
        while True:
            state, generation, value, left = await self._ask(claim, is_first=not first_reader)
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

    async def _ask(self, claim: "_Claim", *, is_first: bool) -> tuple[int, bytes, bytes, int]:
        """Look for the answer once; with the first look ask for a permit to read it."""
        demand = claim.budget.demand_ahead() if claim.budget and is_first else None
        keys = claim.names
        arguments: list[str | bytes | int] = [new_token(), claim.token, int(CLAIM * 1000)]
        if demand is not None:
            keys, arguments = keys + demand.keys, arguments + demand.arguments
        try:
            reply: list[Any] = await self._connection.run_script(self._find, keys, arguments)
        except BaseException:
            if demand is not None and claim.budget:
                claim.budget.note_lost(demand)
            self._release_claim(claim)  # Redis may execute the script later
            raise
        state, generation, value, left, *granted = reply
        if demand is not None:
            claim.settle(demand, granted[0] if granted else None)
        return state, generation, value, left

    def _renew_later(self, claim: "_Claim") -> None:
        loop = asyncio.get_running_loop()
        claim.renewal = loop.call_later(RENEW, self._renew_claim, claim)

    def _renew_claim(self, claim: "_Claim") -> None:
        self._connection.tell(self._renew, [claim.names[2]], [claim.value, int(CLAIM * 1000)])
        self._renew_later(claim)

    def _release_claim(self, claim: "_Claim") -> None:
        self._connection.tell(self._release, claim.names[2:], [claim.token])

    def _end(self, claim: "_Claim", read: RedisRead) -> None:
        """Store the answer, or let another process read."""
        claim.end()
        milliseconds = int(read.ttl * 1000)
        if read.kept is None or not milliseconds:
            self._release_claim(claim)
            return
        value = f"{milliseconds}\n".encode() + self._connection.seal(read.kept)
        self._connection.tell(
            self._keep, claim.names, [claim.generation, claim.token, value, milliseconds]
        )


@dataclass(slots=True, kw_only=True)
class _Claim:
    """The claim of a read; `generation` is empty until it succeeds."""

    names: list[str]
    token: str
    budget: RedisBudget | None
    generation: str = ""
    permit: str | None = None
    """The permit that came with the claim."""
    renewal: asyncio.TimerHandle | None = None

    @property
    def value(self) -> str:
        return self.generation + self.token

    def settle(self, demand: Demand, granted: Any) -> None:
        """Keep the permit; `granted` is None if the read was not claimed."""
        if self.budget is None:
            return
        if granted is None:
            self.budget.withdraw(demand)
        else:
            self.permit = self.budget.grant_ahead(demand, granted)

    def end(self) -> None:
        """Stop renewing; return the permit if the read has not used it, and report its call."""
        if self.renewal is not None:
            self.renewal.cancel()
        if self.budget is not None:
            if self.permit is not None:
                self.budget.return_spare(self.permit)
            self.budget.report()  # is sent together with the answer
