"""The points of callers for their rate limit, for all processes."""

from math import ceil
from typing import Final

from groupgate.app.memory_stores import MemoryBuckets
from groupgate.app.redis.connection import RedisConnection, entry_name
from groupgate.stores import RATE_WINDOW, Level, StoreUnavailable

_TAKE: Final = """
local capacity, points, slack = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local force, window = ARGV[4] == '1', tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local lacking = math.max(0, (tonumber(redis.call('GET', KEYS[1])) or now) - now)
local wait = lacking + math.min(points, capacity - slack) * window / capacity - window
local taken = force or wait <= 0.000001
if taken then
  lacking = lacking + points * window / capacity
  redis.call('SET', KEYS[1], string.format('%.6f', now + lacking), 'PX',
    math.ceil(lacking * 1000) + 1)
else
  local known = tonumber(redis.call('GET', KEYS[2])) or math.huge
  redis.call('SET', KEYS[2], string.format('%.6f', math.min(known, now + wait)), 'PX',
    math.ceil((wait + window) * 1000))
end
return {taken and 1 or 0, string.format('%.6f', lacking), string.format('%.6f', wait)}
"""

_REDEEM: Final = """
local clock = redis.call('TIME')
local at = tonumber(redis.call('GET', KEYS[1]))
if not at or at > clock[1] + clock[2] / 1000000 + 0.000001 then return 0 end
redis.call('DEL', KEYS[1])
return 1
"""

_ROUNDING: Final = 1e-6


class RedisBuckets:
    """The buckets of all processes; while Redis fails, each process has buckets of its own.

    The arithmetic is that of `MemoryBuckets`.
    """

    def __init__(self, connection: RedisConnection, capacity: int) -> None:
        self._connection = connection
        self._capacity = capacity
        self._own = MemoryBuckets(capacity)
        self._take = connection.script(_TAKE)
        self._redeem = connection.script(_REDEEM)

    async def take(self, key: str, points: int, *, slack: int = 0, force: bool = False) -> Level:
        """Take points from the bucket of this key."""
        names = [f"{entry_name('bucket', key)}:full", f"{entry_name('bucket', key)}:redeem"]
        arguments = [self._capacity, points, slack, int(force), RATE_WINDOW]
        try:
            taken, lacking, wait = await self._connection.run_script(self._take, names, arguments)
        except StoreUnavailable:
            return await self._own.take(key, points, slack=slack, force=force)
        remaining = self._capacity * (1 - float(lacking) / RATE_WINDOW)
        seconds = float(lacking) if taken else float(wait)
        return Level(
            was_taken=bool(taken),
            remaining=max(0, int(remaining + _ROUNDING)),
            seconds=ceil(max(0.0, seconds) - _ROUNDING),
        )

    async def redeem(self, key: str) -> bool:
        """Return True if the wait that a failed take has reported is over."""
        name = f"{entry_name('bucket', key)}:redeem"
        try:
            return bool(await self._connection.run_script(self._redeem, [name], []))
        except StoreUnavailable:
            return await self._own.redeem(key)
