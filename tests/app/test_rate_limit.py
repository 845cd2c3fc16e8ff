"""The rate limit: what a request takes, what its answer tells, and who shares a limit."""

import re
from hashlib import sha256

import httpx
import pytest
from starlette.datastructures import Address

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.permissions import SCOPES
from groupgate.app.rate_limit import RateLimit
from groupgate.app.token_bucket import Level
from tests.app.serving import gateway, told

pytestmark = pytest.mark.anyio

TOKENS = ";".join(
    f"{name} sha256:{sha256(name.encode()).hexdigest()} read" for name in ("anna", "bert")
)
FREE = {"query": "{ __typename }"}
DEAR = {
    "query": (
        "{ provider(key: DODO) { productCollections(first: 100) { nodes { groups(first: 9) {"
        " nodes { name } } } } } }"
    )
}


def left(response: httpx.Response) -> int:
    """The points that an answer says are left, in the fields' exact form."""
    found = re.fullmatch(r'"points";r=(\d+);t=\d+', response.headers["ratelimit"])
    assert found
    return int(found[1])


async def test_unless_it_is_set_there_is_no_limit_and_no_word_of_one() -> None:
    async with gateway() as client:
        response = await client.post("/graphql", json=FREE)
    assert not {"ratelimit", "ratelimit-policy", "retry-after"} & set(response.headers)


async def test_a_request_takes_a_point_and_an_operation_its_cost() -> None:
    async with gateway(rate_points_per_minute=10_000) as client:
        headers = {"Groupgate-Explain": "1"}
        free = await client.post("/graphql", json=FREE)
        dear = await client.post("/graphql", json=DEAR, headers=headers)
    assert free.headers["ratelimit-policy"] == '"points";q=10000;w=60'
    assert free.headers["ratelimit"] == '"points";r=9999;t=1'
    points = dear.json()["extensions"]["cost"]["points"]
    assert points > 900
    # Between these three steps some may have come back, but no more than had been taken.
    assert 9_998 - points <= left(dear) <= 10_000 - points


@pytest.mark.parametrize(
    ("query", "status"), [("{", 400), ("{ nope }", 400), ("mutation { nope }", 400)]
)
async def test_a_refused_request_takes_its_point_too(query: str, status: int) -> None:
    """It is read, parsed and validated."""
    async with gateway(rate_points_per_minute=60) as client:
        response = await client.post("/graphql", json={"query": query})
    assert (response.status_code, left(response)) == (status, 59)


async def test_whoever_asks_too_much_is_told_when_to_ask_again() -> None:
    """An operation dearer than the limit passes once, and is paid off before anything else."""
    async with gateway(rate_points_per_minute=1_000) as client:
        dear = await client.post("/graphql", json=DEAR)
        refused = await client.post("/graphql", json=FREE)
    assert (dear.status_code, left(dear)) == (200, 0)
    assert told(refused) == (429, "RATE_LIMITED", "Points needed: 1. Points left: 0.")
    assert refused.headers["ratelimit-policy"] == '"points";q=1000;w=60'
    seconds = refused.json()["errors"][0]["extensions"]["retryAfterSeconds"]
    assert refused.headers["retry-after"] == str(seconds)
    assert refused.headers["ratelimit"] == f'"points";r=0;t={seconds}'
    assert seconds > 0


async def test_strangers_are_refused_before_anything_is_taken() -> None:
    async with gateway(tokens=TOKENS, rate_points_per_minute=60) as client:
        refused = await client.post("/graphql", json=FREE)
        headers = {"Authorization": "Bearer anna"}
        answered = await client.post("/graphql", json=FREE, headers=headers)
    assert (refused.status_code, "ratelimit" in refused.headers) == (401, False)
    assert left(answered) == 59


async def test_callers_with_a_name_have_a_limit_each() -> None:
    async with gateway(tokens=TOKENS, rate_points_per_minute=2) as client:
        remaining = [
            left(
                await client.post(
                    "/graphql", json=FREE, headers={"Authorization": f"Bearer {caller}"}
                )
            )
            for caller in ("anna", "bert", "anna")
        ]
    assert remaining == [1, 1, 0]


class Seen:
    """Buckets that note whose they are and always hold enough."""

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
async def test_callers_without_a_name_are_told_apart_by_their_network(
    host: str | None, key: str
) -> None:
    """All addresses of one line count as one."""
    buckets = Seen()
    client = Address(host, 5000) if host else None
    await RateLimit(60, buckets).take(Caller.anonymous(SCOPES["read"]), client, 1)
    assert buckets.keys == [key]


async def test_callers_with_a_name_are_known_wherever_they_are() -> None:
    buckets = Seen()
    caller = Caller.of_token("anna", SCOPES["read"])
    await RateLimit(60, buckets).take(caller, Address("192.0.2.7", 5000), 1)
    assert buckets.keys == ["token:anna"]
