"""What a request leaves behind is freed at once: looking for garbage takes time of all requests."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, FunctionType

import pytest

from tests.faults.between import Between, between
from tests.faults.reading import READ
from tests.faults.serving import Served
from tests.faults.table import ROWS, Row
from tests.faults.test_stale import AT_ONCE
from tests.faults.writing import WRITES

pytestmark = pytest.mark.anyio

ANSWERED = Row(name="no fault", read=ROWS[-1].read, write=ROWS[-1].write)
# A connection that is not made in time leaves a little: anyio ties up a task that it has cancelled.
NAMES = {
    "connection refused",
    "answer later than the deadline",
    "reset before the answer",
    "500",
    "429 once, then it is back",
    "401, the key is revoked",
    "truncated JSON",
    "50 MiB",
}
MET = (ANSWERED, *(row for row in ROWS if row.name in NAMES))
NOT_MEANT = (
    "groupgate.sandbox.",
    # Rules of validation: graphql-core ties them to its visitor, once for each new document.
    "groupgate.app.protocol.documents.",
)


@contextmanager
def garbage() -> Iterator[Counter[str]]:
    """Count by kind the gateway's own objects that only a look for garbage would free."""
    found: Counter[str] = Counter()
    gc.collect()
    gc.disable()
    try:
        yield found
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        found.update(filter(_is_ours, map(_kind, gc.garbage)))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


def _kind(found: object) -> str:
    if isinstance(found, FrameType):
        return f"{found.f_globals['__name__']}.{found.f_code.co_qualname}"
    kind = found if isinstance(found, FunctionType) else type(found)
    return f"{kind.__module__}.{kind.__qualname__}"


def _is_ours(kind: str) -> bool:
    return kind.startswith("groupgate.") and not kind.startswith(NOT_MEANT)


async def ask(way: Between, query: str, **variables: object) -> None:
    """Send an operation, and let what was cancelled at its end come to its own."""
    await way.ask(query, **variables)
    await asyncio.sleep(0.05)


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", MET, ids=lambda row: row.name)
async def test_a_read_leaves_nothing(vendors: Served, row: Row, key: str) -> None:
    """Be it answered or not."""
    async with between(vendors, key, row.fault, row.address, deadline=row.deadline) as way:
        with garbage() as found:
            await ask(way, READ, key=key)
    assert found == {}


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize(
    "row", [row for row in MET if row.address is None], ids=lambda row: row.name
)
async def test_a_stale_answer_leaves_nothing(vendors: Served, row: Row, key: str) -> None:
    """The failure that it stands in for is told, without what led to it."""
    async with between(vendors, key, cache_ttl=AT_ONCE, deadline=row.deadline) as way:
        await ask(way, READ, key=key)
        way.proxy.fault = row.fault
        with garbage() as found:
            await ask(way, READ, key=key)
    assert found == {}


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", MET, ids=lambda row: row.name)
async def test_a_write_leaves_nothing(vendors: Served, row: Row, key: str) -> None:
    """Be it applied or not."""
    made = WRITES[key]
    async with between(vendors, key, row.fault, row.address, deadline=row.deadline) as way:
        with garbage() as found:
            await ask(way, made.document, **made.arguments)
    assert found == {}
