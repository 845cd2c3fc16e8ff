"""Clients that disconnect before the response: what is cancelled, and what continues."""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.app.disconnecting_client import DisconnectingClient, HeldSimulators, open_app
from tests.e2e.valid_mutations import AT_DODO, AT_TWO_CHECKOUT

pytestmark = pytest.mark.anyio

READ = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
NESTED_QUERY = """{ provider(key: TWO_CHECKOUT) {
  productCollections { nodes { groups { nodes { products { nodes { name } } } } } }
} }"""
"""A query of several calls in sequence."""

UPDATE = AT_DODO["update"]
SET = AT_TWO_CHECKOUT["set"]
"""A mutation of reads and then one write for each of five products."""


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """Capture the log."""
    with capture_logs() as lines:
        yield lines


def disconnects_in(lines: list[EventDict]) -> list[EventDict]:
    """Return the log lines of disconnects, without their event."""
    own: list[EventDict] = [{**line} for line in lines if line["event"] == "client_disconnected"]
    for line in own:
        del line["event"]
    return own


async def wait_for_others(before: set[asyncio.Task[object]]) -> None:
    """Wait until only the earlier tasks are running."""
    while others := asyncio.all_tasks() - before:
        await asyncio.wait(others)


async def test_a_disconnect_cancels_the_reads_of_a_query(lines: list[EventDict]) -> None:
    """The running call is cancelled, no other call is made, and one line is logged."""
    vendors = HeldSimulators("GET")
    async with open_app(vendors) as app:
        before = asyncio.all_tasks()
        client = DisconnectingClient(app)
        request = client.post(NESTED_QUERY)
        await vendors.is_holding.wait()
        client.disconnect()
        await request
        await wait_for_others(before)
    assert len(vendors.calls) == 1
    assert vendors.cancelled == vendors.calls
    assert client.received == []
    assert disconnects_in(lines) == [
        {"log_level": "info", "operation": "query", "upstream_calls": 1}
    ]
    assert [line["event"] for line in lines if line["log_level"] != "debug"] == [
        "client_disconnected"
    ]


async def test_a_disconnect_cancels_a_query_by_get() -> None:
    """A GET has no body."""
    vendors = HeldSimulators("GET")
    async with open_app(vendors) as app:
        before = asyncio.all_tasks()
        client = DisconnectingClient(app)
        request = client.get(b"query={provider(key:DODO){products{nodes{name}}}}")
        await vendors.is_holding.wait()
        client.disconnect()
        await request
        await wait_for_others(before)
    assert len(vendors.cancelled) == 1


async def test_a_read_that_another_client_waits_for_continues(lines: list[EventDict]) -> None:
    """The client that started it disconnects; the other one is answered from the same call."""
    vendors = HeldSimulators("GET")
    async with open_app(vendors) as app:
        first, second = DisconnectingClient(app), DisconnectingClient(app)
        disconnecting = first.post(READ)
        await vendors.is_holding.wait()
        connected = second.post(READ)
        for _ in range(20):
            await asyncio.sleep(0)
        first.disconnect()
        await disconnecting
        vendors.release.set()
        await connected
    assert second.json() == {
        "data": {"provider": {"products": {"nodes": [{"name": "CRM Solo 2024"}]}}}
    }
    assert (len(vendors.calls), vendors.cancelled) == (1, [])
    assert len(disconnects_in(lines)) == 1


async def test_a_cancelled_read_does_not_block_the_next_client(lines: list[EventDict]) -> None:
    """The next client makes a call of its own."""
    vendors = HeldSimulators("GET")
    async with open_app(vendors) as app:
        first, second = DisconnectingClient(app), DisconnectingClient(app)
        disconnecting = first.post(READ)
        await vendors.is_holding.wait()
        first.disconnect()
        await disconnecting
        vendors.release.set()
        await second.post(READ)
    assert list(second.json()) == ["data"]
    assert len(vendors.calls) == 2
    assert len(disconnects_in(lines)) == 1


async def test_a_disconnect_after_the_response_is_not_logged(
    lines: list[EventDict],
) -> None:
    vendors = HeldSimulators("none")
    async with open_app(vendors) as app:
        before = asyncio.all_tasks()
        client = DisconnectingClient(app)
        await client.post(NESTED_QUERY)
        client.disconnect()
        await wait_for_others(before)
    assert list(client.json()) == ["data"]
    assert disconnects_in(lines) == []


@pytest.mark.parametrize("slow", ["GET", "POST"])
async def test_a_mutation_continues_after_a_disconnect(lines: list[EventDict], slow: str) -> None:
    """It may be in its reads or its writes: all writes are made, and the result is logged."""
    vendors = HeldSimulators(slow)
    async with open_app(vendors) as app:
        client = DisconnectingClient(app)
        request = client.post(SET.document, SET.arguments)
        await vendors.is_holding.wait()
        client.disconnect()
        vendors.release.set()
        await request
    assert len([call for call in vendors.calls if not call.startswith("GET")]) == 5
    assert vendors.cancelled == []
    (line,) = disconnects_in(lines)
    assert (line["operation"], line["outcome"], line["log_level"]) == (
        "mutation",
        "DONE",
        "warning",
    )
    assert line["upstream_calls"] == len(vendors.calls)
    assert len(line["writes"]) == 5


async def test_the_result_after_a_disconnect_is_replayed_for_its_idempotency_key() -> None:
    """The client sends the same key again and receives the payload of the first request."""
    vendors = HeldSimulators("PATCH")
    async with open_app(vendors) as app:
        first, again = DisconnectingClient(app), DisconnectingClient(app)
        disconnecting = first.post(UPDATE.document, UPDATE.arguments, idempotency_key="one")
        await vendors.is_holding.wait()
        first.disconnect()
        vendors.release.set()
        await disconnecting
        made = len(vendors.calls)
        await again.post(UPDATE.document, UPDATE.arguments, idempotency_key="one")
    assert again.json() == {"data": {"payload": {"userErrors": []}}}
    assert again.headers()["idempotency-replayed"] == "true"
    assert len(vendors.calls) == made


@pytest.mark.parametrize(("status", "outcome"), [(500, "UNKNOWN"), (401, "NOT_APPLIED")])
async def test_the_log_line_has_the_outcome_of_a_failed_mutation(
    lines: list[EventDict], status: int, outcome: str
) -> None:
    vendors = HeldSimulators("PATCH", failure=status)
    async with open_app(vendors) as app:
        client = DisconnectingClient(app)
        request = client.post(UPDATE.document, UPDATE.arguments)
        await vendors.is_holding.wait()
        client.disconnect()
        vendors.release.set()
        await request
    (line,) = disconnects_in(lines)
    assert line["outcome"] == outcome
    assert [write.split()[::2] for write in line["writes"]] == [["PATCH", str(status)]]


async def test_a_mutation_without_a_disconnect_is_not_logged(lines: list[EventDict]) -> None:
    vendors = HeldSimulators("none")
    async with open_app(vendors) as app:
        client = DisconnectingClient(app)
        await client.post(UPDATE.document, UPDATE.arguments)
    assert list(client.json()) == ["data"]
    assert disconnects_in(lines) == []


async def test_cancellation_by_the_server_is_not_a_disconnect(lines: list[EventDict]) -> None:
    """The cancellation is raised."""
    vendors = HeldSimulators("GET")
    async with open_app(vendors) as app:
        request = DisconnectingClient(app).post(READ)
        await vendors.is_holding.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert disconnects_in(lines) == []
