"""Notices of writes between the processes: publishes them, and listens to those of the others.

`app/redis/replicas.py` says what the notices promise, and why that holds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Literal
from uuid import uuid4

import msgspec
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from groupgate.app.redis.connection import RedisConnection, generation_name
from groupgate.app.redis.replicas import LEASE, MARGIN, Confirmation, Replicas
from groupgate.domain.refs import AccountKey
from groupgate.request import now

HEARTBEAT: Final = 0.3
"""Seconds between two heartbeats."""

SILENCE: Final = 3.0
"""Seconds without any notice after which the subscription is opened anew."""

AGAIN: Final = 0.1
"""Seconds until a notice that Redis did not accept is sent again."""

FIRST_LEASE: Final = 1.0
"""Seconds for which the start of the gateway waits for its first lease."""


_END: Final = """
redis.call('DEL', KEYS[1])
return redis.call('PUBLISH', ARGV[1], ARGV[2])
"""


CheckEntries = Callable[[str, int], Awaitable[None]]
"""Takes the name of the channel and the number of processes; called with each heartbeat."""


class Notice(msgspec.Struct, frozen=True, array_like=True):
    """One message on the channel; `number` is that of a heartbeat."""

    kind: Literal["beat", "begin", "end", "cancel", "stop", "ack"]
    sender: str
    vendor: str = ""
    write: str = ""
    number: int = 0


class RedisWriteNotices:
    """Notices over a channel of Redis; `longest` is the most seconds that a write can take."""

    def __init__(
        self, connection: RedisConnection, *, longest: float, check_entries: CheckEntries
    ) -> None:
        self.replicas = Replicas(uuid4().hex, longest)
        self._connection = connection
        self._check_entries = check_entries
        self._channel = f"groupgate:{connection.database}:writes"
        self._own_channel = f"{self._channel}:{self.replicas.own}"
        self._end_script = connection.client.register_script(_END)
        self._running: list[asyncio.Task[None]] = []
        self._is_connected = asyncio.Event()
        self._has_tried = asyncio.Event()
        self._untold: set[str] = set()
        """Vendors whose writes the others could not be told of."""

    def listen(self, provider: AccountKey, on_write: Callable[[], None]) -> None:
        """Call `on_write` whenever another process may have written to the vendor."""
        self.replicas.listen(provider.path, on_write)

    def may_use_memory(self, provider: AccountKey) -> bool:
        """Return True while this process has a lease, and hears all that write to the vendor."""
        return self.replicas.may_use_memory(provider.path, now())

    @property
    def processes(self) -> int:
        """The last known number of processes, this one included."""
        return self.replicas.number

    async def start(self) -> None:
        """Begin to listen; wait for the first lease, if Redis can be reached."""
        self._running = [
            asyncio.create_task(self._listen_always()),
            asyncio.create_task(self._beat_always()),
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LEASE):
                await self._has_tried.wait()

    async def aclose(self) -> None:
        """Use nothing from memory any longer; tell the others, and end all tasks."""
        self.replicas.close()
        await self._connection.wait_all()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._publish(Notice("stop", self.replicas.own))

    async def begin(self, provider: AccountKey) -> str:
        """Announce a write; one that cannot be announced is sent all the same."""
        write = uuid4().hex
        if self._is_connected.is_set():
            await self._publish(Notice("begin", self.replicas.own, provider.path, write))
        return write

    def end(self, provider: AccountKey, write: str, *, is_unchanged: bool) -> asyncio.Task[None]:
        """Announce the end of a write; the result is done when no process uses older data."""
        if is_unchanged:
            return self._connection.start(self._cancel(provider.path, write))
        return self._connection.start(self._end(provider.path, write or uuid4().hex))

    async def _cancel(self, vendor: str, write: str) -> None:
        if write:
            await self._publish(Notice("cancel", self.replicas.own, vendor, write))

    async def _end(self, vendor: str, write: str) -> None:
        own, confirmation = self.replicas, Confirmation(done=asyncio.Future())
        own.confirmations[write] = confirmation
        try:
            if await self._publish_until(Notice("end", own.own, vendor, write), LEASE + MARGIN):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LEASE + MARGIN):
                        await confirmation.done
            else:
                self._untold.add(vendor)
        finally:
            del own.confirmations[write]

    async def _publish_until(self, notice: Notice, seconds: float) -> bool:
        """Publish a notice, and try again for this time; return whether Redis accepted it."""
        end = now() + seconds
        while not await self._publish(notice):
            if now() >= end:
                return False
            await asyncio.sleep(AGAIN)
        return True

    async def _publish(self, notice: Notice) -> bool:
        channel = self._own_channel_of(notice) or self._channel
        message = msgspec.msgpack.encode(notice)
        try:
            if notice.kind == "end":
                await self._end_script(
                    keys=[generation_name(notice.vendor)], args=[channel, message]
                )
            else:
                await self._connection.client.publish(channel, message)
        except (RedisError, OSError):
            return False
        return True

    def _own_channel_of(self, notice: Notice) -> str | None:
        """The channel of the writer that an acknowledgement is for."""
        return f"{self._channel}:{notice.vendor}" if notice.kind == "ack" else None

    async def _beat_always(self) -> None:
        number = 0
        while not _is_cancelled():
            number += 1
            self.replicas.sweep(now())
            self.replicas.beat(number, now())
            if await self._publish(Notice("beat", self.replicas.own, number=number)):
                self._is_connected.set()
                self._connection.note_connected()
                await self._connection.try_to_write()
                await self._check_entries(self._channel, self.processes)
            else:
                self._is_connected.clear()
                self._has_tried.set()
            await asyncio.sleep(HEARTBEAT)

    async def _listen_always(self) -> None:
        while not _is_cancelled():
            async with self._connection.client.pubsub() as subscription:
                with suppress(RedisError, OSError):
                    await subscription.subscribe(self._own_channel, self._channel)
                    await self._listen(subscription)
                self.replicas.lost()
            await asyncio.sleep(AGAIN)

    async def _listen(self, subscription: PubSub) -> None:
        """Handle notices until there is none for too long."""
        while True:
            message = await subscription.get_message(timeout=SILENCE)
            if message is None:
                return
            if message["type"] == "subscribe" and message["channel"] == self._channel.encode():
                self.replicas.subscribed(now())
                await self._tell_untold()
            elif message["type"] == "message":
                self._handle(msgspec.msgpack.decode(message["data"], type=Notice))
            if self.replicas.doubtful:
                await self._drop_shared()

    async def _drop_shared(self) -> None:
        """Drop what the processes share of vendors that may have been written to unheard."""
        own, vendors = self.replicas, [*self.replicas.doubtful]
        own.clearing.update(vendors)
        own.doubtful.clear()
        try:
            await self._connection.client.delete(*map(generation_name, vendors))
            self._has_tried.set()
        except (RedisError, OSError):
            own.doubtful.update(vendors)
        own.clearing.clear()

    async def _tell_untold(self) -> None:
        """Announce the writes that could not be announced at their end."""
        for vendor in list(self._untold):
            if await self._publish(Notice("end", self.replicas.own, vendor, uuid4().hex)):
                self._untold.discard(vendor)

    def _handle(self, notice: Notice) -> None:
        own, sender, moment = self.replicas, notice.sender, now()
        match notice.kind:
            case "beat":
                own.heard(sender, notice.number, moment)
                if sender == own.own and not own.doubtful:
                    self._has_tried.set()
            case "begin":
                own.began(sender, notice.vendor, notice.write, moment)
            case "end":
                own.ended(sender, notice.vendor, notice.write, moment)
                if sender != own.own:
                    self._connection.start(self._acknowledge(sender, notice.write))
            case "cancel":
                own.cancelled(notice.vendor, notice.write)
            case "stop":
                own.stopped(sender)
            case "ack":
                if notice.write in own.confirmations:
                    own.confirmations[notice.write].acknowledge(sender)

    async def _acknowledge(self, writer: str, write: str) -> None:
        await self._publish(Notice("ack", self.replicas.own, writer, write))


def _is_cancelled() -> bool:
    """True if the running task has been cancelled.

    The client of Redis may raise an error of its own in place of the cancellation, if its
    connection fails at the same moment. The task would go on then, and the process never end.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
