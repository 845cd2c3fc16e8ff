"""The rate limit: the points of a request, the headers of its response, and who shares a limit."""

import re
from hashlib import sha256

import httpx
import pytest
from starlette.datastructures import Address

from groupgate.app.access_control import RateLimit
from groupgate.app.auth.caller import SCOPES, Caller
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

    async def take(self, key: str, points: int) -> Level:
        self.keys.append(key)
        return Level(was_taken=True, remaining=points, seconds=1)


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
    await RateLimit(60, buckets).take(Caller.anonymous(SCOPES["read"]), client, 1)
    assert buckets.keys == [key]


async def test_named_callers_are_not_distinguished_by_network() -> None:
    buckets = RecordingBuckets()
    caller = Caller.from_token("anna", SCOPES["read"])
    await RateLimit(60, buckets).take(caller, Address("192.0.2.7", 5000), 1)
    assert buckets.keys == ["token:anna"]
