"""The permits for calls to vendors, for all processes.

An entry of a sorted set stands for each call, with the moment when it no longer counts. While a
call runs, that moment is far away: a process that dies gives its permits back then.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Any, Final

from groupgate.app.redis.connection import RedisConnection, entry_name, new_token
from groupgate.app.redis.pipeline import Word
from groupgate.request import now
from groupgate.stores import Grant, Limits

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
_ALONE: Final = " alone"
"""The end of the name of a permit that Redis has not granted."""
_RUNNING: Final = -2
_NOT_SENT: Final = -1

TAKE: Final = """
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
local answer = {generation, granted, math.ceil(wait)}
for window = 4, #KEYS do answer[window] = calls[window] - redis.call('ZCARD', KEYS[window]) end
return answer
"""
"""Returns the generation, the number of permits that are granted, the milliseconds until there may
be more, and the calls that are left in each window."""


Report = tuple[str, float | None]
"""A permit, and when its call ended: None if it was not sent, infinity if it is running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """The keys and the arguments of the script `TAKE`."""

    keys: list[str]
    arguments: list[Word]
    wanted: int
    first: int
    """The number of the first permit that is wanted."""
    reports: list[Report]


class RedisBudget:
    """The permits of one account; `account` is its name, `count_processes` returns their number."""

    def __init__(
        self, connection: RedisConnection, account: str, count_processes: Callable[[], int]
    ) -> None:
        self._connection = connection
        self._name = entry_name("budget", account)
        self._count_processes = count_processes
        self._script = connection.script(TAKE)
        self._prefix = f"{new_token()}:"
        self._made = 0
        self._generation = ""
        """That of the entries in Redis, as this process knows it; another one misses its calls."""
        self._limits = Limits(concurrency=1, windows={})
        self._running: set[str] = set()
        self._recent: deque[tuple[float, str]] = deque()
        self._unreported: list[Report] = []
        self._report_timer: asyncio.TimerHandle | None = None
        self._left: dict[float, int] = {}
        """The calls that were left in each window at the last reply, for all processes."""
        self._left_at = 0.0
        self._spare: list[str] = []
        """Permits that were granted before their calls ask for them."""
        connection.before_close.append(self.report)

    @property
    def processes(self) -> int:
        """The last known number of processes."""
        return self._count_processes()

    async def take(self, wanted: int, limits: Limits) -> Grant:
        """Take up to `wanted` permits."""
        self._limits = limits
        grant, is_known = await self._take(wanted)
        if not is_known:
            # The entries were lost, or calls were made without Redis: add those of this process.
            self._unreported += [(permit, ended_at) for ended_at, permit in self._recent]
            self._unreported += [(permit, inf) for permit in self._running]
            self.report()  # has more time than a call
            if not grant.permits:
                grant, _ = await self._take(wanted)
        return grant

    def spare(self, limits: Limits) -> str | None:
        """Return a permit that was granted ahead of its call."""
        self._limits = limits
        return self._spare.pop() if self._spare else None

    def demand_ahead(self) -> Demand | None:
        """Return the demand for one permit ahead of its call; None if it could not be granted."""
        is_known = self._generation not in {"", _OUTDATED}
        if not is_known or self._spare or len(self._running) >= self._limits.concurrency:
            return None
        return self._demand(1)

    def grant_ahead(self, demand: Demand, reply: Any) -> str | None:
        """Keep the permit that a demand has got until a call asks for it; return its name."""
        grant, is_known = self._settle(demand, reply)
        if not is_known:
            self._generation = _OUTDATED  # `take` adds the calls that are missing
        self._spare += grant.permits
        return grant.permits[0] if grant.permits else None

    def return_spare(self, permit: str) -> None:
        """Return a permit that no call has asked for."""
        if permit in self._spare:
            self._spare.remove(permit)
            self.end(permit, was_sent=False)

    def end(self, permit: str, *, was_sent: bool) -> None:
        """Return a permit."""
        moment = now()
        self._running.discard(permit)
        if was_sent:
            self._recent.append((moment, permit))
        self._forget_old(moment)
        if not self._connection.is_available and permit.endswith(_ALONE):
            self._generation = _OUTDATED
            return
        self._unreported.append((permit, moment if was_sent else None))
        if self._report_timer is None:
            loop = asyncio.get_running_loop()
            self._report_timer = loop.call_later(REPORT_AFTER, self.report)

    def report(self) -> None:
        """Report the calls that have ended, before what is asked for next."""
        if self._report_timer is not None:
            self._report_timer.cancel()
            self._report_timer = None
        if self._unreported:
            demand = self._demand(0)
            reply = self._connection.post_script(self._script, demand.keys, demand.arguments)
            reply.add_done_callback(partial(self._note_report, demand))

    def _note_report(self, demand: Demand, reply: asyncio.Future[Any]) -> None:
        if reply.cancelled() or not self._connection.is_reply(reply.result()):
            self.note_lost(demand)

    def begin_alone(self) -> str:
        """Count a call that is made without Redis; it is added when Redis is back."""
        self._made += 1
        permit = f"{self._prefix}{self._made - 1}{_ALONE}"
        self._running.add(permit)
        self._generation = _OUTDATED
        return permit

    def left(self, limits: Mapping[float, int]) -> Mapping[float, int]:
        """Return how many further calls all processes together could make when last asked."""
        age = now() - self._left_at
        known = {seconds: left for seconds, left in self._left.items() if age < seconds}
        return {**limits, **known}

    def recent(self) -> Iterable[float]:
        """Return when the calls of the last minute ended."""
        self._forget_old(now())
        return [ended_at for ended_at, _ in self._recent]

    def pause(self, seconds: float) -> None:
        """Let no process call for this time; a longer pause stays in force."""
        # GT alone does not change an entry without an expiry, so the entry is made before.
        name, milliseconds = f"{self._name}:pause", max(1, int(seconds * 1000))
        self._connection.post("SET", name, 1, "PX", milliseconds, "NX")
        self._connection.post("PEXPIRE", name, milliseconds, "GT")

    def _forget_old(self, moment: float) -> None:
        most = max(self._limits.windows.values(), default=0)
        while self._recent and (len(self._recent) > most or self._recent[0][0] < moment - KEEP):
            self._recent.popleft()

    async def _take(self, wanted: int) -> tuple[Grant, bool]:
        demand = self._demand(wanted)
        try:
            reply = await self._connection.run_script(self._script, demand.keys, demand.arguments)
        except BaseException:
            self.note_lost(demand)
            raise
        return self._settle(demand, reply)

    def _demand(self, wanted: int) -> Demand:
        """Return what reports the calls that have ended and asks for permits."""
        limits, first = self._limits, self._made
        self._made += wanted
        reports, self._unreported = self._unreported, []
        keys = [f"{self._name}:{each}" for each in ("generation", "pause", "running")]
        keys += [f"{self._name}:{seconds:g}" for seconds in limits.windows]
        arguments: list[Word] = [
            *(self._generation, new_token(), wanted, self._prefix, first),
            *(limits.concurrency, int(LONGEST * 1000), int(POLL * 1000)),
        ]
        for seconds, calls in limits.windows.items():
            arguments += [calls, int(seconds * 1000)]
        arguments += _encoded(reports)
        return Demand(keys=keys, arguments=arguments, wanted=wanted, first=first, reports=reports)

    def _settle(self, demand: Demand, reply: Any) -> tuple[Grant, bool]:
        """Return the permits that Redis has granted, and whether it knows all calls."""
        generation, granted, wait, *left = reply
        known, self._generation = self._generation, generation.decode()
        if left:  # there is none while a pause is in force
            self._left = dict(zip(self._limits.windows, left, strict=False))
            self._left_at = now()
        permits = [f"{self._prefix}{demand.first + number}" for number in range(granted)]
        self._running.update(permits)
        return Grant(permits=permits, wait=wait / 1000), known in {"", self._generation}

    def withdraw(self, demand: Demand) -> None:
        """Note that Redis has not seen a demand."""
        self._unreported = demand.reports + self._unreported

    def note_lost(self, demand: Demand) -> None:
        """Note that nobody knows what became of a demand: Redis may have granted it."""
        lost: list[Report] = [
            (f"{self._prefix}{demand.first + each}", None) for each in range(demand.wanted)
        ]
        if len(self._unreported) < MAX_UNREPORTED:
            self._unreported += demand.reports + lost
        self._generation = _OUTDATED


def _encoded(reports: Iterable[Report]) -> Iterator[str | int]:
    """The names, and the ages in milliseconds or what stands for them."""
    moment = now()
    for permit, ended_at in reports:
        yield permit
        if ended_at is None:
            yield _NOT_SENT
        else:
            yield _RUNNING if ended_at == inf else int((moment - ended_at) * 1000)
