"""`groupgate serve` is told to stop while a vendor is being asked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from typing import Any, Final

import pytest

from groupgate.sandbox.app import Sandbox
from tests.cli.stopping import gateway
from tests.e2e.possible_changes import AT_DODO
from tests.faults.serving import Served, served_aside

pytestmark = pytest.mark.anyio

AT_ONCE: Final = 5.0
"""Seconds; who waits for the vendor or for the deadline takes longer."""

READ: Final = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
UPDATE: Final = AT_DODO["update"]
RENAME: Final = UPDATE.document
RENAMED: dict[str, Any] = {"data": {"payload": {"userErrors": []}}}


@pytest.fixture(scope="module")
def _served() -> Iterator[Served]:
    with served_aside(Sandbox(unlimited=True)) as served:
        yield served


@pytest.fixture
def vendors(_served: Served) -> Served:
    """The vendors as they are at first."""
    _served.sandbox.reset()
    return _served


def outline(lines: list[dict[str, Any]]) -> list[str]:
    """What was logged, but for what tells of the vendor."""
    return [line["event"] for line in lines if "provider" not in line]


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
async def test_who_was_heard_is_answered_and_nobody_else_is(
    vendors: Served, tmp_path: Path, number: Signals
) -> None:
    """Idle connections are closed at once; the process ends when the last answer is sent."""
    async with gateway(vendors, tmp_path, b"GET") as server:
        idle, writer = await asyncio.open_connection("127.0.0.1", server.port)
        visitor = await server.ask(READ)
        await server.signal(number)
        assert await idle.read() == b""
        writer.close()
        server.fault.detach_all()
        _, answer = await visitor.answer()
        status, lines = await server.end()
    assert answer["data"]["provider"]["products"]["nodes"] == [{"name": "CRM Solo 2024"}]
    assert status == 0
    assert outline(lines) == ["stopping", "stopped"]
    assert (lines[0]["signal"], lines[0]["requests"]) == (number.name, 1)


async def test_a_change_is_finished_and_its_client_is_told(vendors: Served, tmp_path: Path) -> None:
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        visitor = await server.ask(RENAME, UPDATE.arguments)
        await server.signal(SIGTERM)
        server.fault.detach_all()
        _, answer = await visitor.answer()
        status, lines = await server.end()
    assert answer == RENAMED
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, outline(lines)) == (0, ["stopping", "stopped"])


async def test_a_change_is_finished_though_its_client_has_gone(
    vendors: Served, tmp_path: Path
) -> None:
    """And what it came to is logged."""
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        visitor = await server.ask(RENAME, UPDATE.arguments)
        visitor.go()
        await server.signal(SIGTERM)
        server.fault.detach_all()
        status, lines = await server.end()
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, outline(lines)) == (0, ["stopping", "client_gone", "stopped"])
    assert lines[1]["outcome"] == "DONE"


async def test_a_write_is_waited_for_though_its_request_has_ended(
    vendors: Served, tmp_path: Path
) -> None:
    """Its client was told at the deadline that nothing is known of it."""
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH", deadline=2) as server:
        visitor = await server.ask(RENAME, UPDATE.arguments)
        _, answer = await visitor.answer()
        await server.signal(SIGTERM)
        server.fault.detach_all()
        status, lines = await server.end()
    assert answer["errors"][0]["extensions"]["outcome"] == "UNKNOWN"
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, outline(lines)) == (0, ["stopping", "stopped"])
    ended = [line["outcome"] for line in lines if line["event"] == "write_ended_unheard"]
    assert ended == ["APPLIED"]


@pytest.mark.parametrize(
    ("first", "second", "status"), [(SIGTERM, SIGTERM, 143), (SIGTERM, SIGINT, 130)]
)
async def test_a_second_signal_ends_it_at_once(
    vendors: Served, tmp_path: Path, first: Signals, second: Signals, status: int
) -> None:
    """Whatever is held."""
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        visitor = await server.ask(RENAME, UPDATE.arguments)
        await server.signal(first)
        server.process.send_signal(second)
        async with asyncio.timeout(AT_ONCE):
            ended, lines = await server.end()
        visitor.go()
    assert (ended, outline(lines)) == (status, ["stopping"])
