"""Idempotency keys over HTTP: refused, replayed and repeated mutations."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.e2e.documents import document
from tests.e2e.gateway import Gateway, open_gateway, snapshots, take_writes
from tests.e2e.transports import FaultyVendors, HeldWrites
from tests.e2e.valid_mutations import AT_DODO, AT_TWO_CHECKOUT, ValidMutation

pytestmark = pytest.mark.anyio

ASSIGN = AT_DODO["assign"]
UPDATE = AT_DODO["update"]
MOVE = AT_TWO_CHECKOUT["move"]
REPLAYED = "Idempotency-Replayed"


async def send(gateway: Gateway, mutation: ValidMutation, key: str, **more: Any) -> httpx.Response:
    """Send a mutation with this key and these additional arguments."""
    arguments = {**mutation.arguments, **more}
    query = document(mutation.name, "userErrors { code }", arguments)
    return await gateway.http.post(
        "/graphql",
        json={"query": query, "variables": arguments},
        headers={"Idempotency-Key": key},
    )


def code(response: httpx.Response) -> str:
    """Return the error code of a response that is one error without data."""
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    found: str = error["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    ("mutation", "more"),
    [(UPDATE, {}), (ASSIGN, {"productIds": []}), (ASSIGN, {"dryRun": True})],
    ids=["another document", "another variable", "another option"],
)
async def test_a_key_of_another_mutation_returns_422(
    gateway: Gateway, mutation: ValidMutation, more: dict[str, Any]
) -> None:
    """The mutation is not executed; the first one keeps its response."""
    first = await send(gateway, ASSIGN, "one")
    gateway.clear_calls()
    other = await send(gateway, mutation, "one", **more)
    assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert REPLAYED not in other.headers
    again = await send(gateway, ASSIGN, "one")
    assert (again.status_code, again.headers[REPLAYED]) == (200, "true")
    assert again.json() == first.json()
    assert gateway.call_counts() == {}


async def test_the_key_of_a_running_mutation_returns_409() -> None:
    """Another mutation with the key returns 422; once it has ended, its response is replayed."""
    held = HeldWrites()
    async with open_gateway(transport=held.transport) as gateway:
        running = asyncio.ensure_future(send(gateway, ASSIGN, "one"))
        await held.reached.wait()
        same, other = await send(gateway, ASSIGN, "one"), await send(gateway, UPDATE, "one")
        assert (same.status_code, code(same)) == (409, "IDEMPOTENCY_KEY_IN_USE")
        assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_KEY_REUSED")
        held.released.set()
        first = await running
        again = await send(gateway, ASSIGN, "one")
        assert (REPLAYED in first.headers, again.headers[REPLAYED]) == (False, "true")
        assert again.json() == first.json() == {"data": {"payload": {"userErrors": []}}}
        assert len(take_writes(gateway)) == 1


async def test_two_keys_execute_a_mutation_twice(gateway: Gateway) -> None:
    """The second execution finds the products where the first one has moved them."""
    for key in ("one", "two"):
        response = await send(gateway, MOVE, key)
        assert REPLAYED not in response.headers
    errors = [{"code": "INVALID"}, {"code": "INVALID"}]
    assert response.json() == {"data": {"payload": {"userErrors": errors}}}


async def test_a_refusal_is_replayed(gateway: Gateway) -> None:
    """The replay takes no call."""
    before = snapshots(gateway.sandbox)
    first = await send(gateway, UPDATE, "one", ifRevision="old")
    assert first.json() == {"data": {"payload": {"userErrors": [{"code": "STALE"}]}}}
    gateway.clear_calls()
    again = await send(gateway, UPDATE, "one", ifRevision="old")
    assert (again.headers[REPLAYED], again.json()) == ("true", first.json())
    assert gateway.call_counts() == {}
    assert snapshots(gateway.sandbox) == before


@asynccontextmanager
async def gateway_with_failing_writes(error: Exception, times: int) -> AsyncIterator[Gateway]:
    """Open a gateway whose first writes raise this error."""
    errors = [error] * times

    def fail(call: httpx.Request) -> Exception | None:
        return errors.pop() if call.method != "GET" and errors else None

    async with open_gateway(transport=FaultyVendors(fail).transport) as gateway:
        yield gateway


async def test_a_mutation_that_was_not_applied_can_be_sent_again_with_its_key() -> None:
    """Three refused connections have changed nothing."""
    async with gateway_with_failing_writes(httpx.ConnectError("refused"), 3) as gateway:
        first = await send(gateway, ASSIGN, "one")
        assert first.json()["errors"][0]["extensions"]["outcome"] == "NOT_APPLIED"
        assert take_writes(gateway) == []
        again = await send(gateway, ASSIGN, "one")
        assert again.json() == {"data": {"payload": {"userErrors": []}}}
        assert REPLAYED not in again.headers
        assert len(take_writes(gateway)) == 1


async def test_a_mutation_with_an_unknown_outcome_is_not_repeated() -> None:
    """The failure is replayed without a call."""
    async with gateway_with_failing_writes(httpx.ReadTimeout("lost"), 1) as gateway:
        first = await send(gateway, UPDATE, "one")
        assert first.json()["errors"][0]["extensions"]["outcome"] == "UNKNOWN"
        again = await send(gateway, UPDATE, "one")
        assert (again.headers[REPLAYED], again.json()) == ("true", first.json())
        assert gateway.call_counts() == {}


async def test_a_query_ignores_the_key(gateway: Gateway) -> None:
    """Each request is executed."""
    for _ in range(2):
        response = await gateway.http.post(
            "/graphql",
            json={"query": "{ provider(key: AXIM) { products(first: 1) { totalCount } } }"},
            headers={"Idempotency-Key": "one"},
        )
        assert (response.status_code, REPLAYED in response.headers) == (200, False)
    assert gateway.call_counts() == {"AXIM": 2}
