"""Mutations do not use shared reads; shared reads keep Dodo below its rate limits."""

import asyncio

import httpx
import pytest

from groupgate.app.settings import Settings
from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import open_gateway
from tests.e2e.transports import FaultyVendors

pytestmark = pytest.mark.anyio

CACHED = Settings.model_construct()
RENAME = (
    'mutation ($id: ID!) { groupUpdate(id: $id, input: {name: "New"}) { userErrors { code } } }'
)


class FailingAxim(FaultyVendors):
    """Vendors of which Axim fails while `is_down` is set."""

    def __init__(self) -> None:
        super().__init__(self._fail)
        self.is_down = False

    def _fail(self, request: httpx.Request) -> httpx.Response | None:
        is_failing = self.is_down and request.url.path.startswith("/axim")
        return httpx.Response(503) if is_failing else None


async def test_a_mutation_does_not_check_against_cached_reads() -> None:
    """The mutation's reads call the vendor and fail with it."""
    vendors = FailingAxim()
    async with open_gateway(transport=vendors.transport, upstream=CACHED) as gateway:
        data = await gateway.data(
            "{ provider(key: AXIM) { productCollections { nodes {"
            " groups(first: 1) { nodes { id } } } } } }"
        )
        (collection,) = data["provider"]["productCollections"]["nodes"]
        vendors.is_down = True
        response = await gateway.execute(RENAME, id=collection["groups"]["nodes"][0]["id"])
        assert response["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
        assert "stale" not in response.get("extensions", {})


async def test_the_next_request_sees_a_change() -> None:
    """Also within the TTL of the cached read."""
    async with open_gateway(upstream=CACHED) as gateway:
        ids = "{ provider(key: AXIM) { productCollections { nodes { groups(first: 1) {"
        query = ids + " nodes { id name } } } } } }"
        (collection,) = (await gateway.data(query))["provider"]["productCollections"]["nodes"]
        (group,) = collection["groups"]["nodes"]
        changed = await gateway.data(RENAME, id=group["id"])
        assert changed == {"groupUpdate": {"userErrors": []}}
        (collection,) = (await gateway.data(query))["provider"]["productCollections"]["nodes"]
        assert collection["groups"]["nodes"] == [{"id": group["id"], "name": "New"}]


async def test_a_hundred_clients_stay_below_dodos_rate_limits() -> None:
    """They share calls, and the simulator counts no call over its limit."""
    sandbox = Sandbox()
    query = "{ provider(key: DODO) { productCollections(first: 5) { nodes { name groups {"
    query += " nodes { name products(first: 5) { nodes { name } } } } } } } }"
    async with open_gateway(sandbox, upstream=CACHED) as gateway:
        responses = await asyncio.gather(*(gateway.data(query) for _ in range(100)))
    assert len({str(response) for response in responses}) == 1
    assert (len(sandbox.dodo.calls), sandbox.dodo.throttled) == (6, 0)
