"""After the answer to a write through one process, no process answers with older data."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from groupgate.domain.refs import GroupRef, ProviderKey
from groupgate.request import now
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.app.redis.deployment import FULL_LENGTH, Deployment, Replica, SlowVendor, deployed
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

RANDOM: Final = SystemRandom()

ROUNDS: Final = 2_000 if FULL_LENGTH else 120

READS: Final = (
    "query ($id: ID!) { group(id: $id) { name revision } }",
    "query ($id: ID!) { node(id: $id) { ... on Group { name revision } } }",
)
"""Two queries: the second one is seldom answered from the query cache, but from the read cache."""

WRITE: Final = """
mutation ($id: ID!, $name: String!) {
  groupUpdate(id: $id, input: { name: $name }) { group { name revision } userErrors { code } }
}
"""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run all tests of this module in one event loop, as they share the processes."""
    return "asyncio"


@pytest.fixture(scope="module")
async def deployment(
    server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """Run three processes that use what they have read for a minute."""
    folder = tmp_path_factory.mktemp("coherence")
    async with deployed(folder, server.url, cache_ttl="60") as running:
        yield running


def first_group(sandbox: Sandbox) -> str:
    """Return the id of a group at Axim."""
    native = sandbox.axim.snapshot()["groups"][0]["id"]
    return encode_id(GroupRef(provider=ProviderKey.AXIM, native_id=native))


@dataclass
class Rounds:
    """Writes rising numbers as the group's name, and counts reads that return an older one."""

    group: str
    written: int
    """The number whose write has been answered."""
    old: list[tuple[int, int]] = field(default_factory=list)
    reads: int = 0
    stale: int = 0
    refused: int = 0
    revisions: dict[int, set[str]] = field(default_factory=dict)

    async def write(self, replica: Replica) -> None:
        """Write the next number."""
        number = self.written + 1
        body = (await replica.execute(WRITE, id=self.group, name=str(number))).json()
        if body.get("errors"):
            return  # the vendor has failed; the next round writes the same number again
        payload = body["data"]["groupUpdate"]
        assert payload["group"]["name"] == str(number), payload
        self.revisions.setdefault(number, set()).add(payload["group"]["revision"])
        self.written = number

    async def read(self, replica: Replica) -> None:
        """Read the number and compare it with the last one that was answered before."""
        known = self.written
        body = (await replica.execute(RANDOM.choice(READS), id=self.group)).json()
        if body.get("errors"):
            self.refused += 1
            return
        row = body["data"].get("group") or body["data"]["node"]
        number = int(row["name"])
        self.reads += 1
        self.stale += "stale" in body.get("extensions", {})
        if number < known:
            self.old.append((number, known))
        self.revisions.setdefault(number, set()).add(row["revision"])

    async def read_always(self, replica: Replica) -> None:
        """Read again and again, so that the caches are never empty."""
        while True:
            await asyncio.sleep(RANDOM.uniform(0, 0.02))
            await self.read(replica)

    async def write_always(self, deployment: Deployment, rounds: int, pause: float) -> None:
        """Write through random processes, and read through all of them at once after each write."""
        for _ in range(rounds):
            await asyncio.sleep(RANDOM.uniform(0, pause))
            await self.write(RANDOM.choice(deployment.replicas))
            await asyncio.gather(*(self.read(each) for each in deployment.replicas))


async def begin(deployment: Deployment) -> Rounds:
    """Write the first number, which is larger than those of other tests."""
    state = Rounds(first_group(deployment.vendor.sandbox), int(now() * 1000))
    await state.write(deployment.replicas[0])
    return state


async def run(deployment: Deployment, rounds: int, pause: float = 0.02) -> Rounds:
    """Write, while all processes are read all the time; return what was seen."""
    state = await begin(deployment)
    readers = [asyncio.create_task(state.read_always(each)) for each in deployment.replicas]
    await state.write_always(deployment, rounds, pause)
    assert not any(reader.done() for reader in readers)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert state.old == []
    assert [number for number, seen in state.revisions.items() if len(seen) != 1] == []
    return state


async def test_no_process_returns_older_data_than_the_last_write(deployment: Deployment) -> None:
    """Neither old rows nor old revisions, while most reads are answered from memory."""
    before, deployment.vendor.latency = deployment.vendor.reads, 0.01
    state = await run(deployment, ROUNDS)
    deployment.vendor.latency = 0
    assert state.refused == 0
    assert len(state.revisions) == ROUNDS + 1
    assert deployment.vendor.reads - before < state.reads


async def test_nor_does_a_process_whose_vendor_fails(server: RedisServer, tmp_path: Path) -> None:
    """Stale answers are served between the writes, and none of them is older than a write."""

    async def fail_at_times(vendor: SlowVendor) -> None:
        while True:
            await asyncio.sleep(RANDOM.uniform(0.1, 0.5))
            vendor.is_failing = True
            await asyncio.sleep(RANDOM.uniform(0.02, 0.1))
            vendor.is_failing = False

    async with deployed(tmp_path, server.url, cache_ttl="0.02") as deployment:
        failing = asyncio.create_task(fail_at_times(deployment.vendor))
        state = await run(deployment, ROUNDS // 6, pause=0.2)
        failing.cancel()
        assert state.stale > 0


async def test_a_process_that_was_stopped_has_no_older_data(deployment: Deployment) -> None:
    """The writer waits until the lease of the stopped process has ended."""
    first, _, stopped = deployment.replicas
    state = await begin(deployment)
    for replica in deployment.replicas:
        await state.read(replica)
    stopped.process.send_signal(signal.SIGSTOP)
    await state.write(first)
    stopped.process.send_signal(signal.SIGCONT)
    await state.read(stopped)
    assert (state.old, state.reads, len(state.revisions)) == ([], 4, 2)


@pytest.mark.parametrize("seconds", [0.5, 3])
async def test_a_redis_that_was_stopped_hides_no_write(
    server: RedisServer, deployment: Deployment, seconds: float
) -> None:
    """Whether it continues before the leases end or after."""
    loop, state = asyncio.get_running_loop(), await begin(deployment)
    readers = [asyncio.create_task(state.read_always(each)) for each in deployment.replicas]
    for replica in deployment.replicas:
        await asyncio.sleep(RANDOM.uniform(0, 0.5))
        server.send_signal(signal.SIGSTOP)
        waking = loop.call_later(seconds, server.send_signal, signal.SIGCONT)
        await state.write(replica)
        await asyncio.gather(*(state.read(each) for each in deployment.replicas))
        await asyncio.sleep(max(0, waking.when() - loop.time()))
        await asyncio.gather(*(state.read(each) for each in deployment.replicas))
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    assert (state.old, len(state.revisions), state.refused) == ([], 4, 0)


async def test_a_replica_that_accepts_no_writes_hides_no_write(
    server: RedisServer, deployment: Deployment
) -> None:
    """Redis publishes notices, but cannot drop what the processes share."""
    state = await begin(deployment)
    async with Redis.from_url(server.url) as redis:
        client: Any = redis
        for replica in deployment.replicas:
            await asyncio.gather(*(state.read(each) for each in deployment.replicas))
            await client.execute_command("REPLICAOF", "127.0.0.1", "1")
            await state.write(replica)
            await asyncio.gather(*(state.read(each) for each in deployment.replicas))
            await client.execute_command("REPLICAOF", "NO", "ONE")
            await asyncio.gather(*(state.read(each) for each in deployment.replicas))
    assert (state.old, len(state.revisions), state.refused) == ([], 4, 0)
