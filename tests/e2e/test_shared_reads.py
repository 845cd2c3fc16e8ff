"""What requests share never reaches a mutation's checks, and keeps Dodo below its limits."""

import asyncio

import httpx
import pytest

from groupgate.app.settings import Settings
from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import open_gateway
from tests.e2e.ways import Troubled

pytestmark = pytest.mark.anyio

KEPT = Settings.model_construct()
RENAME = (
    'mutation ($id: ID!) { groupUpdate(id: $id, input: {name: "New"}) { userErrors { code } } }'
)


class Switch:
    """A way on which Axim answers, until it is told to fail."""

    def __init__(self) -> None:
        self.is_down = False

    def way(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """The way of one vendor."""
        return Troubled(self._trouble).way(sandbox)

    def _trouble(self, request: httpx.Request) -> httpx.Response | None:
        is_lost = self.is_down and request.url.path.startswith("/axim")
        return httpx.Response(503) if is_lost else None


async def test_a_mutation_checks_nothing_against_what_is_remembered() -> None:
    """Its reads ask the vendor, and fail with it."""
    switch = Switch()
    async with open_gateway(way=switch.way, upstream=KEPT) as gateway:
        found = await gateway.data(
            "{ provider(key: AXIM) { productCollections { nodes {"
            " groups(first: 1) { nodes { id } } } } } }"
        )
        (collection,) = found["provider"]["productCollections"]["nodes"]
        switch.is_down = True
        answer = await gateway.ask(RENAME, id=collection["groups"]["nodes"][0]["id"])
        assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
        assert "stale" not in answer.get("extensions", {})


async def test_a_change_is_seen_by_the_next_request() -> None:
    """Also within the time that answers stand."""
    async with open_gateway(upstream=KEPT) as gateway:
        ids = "{ provider(key: AXIM) { productCollections { nodes { groups(first: 1) {"
        query = ids + " nodes { id name } } } } } }"
        (collection,) = (await gateway.data(query))["provider"]["productCollections"]["nodes"]
        (group,) = collection["groups"]["nodes"]
        changed = await gateway.data(RENAME, id=group["id"])
        assert changed == {"groupUpdate": {"userErrors": []}}
        (collection,) = (await gateway.data(query))["provider"]["productCollections"]["nodes"]
        assert collection["groups"]["nodes"] == [{"id": group["id"], "name": "New"}]


async def test_a_hundred_readers_do_not_exceed_dodos_limits() -> None:
    """They share what can be shared, and the vendor counts no call over its limit."""
    sandbox = Sandbox()
    query = "{ provider(key: DODO) { productCollections(first: 5) { nodes { name groups {"
    query += " nodes { name products(first: 5) { nodes { name } } } } } } } }"
    async with open_gateway(sandbox, upstream=KEPT) as gateway:
        answers = await asyncio.gather(*(gateway.data(query) for _ in range(100)))
    assert len({str(answer) for answer in answers}) == 1
    assert (len(sandbox.dodo.calls), sandbox.dodo.throttled) == (6, 0)
