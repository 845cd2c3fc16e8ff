"""Clients that close their connection while a vendor is being asked for them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.app.live import served
from tests.e2e.possible_changes import AT_DODO
from tests.faults.between import Between, between
from tests.faults.holding import Holding
from tests.faults.serving import Served
from tests.faults.visitor import Visitor
from tests.faults.waiting import until

pytestmark = pytest.mark.anyio

PROMPTLY: Final = 5.0
"""Seconds; a call that nobody gives up takes longer."""

UPDATE = AT_DODO["update"]
RENAME = UPDATE.document
READ = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
WALK = """{ provider(key: TWO_CHECKOUT) {
  productCollections { nodes { groups { nodes { products { nodes { name } } } } } }
} }"""


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """What is logged."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture(autouse=True)
def _nothing_goes_wrong(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The server has nothing to complain of."""
    yield
    assert capfd.readouterr().err == ""


@asynccontextmanager
async def gateway(vendors: Served, key: str, fault: Holding) -> AsyncIterator[tuple[Between, int]]:
    """Serve a gateway before one vendor, and give the port it is on."""
    async with between(vendors, key, fault, deadline=60) as way, served(way.app) as port:
        yield way, port


def gone(lines: list[EventDict]) -> list[object]:
    """The operations whose clients were seen to go."""
    return [line["operation"] for line in lines if line["event"] == "client_disconnected"]


async def test_the_call_of_a_client_that_goes_is_given_up(
    vendors: Served, lines: list[EventDict]
) -> None:
    """Promptly, and none follows it."""
    fault = Holding()
    async with gateway(vendors, "TWO_CHECKOUT", fault) as (way, port):
        visitor = await Visitor.asking(port, WALK)
        await fault.holds.wait()
        visitor.go()
        async with asyncio.timeout(PROMPTLY):
            await fault.given_up.wait()
    assert way.proxy.arrived == 1
    assert gone(lines) == ["query"]


async def test_a_call_that_another_client_waits_for_goes_on(
    vendors: Served, lines: list[EventDict]
) -> None:
    """The one that stays is answered from it."""
    fault = Holding()
    async with gateway(vendors, "DODO", fault) as (way, port):
        first = await Visitor.asking(port, READ)
        await fault.holds.wait()
        second = await Visitor.asking(port, READ)
        (flight,) = way.vendor_state.single_flight._running.values()
        await until(lambda: flight.waiters == 2)
        first.go()
        fault.detach_all()
        _, answer = await second.answer()
    assert list(answer) == ["data"]
    assert (way.proxy.arrived, fault.given_up.is_set()) == (1, False)
    assert gone(lines) == ["query"]


async def test_a_change_whose_client_goes_is_made(vendors: Served, lines: list[EventDict]) -> None:
    """The vendor holds it, and its payload is told to whom comes again with the same key."""
    fault = Holding(b"PATCH")
    async with gateway(vendors, "DODO", fault) as (way, port):
        visitor = await Visitor.asking(port, RENAME, UPDATE.arguments, Idempotency_Key="one")
        await fault.holds.wait()
        before = way.vendor.snapshot()
        visitor.go()
        fault.detach_all()
        await until(lambda: gone(lines))
        assert way.vendor.snapshot() != before
        made = way.proxy.arrived
        again = await Visitor.asking(port, RENAME, UPDATE.arguments, Idempotency_Key="one")
        head, answer = await again.answer()
    assert "\r\nidempotency-replayed: true\r\n" in f"{head}\r\n"
    assert answer == {"data": {"payload": {"userErrors": []}}}
    assert way.proxy.arrived == made
    assert gone(lines) == ["mutation"]
