"""Redis in trouble under load: no read fails, nothing is written twice, and it is used again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.schema.ids import encode_id
from tests.app.redis.deployment import Deployment, Replica, deployed
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

COLLECTION = encode_id(CollectionRef(provider=ProviderKey.AXIM))
CREATE = """
mutation ($id: ID!, $name: String!) {
  groupCreate(collectionId: $id, input: { name: $name }) { group { name } userErrors { code } }
}
"""
READ = "query ($sku: String!) { provider(key: AXIM) { productBySku(sku: $sku) { id } } }"

BACK_WITHIN: Final = 5.0


@dataclass
class Load:
    """Clients that read all the time, and that create groups, each with a key of its own."""

    deployment: Deployment
    failed: list[object] = field(default_factory=list)
    reads: int = 0
    longest: float = 0
    created: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    is_over: bool = False

    async def read_always(self, replica: Replica, own: int) -> None:
        """Read, from the cache and from the vendor in turn."""
        loop, number = asyncio.get_running_loop(), 0
        while not self.is_over:
            number += 1
            started = loop.time()
            sku = f"{own} {number}" if number % 10 == 0 else "same"
            response = await replica.execute(READ, sku=sku)
            self.longest = max(self.longest, loop.time() - started)
            self.reads += 1
            if response.status_code != httpx.codes.OK or "errors" in response.json():
                self.failed.append(response.text)
            await asyncio.sleep(0.01)

    async def create_always(self) -> None:
        """Create groups; each is sent to one process after another until it is answered."""
        while not self.is_over:
            await self.create_once(f"g{uuid4().hex[:8]}")

    async def create_once(self, name: str) -> None:
        """Send two equal mutations at once, and again until one is answered."""
        self.tried.add(name)
        replicas = self.deployment.replicas
        for attempt in range(1000):
            answers = await asyncio.gather(
                *(
                    replicas[(attempt + each) % 3].execute(
                        CREATE, key=name, id=COLLECTION, name=name
                    )
                    for each in range(2)
                )
            )
            for answer in answers:
                assert answer.status_code in {200, 409, 503}, answer.text
                if answer.status_code == httpx.codes.OK:
                    assert "errors" not in answer.json(), answer.text
                    assert answer.json()["data"]["groupCreate"]["group"] == {"name": name}
                    self.created.add(name)
            if name in self.created:
                return
            await asyncio.sleep(0.05)

    def written(self) -> Counter[str]:
        """Return how many groups the vendor has of each name that was sent."""
        groups = self.deployment.vendor.sandbox.axim.snapshot()["groups"]
        return Counter(group["name"] for group in groups if group["name"] in self.tried)


async def wait_for_store(replica: Replica) -> None:
    """Wait until a process reports that its store is well."""
    for _ in range(600):
        if (await replica.http.get("/readyz")).json()["store"] == "ok":
            return
        await asyncio.sleep(0.05)


async def wait_until_back(load: Load) -> float:
    """Wait until all processes use Redis and create a group; return the seconds that it took."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(30):
        for replica in load.deployment.replicas:
            await wait_for_store(replica)
        await load.create_once(f"b{uuid4().hex[:8]}")
    return loop.time() - started


async def execute(redis: Any, *words: str) -> None:
    """Execute a command that the client has no method for."""
    await redis.execute_command(*words)


async def sleep(_server: RedisServer, redis: Redis) -> None:
    with suppress(RedisError):
        await execute(redis, "DEBUG", "SLEEP", "2")


async def pause(_server: RedisServer, redis: Redis) -> None:
    await execute(redis, "CLIENT", "PAUSE", "2000", "ALL")
    await asyncio.sleep(2)


async def fill(_server: RedisServer, redis: Redis) -> None:
    await redis.config_set("maxmemory", "1")
    await asyncio.sleep(2)
    await redis.config_set("maxmemory", "0")


async def make_read_only(_server: RedisServer, redis: Redis) -> None:
    await execute(redis, "REPLICAOF", "127.0.0.1", "1")
    await asyncio.sleep(2)
    await execute(redis, "REPLICAOF", "NO", "ONE")


async def flush(_server: RedisServer, redis: Redis) -> None:
    await redis.flushall()


async def kill(server: RedisServer, _redis: Redis) -> None:
    server.stop()
    await asyncio.sleep(1)
    server.start()


Trouble = Callable[[RedisServer, Redis], Awaitable[Any]]
TROUBLES: Final[list[Trouble]] = [sleep, pause, fill, make_read_only, flush, kill]


async def test_no_read_fails_and_nothing_is_written_twice(tmp_path: Path) -> None:
    """In every kind of trouble, one after another, under load; each is over within five seconds."""
    with RedisServer() as server:
        async with (
            deployed(tmp_path, server.url, cache_ttl="0.2", log_level="error") as deployment,
            Redis.from_url(server.url, socket_timeout=10) as redis,
        ):
            deployment.vendor.latency = 0.02
            load = Load(deployment)
            clients = [
                asyncio.create_task(load.read_always(replica, own))
                for own, replica in enumerate(deployment.replicas * 2)
            ]
            clients += [asyncio.create_task(load.create_always()) for _ in range(3)]
            for trouble in TROUBLES:
                await asyncio.sleep(0.7)
                await trouble(server, redis)
                seconds = await wait_until_back(load)
                assert seconds < BACK_WITHIN, trouble
                assert load.failed == [], trouble
                assert [name for name, times in load.written().items() if times > 1] == [], trouble
            load.is_over = True
            await asyncio.gather(*clients)
    assert load.failed == []
    assert load.written() == dict.fromkeys(load.tried, 1)
    assert load.longest < BACK_WITHIN
