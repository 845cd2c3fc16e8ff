"""The permits for calls to a vendor: what several processes may do together, and each alone."""

import asyncio
import signal

import pytest

from groupgate.app.redis.connection import RedisConnection
from groupgate.app.redis.vendor_limits import RedisBudget
from groupgate.domain.errors import Throttled
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, now
from groupgate.stores import Limits
from groupgate.upstream.rate_limit.limits import MINUTE, SECOND, Rate
from groupgate.upstream.rate_limit.shared import SharedRateLimiter
from tests.app.redis.conftest import connect
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

LIMITS = Limits(concurrency=100, windows={1.0: 4, 4.0: 6})


def budget(connection: RedisConnection, processes: int = 3) -> RedisBudget:
    """Make the budget of one process."""
    return RedisBudget(connection, "DODO", lambda: processes)


async def take(one: RedisBudget, wanted: int, limits: Limits = LIMITS) -> list[str]:
    return [*(await one.take(wanted, limits)).permits]


async def test_permits_of_all_processes_count_together(connection: RedisConnection) -> None:
    """The shorter window first, then the longer one; the names are all different."""
    first, second = budget(connection), budget(connection)
    permits = await take(first, 3) + await take(second, 3)
    assert len(set(permits)) == 4
    for permit in permits:
        (first if permit in permits[:3] else second).end(permit, was_sent=True)
    await asyncio.sleep(0.1)
    grant = await first.take(1, LIMITS)
    assert grant.permits == []
    assert 0.1 < grant.wait <= 1
    await asyncio.sleep(grant.wait + 0.05)
    assert len(await take(second, 9)) == 2
    assert (await first.take(1, LIMITS)).wait > 1


async def test_a_call_that_was_not_sent_does_not_count(connection: RedisConnection) -> None:
    first, second = budget(connection), budget(connection)
    for permit in await take(first, 4):
        first.end(permit, was_sent=False)
    await asyncio.sleep(0.1)
    assert len(await take(second, 9)) == 4


async def test_running_calls_of_all_processes_count_together(connection: RedisConnection) -> None:
    """A permit that depends on a running call is asked for again soon."""
    limits = Limits(concurrency=3, windows={})
    first, second = budget(connection), budget(connection)
    permits = await take(first, 2, limits)
    assert len(await take(second, 2, limits)) == 1
    assert (await second.take(1, limits)).wait == 0.025
    first.end(permits[0], was_sent=True)
    await asyncio.sleep(0.1)
    assert len(await take(second, 2, limits)) == 1


async def test_a_pause_holds_for_all_processes(connection: RedisConnection) -> None:
    """A shorter one does not end it."""
    first, second = budget(connection), budget(connection)
    first.pause(0.5)
    second.pause(0.1)
    await asyncio.sleep(0.1)
    grant = await second.take(1, LIMITS)
    assert grant.permits == []
    assert 0.3 < grant.wait <= 0.5
    await asyncio.sleep(grant.wait + 0.05)
    assert len(await take(second, 1)) == 1


async def test_calls_are_counted_again_after_redis_has_lost_them(
    connection: RedisConnection,
) -> None:
    """Those that ended, those that run, and those that were made without Redis."""
    first, second = budget(connection), budget(connection)
    limits = Limits(concurrency=100, windows={60.0: 10})
    permits = await take(first, 4, limits)
    for permit in permits[:2]:
        first.end(permit, was_sent=True)
    await asyncio.sleep(0.1)
    await connection.client.flushall()
    alone = first.begin_alone()
    first.end(alone, was_sent=True)
    assert len(await take(first, 9, limits)) == 5
    assert len(await take(second, 9, limits)) == 0


def permits_of(connection: RedisConnection, processes: int = 3) -> SharedRateLimiter:
    """Make the permits of one process, for 40 calls a second and 90 a minute."""
    return SharedRateLimiter(
        ProviderKey.DODO,
        budget=budget(connection, processes),
        concurrency=16,
        per_second=Rate(calls=40),
        per_minute=Rate(calls=90),
    )


async def call(permits: SharedRateLimiter, seconds: float = 0.01) -> bool:
    """Make a call with a second to wait; return whether it got a permit."""
    try:
        async with permits.permit("request", Deadline(now() + 1)) as permit:
            permit.is_sent = True
            await asyncio.sleep(seconds)
    except Throttled:
        return False
    return True


async def test_three_processes_call_as_often_as_one(connection: RedisConnection) -> None:
    """Within 0.9 seconds 40 calls get a permit, whatever process makes them."""
    processes = [permits_of(connection) for _ in range(3)]

    async def call_soon(permits: SharedRateLimiter) -> bool:
        try:
            async with asyncio.timeout(0.9):
                return await call(permits)
        except TimeoutError:
            return False

    results = await asyncio.gather(*(call_soon(processes[each % 3]) for each in range(120)))
    assert results.count(True) == 40


async def test_a_call_whose_turn_comes_too_late_fails_at_once(connection: RedisConnection) -> None:
    """The other process has used up the minute."""
    one, other = budget(connection), permits_of(connection)
    limits = Limits(concurrency=1000, windows={SECOND: 1000, MINUTE: 90})
    for permit in await take(one, 90, limits):
        one.end(permit, was_sent=True)
    await asyncio.sleep(0.1)
    started = now()
    with pytest.raises(Throttled, match=r"retry in (59|60) s"):
        async with other.permit("request", Deadline(now() + 10)):
            pass
    assert now() - started < 0.5


async def test_without_redis_each_process_has_its_share() -> None:
    """Of 90 calls a minute each of three processes makes 30; those with Redis count."""
    with RedisServer() as server:
        connection = connect(server.url)
        permits = permits_of(connection)
        permits_taken = await asyncio.gather(*(call(permits) for _ in range(20)))
        await asyncio.sleep(1.1)
        server.stop()
        without_redis = await asyncio.gather(*(call(permits) for _ in range(40)))
        await connection.aclose()
    assert (permits_taken.count(True), without_redis.count(True)) == (20, 10)


async def test_an_outage_gives_no_further_calls_to_a_full_minute() -> None:
    """Also not to a process that has made few calls: the others have made them."""
    with RedisServer() as server:
        connection = connect(server.url)
        processes = [permits_of(connection) for _ in range(3)]
        made = 0
        for number in (25, 20, 0, 25, 20):
            results = await asyncio.gather(*(call(processes[made % 2]) for _ in range(number)))
            made += results.count(True)
            await asyncio.sleep(0.6)
        assert not await call(processes[2])
        server.stop()
        without_redis = await asyncio.gather(*(call(one) for one in processes * 5))
        await connection.aclose()
    assert (made, without_redis.count(True)) == (90, 0)


async def test_an_outage_leaves_each_process_its_part_of_what_was_left() -> None:
    """Of 90 calls a minute 60 were made by others, and 10 of the rest are the share of a third."""
    with RedisServer() as server:
        connection = connect(server.url)
        other, own = permits_of(connection), permits_of(connection)
        for _ in range(2):
            assert all(await asyncio.gather(*(call(other) for _ in range(30))))
            await asyncio.sleep(1.1)
        assert await call(own)
        server.stop()
        await asyncio.sleep(1.1)
        without_redis = await asyncio.gather(*(call(own) for _ in range(15)))
        await connection.aclose()
    assert without_redis.count(True) == (90 - 61) // 3


async def test_a_call_waits_for_redis_at_the_beginning_of_an_outage() -> None:
    """Its own share is used up, but Redis is back before the call fails."""
    with RedisServer() as server:
        connection = RedisConnection(server.url)
        own = permits_of(connection)
        for _ in range(3):
            assert all(await asyncio.gather(*(call(own) for _ in range(10))))
        assert await call(own)
        server.send_signal(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.3, server.send_signal, signal.SIGCONT)
        started = now()
        assert await call(own)
        assert 0.25 < now() - started < 0.9
        await connection.aclose()


async def test_a_process_without_redis_from_the_start_has_its_share() -> None:
    connection = RedisConnection("redis://127.0.0.1:1/0")
    permits = permits_of(connection)
    results = await asyncio.gather(*(call(permits) for _ in range(40)))
    assert results.count(True) == 13
    await connection.aclose()
