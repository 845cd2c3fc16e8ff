"""The stores in Redis: the same behaviour as those in memory, for several processes."""

import asyncio
import os
from typing import Any

import pytest

from groupgate.app.memory_stores import MemoryBuckets
from groupgate.app.redis.caller_limits import RedisBuckets
from groupgate.app.redis.connection import RedisConnection, new_token
from groupgate.app.redis.documents import RedisDocumentStore
from groupgate.app.redis.idempotency import RedisIdempotencyStore
from groupgate.configuration.model import Misconfigured
from groupgate.stores import KeyInterrupted, KeyInUse, KeyReused, StoreUnavailable
from tests.app.redis.conftest import connect, wait_until_available
from tests.app.redis.server import RedisServer
from tests.listening import listening, port_of

pytestmark = pytest.mark.anyio


def idempotency(connection: RedisConnection, longest: float = 60) -> RedisIdempotencyStore:
    """Make the store of one process."""
    return RedisIdempotencyStore(connection, ttl=60, longest=longest)


async def test_a_key_is_claimed_by_one_process_only(connection: RedisConnection) -> None:
    """Of 60 claims at once in three processes one succeeds."""
    stores = [idempotency(connection) for _ in range(3)]
    claims = [stores[number % 3].begin("key", "print") for number in range(60)]
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert [each for each in results if not isinstance(each, KeyInUse)] == [None]


async def test_a_result_is_returned_to_every_process(connection: RedisConnection) -> None:
    """Line breaks in it are kept."""
    first, second = idempotency(connection), idempotency(connection)
    assert await first.begin("key", "print") is None
    await first.finish("key", b'{"a":\n1}')
    assert await second.begin("key", "print") == b'{"a":\n1}'
    assert await first.begin("key", "print") == b'{"a":\n1}'


async def test_a_key_of_another_request_is_refused(connection: RedisConnection) -> None:
    """While the first request is running, and after it."""
    first, second = idempotency(connection), idempotency(connection)
    await first.begin("key", "print")
    with pytest.raises(KeyReused):
        await second.begin("key", "other")
    await first.finish("key", b"{}")
    with pytest.raises(KeyReused):
        await second.begin("key", "other")


async def test_a_released_key_can_be_claimed_again(connection: RedisConnection) -> None:
    """Nothing was applied."""
    first, second = idempotency(connection), idempotency(connection)
    await first.begin("key", "print")
    await first.abandon("key")
    assert await second.begin("key", "print") is None


async def test_the_claim_of_a_dead_process_is_never_released(connection: RedisConnection) -> None:
    """Until the longest mutation could have ended it is running; after that it was interrupted."""
    await idempotency(connection).begin("key", "print")
    with pytest.raises(KeyInUse):
        await idempotency(connection).begin("key", "print")
    await asyncio.sleep(0.05)
    for _ in range(2):
        with pytest.raises(KeyInterrupted):
            await idempotency(connection, longest=0.02).begin("key", "print")


async def test_a_claim_outlives_the_time_for_which_results_are_stored(
    connection: RedisConnection,
) -> None:
    """The mutation may still be running, so no other process may claim its key."""
    store = RedisIdempotencyStore(connection, ttl=1, longest=60)
    assert await store.begin("key", "print") is None
    await asyncio.sleep(1.1)
    with pytest.raises(KeyInUse):
        await store.begin("key", "print")


async def test_only_the_process_that_claimed_a_key_releases_it(
    connection: RedisConnection,
) -> None:
    """A claim that was lost and made again by another process stays."""
    first, second = idempotency(connection), idempotency(connection)
    await first.begin("key", "print")
    await connection.client.flushall()
    await second.begin("key", "print")
    await first.abandon("key")
    with pytest.raises(KeyInUse):
        await first.begin("key", "print")


async def test_a_claim_whose_answer_was_lost_is_released() -> None:
    """The mutation was refused, so that its key must not stay in use."""
    with RedisServer() as server:
        connection, other = connect(server.url), connect(server.url)
        await other.client.client_pause(1500)
        with pytest.raises(StoreUnavailable):
            await idempotency(connection).begin("key", "print")
        await asyncio.sleep(4)
        assert await idempotency(other).begin("key", "print") is None
        await connection.aclose()
        await other.aclose()


async def test_entries_that_redis_has_lost_are_stored_again(connection: RedisConnection) -> None:
    """Claims and results; until all processes have done so, no key can be claimed."""
    first, second = idempotency(connection), idempotency(connection)
    for store in (first, second):
        await store.check_entries("channel", 2)
    await connection.client.delete(*(await connection.client.keys("*:grace")))
    await first.begin("running", "print")
    await first.begin("finished", "print")
    await first.finish("finished", b"{}")
    await connection.client.flushall()
    with pytest.raises(StoreUnavailable):
        await second.begin("running", "print")
    await second.check_entries("channel", 2)
    await first.check_entries("channel", 2)
    with pytest.raises(StoreUnavailable):
        await second.begin("running", "print")
    await asyncio.sleep(1.6)
    with pytest.raises(KeyInUse):
        await second.begin("running", "print")
    assert await second.begin("finished", "print") == b"{}"


async def test_one_process_need_not_wait_for_others(connection: RedisConnection) -> None:
    store = idempotency(connection)
    await store.check_entries("channel", 1)
    assert await store.begin("key", "print") is None


async def test_a_full_redis_is_not_a_lost_one() -> None:
    """Nothing can be stored, and what is stored can be read; once there is room, all works."""
    with RedisServer() as server:
        connection = connect(server.url)
        store, documents = idempotency(connection), RedisDocumentStore(connection)
        await documents.set("hash", "{ a }")
        await connection.client.config_set("maxmemory", "1")
        assert not await connection.probe()
        assert not connection.is_available
        with pytest.raises(StoreUnavailable):
            await store.begin("key", "print")
        await connection.client.config_set("maxmemory", "0")
        await connection.try_to_write()
        assert await connection.probe()
        assert await store.begin("key", "print") is None
        await connection.aclose()


async def test_more_commands_than_connections_wait(connection: RedisConnection) -> None:
    """A burst does not make a Redis that responds count as failed."""
    store = idempotency(connection)
    claims = [store.begin(f"key {number}", "print") for number in range(400)]
    assert await asyncio.gather(*claims) == [None] * 400
    assert connection.is_available


async def test_the_names_and_values_hold_no_key_in_clear(connection: RedisConnection) -> None:
    """Redis does not see the callers' keys."""
    await idempotency(connection).begin("secret-key", "print")
    await RedisBuckets(connection, 10).take("secret-caller", 3)
    names: list[Any] = await connection.client.keys("*")
    assert len(names) == 2
    assert not [name for name in names if b"secret" in name]


async def test_documents_are_shared(connection: RedisConnection) -> None:
    """An unknown hash is None."""
    first, second = RedisDocumentStore(connection), RedisDocumentStore(connection)
    await first.set("hash", "{ é }")
    assert await second.get("hash") == "{ é }"
    assert await second.get("other") is None


async def test_processes_share_a_bucket(connection: RedisConnection) -> None:
    """The points of one caller are counted together; those of another one are not."""
    first, second = RedisBuckets(connection, 1000), RedisBuckets(connection, 1000)
    levels = [
        await first.take("caller", 400),
        await second.take("caller", 400),
        await first.take("caller", 400),
    ]
    assert [level.was_taken for level in levels] == [True, True, False]
    assert [level.remaining // 10 for level in levels] == [60, 20, 20]
    assert levels[2].seconds == 12
    assert (await second.take("other", 400)).remaining == 600


async def test_buckets_follow_the_arithmetic_of_those_in_memory(
    connection: RedisConnection,
) -> None:
    """With slack, force and debts; the clocks may differ by a point."""
    takes: list[dict[str, Any]] = [
        {"points": 50},
        {"points": 60},
        {"points": 60, "slack": 20},
        {"points": 500},
        {"points": 30, "force": True},
        {"points": 1},
    ]
    shared, own = RedisBuckets(connection, 100), MemoryBuckets(100)
    for number in range(2):
        for given in takes:
            level = await shared.take(f"caller {number}", **given)
            expected = await own.take(f"caller {number}", **given)
            assert level.was_taken is expected.was_taken
            assert abs(level.remaining - expected.remaining) <= 1
            assert abs(level.seconds - expected.seconds) <= 1


async def test_a_wait_is_redeemed_once(connection: RedisConnection) -> None:
    """By whichever process the caller reaches."""
    first, second = RedisBuckets(connection, 6_000), RedisBuckets(connection, 6_000)
    await first.take("caller", 6_000)
    assert not (await first.take("caller", 100)).was_taken
    assert not await second.redeem("caller")
    await asyncio.sleep(1.1)
    assert [await second.redeem("caller"), await first.redeem("caller")] == [True, False]


async def test_without_redis_no_read_fails_and_no_key_is_claimed() -> None:
    """Buckets are those of the process, documents are unknown, keys cannot be claimed."""
    connection = RedisConnection("redis://127.0.0.1:1/0")
    buckets = RedisBuckets(connection, 100)
    assert (await buckets.take("caller", 40)).remaining == 60
    assert (await buckets.take("caller", 40)).remaining == 20
    assert not await buckets.redeem("caller")
    documents = RedisDocumentStore(connection)
    await documents.set("hash", "{ a }")
    assert await documents.get("hash") is None
    with pytest.raises(StoreUnavailable):
        await idempotency(connection).begin("key", "print")
    assert not await connection.probe()


async def test_redis_is_used_again_when_it_is_back() -> None:
    """The connection of before is replaced."""
    with RedisServer() as server:
        connection = connect(server.url)
        store = idempotency(connection)
        assert await store.begin("one", "print") is None
        server.stop()
        with pytest.raises(StoreUnavailable):
            await store.begin("two", "print")
        await store.finish("one", b"{}")
        server.start()
        await wait_until_available(connection)
        assert await store.begin("two", "print") is None
        assert await connection.probe()
        await connection.aclose()


async def test_a_wrong_password_is_a_mistake_and_a_missing_redis_is_not() -> None:
    """The first ends the start of the gateway; the message does not contain the password."""
    with RedisServer(password="right") as server:
        wrong = connect(server.url.replace("right", "wr0ng"))
        with pytest.raises(Misconfigured) as caught:
            await wrong.check()
        assert "wr0ng" not in str(caught.value)
        await connect(server.url).check()
    await connect(server.url).check()


@pytest.mark.parametrize("end", ["abc/0", "1/0?unknown=1", "1/0?socket_timeout=abc"])
async def test_a_malformed_url_is_a_mistake(end: str) -> None:
    """Where it is found, at once or at the first command, depends on the part."""
    with pytest.raises(Misconfigured, match="GROUPGATE_REDIS_URL"):
        await RedisConnection(f"redis://127.0.0.1:{end}").check()


async def test_a_database_that_redis_does_not_have_is_a_mistake(server: RedisServer) -> None:
    with pytest.raises(Misconfigured, match="Redis responds: DB index is out of range"):
        await RedisConnection(server.url.replace("/0", "/99")).check()


async def test_another_service_at_the_url_is_a_mistake() -> None:
    async def respond(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with listening(respond) as other:
        with pytest.raises(Misconfigured, match="what responds there is no Redis"):
            await RedisConnection(f"redis://127.0.0.1:{port_of(other)}/0").check()


def test_forked_workers_make_different_tokens() -> None:
    """They have been the same process until then."""
    new_token()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, new_token().encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 24).decode() != new_token()
    for end in (reader, writer):
        os.close(end)
