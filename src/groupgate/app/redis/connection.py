"""The connection of one process to Redis.

Names of entries are hashes: Redis never sees a token, an Idempotency-Key or the name of a caller.
All times in entries are those of Redis, so the clocks of the processes do not matter.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import count
from secrets import token_hex
from typing import Any, Final

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    InvalidResponse,
    NoPermissionError,
    NoScriptError,
    RedisError,
    ResponseError,
)

from groupgate.app.redis.pipeline import Pipeline, Script, Word
from groupgate.configuration.model import Misconfigured
from groupgate.stores import StoreUnavailable

TIMEOUT: Final = 0.05
"""Seconds for which a read waits for Redis; a healthy one takes less than a millisecond."""

MUTATION_SECONDS: Final = 0.5
"""Seconds for which a mutation waits for Redis to claim its key, and to store its result.

Longer than a read: what answers late is better than a refusal.
"""

SOCKET_SECONDS: Final = 0.5
"""Seconds for connecting, and for a command, of the connection that receives the notices."""

_BAD_URL: Final = (
    "GROUPGATE_REDIS_URL has a part that Redis clients do not know: its form is "
    "redis://user:password@host:port/number."
)

_log = structlog.get_logger()


class RedisConnection:
    """Sends commands to one Redis; a read waits at most `timeout` seconds for one of them.

    `encryption_key` may be several Fernet keys, separated by commas: the first one encrypts. Raises
    Misconfigured for a URL that cannot be parsed.
    """

    def __init__(self, url: str, encryption_key: str = "", timeout: float = TIMEOUT) -> None:
        try:
            pool = ConnectionPool.from_url(
                url,
                socket_timeout=SOCKET_SECONDS,
                socket_connect_timeout=SOCKET_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError:
            raise Misconfigured(_BAD_URL) from None
        self._pool = pool
        self.client: Redis = Redis.from_pool(pool)
        """For subscriptions; commands go through `run` and `post`."""
        self.database = int(pool.connection_kwargs.get("db") or 0)
        keys = [Fernet(key.strip()) for key in encryption_key.split(",") if key]
        self._cipher = MultiFernet(keys) if keys else None
        self.timeout = timeout
        self._pipeline = Pipeline(self._make_connection, timeout, self._note_change)
        self.script = self._pipeline.script
        self._is_connected = True
        self._accepts_writes = True
        """False if Redis responds, but cannot store anything: it is full or a read-only replica."""
        self.is_closing = False
        """True when tasks should not try again."""
        self.before_close: list[Callable[[], None]] = []
        """Called before the last commands are awaited."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_available(self) -> bool:
        """True unless Redis does not respond, or refuses to store anything."""
        return self._is_connected and self._accepts_writes

    @property
    def silent_since(self) -> float | None:
        """The moment from which on Redis has served nobody; None if it owes no reply."""
        return self._pipeline.silent_since

    async def run(self, *words: Word, seconds: float | None = None) -> Any:
        """Return the reply to a command; raise StoreUnavailable if Redis fails or has failed.

        Without `seconds`, Redis has the time that a read waits for it, and a command is not sent
        while Redis is late. With them, the command is sent in any case, and may be executed later.
        """
        reply = self._pipeline.send(*words, is_patient=seconds is not None)
        if seconds is not None:
            await asyncio.wait([reply], timeout=seconds)
            await self.read_arrived()
            if not reply.done():
                raise StoreUnavailable
        if not self.is_reply(found := await reply):
            raise StoreUnavailable
        return found

    async def read_arrived(self) -> None:
        """Let the replies be read that have arrived while this process was busy."""
        for _ in range(2):
            await asyncio.sleep(0)

    async def run_script(
        self,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Word],
        seconds: float | None = None,
    ) -> Any:
        """Return the result of a script, as `run` does."""
        return await self.run(*_call(script, keys, arguments), seconds=seconds)

    def post(self, *words: Word) -> asyncio.Future[Any]:
        """Send a command in any case; the result is the reply, or an exception that is not raised.

        `is_reply` tells them apart.
        """
        return self._pipeline.send(*words, is_patient=True)

    def post_script(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Word]
    ) -> asyncio.Future[Any]:
        """Send the call of a script, as `post` does."""
        return self.post(*_call(script, keys, arguments))

    def tell(self, script: Script, keys: Sequence[str], arguments: Sequence[Word]) -> None:
        """Send the call of a script whose result nobody needs."""
        self.post_script(script, keys, arguments).add_done_callback(
            lambda reply: self.is_reply(reply.result())
        )

    def is_reply(self, result: object) -> bool:
        """Return False for the exception that stands for a reply; note why Redis has failed."""
        if isinstance(result, ResponseError) and not isinstance(result, NoScriptError):
            was_available, self._accepts_writes = self.is_available, False
            self._log_change(result, was_available=was_available)
        return not isinstance(result, Exception)

    def try_to_write(self) -> asyncio.Future[Any]:
        """Find out if Redis stores something: a full one, or a read-only replica, responds too."""
        reply = self.post(*_STORE_NOTHING)
        reply.add_done_callback(self._note_write)
        return reply

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
        """Return True if Redis responds, and stores what it is given."""
        try:
            await self.run(*_STORE_NOTHING)
        except StoreUnavailable:
            return False
        return self.is_available

    async def check(self) -> None:
        """Warn if Redis cannot be reached; raise Misconfigured if it rejects what the URL says.

        The connections are closed at the end: they belong to the event loop that runs the check.
        """
        try:
            client: Any = self.client  # the type of `ping` is that of the client with threads
            await client.ping()
        except (AuthenticationError, NoPermissionError):
            raise Misconfigured(
                "GROUPGATE_REDIS_URL: Redis rejects the user name or the password in it."
            ) from None
        except InvalidResponse:
            raise Misconfigured("GROUPGATE_REDIS_URL: what responds there is no Redis.") from None
        except (RedisError, OSError) as error:
            if type(error) is ResponseError:  # those of a Redis in trouble are of subclasses
                raise Misconfigured(f"GROUPGATE_REDIS_URL: Redis responds: {error}.") from None
            self._note_change(error)
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
        """Wait for all tasks and commands; tasks do not try again meanwhile."""
        self.is_closing = True
        for finish in self.before_close:
            finish()
        while self._tasks:
            await asyncio.wait(self._tasks)
        if self._pipeline.is_used:
            with suppress(StoreUnavailable):
                await self.run("PING", seconds=MUTATION_SECONDS)  # comes after all others
        self.is_closing = False

    async def aclose(self) -> None:
        """Close the connections."""
        await self.wait_all()
        await self._pipeline.aclose()
        await self.client.aclose()

    def _make_connection(self) -> AbstractConnection:
        options = {**self._pool.connection_kwargs, "socket_timeout": None}
        connection: AbstractConnection = self._pool.connection_class(**options)
        return connection

    def _note_write(self, reply: asyncio.Future[Any]) -> None:
        if self.is_reply(reply.result()):
            was_available, self._accepts_writes = self.is_available, True
            self._log_change(None, was_available=was_available)

    def _note_change(self, error: Exception | None) -> None:
        was_available, self._is_connected = self.is_available, error is None
        self._log_change(error, was_available=was_available)

    def _log_change(self, error: Exception | None, *, was_available: bool) -> None:
        if was_available and not self.is_available:
            _log.warning("store_unavailable", error=type(error).__name__)
        elif self.is_available and not was_available:
            _log.warning("store_available")


def _call(script: Script, keys: Sequence[str], arguments: Sequence[Word]) -> tuple[Word, ...]:
    return ("EVALSHA", script.name, len(keys), *keys, *arguments)


class _Tokens:
    """Texts of 24 characters that are all different, in this process and in all others."""

    def __init__(self) -> None:
        self._prefix = token_hex(8)
        self._numbers = count()
        # The workers of one parent are forks, and would go on with the same texts.
        os.register_at_fork(after_in_child=self._begin_anew)

    def __call__(self) -> str:
        return f"{self._prefix}{next(self._numbers):08x}"

    def _begin_anew(self) -> None:
        self._prefix = token_hex(8)


new_token: Final = _Tokens()
"""Returns a text of 24 characters that no process has returned before."""


def entry_name(kind: str, key: str) -> str:
    """The name of an entry; the braces keep both parts of a bucket on one node of a cluster."""
    return f"groupgate:{kind}:{{{sha256(key.encode()).hexdigest()}}}"


def generation_name(account: str) -> str:
    """The name of the generation of an account's entries; the end of a write deletes it."""
    return entry_name("generation", account)


_STORE_NOTHING: Final = ("SET", entry_name("probe", ""), 1, "PX", 1)
"""Fails if Redis is full, or is a replica that accepts no writes; expires at once."""
