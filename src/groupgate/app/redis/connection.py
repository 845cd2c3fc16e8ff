"""The connection of one process to Redis.

Names of entries are hashes: Redis never sees a token, an Idempotency-Key or the name of a caller.
All times in entries are those of Redis, so the clocks of the processes do not matter.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from hashlib import sha256
from typing import Any, Final, TypeVar

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from groupgate.configuration.model import Misconfigured
from groupgate.stores import StoreUnavailable

MAX_SECONDS: Final = 0.5
"""Seconds after which a command has failed; a healthy Redis takes less than a millisecond."""

MAX_POOL_SECONDS: Final = 1.0
"""Seconds for which a command waits for a connection."""

MAX_CONNECTIONS: Final = 50
"""Connections of one process to Redis; further commands wait for one of them."""

RETRY_SECONDS: Final = 1.0
"""Seconds after a failure in which Redis is not asked again, so that requests need not wait."""

_BAD_URL: Final = (
    "GROUPGATE_REDIS_URL has a part that Redis clients do not know: its form is "
    "redis://user:password@host:port/number."
)

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


class RedisConnection:
    """A pool of connections to one Redis; commands fail within `MAX_SECONDS`.

    `encryption_key` may be several Fernet keys, separated by commas: the first one encrypts. Raises
    Misconfigured for a URL that cannot be parsed.
    """

    def __init__(self, url: str, encryption_key: str = "") -> None:
        # This pool makes a command wait for a connection; the default one fails at the 101st.
        try:
            pool = BlockingConnectionPool.from_url(
                url,
                max_connections=MAX_CONNECTIONS,
                timeout=MAX_POOL_SECONDS,
                socket_timeout=MAX_SECONDS,
                socket_connect_timeout=MAX_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:
            raise Misconfigured(_BAD_URL) from None
        self.client: Redis = Redis.from_pool(pool)
        self.database = int(pool.connection_kwargs.get("db") or 0)
        keys = [Fernet(key.strip()) for key in encryption_key.split(",") if key]
        self._cipher = MultiFernet(keys) if keys else None
        self._is_connected = True
        self._accepts_writes = True
        """False if Redis responds, but cannot store anything: it is full or a read-only replica."""
        self._retry_at = 0.0
        self.is_closing = False
        """True when tasks should not try again."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_available(self) -> bool:
        """True unless the last command has failed."""
        return self._is_connected and self._accepts_writes

    async def run(
        self, command: Callable[[], Awaitable[ResultT]], *, insist: bool = False
    ) -> ResultT:
        """Return the result of a command; raise StoreUnavailable if Redis fails or has failed.

        After a failure Redis is asked again after `RETRY_SECONDS`, or at once with `insist`.
        """
        if not (self._is_connected or insist) and time.monotonic() < self._retry_at:
            raise StoreUnavailable
        try:
            result = await command()
        except (RedisError, OSError) as error:
            self._note_failure(error)
            raise StoreUnavailable from None
        self.note_connected()
        return result

    def note_connected(self) -> None:
        """Ask Redis again: a command has succeeded."""
        if not self._is_connected:
            self._is_connected = True
            self._log_available()

    async def try_to_write(self) -> None:
        """Find out if Redis stores something again, if it has refused to."""
        if self._accepts_writes:
            return
        try:
            await self.client.set(entry_name("probe", ""), 1, px=1)
        except (RedisError, OSError):
            return
        self._accepts_writes = True
        self._log_available()

    def seal(self, value: bytes) -> bytes:
        """Return the value as it is stored: encrypted, if there is a key."""
        return value if self._cipher is None else self._cipher.encrypt(value)

    def unseal(self, stored: bytes) -> bytes | None:
        """Return the value that was stored; None if it was encrypted with an unknown key."""
        if self._cipher is None:
            return stored
        try:
            return self._cipher.decrypt(stored)
        except InvalidToken:
            return None

    async def probe(self) -> bool:
        """Return True if Redis responds."""
        try:
            await self.run(self._ping)
        except StoreUnavailable:
            return False
        return self.is_available

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

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that is awaited before the connections are closed."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def wait_all(self) -> None:
        """Wait for all tasks that were started; they do not try again meanwhile."""
        self.is_closing = True
        while self._tasks:
            await asyncio.wait(self._tasks)
        self.is_closing = False

    async def aclose(self) -> None:
        """Close the connections."""
        await self.wait_all()
        await self.client.aclose()

    async def _ping(self) -> None:
        client: Any = self.client  # the type of `ping` is that of the client with threads
        await client.ping()

    def _note_failure(self, error: Exception) -> None:
        was_available = self.is_available
        if isinstance(error, ResponseError):
            self._accepts_writes = False
        else:
            self._is_connected = False
            self._retry_at = time.monotonic() + RETRY_SECONDS
        if was_available:
            _log.warning("store_unavailable", error=type(error).__name__)

    def _log_available(self) -> None:
        if self.is_available:
            _log.warning("store_available")


def entry_name(kind: str, key: str) -> str:
    """The name of an entry; the braces keep both parts of a bucket on one node of a cluster."""
    return f"groupgate:{kind}:{{{sha256(key.encode()).hexdigest()}}}"


def generation_name(account: str) -> str:
    """The name of the generation of an account's entries; the end of a write deletes it."""
    return entry_name("generation", account)
