"""The commands of this process, on one connection to Redis.

The commands of one iteration of the event loop are sent together, and their replies arrive in the
order in which they were sent. So no command waits for a free connection, and a slow reply costs no
connection: who waits for it goes on without Redis, and the reply is dropped when it arrives.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

from groupgate.request import now

CONNECT_SECONDS: Final = 1.0
"""Seconds after which an attempt to connect has failed, which takes several round trips.

No read waits for it. A write does, if Redis has not been there for longer than any lease.
"""

RECONNECT_AFTER: Final = 0.05
"""Seconds from a failed attempt to connect to the next one."""

REPORT_AFTER: Final = 0.3
"""Seconds without a timely reply after which Redis counts as unavailable."""

LONGEST_SILENCE: Final = 3.0
"""Seconds without a reply after which the connection is replaced."""

Word = str | bytes | int
"""A part of a command."""

_REFUSED: Final = RedisConnectionError("Redis does not respond at present.")
_LATE: Final = RedisConnectionError("Redis did not respond in time.")


def packed_command(words: Sequence[Word]) -> bytes:
    """Return a command as it is sent; the client's own function takes five times as long."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        value = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(value), value))
    return b"".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A Lua script that Redis has loaded."""

    text: str
    name: str
    """The name under which Redis knows it: its SHA-1."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Command:
    words: tuple[Word, ...]
    reply: asyncio.Future[Any]
    is_patient: bool
    sent_at: float = 0.0
    is_late: bool = False


class Pipeline:
    """Sends commands on a connection that `connect` makes, and that is replaced when it is lost.

    A reply is late after `timeout` seconds. From then on commands fail at once, without being sent,
    until Redis has answered a PING in time: at most the commands that were on their way have
    waited. Patient commands are always sent, and wait as long as the connection lasts.

    `on_change` is called with an error when Redis becomes unavailable, and with None when it is
    back. One late reply alone does not make it unavailable.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractConnection],
        timeout: float,
        on_change: Callable[[Exception | None], None],
    ) -> None:
        self._connect = connect
        self._timeout = timeout
        self._on_change = on_change
        self._scripts: list[Script] = []
        self._queue: list[_Command] = []
        self._awaited: deque[_Command] = deque()
        self._has_queued = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._limit: asyncio.Timeout | None = None
        """Ends the reading from the present connection."""
        self._is_late = False
        """True after a late reply, until one is in time."""
        self._is_reported = False
        self._late_timer: asyncio.TimerHandle | None = None
        self._report_timer: asyncio.TimerHandle | None = None
        self._replied_at = 0.0
        self._lost_at: float | None = None
        """Since when there is no connection, after one was lost or could not be opened."""

    @property
    def is_used(self) -> bool:
        """True after the first command."""
        return self._serving is not None

    @property
    def silent_since(self) -> float | None:
        """The moment from which on Redis has served nobody, if it is the same for all processes.

        None if Redis owes no reply. The moment is on the clock of the event loop.
        """
        if self._lost_at is not None:
            return self._lost_at
        return max(self._replied_at, self._awaited[0].sent_at) if self._awaited else None

    def script(self, text: str) -> Script:
        """Let Redis load a script on each connection."""
        name = sha1(text.encode(), usedforsecurity=False).hexdigest()
        script = Script(text=text, name=name)
        self._scripts.append(script)
        if self._limit is not None:  # the connection is open, and has got the others
            self._put_own("SCRIPT", "LOAD", text)
        return script

    def send(self, *words: Word, is_patient: bool = False) -> asyncio.Future[Any]:
        """Send a command; the result is the reply, or an exception that says why there is none.

        The exception is the result instead of being raised, so that nobody needs to fetch it.
        """
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if not is_patient and (self._is_late or self._lost_at is not None):
            reply.set_result(_REFUSED)
        else:
            self._put(_Command(words=words, reply=reply, is_patient=is_patient))
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve())
        return reply

    async def aclose(self) -> None:
        """Close the connection; replies that have not arrived are lost."""
        serving, self._serving = self._serving, None
        if serving is not None:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        self._fail(_REFUSED, [*self._awaited, *self._queue])
        self._cancel_timers()
        self._has_queued = asyncio.Event()  # an event belongs to the event loop that used it
        self._is_late, self._lost_at = False, None

    def _put(self, command: _Command) -> None:
        self._queue.append(command)
        self._has_queued.set()

    def _put_own(self, *words: Word) -> None:
        """Send a command whose reply nobody needs."""
        reply = asyncio.get_running_loop().create_future()
        self._put(_Command(words=words, reply=reply, is_patient=True))

    async def _serve(self) -> None:
        while not is_cancelled():
            connection, opened_at = self._connect(), None
            try:
                async with asyncio.timeout(max(CONNECT_SECONDS, 2 * self._timeout)):
                    await connection.connect()  # type: ignore[no-untyped-call]
                opened_at = now()
                self._note_connected(opened_at)
                await self._exchange(connection)
            except (RedisError, OSError) as error:  # a TimeoutError is an OSError
                self._note_lost(error, was_open=opened_at is not None)
            finally:
                await connection.disconnect(nowait=True)
            if opened_at is None or now() - opened_at < RECONNECT_AFTER:
                await asyncio.sleep(RECONNECT_AFTER)

    async def _exchange(self, connection: AbstractConnection) -> None:
        writing = asyncio.create_task(self._write_always(connection))
        try:
            async with asyncio.timeout(None) as self._limit:
                await self._read_always(connection)
        finally:
            self._limit = None
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)

    async def _write_always(self, connection: AbstractConnection) -> None:
        """Send what is queued; if that fails, the reading fails, too."""
        while True:
            await self._has_queued.wait()
            self._has_queued.clear()
            commands, self._queue = self._queue, []
            moment = now()
            for command in commands:
                command.sent_at = moment
            self._awaited.extend(commands)
            self._watch(moment + self._timeout)
            packed = b"".join([packed_command(command.words) for command in commands])
            await connection.send_packed_command(packed, check_health=False)

    async def _read_always(self, connection: AbstractConnection) -> None:
        while True:
            try:
                reply = await connection.read_response(disconnect_on_error=False)
            except ResponseError as error:
                reply = error
            self._note_reply(reply)

    def _note_connected(self, moment: float) -> None:
        self._lost_at, self._replied_at = None, moment
        self._note_timely()
        waiting, self._queue = self._queue, []
        self._load_scripts()
        self._queue += waiting

    def _load_scripts(self) -> None:
        for script in self._scripts:
            self._put_own("SCRIPT", "LOAD", script.text)

    def _note_lost(self, error: Exception, *, was_open: bool) -> None:
        """The connection has been lost, or could not be opened."""
        if self._lost_at is None:
            self._lost_at = self.silent_since or now()
        self._fail(error, [*self._awaited])
        self._awaited.clear()
        if not was_open:
            self._fail(error, self._queue)
            self._queue = []
            self._report(error)

    def _note_reply(self, reply: Any) -> None:
        command = self._awaited.popleft()
        self._replied_at = now()
        if not command.reply.done():
            command.reply.set_result(reply)
        if isinstance(reply, NoScriptError):  # SCRIPT FLUSH
            self._load_scripts()
        if not self._is_late:
            return
        if not command.is_late:
            self._note_timely()
        elif not self._awaited and not self._queue:
            self._put_own("PING")

    def _note_timely(self) -> None:
        self._is_late = False
        if self._report_timer is not None:
            self._report_timer.cancel()
            self._report_timer = None
        if self._is_reported:
            self._is_reported = False
            self._on_change(None)

    def _watch(self, moment: float) -> None:
        """Check the replies at this moment, unless they are checked earlier."""
        if self._late_timer is not None:
            if self._late_timer.when() <= moment:
                return
            self._late_timer.cancel()
        loop = asyncio.get_running_loop()
        self._late_timer = loop.call_at(moment, loop.call_soon, self._check_late)

    def _check_late(self) -> None:
        """Note the replies that are late, after those that have arrived by now.

        The process itself may have been busy: what the socket has is read before this is called.
        """
        self._late_timer, moment = None, now()
        late = [one for one in self._unanswered() if one.sent_at <= moment - self._timeout]
        for command in late:
            command.is_late = True
        if late:
            self._fail(_LATE, [command for command in late if not command.is_patient])
            self._note_late()
        oldest = next(self._unanswered(), None)
        if oldest is not None:
            self._watch(oldest.sent_at + self._timeout)
        elif self._awaited and self._limit is not None:
            end = self._awaited[0].sent_at + LONGEST_SILENCE
            if end > moment:
                self._watch(end)
            else:
                self._limit.reschedule(moment)

    def _unanswered(self) -> Iterator[_Command]:
        """The commands whose replies may still be in time."""
        return (command for command in self._awaited if not command.is_late)

    def _note_late(self) -> None:
        if not self._is_late:
            self._is_late = True
            loop = asyncio.get_running_loop()
            self._report_timer = loop.call_later(REPORT_AFTER, self._report, _LATE)

    def _report(self, error: Exception) -> None:
        self._report_timer = None
        if not self._is_reported:
            self._is_reported = True
            self._on_change(error)

    def _fail(self, error: Exception, commands: list[_Command]) -> None:
        for command in commands:
            if not command.reply.done():
                command.reply.set_result(error)

    def _cancel_timers(self) -> None:
        for timer in (self._late_timer, self._report_timer):
            if timer is not None:
                timer.cancel()
        self._late_timer = self._report_timer = None


def is_cancelled() -> bool:
    """True if the running task has been cancelled.

    The client of Redis may raise an error of its own in place of the cancellation, if its
    connection fails at the same moment. The task would go on then, and the process never end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
