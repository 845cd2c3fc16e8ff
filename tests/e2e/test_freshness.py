"""What is remembered between requests, what is not, and how old an answer says that it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox

pytestmark = pytest.mark.anyio

QUERY = "{ provider(key: AXIM) { products(first: 1) { nodes { name } } } }"


class Road(httpx.ASGITransport):
    """The way to the vendors; broken while `answer` is set."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(app=sandbox)
        self.answer: httpx.Response | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.answer or await super().handle_async_request(request)


@asynccontextmanager
async def opened(**given: Any) -> AsyncIterator[tuple[httpx.AsyncClient, Sandbox, Road]]:
    """A gateway with these settings, its vendors, and the way to them."""
    sandbox = Sandbox(unlimited=True)
    road = Road(sandbox)
    settings = Settings.model_construct(**given)
    vendors = connect(sandbox.environment("http://sandbox"), lambda: road, settings=settings)
    transport = httpx.ASGITransport(app=create_app(vendors, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client, sandbox, road


async def ask(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """Ask the one question of this module."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post("/graphql", json={"query": QUERY}, headers=given)


async def test_an_answer_stands_for_the_next_request_too() -> None:
    """Within the TTL the vendor is asked once; the second answer says that it has an age."""
    async with opened() as (client, sandbox, _):
        first = await ask(client)
        second = await ask(client, groupgate_explain="1")
        assert len(sandbox.axim.calls) == 1
        assert "age" not in first.headers
        assert second.headers["age"] == "0"
        assert second.json()["data"] == first.json()["data"]
        assert second.json()["extensions"]["cost"]["spent"] == {"upstreamCalls": 0, "cacheHits": 1}


async def test_a_client_can_ask_for_what_the_vendor_says_now() -> None:
    """`Cache-Control: no-cache` goes to the vendor."""
    async with opened() as (client, sandbox, _):
        await ask(client)
        answer = await ask(client, cache_control="max-age=0, No-Cache")
        assert len(sandbox.axim.calls) == 2
        assert "age" not in answer.headers


async def test_the_cache_can_be_turned_off() -> None:
    """With a TTL of 0 every request asks."""
    async with opened(cache_ttl=0) as (client, sandbox, _):
        for _ in range(3):
            await ask(client)
        assert len(sandbox.axim.calls) == 3


async def test_a_vendor_that_fails_is_shown_as_it_was_last_known() -> None:
    """Without an error beside it, but saying so."""
    async with opened(cache_ttl=0) as (client, _, road):
        fresh = await ask(client)
        road.answer = httpx.Response(503)
        with capture_logs() as lines:
            stale = await ask(client)
        assert stale.json() == {
            "data": fresh.json()["data"],
            "extensions": {
                "stale": [{"provider": "AXIM", "ageSeconds": 0, "reason": "UPSTREAM_UNAVAILABLE"}]
            },
        }
        assert stale.headers["age"] == "0"
    (line,) = [line for line in lines if line["event"] == "stale_served"]
    assert (line["provider"], line["error"], line["age_seconds"]) == ("AXIM", "Unavailable", 0)


@pytest.mark.parametrize(
    ("given", "headers", "status", "code"),
    [
        ({"cache_stale_if_error": 0}, {}, 503, "UPSTREAM_UNAVAILABLE"),
        ({}, {"cache_control": "no-cache"}, 503, "UPSTREAM_UNAVAILABLE"),
        ({}, {}, 401, "UPSTREAM_DENIED"),
    ],
)
async def test_stale_answers_stand_only_where_they_may(
    given: dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    """Not if they are off, not for a client that wants fresh ones, not if our key is refused."""
    async with opened(cache_ttl=0, **given) as (client, _, road):
        await ask(client)
        road.answer = httpx.Response(status)
        (error,) = (await ask(client, **headers)).json()["errors"]
        assert error["extensions"]["code"] == code
