"""One `Idempotency-Key` sent to three processes is one write, also if one of them is killed."""

import asyncio
import signal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Receive, Scope, Send
from groupgate.schema.ids import encode_id
from tests.app.redis.deployment import Replica, deployed
from tests.app.redis.server import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

COLLECTION: Final = encode_id(CollectionRef(provider=ProviderKey.AXIM))
CREATE: Final = """
mutation ($id: ID!) {
  groupCreate(collectionId: $id, input: { name: "Once" }) { group { name } }
}
"""


async def create(replica: Replica, key: str = "one key") -> httpx.Response:
    return await replica.execute(CREATE, key=key, id=COLLECTION)


def writes(sandbox: Sandbox) -> int:
    return len([method for method, _, _ in sandbox.axim.calls if method != "GET"])


async def test_60_at_once_to_three_processes_write_once(
    server: RedisServer, tmp_path: Path
) -> None:
    """Every answer is that of the one write, or that it is running."""
    async with deployed(tmp_path, server.url) as deployment:
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
        await asyncio.sleep(36.5)  # the longest write: deadline, call and margin
        for replica in others * 2:
            error = (await create(replica, "another")).json()["errors"][0]
            assert error["extensions"]["outcome"] == "UNKNOWN"
            assert "interrupted" in error["message"]
        assert writes(sandbox) == 1
        sandbox.released.set()
