"""The rate limit: the points of a request, the headers of its response, and who shares a limit."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256

import httpx
import pytest
from starlette.datastructures import Address

from groupgate.app.access_control import RateLimit
from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.memory_stores import MemoryBuckets
from groupgate.app.settings import Settings
from groupgate.app.wiring import make_stores
from groupgate.stores import Level
from tests.app.gateway import gateway_client, only_error

pytestmark = pytest.mark.anyio

TOKENS = ";".join(
    f"{name} sha256:{sha256(name.encode()).hexdigest()} read" for name in ("anna", "bert")
)
CHEAP = {"query": "{ __typename }"}
EXPENSIVE = {
    "query": (
        "{ provider(key: DODO) { productCollections(first: 100) { nodes { groups(first: 9) {"
        " nodes { name } } } } } }"
    )
}


def points_left(response: httpx.Response) -> int:
    """Return the points left according to the RateLimit header, and check its exact format."""
    found = re.fullmatch(r'"points";r=(\d+);t=\d+', response.headers["ratelimit"])
    assert found
    return int(found[1])


async def test_without_a_limit_responses_have_no_rate_limit_headers() -> None:
    async with gateway_client() as client:
        response = await client.post("/graphql", json=CHEAP)
    assert not {"ratelimit", "ratelimit-policy", "retry-after"} & set(response.headers)


async def test_a_request_costs_a_point_plus_the_cost_of_its_operation() -> None:
    async with gateway_client(rate_points_per_minute=10_000) as client:
        headers = {"Groupgate-Explain": "1"}
        cheap = await client.post("/graphql", json=CHEAP)
        expensive = await client.post("/graphql", json=EXPENSIVE, headers=headers)
    assert cheap.headers["ratelimit-policy"] == '"points";q=10000;w=60'
    assert cheap.headers["ratelimit"] == '"points";r=9999;t=1'
    points = expensive.json()["extensions"]["cost"]["points"]
    assert points > 900
    # Between these steps points may have been refilled, but no more than were taken.
    assert 9_998 - points <= points_left(expensive) <= 10_000 - points


@pytest.mark.parametrize(
    ("query", "status"), [("{", 400), ("{ nope }", 400), ("mutation { nope }", 400)]
)
async def test_a_rejected_request_costs_a_point_too(query: str, status: int) -> None:
    """The gateway has read, parsed and validated it."""
    async with gateway_client(rate_points_per_minute=60) as client:
        response = await client.post("/graphql", json={"query": query})
    assert (response.status_code, points_left(response)) == (status, 59)


async def test_a_caller_without_enough_points_gets_429_and_retry_after() -> None:
    """An operation over the limit runs once; the next request must wait until it is paid."""
    async with gateway_client(rate_points_per_minute=1_000) as client:
        expensive = await client.post("/graphql", json=EXPENSIVE)
        rejected = await client.post("/graphql", json=CHEAP)
    assert (expensive.status_code, points_left(expensive)) == (200, 0)
    seconds = rejected.json()["errors"][0]["extensions"]["retryAfterSeconds"]
    message = f"Rate limit exceeded. Points required: 1; points left: 0. Retry in {seconds} s."
    assert only_error(rejected) == (429, "RATE_LIMITED", message)
    assert rejected.headers["ratelimit-policy"] == '"points";q=1000;w=60'
    assert rejected.headers["retry-after"] == str(seconds)
    assert rejected.headers["ratelimit"] == f'"points";r=0;t={seconds}'
    assert seconds > 0


PAGE = {"query": "{ provider(key: DODO) { productCollections(first: 50) { nodes { name } } } }"}
"""An operation that costs 76 points, and its request one more."""
LONG = {"query": "{ __typename " + "#\n" * 997 + "}"}
"""A document of 1,000 tokens, which cost 20 points; its request costs one, its execution none."""


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client_with_clock(
    points_per_minute: int, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a gateway whose rate limit uses this clock."""
    settings = Settings.model_construct(rate_points_per_minute=points_per_minute)
    stores = replace(make_stores(settings), buckets=MemoryBuckets(points_per_minute, clock))
    async with gateway_client(stores=stores, rate_points_per_minute=points_per_minute) as client:
        yield client


async def wait_as_told(clock: Clock, response: httpx.Response) -> int:
    """Advance the clock by the Retry-After header of a rejected request; return the seconds."""
    assert response.status_code == 429
    seconds = int(response.headers["retry-after"])
    clock.now += seconds
    return seconds


async def test_a_caller_that_waits_for_the_points_of_its_operation_is_served() -> None:
    clock = Clock()
    async with client_with_clock(120, clock) as client:
        first = await client.post("/graphql", json=PAGE)
        seconds = await wait_as_told(clock, await client.post("/graphql", json=PAGE))
        second = await client.post("/graphql", json=PAGE)
    # 120 - 77 = 43; 42 after the entry of the next request, which lacks 34 points for 17 seconds.
    assert (first.status_code, points_left(first)) == (200, 43)
    assert (seconds, second.status_code, points_left(second)) == (17, 200, 0)


async def test_a_caller_that_waits_for_one_point_is_served_whatever_its_operation_costs() -> None:
    """The operation is unknown when its request is rejected. What it costs is owed."""
    clock = Clock()
    async with client_with_clock(120, clock) as client:
        for _ in range(120):
            assert (await client.post("/graphql", json=CHEAP)).status_code == 200
        seconds = await wait_as_told(clock, await client.post("/graphql", json=PAGE))
        page = await client.post("/graphql", json=PAGE)
        next_seconds = await wait_as_told(clock, await client.post("/graphql", json=PAGE))
        next_page = await client.post("/graphql", json=PAGE)
    assert (seconds, page.status_code, points_left(page)) == (1, 200, 0)
    # 2 - 77 = -75 points; one point is there after 38 seconds.
    assert (next_seconds, next_page.status_code) == (38, 200)


async def test_a_caller_that_waits_for_an_operation_over_the_limit_is_served() -> None:
    clock = Clock()
    async with client_with_clock(60, clock) as client:
        first = await client.post("/graphql", json=PAGE)
        seconds = await wait_as_told(clock, await client.post("/graphql", json=PAGE))
        second = await client.post("/graphql", json=PAGE)
    assert (first.status_code, seconds, second.status_code) == (200, 18, 200)


async def test_a_caller_that_retries_too_early_waits_no_longer() -> None:
    clock = Clock()
    async with client_with_clock(120, clock) as client:
        await client.post("/graphql", json=PAGE)
        rejected = await client.post("/graphql", json=PAGE)
        clock.now += 16
        early = await client.post("/graphql", json=PAGE)
        clock.now += 1
        served = await client.post("/graphql", json=PAGE)
        again = await client.post("/graphql", json=PAGE)
    assert (rejected.status_code, rejected.headers["retry-after"]) == (429, "17")
    statuses = [response.status_code for response in (early, served, again)]
    assert statuses == [429, 200, 429]


async def test_a_document_is_charged_once() -> None:
    clock = Clock()
    async with client_with_clock(120, clock) as client:
        first = await client.post("/graphql", json=LONG)
        second = await client.post("/graphql", json=LONG)
    assert [points_left(first), points_left(second)] == [99, 98]


async def test_an_invalid_document_is_charged() -> None:
    async with client_with_clock(120, Clock()) as client:
        response = await client.post("/graphql", json={"query": LONG["query"].replace("__", "x")})
    assert (response.status_code, points_left(response)) == (400, 99)


async def test_points_of_a_document_may_be_owed() -> None:
    clock = Clock()
    async with client_with_clock(12, clock) as client:
        first = await client.post("/graphql", json=LONG)
        rejected = await client.post("/graphql", json=CHEAP)
    assert (first.status_code, points_left(first)) == (200, 0)
    # 12 - 21 = -9 points; one point is there after 50 seconds.
    assert (rejected.status_code, rejected.headers["retry-after"]) == (429, "50")


async def test_a_new_document_does_not_prevent_an_operation_over_the_limit() -> None:
    query = PAGE["query"] + "#\n" * 100
    async with client_with_clock(60, Clock()) as client:
        response = await client.post("/graphql", json={"query": query})
    assert (response.status_code, points_left(response)) == (200, 0)


async def test_an_unauthenticated_request_costs_nothing() -> None:
    async with gateway_client(tokens=TOKENS, rate_points_per_minute=60) as client:
        rejected = await client.post("/graphql", json=CHEAP)
        headers = {"Authorization": "Bearer anna"}
        accepted = await client.post("/graphql", json=CHEAP, headers=headers)
    assert (rejected.status_code, "ratelimit" in rejected.headers) == (401, False)
    assert points_left(accepted) == 59


async def test_each_named_caller_has_its_own_limit() -> None:
    async with gateway_client(tokens=TOKENS, rate_points_per_minute=2) as client:
        remaining = [
            points_left(
                await client.post(
                    "/graphql", json=CHEAP, headers={"Authorization": f"Bearer {caller}"}
                )
            )
            for caller in ("anna", "bert", "anna")
        ]
    assert remaining == [1, 1, 0]


class RecordingBuckets:
    """Buckets that record their keys and always hold enough points."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def take(
        self,
        key: str,
        points: int,
        *,
        slack: int = 0,  # noqa: ARG002 - the bucket is never empty
        force: bool = False,  # noqa: ARG002
    ) -> Level:
        self.keys.append(key)
        return Level(was_taken=True, remaining=points, seconds=1)

    async def redeem(self, key: str) -> bool:
        self.keys.append(key)
        return True


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "anonymous:192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "anonymous:2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "anonymous:192.0.2.7"),
        ("a name", "anonymous:a name"),
        (None, "anonymous:"),
    ],
)
async def test_anonymous_callers_are_distinguished_by_network(host: str | None, key: str) -> None:
    """All addresses of an IPv6 network share one bucket."""
    buckets = RecordingBuckets()
    client = Address(host, 5000) if host else None
    limit, caller = RateLimit(60, buckets), Caller.anonymous(permissions_of(["read"]))
    await limit.take(caller, client, 1)
    await limit.redeem(caller, client)
    assert buckets.keys == [key, key]


async def test_named_callers_are_not_distinguished_by_network() -> None:
    buckets = RecordingBuckets()
    caller = Caller.from_token("anna", permissions_of(["read"]))
    await RateLimit(60, buckets).take(caller, Address("192.0.2.7", 5000), 1)
    assert buckets.keys == ["token:anna"]
