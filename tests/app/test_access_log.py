"""`GROUPGATE_ACCESS_LOG`: one line for each request to /graphql."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from groupgate.sandbox import simulator
from tests.app.metrics.scraped import Scraped, scraped

pytestmark = pytest.mark.anyio

GROUPS = "query Shop { provider(key: AXIM) { groups(first: 2) { nodes { id name } } } }"


async def line_of(gateway: Scraped, query: str, **headers: str) -> dict[str, Any]:
    """Send an operation; return its line without the time that it took."""
    with capture_logs() as logged:
        await gateway.send(query, **{"x-request-id": "r1", **headers})
    (line,) = [dict(one) for one in logged if one["event"] == "request"]
    assert line.pop("milliseconds") >= 0
    return line


async def test_each_request_is_one_line() -> None:
    """Executed, from the cache by both routes, refused."""
    async with scraped(access_log=True) as gateway:
        executed = await line_of(gateway, GROUPS)
        repeated = [await line_of(gateway, GROUPS) for _ in range(3)]
        refused = await line_of(gateway, "{ unknown }")
    assert executed == {
        "event": "request",
        "log_level": "info",
        "request_id": "r1",
        "method": "POST",
        "status": 200,
        "type": "query",
        "operation": "Shop",
        "caller": "anonymous",
        "source": "EXECUTED",
        "upstream_calls": 1,
        "cache_hits": 0,
        "stale": [],
        "codes": [],
    }
    assert repeated == [executed | {"source": "CACHED", "upstream_calls": 0}] * 3
    assert refused == executed | {
        "type": "",
        "operation": "",
        "source": "REFUSED",
        "upstream_calls": 0,
        "codes": ["GRAPHQL_VALIDATION_FAILED"],
    }


async def test_stale_vendors_and_cache_hits_are_in_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scraped(access_log=True, cache_ttl=0.5) as gateway:
        await gateway.send(GROUPS)
        hit = await line_of(gateway, GROUPS.replace("id name", "id"))
        broken = simulator.Response(status=500)
        monkeypatch.setattr(gateway.sandbox.axim, "respond", lambda _request: broken)
        await asyncio.sleep(0.6)
        stale = await line_of(gateway, GROUPS)
    assert (hit["cache_hits"], hit["upstream_calls"]) == (1, 0)
    assert (stale["stale"], stale["upstream_calls"], stale["codes"]) == (["AXIM"], 3, [])


async def test_there_are_no_lines_by_default() -> None:
    async with scraped() as gateway:
        with capture_logs() as logged:
            await gateway.send(GROUPS)
    assert logged == []
