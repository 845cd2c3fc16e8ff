"""Three processes do once what they are all asked for: a read, and a write with one key."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from redis.asyncio import Redis

from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Receive, Scope, Send
from groupgate.schema.ids import encode_id
from tests.app.redis.deployment import FULL_LENGTH, START_SECONDS, Deployment, Replica, deployed
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

COLLECTION: Final = encode_id(CollectionRef(provider=ProviderKey.AXIM))
READ: Final = "query ($sku: String!) { provider(key: AXIM) { productBySku(sku: $sku) { id } } }"
HIT: Final = re.compile(
    r'^groupgate_response_cache_lookups_total{result="hit"} [1-9]', re.MULTILINE
)
CREATE: Final = """
mutation ($id: ID!) {
  groupCreate(collectionId: $id, input: { name: "Once" }) { group { name } }
}
"""


async def create(replica: Replica, key: str = "one key") -> httpx.Response:
    return await replica.execute(CREATE, key=key, id=COLLECTION)


def writes(sandbox: Sandbox) -> int:
    return len([method for method, _, _ in sandbox.axim.calls if method != "GET"])


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run all tests of this module in one event loop, as they share the processes."""
    return "asyncio"


@pytest.fixture(scope="module")
async def deployment(
    server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """Run three processes that take Redis for slow after ten seconds only.

    Without Redis each process reads itself; the tests count the reads also on a busy machine.
    """
    folder = tmp_path_factory.mktemp("once")
    async with deployed(
        folder, server.url, cache_ttl="60", redis_timeout="10", deadline="60"
    ) as running:
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*map(wait_for_lease, running.replicas))
        yield running


async def wait_for_lease(replica: Replica) -> None:
    """Wait until a process answers from memory; before, it makes each read itself.

    A busy machine may take longer than the gateway waits for this at its start.
    """
    while not HIT.search((await replica.http.get("/metrics")).text):
        await replica.data(READ, sku="first")


async def read_all(deployment: Deployment, skus: list[str]) -> int:
    """Read products at once, through the processes in turn; return the reads of the vendor."""
    replicas, before = deployment.replicas, deployment.vendor.reads

    async def read(number: int, sku: str) -> dict[str, Any]:
        return await replicas[number % len(replicas)].data(READ, sku=sku)

    await asyncio.gather(*(read(number, sku) for number, sku in enumerate(skus)))
    return deployment.vendor.reads - before


async def test_1000_equal_reads_are_one_call_and_50_different_ones_are_50(
    deployment: Deployment,
) -> None:
    deployment.vendor.latency = 0.2
    assert await read_all(deployment, ["same"] * 1000) == 1
    assert await read_all(deployment, [f"sku {number}" for number in range(50)] * 3) == 50


async def test_60_at_once_to_three_processes_write_once(deployment: Deployment) -> None:
    """Every answer is that of the one write, or that it is running."""
    deployment.vendor.latency = 0.1
    replicas = deployment.replicas
    answers = await asyncio.gather(*(create(replicas[each % 3]) for each in range(60)))
    bodies = {answer.text for answer in answers if answer.status_code == httpx.codes.OK}
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len(bodies) == 1
    for replica in replicas:
        assert (await create(replica)).text in bodies
    assert writes(deployment.vendor.sandbox) == 1


class HoldingSandbox(Sandbox):
    """Applies a write, and holds the response back."""

    def __init__(self) -> None:
        super().__init__(unlimited=True)
        self.applied = asyncio.Event()
        self.released = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def hold(message: Any) -> None:
            if scope["method"] != "GET":
                self.applied.set()
                await self.released.wait()
            await send(message)

        await super().__call__(scope, receive, hold)


async def let_pass(server: RedisServer, seconds: float) -> None:
    """Wait; or make all claims in Redis as old as if this time had passed."""
    if FULL_LENGTH:
        await asyncio.sleep(seconds)
        return
    async with Redis.from_url(server.url) as redis:
        for name in await redis.keys("groupgate:idempotency:*"):
            await redis.pexpire(name, await redis.pttl(name) - int(seconds * 1000))


async def test_the_write_of_a_killed_process_is_never_repeated(
    server: RedisServer, tmp_path: Path
) -> None:
    """The others say that it is running, and later that nobody knows what became of it."""
    sandbox = HoldingSandbox()
    async with deployed(tmp_path, server.url, 3, sandbox, deadline="1") as deployment:
        killed, *others = deployment.replicas
        running = asyncio.create_task(create(killed, "another"))
        await sandbox.applied.wait()
        killed.process.send_signal(signal.SIGKILL)
        with pytest.raises(httpx.TransportError):
            await running
        answers = [await create(replica, "another") for replica in others]
        assert [answer.status_code for answer in answers] == [409, 409]
        await let_pass(server, 36.5)  # the longest write: deadline, call and margin
        for replica in others * 2:
            error = (await create(replica, "another")).json()["errors"][0]
            assert error["extensions"]["outcome"] == "UNKNOWN"
            assert "interrupted" in error["message"]
        assert writes(sandbox) == 1
        sandbox.released.set()
