"""Clients that close their connection while the gateway waits for a vendor."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.app.live import served
from tests.e2e.valid_mutations import AT_DODO
from tests.faults.disconnecting_client import DisconnectingClient, wait_until
from tests.faults.held_calls import HeldCalls
from tests.faults.proxied_gateway import ProxiedGateway, proxied_gateway
from tests.faults.serving import ServedSandbox

pytestmark = pytest.mark.anyio

ABANDON_TIMEOUT: Final = 5.0
"""Seconds; a call that is not cancelled takes longer."""

UPDATE = AT_DODO["update"]
READ = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
ALL_LEVELS = """{ provider(key: TWO_CHECKOUT) {
  productCollections { nodes { groups { nodes { products { nodes { name } } } } } }
} }"""


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    """Return the list that log entries are captured in."""
    with capture_logs() as log:
        yield log


@pytest.fixture(autouse=True)
def _no_server_errors(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Assert that the server writes nothing to stderr."""
    yield
    assert capfd.readouterr().err == ""


@asynccontextmanager
async def served_gateway(
    vendors: ServedSandbox, key: str, fault: HeldCalls
) -> AsyncIterator[tuple[ProxiedGateway, int]]:
    """Serve a gateway in front of one vendor; yield it and its port."""
    async with (
        proxied_gateway(vendors, key, fault, deadline=60) as gateway,
        served(gateway.app) as port,
    ):
        yield gateway, port


def disconnected(log: list[EventDict]) -> list[object]:
    """Return the operation types of the logged disconnects."""
    return [entry["operation"] for entry in log if entry["event"] == "client_disconnected"]


async def test_a_disconnect_cancels_the_clients_call(
    vendors: ServedSandbox, log: list[EventDict]
) -> None:
    """The call is cancelled promptly, and no other call follows it."""
    fault = HeldCalls()
    async with served_gateway(vendors, "TWO_CHECKOUT", fault) as (gateway, port):
        client = await DisconnectingClient.send(port, ALL_LEVELS)
        await fault.arrived.wait()
        client.disconnect()
        async with asyncio.timeout(ABANDON_TIMEOUT):
            await fault.abandoned.wait()
    assert gateway.proxy.arrived == 1
    assert disconnected(log) == ["query"]


async def test_a_call_that_another_client_waits_for_continues(
    vendors: ServedSandbox, log: list[EventDict]
) -> None:
    """The client that stays receives the result; its query is another one with the same call."""
    fault = HeldCalls()
    async with served_gateway(vendors, "DODO", fault) as (gateway, port):
        first = await DisconnectingClient.send(port, READ)
        await fault.arrived.wait()
        second = await DisconnectingClient.send(port, f"{READ} ")
        (flight,) = gateway.vendor_state.single_flight._running.values()
        await wait_until(lambda: flight.waiters == 2)
        first.disconnect()
        fault.release()
        _, body = await second.response()
    assert list(body) == ["data"]
    assert (gateway.proxy.arrived, fault.abandoned.is_set()) == (1, False)
    assert disconnected(log) == ["query"]


async def test_a_mutation_is_carried_out_after_a_disconnect(
    vendors: ServedSandbox, log: list[EventDict]
) -> None:
    """The vendor holds the change, and a second request with the same key gets its payload."""
    fault = HeldCalls(b"PATCH")
    arguments = UPDATE.arguments
    async with served_gateway(vendors, "DODO", fault) as (gateway, port):
        client = await DisconnectingClient.send(
            port, UPDATE.document, arguments, Idempotency_Key="one"
        )
        await fault.arrived.wait()
        before = gateway.simulator.snapshot()
        client.disconnect()
        fault.release()
        await wait_until(lambda: disconnected(log))
        assert gateway.simulator.snapshot() != before
        calls = gateway.proxy.arrived
        again = await DisconnectingClient.send(
            port, UPDATE.document, arguments, Idempotency_Key="one"
        )
        head, body = await again.response()
    assert "\r\nidempotency-replayed: true\r\n" in f"{head}\r\n"
    assert body == {"data": {"payload": {"userErrors": []}}}
    assert gateway.proxy.arrived == calls
    assert disconnected(log) == ["mutation"]
