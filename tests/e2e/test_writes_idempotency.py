"""Idempotency keys over HTTP: what is refused, what is remembered, what may be sent again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.mutations import document
from tests.e2e.possible_changes import AT_DODO, AT_TWO_CHECKOUT, Change
from tests.e2e.watching import snapshots, writes
from tests.e2e.ways import AccessControl, Troubled

pytestmark = pytest.mark.anyio

ASSIGN = AT_DODO["assign"]
UPDATE = AT_DODO["update"]
MOVE = AT_TWO_CHECKOUT["move"]
REPLAYED = "Idempotency-Replayed"


async def send(gateway: Gateway, change: Change, key: str, **more: Any) -> httpx.Response:
    """Send a change with this key."""
    arguments = {**change.arguments, **more}
    query = document(change.mutation, "userErrors { code }", arguments)
    return await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": arguments},
        headers={"Idempotency-Key": key},
    )


def code(response: httpx.Response) -> str:
    """The code of an answer that is one error, and no data."""
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    ("change", "more"),
    [(UPDATE, {}), (ASSIGN, {"productIds": []}), (ASSIGN, {"dryRun": True})],
    ids=["another document", "another variable", "another term"],
)
async def test_a_key_used_for_another_change_is_422(
    gateway: Gateway, change: Change, more: dict[str, Any]
) -> None:
    """Which is not made; the first change keeps its answer."""
    first = await send(gateway, ASSIGN, "one")
    gateway.clear()
    other = await send(gateway, change, "one", **more)
    assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert REPLAYED not in other.headers
    again = await send(gateway, ASSIGN, "one")
    assert (again.status_code, again.headers[REPLAYED]) == (200, "true")
    assert again.json() == first.json()
    assert gateway.counts() == {}


async def test_a_key_whose_change_is_being_made_is_409() -> None:
    """Another change with it is 422 even then; once it is made, its answer is told again."""
    gate = AccessControl()
    async with open_gateway(way=gate.way) as gateway:
        running = asyncio.ensure_future(send(gateway, ASSIGN, "one"))
        await gate.reached.wait()
        same, other = await send(gateway, ASSIGN, "one"), await send(gateway, UPDATE, "one")
        assert (same.status_code, code(same)) == (409, "IDEMPOTENCY_KEY_IN_USE")
        assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_KEY_REUSED")
        gate.opened.set()
        first = await running
        again = await send(gateway, ASSIGN, "one")
        assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
        assert again.json() == first.json() == {"data": {"payload": {"userErrors": []}}}
        assert len(writes(gateway)) == 1


async def test_two_keys_are_two_requests(gateway: Gateway) -> None:
    """The second finds the products where the first has put them."""
    for key in ("one", "two"):
        answer = await send(gateway, MOVE, key)
        assert REPLAYED not in answer.headers
    told = [{"code": "INVALID"}, {"code": "INVALID"}]
    assert answer.json() == {"data": {"payload": {"userErrors": told}}}


async def test_a_refusal_is_remembered(gateway: Gateway) -> None:
    """It is told once more, and no vendor is asked."""
    before = snapshots(gateway.sandbox)
    first = await send(gateway, UPDATE, "one", ifRevision="old")
    assert first.json() == {"data": {"payload": {"userErrors": [{"code": "STALE"}]}}}
    gateway.clear()
    again = await send(gateway, UPDATE, "one", ifRevision="old")
    assert (again.headers[REPLAYED], again.json()) == ("true", first.json())
    assert gateway.counts() == {}
    assert snapshots(gateway.sandbox) == before


async def broken_at_first(trouble: Exception, times: int) -> AsyncIterator[Gateway]:
    """A gateway whose first writes end so."""
    troubles = [trouble] * times

    def meet(call: httpx.Request) -> Exception | None:
        return troubles.pop() if call.method != "GET" and troubles else None

    async with open_gateway(Sandbox(unlimited=True), way=Troubled(meet).way) as gateway:
        yield gateway


async def test_what_was_not_applied_may_be_sent_again_with_its_key() -> None:
    """A connection that was refused three times has changed nothing."""
    async for gateway in broken_at_first(httpx.ConnectError("refused"), 3):
        first = await send(gateway, ASSIGN, "one")
        assert first.json()["errors"][0]["extensions"]["outcome"] == "NOT_APPLIED"
        assert writes(gateway) == []
        again = await send(gateway, ASSIGN, "one")
        assert again.json() == {"data": {"payload": {"userErrors": []}}}
        assert REPLAYED not in again.headers
        assert len(writes(gateway)) == 1


async def test_what_may_have_been_applied_is_not_tried_again() -> None:
    """The failure is told once more, and the vendor is not asked."""
    async for gateway in broken_at_first(httpx.ReadTimeout("lost"), 1):
        first = await send(gateway, UPDATE, "one")
        assert first.json()["errors"][0]["extensions"]["outcome"] == "UNKNOWN"
        again = await send(gateway, UPDATE, "one")
        assert (again.headers[REPLAYED], again.json()) == ("true", first.json())
        assert gateway.counts() == {}


async def test_a_query_needs_no_key(gateway: Gateway) -> None:
    """One that has a key is answered anew each time."""
    for _ in range(2):
        answer = await gateway.http.post(
            "/graphql",
            json={"query": "{ provider(key: AXIM) { products(first: 1) { totalCount } } }"},
            headers={"Idempotency-Key": "one"},
        )
        assert (answer.status_code, REPLAYED in answer.headers) == (200, False)
    assert gateway.counts() == {"AXIM": 2}
