"""Every fault at every vendor: what the client gets and what the vendor is left with."""

from typing import Any

import pytest

from tests.faults.between import Between, between
from tests.faults.reading import READ
from tests.faults.serving import Served
from tests.faults.table import ROWS, Got, Row
from tests.faults.writing import WRITES

pytestmark = pytest.mark.anyio

RETRYABLE = {"UPSTREAM_UNAVAILABLE", "UPSTREAM_THROTTLED"}


def got(answer: dict[str, Any], between: Between, *, is_held: bool) -> Got:
    """What the client got: data and no error, or no data and one error."""
    calls = between.proxy.arrived
    if "errors" not in answer:
        return Got(calls=calls, is_held=is_held)
    (error,) = answer["errors"]
    told = error["extensions"]
    assert told["retryable"] is (told["code"] in RETRYABLE and told.get("outcome") != "UNKNOWN")
    return Got(
        code=told["code"],
        outcome=told.get("outcome"),
        retry_after=told.get("retryAfterSeconds"),
        calls=calls,
        is_held=is_held,
    )


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_read(vendors: Served, row: Row, key: str) -> None:
    """Its field is there, or null with an error that says why."""
    async with between(vendors, key, row.fault, row.address, deadline=row.deadline) as way:
        before = way.vendor.snapshot()
        answer = await way.ask(READ, key=key)
        assert got(answer, way, is_held=False) == row.read
        assert way.vendor.snapshot() == before
    nodes = (answer["data"]["provider"]["products"] or {}).get("nodes")
    assert (nodes is None) is ("errors" in answer)


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_write(vendors: Served, row: Row, key: str) -> None:
    """It is told as done only where the vendor holds it; the vendor has done it once at most."""
    made = WRITES[key]
    async with between(vendors, key, row.fault, row.address, deadline=row.deadline) as way:
        before = way.vendor.snapshot()
        answer = await way.ask(made.document, **made.arguments)
        is_held = way.vendor.snapshot() != before
        assert got(answer, way, is_held=is_held) == row.exceptions.get(key, row.write)
        assert len(way.vendor.calls) == is_held
    assert answer["data"] == {"payload": None if "errors" in answer else {"userErrors": []}}
