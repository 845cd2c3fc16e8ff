"""Notices of writes: how long a writer waits, and what the other processes may use."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import pytest
from redis.exceptions import ConnectionError as NoConnectionError

from groupgate.app.redis.connection import RedisConnection
from groupgate.app.redis.leases import LEASE, MARGIN
from groupgate.app.redis.vendor_responses import RedisSharedCache
from groupgate.app.redis.write_notices import RedisWriteNotices
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, now
from tests.app.redis.conftest import wait_until_available
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

AXIM: Final = ProviderKey.AXIM

ONE_ATTEMPT: Final = 0.6
"""The most seconds for an attempt to connect that began after the end of a write."""


@dataclass(kw_only=True)
class Process:
    """One process: its connection, its notices, and how often it dropped what it had of Axim."""

    connection: RedisConnection
    notices: RedisWriteNotices
    drops: int = 0

    def drop(self) -> None:
        self.drops += 1

    def may_use_memory(self) -> bool:
        return self.notices.may_use_memory(AXIM)

    async def write(self) -> float:
        """Announce a write and its end; return the seconds until its client may be answered."""
        started = now()
        name = await self.notices.begin(AXIM)
        await self.notices.end(AXIM, name, is_unchanged=False)
        return now() - started


async def check_nothing(_channel: str, _processes: int) -> None:
    """Check no entries."""


@asynccontextmanager
async def processes(url: str, number: int = 2) -> AsyncIterator[list[Process]]:
    """Run processes that know one another."""
    async with AsyncExitStack() as stack:
        found = []
        for _ in range(number):
            connection = RedisConnection(url)
            notices = RedisWriteNotices(connection, longest=45, check_entries=check_nothing)
            process = Process(connection=connection, notices=notices)
            notices.listen(AXIM, process.drop)
            await notices.start()
            stack.push_async_callback(connection.aclose)
            stack.push_async_callback(notices.aclose)
            found.append(process)
        await wait_until(lambda: all(each.notices.processes == number for each in found))
        await asyncio.sleep(LEASE + MARGIN)
        yield found


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for ten seconds at most."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("The condition was not met within ten seconds.")


async def test_a_writer_waits_for_the_others_only(server: RedisServer) -> None:
    """They drop what they had before its client is answered; it has a lease all the time."""
    async with processes(server.url) as (writer, other):
        drops = other.drops
        assert await writer.write() < LEASE / 2
        assert other.drops == drops + 1
        assert writer.may_use_memory()
        assert other.may_use_memory()


@pytest.mark.parametrize("is_killed", [True, False])
async def test_without_redis_a_writer_waits_until_the_last_lease_has_ended(
    *, is_killed: bool
) -> None:
    """Counted from the outage, so that later writes wait for one attempt only."""
    with RedisServer() as server:
        async with processes(server.url) as (writer, other):
            if is_killed:
                server.stop()
            else:
                server.send_signal(signal.SIGSTOP)
            lost_at = now()
            await asyncio.sleep(0.4)
            assert other.may_use_memory() is not is_killed  # it notices a lost connection
            await writer.write()
            assert not other.may_use_memory()
            assert now() - lost_at < 0.4 + LEASE + MARGIN + ONE_ATTEMPT
            assert await writer.write() < ONE_ATTEMPT
            if is_killed:
                server.start()
            else:
                server.send_signal(signal.SIGCONT)
            drops = other.drops
            for process in (writer, other):
                await wait_until_available(process.connection)
                await wait_until(process.may_use_memory)
            assert other.drops > drops
            assert await writer.write() < LEASE + MARGIN + ONE_ATTEMPT


async def test_a_writer_waits_for_a_new_attempt_after_a_long_outage() -> None:
    """Redis may be back, and another process may already use its memory again."""
    with RedisServer() as server:
        async with processes(server.url) as (writer, other):
            server.stop()
            await asyncio.sleep(LEASE + MARGIN + 0.2)
            assert not other.may_use_memory()
            server.start()
            await wait_until(other.may_use_memory)
            drops = other.drops
            await writer.write()
            assert other.drops > drops


async def test_a_replica_that_accepts_no_writes_hides_no_write() -> None:
    """What the processes share cannot be dropped, so nobody uses it until it can."""
    with RedisServer() as server:
        async with processes(server.url) as (writer, other):
            cache = RedisSharedCache(other.connection)
            async with cache.reading(AXIM, "/a", Deadline()) as read:
                read.keep(b"old", 60)
            await other.connection.wait_all()
            client: Any = other.connection.client
            await client.execute_command("REPLICAOF", "127.0.0.1", "1")
            drops = other.drops
            await writer.write()
            assert other.drops == drops + 2
            assert not other.may_use_memory()
            assert not writer.may_use_memory()
            await asyncio.sleep(0.5)
            assert not other.may_use_memory()
            await client.execute_command("REPLICAOF", "NO", "ONE")
            await wait_until(other.may_use_memory)
            await wait_until(writer.may_use_memory)
            async with cache.reading(AXIM, "/a", Deadline()) as read:
                assert read.answer is None


async def test_a_write_that_changed_nothing_drops_nothing(server: RedisServer) -> None:
    """And nobody waits for it."""
    async with processes(server.url) as (writer, other):
        drops = other.drops
        name = await writer.notices.begin(AXIM)
        await writer.notices.end(AXIM, name, is_unchanged=True)
        await asyncio.sleep(0.1)
        assert other.drops == drops
        assert other.may_use_memory()


async def test_a_cancellation_that_the_client_hides_ends_the_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The client of Redis raises an error of its own, as the connection fails at that moment."""
    hidden = 0

    async def hang_and_fail(*_given: object, **_named: object) -> None:
        nonlocal hidden
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            hidden += 1
            raise NoConnectionError from None

    monkeypatch.setattr("redis.asyncio.connection.Connection.connect", hang_and_fail)
    monkeypatch.setattr("redis.asyncio.client.PubSub.subscribe", hang_and_fail)
    monkeypatch.setattr("groupgate.app.redis.write_notices.FIRST_LEASE", 0.01)
    connection = RedisConnection("redis://127.0.0.1:1/0")
    notices = RedisWriteNotices(connection, longest=1, check_entries=check_nothing)
    async with asyncio.timeout(5):
        await notices.start()
        await asyncio.sleep(0.05)
        await notices.aclose()
        await connection.aclose()
    assert hidden >= 2


async def test_the_heartbeats_show_whether_redis_is_full() -> None:
    """Nothing else needs to be stored for that."""
    with RedisServer() as server:
        async with processes(server.url, number=1) as (process,):
            await process.connection.client.config_set("maxmemory", "1")
            await wait_until(lambda: not process.connection.is_available)
            await process.connection.client.config_set("maxmemory", "0")
            await wait_until(lambda: process.connection.is_available)
