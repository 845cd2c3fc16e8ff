"""Notices of writes between the processes: publishes them, and listens to those of the others.

`app/redis/leases.py` says what the notices promise, and why that holds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, Literal

import msgspec
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from groupgate.app.redis.connection import (
    MUTATION_SECONDS,
    RedisConnection,
    generation_name,
    new_token,
)
from groupgate.app.redis.leases import LEASE, MARGIN, Confirmation, Replicas
from groupgate.app.redis.pipeline import is_cancelled
from groupgate.domain.refs import AccountKey
from groupgate.request import now
from groupgate.stores import StoreUnavailable

HEARTBEAT: Final = 0.3
"""Seconds between two heartbeats."""

SILENCE: Final = 3.0
"""Seconds without any notice after which the subscription is opened anew."""

AGAIN: Final = 0.1
"""Seconds until a notice that Redis did not accept is sent again."""

FIRST_LEASE: Final = 1.0
"""Seconds for which the start of the gateway waits for its first lease."""


_END: Final = """
local deleted = redis.pcall('DEL', KEYS[1])
local message = type(deleted) == 'table' and ARGV[3] or ARGV[2]
return redis.call('PUBLISH', ARGV[1], message)
"""
"""A replica that accepts no writes publishes all the same. The other message then says that what
the processes share is still there."""


CheckEntries = Callable[[str, int], Awaitable[None]]
"""Takes the name of the channel and the number of processes; called with each heartbeat."""


UNDELETED: Final = 1
"""The number in the notice of an end: what the processes share could not be dropped."""


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
        self.replicas = Replicas(new_token(), longest)
        self._connection = connection
        self._check_entries = check_entries
        self._channel = f"groupgate:{connection.database}:writes"
        self._own_channel = f"{self._channel}:{self.replicas.own}"
        self._end_script = connection.script(_END)
        self._running: list[asyncio.Task[None]] = []
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
        await asyncio.wait([self._publish(Notice("stop", self.replicas.own))], timeout=AGAIN)

    async def begin(self, provider: AccountKey) -> str:
        """Announce a write; one that cannot be announced is sent all the same."""
        write = new_token()
        begun = self._publish(Notice("begin", self.replicas.own, provider.path, write))
        await asyncio.wait([begun], timeout=self._connection.timeout)
        return write

    def end(self, provider: AccountKey, write: str, *, is_unchanged: bool) -> asyncio.Future[None]:
        """Announce the end of a write; the result is done when no process uses older data."""
        if is_unchanged:
            self._publish(Notice("cancel", self.replicas.own, provider.path, write))
            nobody: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            nobody.set_result(None)
            return nobody
        return self._connection.start(self._end(provider.path, write or new_token()))

    async def _end(self, vendor: str, write: str) -> None:
        own, confirmation = self.replicas, Confirmation(done=asyncio.Future())
        own.confirmations[write] = confirmation
        try:
            if await self._publish_end(Notice("end", own.own, vendor, write)):
                await self._wait_for_others(confirmation)
            else:
                self._untold.add(vendor)
        finally:
            del own.confirmations[write]

    async def _wait_for_others(self, confirmation: Confirmation) -> None:
        """Wait until no process uses anything older: see (3) in `app/redis/leases.py`."""
        latest = now() + LEASE + MARGIN
        while (
            not confirmation.done.done()
            and (left := min(latest, confirmation.missing_until) - now()) > 0
        ):
            await asyncio.wait([confirmation.done], timeout=min(left, AGAIN))
        await asyncio.sleep(min(latest, confirmation.unknown_until) - now())

    async def _publish_end(self, notice: Notice) -> bool:
        """Publish the end of a write; return False if Redis has not, and no process has a lease.

        The wait is not counted from the end of the write, but from the moment from which on Redis
        has served nobody: see (5) in `app/redis/leases.py`. An attempt that began before the end
        of the write proves nothing, so there are two.
        """
        failures, given_up_at = 0, now() + LEASE + MARGIN
        while True:
            published = self._publish(notice)
            while not published.done():
                await asyncio.wait([published], timeout=max(AGAIN, self._longest_lease()))
                await self._connection.read_arrived()
                if not published.done() and self._longest_lease() <= 0:
                    return False
            if self._connection.is_reply(published.result()):
                return True
            failures += 1
            is_rejected = self._connection.silent_since is None and now() > given_up_at
            if is_rejected or (failures > 1 and self._longest_lease() <= 0):
                return False
            await asyncio.sleep(AGAIN)

    def _longest_lease(self) -> float:
        """Return for how many seconds a process may still have a lease, if Redis stays silent."""
        silent_since = self._connection.silent_since
        return LEASE + MARGIN - (0 if silent_since is None else now() - silent_since)

    def _publish(self, notice: Notice) -> asyncio.Future[Any]:
        """Publish a notice; the result is the reply, or an exception that is not raised."""
        channel = self._own_channel_of(notice) or self._channel
        message = msgspec.msgpack.encode(notice)
        if notice.kind == "end":
            keys = [generation_name(notice.vendor)]
            other = msgspec.msgpack.encode(msgspec.structs.replace(notice, number=UNDELETED))
            return self._connection.post_script(self._end_script, keys, [channel, message, other])
        return self._connection.post("PUBLISH", channel, message)

    def _own_channel_of(self, notice: Notice) -> str | None:
        """The channel of the writer that an acknowledgement is for."""
        return f"{self._channel}:{notice.vendor}" if notice.kind == "ack" else None

    async def _beat_always(self) -> None:
        number = 0
        while not is_cancelled():
            number += 1
            self.replicas.sweep(now())
            self.replicas.beat(number, now())
            sent = self._publish(Notice("beat", self.replicas.own, number=number))
            self._connection.try_to_write()
            await asyncio.wait([sent], timeout=HEARTBEAT)
            if sent.done() and self._connection.is_reply(sent.result()):
                await self._check_entries(self._channel, self.processes)
            else:
                self._has_tried.set()
            await asyncio.sleep(HEARTBEAT)

    async def _listen_always(self) -> None:
        while not is_cancelled():
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
            await self._connection.run(
                "DEL", *map(generation_name, vendors), seconds=MUTATION_SECONDS
            )
            self._has_tried.set()
        except StoreUnavailable:
            own.doubtful.update(vendors)
        own.clearing.clear()

    async def _tell_untold(self) -> None:
        """Announce the writes that could not be announced at their end."""
        for vendor in list(self._untold):
            notice = Notice("end", self.replicas.own, vendor, new_token())
            if self._connection.is_reply(await self._publish(notice)):
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
                is_deleted = notice.number != UNDELETED
                own.ended(sender, notice.vendor, notice.write, moment, is_deleted=is_deleted)
                if sender != own.own:
                    self._publish(Notice("ack", own.own, sender, notice.write))
            case "cancel":
                own.cancelled(notice.vendor, notice.write)
            case "stop":
                own.stopped(sender)
            case "ack":
                if notice.write in own.confirmations:
                    own.confirmations[notice.write].acknowledge(sender)
