"""Signals to `groupgate serve` while a call to a vendor is running."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from typing import Any, Final

import pytest

from groupgate.sandbox.app import Sandbox
from tests.cli.gateway_process import gateway
from tests.e2e.valid_mutations import AT_DODO
from tests.faults.serving import ServedSandbox, serve_sandbox

pytestmark = pytest.mark.anyio

MAX_SECONDS: Final = 5.0
"""Seconds; waiting for the vendor or for the deadline would take longer."""

READ: Final = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
UPDATE: Final = AT_DODO["update"]
RENAME: Final = UPDATE.document
RENAMED: dict[str, Any] = {"data": {"payload": {"userErrors": []}}}


@pytest.fixture(scope="module")
def _served() -> Iterator[ServedSandbox]:
    with serve_sandbox(Sandbox(unlimited=True)) as served:
        yield served


@pytest.fixture
def vendors(_served: ServedSandbox) -> ServedSandbox:
    """Reset the simulators."""
    _served.sandbox.reset()
    return _served


def events(lines: list[dict[str, Any]]) -> list[str]:
    """Return the logged events that are not about a vendor."""
    return [line["event"] for line in lines if "provider" not in line]


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
async def test_running_requests_are_answered_and_idle_connections_closed(
    vendors: ServedSandbox, tmp_path: Path, number: Signals
) -> None:
    """The process ends when the last response has been sent."""
    async with gateway(vendors, tmp_path, b"GET") as server:
        idle, writer = await asyncio.open_connection("127.0.0.1", server.port)
        client = await server.ask(READ)
        await server.signal(number)
        assert await idle.read() == b""
        writer.close()
        server.fault.release()
        _, answer = await client.response()
        status, lines = await server.end()
    assert answer["data"]["provider"]["products"]["nodes"] == [{"name": "CRM Solo 2024"}]
    assert status == 0
    assert events(lines) == ["server_stopping", "server_stopped"]
    assert (lines[0]["signal"], lines[0]["requests"]) == (number.name, 1)


async def test_a_running_mutation_is_finished_and_answered(
    vendors: ServedSandbox, tmp_path: Path
) -> None:
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        client = await server.ask(RENAME, UPDATE.arguments)
        await server.signal(SIGTERM)
        server.fault.release()
        _, answer = await client.response()
        status, lines = await server.end()
    assert answer == RENAMED
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, events(lines)) == (0, ["server_stopping", "server_stopped"])


async def test_a_running_mutation_is_finished_after_a_disconnect(
    vendors: ServedSandbox, tmp_path: Path
) -> None:
    """The result is logged."""
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        client = await server.ask(RENAME, UPDATE.arguments)
        client.disconnect()
        await server.signal(SIGTERM)
        server.fault.release()
        status, lines = await server.end()
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, events(lines)) == (
        0,
        ["server_stopping", "client_disconnected", "server_stopped"],
    )
    assert lines[1]["outcome"] == "DONE"


async def test_a_write_is_finished_after_its_request_has_timed_out(
    vendors: ServedSandbox, tmp_path: Path
) -> None:
    """At the deadline the client has received the outcome UNKNOWN."""
    before = vendors.sandbox.dodo.snapshot()
    async with gateway(vendors, tmp_path, b"PATCH", deadline=2) as server:
        client = await server.ask(RENAME, UPDATE.arguments)
        _, answer = await client.response()
        await server.signal(SIGTERM)
        server.fault.release()
        status, lines = await server.end()
    assert answer["errors"][0]["extensions"]["outcome"] == "UNKNOWN"
    assert vendors.sandbox.dodo.snapshot() != before
    assert (status, events(lines)) == (0, ["server_stopping", "server_stopped"])
    ended = [line["outcome"] for line in lines if line["event"] == "write_ended_without_client"]
    assert ended == ["APPLIED"]


@pytest.mark.parametrize(
    ("first", "second", "status"), [(SIGTERM, SIGTERM, 143), (SIGTERM, SIGINT, 130)]
)
async def test_a_second_signal_ends_the_process_at_once(
    vendors: ServedSandbox, tmp_path: Path, first: Signals, second: Signals, status: int
) -> None:
    async with gateway(vendors, tmp_path, b"PATCH") as server:
        client = await server.ask(RENAME, UPDATE.arguments)
        await server.signal(first)
        server.process.send_signal(second)
        async with asyncio.timeout(MAX_SECONDS):
            ended, lines = await server.end()
        client.disconnect()
    assert (ended, events(lines)) == (status, ["server_stopping"])
