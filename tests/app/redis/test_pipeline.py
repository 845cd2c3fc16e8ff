"""Commands on one connection to Redis: their order, late replies, and a connection that is lost."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from groupgate.app.redis.connection import RedisConnection
from groupgate.request import now
from groupgate.stores import StoreUnavailable
from tests.app.redis.conftest import wait_until_available
from tests.app.redis.distance import far_away
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio


TIMEOUT: Final = 0.15
"""Seconds after which a reply is late; more than by default, as the machine may be busy."""


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[RedisConnection]:
    """Connect to the server."""
    opened = RedisConnection(server.url, timeout=TIMEOUT)
    yield opened
    await opened.aclose()


@pytest.fixture
async def other(server: RedisServer) -> AsyncIterator[Any]:
    """Return a client that disturbs the server."""
    async with Redis.from_url(server.url) as client:
        await client.client_id()
        yield client


async def sleep(other: Any, seconds: float) -> None:
    """Let the server do nothing for this time; return when it has begun."""
    stalling = asyncio.ensure_future(other.execute_command("DEBUG", "SLEEP", str(seconds)))
    await asyncio.sleep(0.02)
    stalling.add_done_callback(lambda done: done.exception())


async def test_commands_of_one_moment_are_sent_together(
    connection: RedisConnection, other: Any
) -> None:
    """The server reads them at once, and each gets its own reply."""
    await connection.run("PING")
    before = (await other.info("stats"))["total_reads_processed"]
    echoes = [connection.run("ECHO", str(number)) for number in range(100)]
    assert await asyncio.gather(*echoes) == [str(number).encode() for number in range(100)]
    assert (await other.info("stats"))["total_reads_processed"] - before == 2


async def test_all_kinds_of_words_are_sent(connection: RedisConnection) -> None:
    """Text of several bytes a character, any bytes, and numbers."""
    for word, expected in (
        ("é\r\n", "é\r\n".encode()),
        (b"\x00\r\n\xff", b"\x00\r\n\xff"),
        (7, b"7"),
    ):
        assert await connection.run("ECHO", word) == expected


async def test_one_slow_command_is_not_an_outage(connection: RedisConnection, other: Any) -> None:
    """Who waits goes on in time; the others do not wait; the next ones use Redis again."""
    await connection.run("PING")
    with capture_logs() as logs:
        await sleep(other, 0.35)
        started = now()
        with pytest.raises(StoreUnavailable):
            await connection.run("PING")
        first, started = now() - started, now()
        for _ in range(10):
            with pytest.raises(StoreUnavailable):
                await connection.run("PING")
        others = now() - started
        assert connection.is_available
        await asyncio.sleep(0.4)
        assert await connection.run("ECHO", "again") == b"again"
    assert 0.1 < first < 0.3
    assert others < TIMEOUT
    assert logs == []


async def test_a_redis_that_is_always_slow_is_an_outage_that_is_logged_once(
    server: RedisServer,
) -> None:
    """It is over when a reply is in time again."""
    async with far_away(server) as distance:
        connection = RedisConnection(distance.url, timeout=TIMEOUT)
        await connection.run("PING")
        distance.seconds = TIMEOUT + 0.05
        with capture_logs() as logs:
            with pytest.raises(StoreUnavailable):
                await connection.run("PING")
            assert connection.is_available
            waited = 0.0
            for _ in range(40):
                await asyncio.sleep(0.02)
                started = now()
                with pytest.raises(StoreUnavailable):
                    await connection.run("PING")
                waited += now() - started
            assert not connection.is_available
            distance.seconds = 0
            await wait_until_available(connection)
            assert await connection.probe()
        await connection.aclose()
    assert [line["event"] for line in logs] == ["store_unavailable", "store_available"]
    assert waited < 2 * TIMEOUT


async def test_a_patient_command_waits_for_a_slow_redis(
    connection: RedisConnection, other: Any
) -> None:
    """Also one that is sent while replies are late."""
    await connection.run("PING")
    await sleep(other, 0.35)
    with pytest.raises(StoreUnavailable):
        await connection.run("PING")
    assert await connection.run("ECHO", "late", seconds=2) == b"late"


async def test_a_command_that_was_given_up_is_executed_before_the_next(
    connection: RedisConnection, other: Any
) -> None:
    """So a permit that came too late is returned by the next command."""
    await connection.run("PING")
    await sleep(other, 0.35)
    with pytest.raises(StoreUnavailable):
        await connection.run("SET", "name", "given up")
    assert await connection.run("GET", "name", seconds=2) == b"given up"


async def test_a_busy_process_does_not_take_redis_for_slow(connection: RedisConnection) -> None:
    """Replies that have arrived while it was busy are in time."""
    await connection.run("PING")
    reply = connection.post("ECHO", "here")
    reading = asyncio.ensure_future(connection.run("ECHO", "there"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251
    assert await reading == b"there"
    assert await reply == b"here"


async def test_a_lost_connection_is_opened_again_at_once(
    connection: RedisConnection, other: Any
) -> None:
    """Scripts are loaded again, and nothing is logged: Redis was there all the time."""
    script = connection.script("return ARGV[1]")
    assert await connection.run_script(script, [], ["one"]) == b"one"
    with capture_logs() as logs:
        await other.client_kill_filter(_type="normal", skipme=True)
        await other.script_flush()
        await asyncio.sleep(0.1)
        # A patient command waits for the new connection.
        assert await connection.run_script(script, [], ["two"], seconds=5) == b"two"
    assert logs == []


async def test_scripts_that_redis_has_dropped_are_loaded_again(
    connection: RedisConnection, other: Any
) -> None:
    """The call that finds them missing fails."""
    script = connection.script("return ARGV[1]")
    await connection.run("PING")
    await other.script_flush()
    with pytest.raises(StoreUnavailable):
        await connection.run_script(script, [], ["one"])
    assert await connection.run_script(script, [], ["two"]) == b"two"
    assert connection.is_available


async def test_silence_counts_from_the_first_command_without_a_reply(
    connection: RedisConnection, other: Any
) -> None:
    """And ends with a reply."""
    await connection.run("PING")
    assert connection.silent_since is None
    await sleep(other, 0.3)
    sent_at = now()
    for _ in range(3):
        connection.post("PING")
        await asyncio.sleep(0.05)
    silent_since = connection.silent_since
    assert silent_since is not None
    assert sent_at <= silent_since < sent_at + 0.02
    await connection.run("PING", seconds=1)
    await asyncio.sleep(0.05)
    assert connection.silent_since is None


async def test_silence_lasts_while_redis_is_away() -> None:
    """From the moment when the connection was lost until there is one."""
    with RedisServer() as server:
        connection = RedisConnection(server.url, timeout=TIMEOUT)
        await connection.run("PING")
        lost_at = now()
        server.stop()
        await asyncio.sleep(0.2)
        with pytest.raises(StoreUnavailable):
            await connection.run("PING", seconds=1)
        silent_since = connection.silent_since
        assert silent_since is not None
        assert lost_at <= silent_since < lost_at + 0.1
        server.start()
        await wait_until_available(connection)
        assert await connection.run("ECHO", "back") == b"back"
        assert connection.silent_since is None
        await connection.aclose()


async def test_a_server_that_says_nothing_gets_a_new_connection(
    monkeypatch: pytest.MonkeyPatch, server: RedisServer, other: Any
) -> None:
    """A connection whose other end has vanished is not told so."""
    monkeypatch.setattr("groupgate.app.redis.pipeline.LONGEST_SILENCE", 0.2)
    connection = RedisConnection(server.url, timeout=TIMEOUT)
    name = await connection.run("CLIENT", "ID")
    await sleep(other, 0.5)
    result = await connection.post("PING")
    assert isinstance(result, Exception)
    await asyncio.sleep(0.7)
    assert await connection.run("CLIENT", "ID") != name
    await connection.aclose()
