"""The stores of several processes, in Redis 7 or Valkey 8.

Names of entries are hashes: Redis never sees a token, an Idempotency-Key or the name of a caller.
All times are those of Redis, so the clocks of the processes do not matter.
"""

import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from math import ceil
from typing import Any, Final, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

from groupgate.app.memory_stores import MemoryBuckets
from groupgate.app.settings import Misconfigured
from groupgate.stores import (
    RATE_WINDOW,
    KeyInterrupted,
    KeyInUse,
    KeyReused,
    Level,
    StoreUnavailable,
)

MAX_SECONDS: Final = 1.0
"""Seconds after which a command has failed; a healthy Redis takes less than a millisecond."""

MAX_CONNECTIONS: Final = 50
"""Connections of one process to Redis; further commands wait for one of them."""

RETRY_SECONDS: Final = 1.0
"""Seconds after a failure in which Redis is not asked again, so that requests need not wait."""

DOCUMENT_SECONDS: Final = 7 * 86_400
"""Seconds for which a persisted document is kept after its last use."""

_BEGIN: Final = """
local claimed = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if claimed then return {'', 0} end
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
"""

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

_BAD_URL: Final = (
    "GROUPGATE_REDIS_URL has a part that Redis clients do not know: its form is "
    "redis://user:password@host:port/number."
)

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


class RedisConnection:
    """A pool of connections to one Redis; commands fail within `MAX_SECONDS`.

    Raises Misconfigured for a URL that cannot be parsed.
    """

    def __init__(self, url: str) -> None:
        # This pool makes a command wait for a connection; the default one fails at the 101st.
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=MAX_CONNECTIONS,
                timeout=MAX_SECONDS,
                socket_timeout=MAX_SECONDS,
                socket_connect_timeout=MAX_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:
            raise Misconfigured(_BAD_URL) from None
        self.client: Redis = Redis.from_pool(pool)
        self.is_available = True
        self._retry_at = 0.0

    async def run(self, command: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Return the result of a command; raise StoreUnavailable if Redis fails or has failed."""
        if not self.is_available and time.monotonic() < self._retry_at:
            raise StoreUnavailable
        try:
            result = await command()
        except (RedisError, OSError) as error:
            self._note_failure(error)
            raise StoreUnavailable from None
        if not self.is_available:
            self.is_available = True
            _log.warning("store_available")
        return result

    async def probe(self) -> bool:
        """Return True if Redis responds."""
        try:
            await self.run(self._ping)
        except StoreUnavailable:
            return False
        return True

    async def check(self) -> None:
        """Warn if Redis cannot be reached; raise Misconfigured if it rejects the credentials.

        The connections are closed at the end: they belong to the event loop that runs the check.
        """
        try:
            await self._ping()
        except (AuthenticationError, NoPermissionError):
            raise Misconfigured(
                "GROUPGATE_REDIS_URL: Redis rejects the user name or the password in it."
            ) from None
        except (RedisError, OSError) as error:
            self._note_failure(error)
        except (TypeError, ValueError):  # an option in the query of the URL is unknown or wrong
            raise Misconfigured(_BAD_URL) from None
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.aclose()

    async def _ping(self) -> None:
        client: Any = self.client  # the type of `ping` is that of the client with threads
        await client.ping()

    def _note_failure(self, error: Exception) -> None:
        self._retry_at = time.monotonic() + RETRY_SECONDS
        if self.is_available:
            self.is_available = False
            _log.warning("store_unavailable", error=type(error).__name__)


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
        name = _name("idempotency", key)

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
            return result
        if self._claim - left > self._longest:
            raise KeyInterrupted
        raise KeyInUse

    async def finish(self, key: str, result: bytes) -> None:
        """Store the result; if Redis fails, the key stays claimed and nothing runs again."""
        content = self._claimed.pop(key).encode() + b"\n" + result
        await self._try(lambda: self._client.set(_name("idempotency", key), content, px=self._ttl))

    async def abandon(self, key: str) -> None:
        """Release the key; if Redis fails, it stays claimed."""
        self._claimed.pop(key, None)
        await self._try(lambda: self._client.delete(_name("idempotency", key)))

    @property
    def _client(self) -> Redis:
        return self._connection.client

    async def _try(self, command: Callable[[], Awaitable[Any]]) -> None:
        try:
            await self._connection.run(command)
        except StoreUnavailable:
            _log.warning("idempotency_key_stays_claimed")


class RedisDocumentStore:
    """Texts of persisted documents; without Redis every document is unknown."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def get(self, document_hash: str) -> str | None:
        """Return the text of the document, and keep it longer."""
        name, client = _name("document", document_hash), self._connection.client
        try:
            text = await self._connection.run(lambda: client.getex(name, ex=DOCUMENT_SECONDS))
        except StoreUnavailable:
            return None
        return text.decode() if isinstance(text, bytes) else text

    async def set(self, document_hash: str, text: str) -> None:
        """Store a text."""
        name, client = _name("document", document_hash), self._connection.client
        try:
            await self._connection.run(lambda: client.set(name, text, ex=DOCUMENT_SECONDS))
        except StoreUnavailable:
            return


class RedisBuckets:
    """The buckets of all processes; while Redis fails, each process has buckets of its own.

    The arithmetic is that of `MemoryBuckets`.
    """

    def __init__(self, connection: RedisConnection, capacity: int) -> None:
        self._connection = connection
        self._capacity = capacity
        self._own = MemoryBuckets(capacity)
        self._take = connection.client.register_script(_TAKE)
        self._redeem = connection.client.register_script(_REDEEM)

    async def take(self, key: str, points: int, *, slack: int = 0, force: bool = False) -> Level:
        """Take points from the bucket of this key."""
        names = [f"{_name('bucket', key)}:full", f"{_name('bucket', key)}:redeem"]
        arguments = [self._capacity, points, slack, int(force), RATE_WINDOW]

        async def take() -> tuple[int, bytes, bytes]:
            taken, lacking, wait = await self._take(keys=names, args=arguments)
            return taken, lacking, wait

        try:
            taken, lacking, wait = await self._connection.run(take)
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
        name = f"{_name('bucket', key)}:redeem"

        async def redeem() -> int:
            redeemed: int = await self._redeem(keys=[name])
            return redeemed

        try:
            return bool(await self._connection.run(redeem))
        except StoreUnavailable:
            return await self._own.redeem(key)


def _name(kind: str, key: str) -> str:
    """The name of an entry; the braces keep both parts of a bucket on one node of a cluster."""
    return f"groupgate:{kind}:{{{sha256(key.encode()).hexdigest()}}}"
