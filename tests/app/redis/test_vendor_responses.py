"""Responses and reads of vendors that several processes share."""

import asyncio
import signal
from collections.abc import Sequence

import pytest
from cryptography.fernet import Fernet

from groupgate.app.redis.connection import RedisConnection, generation_name
from groupgate.app.redis.documents import RedisDocumentStore
from groupgate.app.redis.idempotency import RedisIdempotencyStore
from groupgate.app.redis.vendor_responses import RedisRead, RedisSharedCache
from groupgate.domain.errors import Unavailable
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, RequestScope, now, request_scope
from groupgate.stores import KeyInterrupted
from groupgate.upstream.cache import SharedResponses
from tests.app.redis.conftest import connect
from tests.app.redis.server import RedisServer
from tests.upstream.stub_vendor import CACHE_POLICY, Delayed, Item, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO


def processes(connection: RedisConnection, number: int = 2) -> Sequence[StubVendor]:
    """Return the same vendor as several gateway processes see it."""
    vendors = [StubVendor(ok(), policy=CACHE_POLICY) for _ in range(number)]
    for vendor in vendors:
        vendor.vendor_state.shared_responses = SharedResponses(
            DODO, vendor.vendor_state.cache, RedisSharedCache(connection)
        )
    return vendors


async def read(vendor: StubVendor, *, no_cache: bool = False, within: float = 10) -> RequestScope:
    with request_scope(deadline=within, no_cache=no_cache) as scope:
        assert await vendor.client.get("/a", Item) == Item("x")
    return scope


async def stored(connection: RedisConnection) -> None:
    """Wait until the end of a read has been stored."""
    await connection.wait_all()


async def drop(connection: RedisConnection) -> None:
    """Drop what the processes share, as the end of a write does."""
    await connection.client.delete(generation_name(DODO.path))


async def test_a_response_is_read_once_for_all_processes(connection: RedisConnection) -> None:
    """The second process reports the age that the response has."""
    first, second = processes(connection)
    assert (await read(first)).age is None
    await stored(connection)
    await asyncio.sleep(0.2)
    age = (await read(second)).age
    assert age is not None
    assert 0.2 <= age < 1
    for process in (first, second):
        await read(process)
    assert (len(first.requests), len(second.requests)) == (1, 0)


async def test_equal_reads_at_once_are_one_call(connection: RedisConnection) -> None:
    vendors = processes(connection, 3)
    for vendor in vendors:
        vendor.responses = [Delayed(0.2, ok())]
    await asyncio.gather(*(read(vendors[number % 3]) for number in range(90)))
    assert sum(len(vendor.requests) for vendor in vendors) == 1


async def test_a_read_longer_than_a_claim_is_made_once(connection: RedisConnection) -> None:
    first, second = processes(connection)
    first.responses = second.responses = [Delayed(2.5, ok())]
    await asyncio.gather(read(first), read(second))
    assert len(first.requests) + len(second.requests) == 1


async def test_after_a_failed_read_each_process_reads_itself(connection: RedisConnection) -> None:
    """At the same time, not one after another."""
    vendors = processes(connection, 3)
    for vendor in vendors:
        vendor.responses = [Delayed(1, http_status(503, Retry_After="30"))]
    started = now()
    results = await asyncio.gather(*map(read, vendors), return_exceptions=True)
    assert [type(result) for result in results] == [Unavailable] * 3
    assert [len(vendor.requests) for vendor in vendors] == [1, 1, 1]
    assert now() - started < 2.9


async def test_the_read_of_a_dead_process_is_made_by_another(
    connection: RedisConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("groupgate.app.redis.vendor_responses.RENEW", 60)
    cache = RedisSharedCache(connection)
    async with cache.reading(DODO, "/a", Deadline()) as dead:
        assert dead.answer is None
        (vendor,) = processes(connection, 1)
        started = now()
        await read(vendor)
        assert 1.5 < now() - started < 3
        assert len(vendor.requests) == 1


async def test_a_claim_that_came_too_late_is_released(server: RedisServer) -> None:
    """The process reads itself, so no other one may wait for it."""
    slow, other = RedisConnection(server.url), connect(server.url)
    await other.run("FLUSHALL")
    await slow.run("PING", seconds=2)
    server.send_signal(signal.SIGSTOP)
    try:
        async with RedisSharedCache(slow).reading(DODO, "/a", Deadline()) as late:
            assert late.answer is None
    finally:
        server.send_signal(signal.SIGCONT)
    await slow.run("PING", seconds=2)
    started = now()
    async with RedisSharedCache(other).reading(DODO, "/a", Deadline()) as found:
        assert found.answer is None
    assert now() - started < 1
    for connection in (slow, other):
        await connection.aclose()


async def test_a_reader_waits_until_its_deadline_only(connection: RedisConnection) -> None:
    cache = RedisSharedCache(connection)
    async with cache.reading(DODO, "/a", Deadline()):
        started = now()
        async with cache.reading(DODO, "/a", Deadline.after(0.2)) as other:
            assert other.answer is None
        assert now() - started < 0.4


async def keep(cache: RedisSharedCache, answer: bytes) -> None:
    async with cache.reading(DODO, "/a", Deadline()) as found:
        assert found.answer is None
        found.keep(answer, 5)


async def find(cache: RedisSharedCache) -> RedisRead:
    async with cache.reading(DODO, "/a", Deadline()) as found:
        return found


async def test_a_write_drops_what_was_read_before_and_during_it(
    connection: RedisConnection,
) -> None:
    cache = RedisSharedCache(connection)
    await keep(cache, b"old")
    await stored(connection)
    assert (await find(cache)).answer == b"old"
    await drop(connection)
    async with cache.reading(DODO, "/a", Deadline()) as found:
        assert found.answer is None
        found.keep(b"read during the write", 5)
        await drop(connection)
    await stored(connection)
    assert (await find(cache)).answer is None


async def test_a_read_of_before_a_write_is_not_waited_for(connection: RedisConnection) -> None:
    cache = RedisSharedCache(connection)
    async with cache.reading(DODO, "/a", Deadline()):
        await drop(connection)
        started = now()
        await keep(cache, b"new")
        assert now() - started < 0.1
    await stored(connection)
    assert (await find(cache)).answer == b"new"


async def test_accounts_and_vendors_have_entries_of_their_own(connection: RedisConnection) -> None:
    cache = RedisSharedCache(connection)
    await keep(cache, b"of Dodo")
    await stored(connection)
    async with cache.reading(ProviderKey.AXIM, "/a", Deadline()) as found:
        assert found.answer is None


async def test_no_cache_does_not_use_it(connection: RedisConnection) -> None:
    (vendor,) = processes(connection, 1)
    await read(vendor, no_cache=True)
    assert await connection.client.dbsize() == 0


async def test_without_redis_each_process_reads_itself() -> None:
    connection = RedisConnection("redis://127.0.0.1:1/0")
    vendors = processes(connection)
    for vendor in vendors:
        await read(vendor)
    assert [len(vendor.requests) for vendor in vendors] == [1, 1]
    await connection.aclose()


async def test_values_are_encrypted_with_the_first_key(server: RedisServer) -> None:
    """The others decrypt; with none of them, results are unknown and no key is used twice."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    writer, both, other = (connect(server.url, keys) for keys in (old, f"{new}, {old}", new))
    await writer.client.flushall()
    await keep(RedisSharedCache(writer), b"secret answer")
    await stored(writer)
    await RedisDocumentStore(writer).set("hash", "{ secret }")
    results = RedisIdempotencyStore(writer, ttl=60, longest=60)
    await results.begin("key", "print")
    await results.finish("key", b"secret result")
    names = await writer.client.keys("*")
    for name in names:
        assert "secret" not in str(await writer.client.get(name))
    assert len(names) == 4
    assert (await find(RedisSharedCache(both))).answer == b"secret answer"
    assert (await find(RedisSharedCache(other))).answer is None
    assert await RedisDocumentStore(both).get("hash") == "{ secret }"
    assert await RedisDocumentStore(other).get("hash") is None
    for connection, expected in ((both, b"secret result"), (writer, b"secret result")):
        store = RedisIdempotencyStore(connection, ttl=60, longest=60)
        assert await store.begin("key", "print") == expected
    with pytest.raises(KeyInterrupted):
        await RedisIdempotencyStore(other, ttl=60, longest=60).begin("key", "print")
    for connection in (writer, both, other):
        await connection.aclose()
