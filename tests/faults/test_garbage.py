"""Requests leave no cyclic garbage: a search for it delays every running request."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, FunctionType

import pytest

from tests.faults.disconnecting_client import wait_until
from tests.faults.operations import READ, WRITES
from tests.faults.proxied_gateway import ProxiedGateway, proxied_gateway
from tests.faults.serving import ServedSandbox
from tests.faults.table import ROWS, Row
from tests.faults.test_stale import IMMEDIATELY_STALE

pytestmark = pytest.mark.anyio

NO_FAULT = Row(name="no fault", read=ROWS[-1].read, write=ROWS[-1].write)
# "no connection in time" is left out: anyio ties up the task that it has cancelled.
NAMES = {
    "connection refused",
    "response after the deadline",
    "reset before the response",
    "500",
    "429 once, then a normal response",
    "401, the key is revoked",
    "truncated JSON",
    "truncated JSON once, then a normal response",
    "200 with an HTML page once, and the change is not applied",
    "50 MiB",
}
TESTED = (NO_FAULT, *(row for row in ROWS if row.name in NAMES))
IGNORED = (
    "groupgate.sandbox.",
    # Rules of validation: graphql-core ties them to its visitor, once for each new document.
    "groupgate.schema.guardrails.rules.",
    "groupgate.schema.guardrails.validation.",
)


CALLBACK_ITERATIONS = 20
"""Iterations of the event loop in which the callbacks of ended tasks and connections run."""


@pytest.fixture(scope="module", autouse=True)
def _frozen_heap() -> None:
    """Leave the objects of earlier tests out of each search, which would take most of its time.

    Every gateway is opened after this and is searched.
    """
    gc.collect()
    gc.freeze()


@contextmanager
def cyclic_garbage() -> Iterator[Counter[str]]:
    """Count by type the gateway's objects that only the garbage collector would free."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found.update(filter(_is_ours, map(_type_name, gc.garbage)))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _type_name(found: object) -> str:
    if isinstance(found, FrameType):
        return f"{found.f_globals['__name__']}.{found.f_code.co_qualname}"
    kind = found if isinstance(found, FunctionType) else type(found)
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_ours(name: str) -> bool:
    return name.startswith("groupgate.") and not name.startswith(IGNORED)


async def execute(gateway: ProxiedGateway, query: str, **variables: object) -> None:
    """Send an operation, release its calls, and wait until its tasks and callbacks have ended."""
    before = asyncio.all_tasks()
    await gateway.execute(query, **variables)
    gateway.proxy.release()
    await wait_until(lambda: asyncio.all_tasks() <= before)
    for _ in range(CALLBACK_ITERATIONS):
        await asyncio.sleep(0)


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", TESTED, ids=lambda row: row.name)
async def test_a_read_leaves_no_garbage(vendors: ServedSandbox, row: Row, key: str) -> None:
    """Neither if it succeeds nor if it fails."""
    async with proxied_gateway(
        vendors, key, row.fault, row.address, deadline=row.deadline
    ) as gateway:
        with cyclic_garbage() as found:
            await execute(gateway, READ, key=key)
    assert found == {}


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize(
    "row", [row for row in TESTED if row.address is None], ids=lambda row: row.name
)
async def test_a_stale_response_leaves_no_garbage(
    vendors: ServedSandbox, row: Row, key: str
) -> None:
    """The failure that the cached result replaces is reported without its traceback."""
    async with proxied_gateway(
        vendors, key, cache_ttl=IMMEDIATELY_STALE, deadline=row.deadline
    ) as gateway:
        await gateway.execute(READ, key=key)
        gateway.proxy.fault = row.fault
        with cyclic_garbage() as found:
            await execute(gateway, READ, key=key)
    assert found == {}


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", TESTED, ids=lambda row: row.name)
async def test_a_write_leaves_no_garbage(vendors: ServedSandbox, row: Row, key: str) -> None:
    """Neither if it is applied nor if it fails."""
    write = WRITES[key]
    async with proxied_gateway(
        vendors, key, row.fault, row.address, deadline=row.deadline
    ) as gateway:
        with cyclic_garbage() as found:
            await execute(gateway, write.document, **write.arguments)
    assert found == {}
