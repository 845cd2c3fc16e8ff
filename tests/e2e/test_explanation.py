"""What a response explains with `Groupgate-Explain`: calls, answers and writes, and their times."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import groupgate.app.graphiql
from groupgate.app.settings import Settings
from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.transports import FaultyVendors

pytestmark = pytest.mark.anyio

EXAMPLES = Path(groupgate.app.graphiql.__file__).parent / "scripts" / "examples"
QUERY = "{ provider(key: AXIM) { products(first: 1) { nodes { name } } } }"


class NextFaults(FaultyVendors):
    """Vendors that fail for the next calls, as `statuses` says; None is a call that succeeds."""

    def __init__(self) -> None:
        super().__init__(lambda _: self._next())
        self.statuses: list[int | None] = []
        self.iterations = 0
        """The iterations of the event loop that each call takes."""

    def _next(self) -> httpx.Response | None:
        status = self.statuses.pop(0) if self.statuses else None
        return None if status is None else httpx.Response(status)

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        for _ in range(self.iterations):
            await asyncio.sleep(0)
        return await super()._send(request, vendors)


@asynccontextmanager
async def open_with(**given: Any) -> AsyncIterator[tuple[Gateway, NextFaults]]:
    """Open a gateway with these settings over vendors that can fail."""
    vendors = NextFaults()
    settings = Settings.model_construct(**given)
    async with open_gateway(
        settings=settings, transport=vendors.transport, upstream=settings
    ) as gateway:
        yield gateway, vendors


async def explained(gateway: Gateway, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    """Send an operation; return the extensions of its response."""
    response = await gateway.http.post(
        "/graphql", json=body, headers={"Groupgate-Explain": "1", **headers}
    )
    extensions: dict[str, Any] = response.json()["extensions"]
    return extensions


def example(name: str) -> dict[str, Any]:
    """Return the body of the request that sends this example."""
    sections = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    (variables,) = (
        each["variables"]
        for section in sections
        for each in section["examples"]
        if each["file"] == f"{name}.graphql"
    )
    query = (EXAMPLES / f"{name}.graphql").read_text("utf-8")
    return {"query": query, "variables": variables}


def states_of(extensions: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the method and the state of each write."""
    return [(one["method"], one["state"]) for one in extensions["timeline"]["writes"]]


async def test_a_call_has_its_times_within_those_of_the_request() -> None:
    async with open_with() as (gateway, _):
        extensions = await explained(gateway, {"query": QUERY})
        (call,) = extensions["upstream"]
        timeline = extensions["timeline"]
    times = call["begun"], call["sent"], call["ended"], timeline["elapsed"], timeline["deadline"]
    assert list(times) == sorted(times)
    assert call["begun"] >= 0
    assert timeline["deadline"] == 10_000
    assert call["milliseconds"] == pytest.approx(call["ended"] - call["sent"], abs=0.11)
    assert (call["provider"], call["status"], call["attempt"]) == ("AXIM", 200, 1)
    assert call["connected"] is None
    assert (timeline["answers"], timeline["writes"]) == ([], [])
    assert timeline["providers"] == [{"provider": "AXIM", "state": "AVAILABLE"}]


async def test_a_retry_is_a_call_of_its_own_after_the_first() -> None:
    async with open_with() as (gateway, vendors):
        vendors.statuses = [503, None]
        extensions = await explained(gateway, {"query": QUERY})
    first, second = extensions["upstream"]
    assert [(one["attempt"], one["status"]) for one in (first, second)] == [(1, 503), (2, 200)]
    assert second["begun"] >= first["ended"]
    assert extensions["timeline"]["providers"] == [{"provider": "AXIM", "state": "DEGRADED"}]


async def test_answers_from_the_cache_are_listed_with_their_age() -> None:
    async with open_with() as (gateway, _):
        (path,) = [one["path"] for one in (await explained(gateway, {"query": QUERY}))["upstream"]]
        extensions = await explained(gateway, {"query": QUERY})
    assert extensions["upstream"] == []
    (answer,) = extensions["timeline"]["answers"]
    assert (answer["provider"], answer["path"], answer["result"]) == ("AXIM", path, "HIT")
    assert (answer["ended"], answer["ageSeconds"]) == (None, 0)


@pytest.mark.parametrize(("statuses", "failed"), [([], False), ([503] * 3, True)])
async def test_a_read_that_another_request_makes_has_its_end(
    statuses: list[int | None], *, failed: bool
) -> None:
    async with open_with(cache_ttl=1000) as (gateway, vendors):
        vendors.statuses, vendors.iterations = [*statuses], 1000
        first, second = await asyncio.gather(
            explained(gateway, {"query": QUERY}), explained(gateway, {"query": f"query Q {QUERY}"})
        )
    assert [one["status"] for one in first["upstream"]] == (statuses or [200])
    assert (first["timeline"]["answers"], second["upstream"]) == ([], [])
    (answer,) = second["timeline"]["answers"]
    assert (answer["result"], answer["failed"]) == ("SHARED", failed)
    assert answer["ended"] > answer["begun"]


async def test_a_stale_answer_follows_the_calls_that_failed() -> None:
    async with open_with(cache_ttl=0) as (gateway, vendors):
        await explained(gateway, {"query": QUERY})
        vendors.statuses = [503] * 3
        extensions = await explained(gateway, {"query": QUERY})
    assert [one["attempt"] for one in extensions["upstream"]] == [1, 2, 3]
    (answer,) = extensions["timeline"]["answers"]
    assert answer["result"] == "STALE"
    assert answer["begun"] >= extensions["upstream"][-1]["ended"]


async def test_the_cost_has_what_is_allowed_and_what_was_taken_from_the_caller() -> None:
    async with open_with(rate_points_per_minute=1000) as (gateway, _):
        cost = (await explained(gateway, {"query": QUERY}))["cost"]
    assert cost == {
        "rows": 2,
        "upstreamCalls": 1,
        "points": 12,
        "allowed": {"upstreamCalls": 200, "points": 100_000, "pointsPerMinute": 1000},
        "spent": {"upstreamCalls": 1, "cacheHits": 0, "points": 13},
    }


async def test_the_writes_of_a_mutation_have_their_state() -> None:
    async with open_with() as (gateway, _):
        dry_run = await explained(gateway, example("dry-run"))
        done = await explained(gateway, example("group-update"))
    assert states_of(dry_run) == [("DELETE", "PLANNED"), ("POST", "PLANNED")]
    assert states_of(done) == [("PUT", "APPLIED")]
    assert done["timeline"]["writes"][0]["description"]


async def test_writes_that_were_undone_are_named() -> None:
    """The product is removed from its group, and restored after the second write has failed."""
    async with open_with() as (gateway, vendors):
        body = example("group-move-products")
        reads = len((await explained(gateway, {**body, **dry_run_of(body)}))["upstream"])
        vendors.statuses = [*[None] * (reads + 1), 503, 503, 503]
        extensions = await explained(gateway, body)
    assert states_of(extensions) == [
        ("DELETE", "UNDONE"),
        ("POST", "NOT_APPLIED"),
        ("PATCH", "NOT_SENT"),
    ]


def dry_run_of(body: dict[str, Any]) -> dict[str, str]:
    """Return the same operation as a dry run."""
    return {
        "query": body["query"].replace("position: $position", "position: $position, dryRun: true")
    }


async def test_without_the_header_nothing_is_explained() -> None:
    async with open_with() as (gateway, _):
        assert "extensions" not in await gateway.execute(QUERY)
