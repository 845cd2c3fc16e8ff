"""The read cache across requests, stale results, and the age that a response reports."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.app.settings import Settings
from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.transports import FaultyVendors

pytestmark = pytest.mark.anyio

QUERY = "{ provider(key: AXIM) { products(first: 1) { nodes { name } } } }"


class FailingVendors(FaultyVendors):
    """Vendors that all respond with `response` while it is set."""

    def __init__(self) -> None:
        super().__init__(lambda _: self.response)
        self.response: httpx.Response | None = None


@asynccontextmanager
async def open_with(**given: Any) -> AsyncIterator[tuple[Gateway, FailingVendors]]:
    """Open a gateway with these settings over vendors that can fail."""
    vendors = FailingVendors()
    settings = Settings.model_construct(**given)
    async with open_gateway(
        settings=settings, transport=vendors.transport, upstream=settings
    ) as gateway:
        yield gateway, vendors


async def send(gateway: Gateway, **headers: str) -> httpx.Response:
    """Send the query of this module with these headers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.post("/graphql", json={"query": QUERY}, headers=given)


async def test_a_cached_result_serves_the_next_request() -> None:
    """Within the TTL the vendor is called once, and the second response has an age."""
    async with open_with() as (gateway, _):
        first = await send(gateway)
        second = await send(gateway, groupgate_explain="1")
        assert gateway.call_counts() == {"AXIM": 1}
        assert "age" not in first.headers
        assert second.headers["age"] == "0"
        assert second.json()["data"] == first.json()["data"]
        assert second.json()["extensions"]["cost"]["spent"] == {"upstreamCalls": 0, "cacheHits": 1}


async def test_a_client_can_bypass_the_cache() -> None:
    """A request with `Cache-Control: no-cache` calls the vendor."""
    async with open_with() as (gateway, _):
        await send(gateway)
        response = await send(gateway, cache_control="max-age=0, No-Cache")
        assert gateway.call_counts() == {"AXIM": 2}
        assert "age" not in response.headers


async def test_the_cache_can_be_turned_off() -> None:
    """With a TTL of 0 every request calls the vendor."""
    async with open_with(cache_ttl=0) as (gateway, _):
        for _ in range(3):
            await send(gateway)
        assert gateway.call_counts() == {"AXIM": 3}


async def test_the_last_cached_result_is_served_while_a_vendor_fails() -> None:
    """The response has no error, but `extensions.stale` and an age."""
    async with open_with(cache_ttl=0) as (gateway, vendors):
        fresh = await send(gateway)
        vendors.response = httpx.Response(503)
        with capture_logs() as log:
            stale = await send(gateway)
        assert stale.json() == {
            "data": fresh.json()["data"],
            "extensions": {
                "stale": [{"provider": "AXIM", "ageSeconds": 0, "reason": "UPSTREAM_UNAVAILABLE"}]
            },
        }
        assert stale.headers["age"] == "0"
    (entry,) = [entry for entry in log if entry["event"] == "stale_served"]
    assert (entry["provider"], entry["error"], entry["age_seconds"]) == ("AXIM", "Unavailable", 0)


@pytest.mark.parametrize(
    ("given", "headers", "status", "code"),
    [
        ({"cache_stale_if_error": 0}, {}, 503, "UPSTREAM_UNAVAILABLE"),
        ({}, {"cache_control": "no-cache"}, 503, "UPSTREAM_UNAVAILABLE"),
        ({}, {}, 401, "UPSTREAM_DENIED"),
    ],
)
async def test_stale_results_are_not_served_where_they_are_not_allowed(
    given: dict[str, Any], headers: dict[str, str], status: int, code: str
) -> None:
    """Not if they are turned off, not with `no-cache`, and not if the vendor refuses the key."""
    async with open_with(cache_ttl=0, **given) as (gateway, vendors):
        await send(gateway)
        vendors.response = httpx.Response(status)
        (error,) = (await send(gateway, **headers)).json()["errors"]
        assert error["extensions"]["code"] == code
