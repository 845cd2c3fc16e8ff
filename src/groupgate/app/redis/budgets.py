"""The permits for calls to vendors, for all processes.

An entry of a sorted set stands for each call, with the moment when it no longer counts. While a
call runs, that moment is far away: a process that dies gives its permits back then.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from math import inf
from typing import Final
from uuid import uuid4

from groupgate.app.redis.connection import RedisConnection, entry_name
from groupgate.request import now
from groupgate.stores import Grant, Limits, StoreUnavailable

LONGEST: Final = 35.0
"""Seconds after which a call must have ended."""

POLL: Final = 0.025
"""Seconds until the next attempt, if a permit depends on calls that are running."""

REPORT_AFTER: Final = 0.005
"""Seconds for which the end of a call may wait for others, to be reported with them."""

KEEP: Final = 61.0
"""Seconds for which a process remembers its own calls, longer than the longest window."""

MAX_UNREPORTED: Final = 1000

_OUTDATED: Final = "outdated"
_RUNNING: Final = -2
_NOT_SENT: Final = -1

_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local generation, known, new = redis.call('GET', KEYS[1]), ARGV[1], ARGV[2]
if not generation then
  generation = new
  redis.call('SET', KEYS[1], new)
end
local wanted, prefix, first = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local concurrency, longest, poll = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local at, calls, length = 9, {}, {}
for window = 4, #KEYS do
  calls[window], length[window], at = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), at + 2
end
for ended = at, #ARGV, 2 do
  local name, age = ARGV[ended], tonumber(ARGV[ended + 1])
  if age == -2 then redis.call('ZADD', KEYS[3], now + longest, name)
  else redis.call('ZREM', KEYS[3], name) end
  for window = 4, #KEYS do
    if age == -1 then redis.call('ZREM', KEYS[window], name)
    elseif age == -2 then redis.call('ZADD', KEYS[window], now + longest + length[window], name)
    else redis.call('ZADD', KEYS[window], now - age + length[window], name) end
  end
end
if known ~= '' and known ~= generation then return {generation, 0, 0} end
local pause = redis.call('PTTL', KEYS[2])
if pause > 0 then return {generation, 0, pause} end
local granted, wait = wanted, 0
for set = 3, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[set], '-inf', now)
  local most = set == 3 and concurrency or calls[set]
  granted = math.min(granted, most - redis.call('ZCARD', KEYS[set]))
end
granted = math.max(granted, 0)
for number = first, first + granted - 1 do
  redis.call('ZADD', KEYS[3], now + longest, prefix .. number)
  for window = 4, #KEYS do
    redis.call('ZADD', KEYS[window], now + longest + length[window], prefix .. number)
  end
end
for set = 3, #KEYS do
  local most = set == 3 and concurrency or calls[set]
  local above = redis.call('ZCARD', KEYS[set]) - most
  if granted < wanted and above >= 0 then
    local opens = poll
    if set > 3 then
      opens = redis.call('ZRANGE', KEYS[set], above, above, 'WITHSCORES')[2] - now
      if opens > length[set] then opens = poll end
    end
    wait = math.max(wait, opens)
  end
  redis.call('PEXPIRE', KEYS[set], 2 * (longest + (length[set] or 0)))
end
return {generation, granted, math.ceil(wait)}
"""


Report = tuple[str, float | None]
"""A permit, and when its call ended: None if it was not sent, infinity if it is running."""


class RedisBudget:
    """The permits of one account; `account` is its name, `count_processes` returns their number."""

    def __init__(
        self, connection: RedisConnection, account: str, count_processes: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._name = entry_name("budget", account)
        self._count_processes = count_processes
        self._script = connection.client.register_script(_TAKE)
        self._prefix = f"{uuid4().hex[:12]}:"
        self._made = 0
        self._generation = ""
        """That of the entries in Redis, as this process knows it; another one misses its calls."""
        self._limits = Limits(concurrency=1, windows={})
        self._running: set[str] = set()
        self._recent: deque[tuple[float, str]] = deque()
        self._unreported: list[Report] = []
        self._is_reporting = False

    @property
    def processes(self) -> int:
        """The last known number of processes."""
        return self._count_processes()

    async def take(self, wanted: int, limits: Limits) -> Grant:
        """Take up to `wanted` permits."""
        self._limits = limits
        generation, first, granted, wait = await self._run(wanted)
        if self._generation not in {"", generation}:
            # The entries were lost, or calls were made without Redis: add those of this process.
            self._generation = generation
            self._unreported += [(permit, ended_at) for ended_at, permit in self._recent]
            self._unreported += [(permit, inf) for permit in self._running]
            generation, first, granted, wait = await self._run(wanted)
        self._generation = generation
        permits = [f"{self._prefix}{first + number}" for number in range(granted)]
        self._running.update(permits)
        return Grant(permits=permits, wait=wait / 1000)

    def end(self, permit: str, *, was_sent: bool) -> None:
        """Return a permit."""
        moment = now()
        self._running.discard(permit)
        if was_sent:
            self._recent.append((moment, permit))
        self._forget_old(moment)
        if not self._connection.is_available:
            self._generation = _OUTDATED
            return
        self._unreported.append((permit, moment if was_sent else None))
        if not self._is_reporting:
            self._is_reporting = True
            self._connection.start(self._report_soon())

    def begin_alone(self) -> str:
        """Count a call that is made without Redis; it is added when Redis is back."""
        self._made += 1
        permit = f"{self._prefix}{self._made - 1}"
        self._running.add(permit)
        self._generation = _OUTDATED
        return permit

    def recent(self) -> Iterable[float]:
        """Return when the calls of the last minute ended."""
        self._forget_old(now())
        return [ended_at for ended_at, _ in self._recent]

    def pause(self, seconds: float) -> None:
        """Let no process call for this time; a longer pause stays in force."""
        self._connection.start(self._pause(max(1, int(seconds * 1000))))

    async def _pause(self, milliseconds: int) -> None:
        name, client = f"{self._name}:pause", self._connection.client

        async def pause() -> None:
            # GT alone does not change an entry without an expiry, so the entry is made before.
            await client.set(name, 1, px=milliseconds, nx=True)
            await client.pexpire(name, milliseconds, gt=True)

        with suppress(StoreUnavailable):
            await self._connection.run(pause)

    async def _report_soon(self) -> None:
        await asyncio.sleep(REPORT_AFTER)
        self._is_reporting = False
        if self._unreported:
            with suppress(StoreUnavailable):
                await self._run(0)

    def _forget_old(self, moment: float) -> None:
        while self._recent and self._recent[0][0] < moment - KEEP:
            self._recent.popleft()

    async def _run(self, wanted: int) -> tuple[str, int, int, int]:
        """Report what has ended and take permits.

        Returns the generation, the number of the first permit, the permits that were granted, and
        the milliseconds to wait.
        """
        limits, first = self._limits, self._made
        self._made += wanted
        reports, self._unreported = self._unreported, []
        names = [f"{self._name}:{each}" for each in ("generation", "pause", "running")]
        names += [f"{self._name}:{seconds:g}" for seconds in limits.windows]
        arguments: list[str | int] = [
            *(self._generation, uuid4().hex, wanted, self._prefix, first),
            *(limits.concurrency, int(LONGEST * 1000), int(POLL * 1000)),
        ]
        for seconds, calls in limits.windows.items():
            arguments += [calls, int(seconds * 1000)]
        arguments += _encoded(reports)

        async def run() -> tuple[bytes, int, int]:
            generation, granted, wait = await self._script(keys=names, args=arguments)
            return generation, granted, wait

        try:
            generation, granted, wait = await self._connection.run(run)
        except BaseException:
            # Redis may have granted them all the same.
            lost: list[Report] = [(f"{self._prefix}{first + each}", None) for each in range(wanted)]
            if len(self._unreported) < MAX_UNREPORTED:
                self._unreported += reports + lost
            self._generation = _OUTDATED
            raise
        return generation.decode(), first, granted, wait


def _encoded(reports: Iterable[Report]) -> Iterator[str | int]:
    """The names, and the ages in milliseconds or what stands for them."""
    moment = now()
    for permit, ended_at in reports:
        yield permit
        if ended_at is None:
            yield _NOT_SENT
        else:
            yield _RUNNING if ended_at == inf else int((moment - ended_at) * 1000)
