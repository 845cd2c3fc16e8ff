"""The memory for all request bodies: which are refused, and when it is free again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest

from groupgate.app.protocol.requests import FREE_BYTES
from tests.app.gateway import gateway_client, only_error

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
QUERY = json.dumps({"query": "{ __typename }"}).encode()
LARGE = QUERY + b" " * (2 * FREE_BYTES - len(QUERY))
"""Holds FREE_BYTES of the memory."""


class SlowBody:
    """A body whose last byte is sent when it is released."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.is_waiting, self.release = asyncio.Event(), asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[:-1]
        self.is_waiting.set()
        await self.release.wait()
        yield self._body[-1:]


async def test_a_body_that_does_not_fit_is_refused_and_small_ones_are_served() -> None:
    async with gateway_client(max_bodies_bytes=FREE_BYTES) as client:
        slow = SlowBody(LARGE)
        first = asyncio.create_task(client.post("/graphql", content=slow, headers=JSON))
        await slow.is_waiting.wait()
        refused = await client.post("/graphql", content=LARGE, headers=JSON)
        small = await client.post("/graphql", content=QUERY, headers=JSON)
        slow.release.set()
        served = await first
        afterwards = await client.post("/graphql", content=LARGE, headers=JSON)
    assert only_error(refused) == (
        503,
        "OVERLOADED",
        "The gateway is reading too many bodies. Retry in 1 s.",
    )
    assert (refused.headers["retry-after"], refused.headers["connection"]) == ("1", "close")
    assert [one.status_code for one in (small, served, afterwards)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("spoil", "status"),
    [(lambda body: body[1:], 400), (lambda body: body + b" " * 1_048_576, 413)],
)
async def test_a_refused_body_gives_its_memory_back(
    spoil: Callable[[bytes], bytes], status: int
) -> None:
    async with gateway_client(max_bodies_bytes=FREE_BYTES) as client:
        for _ in range(3):
            response = await client.post("/graphql", content=spoil(LARGE), headers=JSON)
            assert response.status_code == status
        assert (await client.post("/graphql", content=LARGE, headers=JSON)).status_code == 200
