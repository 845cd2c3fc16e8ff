"""Two gateways over one sandbox and one Redis, as two processes of one deployment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from groupgate.app.settings import Settings
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.app.redis.server import RedisServer
from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio

COLLECTION = encode_id(CollectionRef(provider=ProviderKey.AXIM))
CREATE = """
mutation ($id: ID!) {
  groupCreate(collectionId: $id, input: { name: "Once" }) { group { name } }
}
"""


@asynccontextmanager
async def open_two(url: str, **given: Any) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """Open two gateways that share the sandbox and the Redis at this URL."""
    sandbox = Sandbox(unlimited=True)
    async with AsyncExitStack() as stack:
        settings = Settings.model_construct(redis_url=url, redis_timeout=2, **given)
        first, second = [
            await stack.enter_async_context(open_gateway(sandbox, settings)) for _ in range(2)
        ]
        yield first, second


async def create(gateway: Gateway, key: str | None = "one key") -> httpx.Response:
    """Send the mutation with an Idempotency-Key."""
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"query": CREATE, "variables": {"id": COLLECTION}}
    return await gateway.http.post("/graphql", json=body, headers=headers)


def writes(gateway: Gateway) -> int:
    """Return how many writes the shared sandbox has received."""
    return len([method for method, _, _ in gateway.sandbox.axim.calls if method != "GET"])


async def test_a_key_that_is_sent_to_both_creates_once(server: RedisServer) -> None:
    """The second gateway returns the first one's result."""
    async with open_two(server.url) as (first, second):
        created = await create(first)
        replayed = await create(second)
        assert writes(first) == 1
    assert created.json()["data"]["groupCreate"]["group"] == {"name": "Once"}
    assert replayed.json() == created.json()
    assert replayed.headers["idempotency-replayed"] == "true"


async def test_60_equal_mutations_at_once_write_once(server: RedisServer) -> None:
    """All others are told that the first is running, or receive its result."""
    async with open_two(server.url) as gateways:
        answers = await asyncio.gather(
            *(create(gateways[number % 2], "many") for number in range(60))
        )
        assert writes(gateways[0]) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    bodies = [answer.content for answer in answers if answer.status_code == 200]
    assert len(set(bodies)) == 1


async def test_without_redis_only_mutations_with_a_key_are_refused() -> None:
    """Reads and other mutations go through, and the gateway stays ready."""
    async with open_two("redis://127.0.0.1:1/0") as (gateway, _):
        refused = await create(gateway)
        assert writes(gateway) == 0
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["errors"][0]["extensions"]["code"] == "STORE_UNAVAILABLE"
        assert (await create(gateway, None)).status_code == 200
        assert writes(gateway) == 1
        assert await gateway.data("{ provider(key: AXIM) { products(first: 1) { totalCount } } }")
        ready = await gateway.http.get("/readyz")
        assert (ready.status_code, ready.json()["store"]) == (200, "degraded")


async def test_a_ready_gateway_reports_its_store(server: RedisServer) -> None:
    """Without a shared store there is nothing to report."""
    async with open_two(server.url) as (gateway, _), open_gateway() as alone:
        assert (await gateway.http.get("/readyz")).json()["store"] == "ok"
        assert "store" not in (await alone.http.get("/readyz")).json()
