"""What is answered when a fault meets a read whose answer is known from before."""

import pytest

from tests.faults.between import between
from tests.faults.reading import READ
from tests.faults.serving import Served
from tests.faults.table import DONE, ROWS, Row

pytestmark = pytest.mark.anyio

AT_ONCE = 1e-9
"""Seconds in which an answer is fresh: the next request asks the vendor."""


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.address is None and row.read.code != DONE],
    ids=lambda row: row.name,
)
async def test_a_known_answer_stands_in_for_a_failure(vendors: Served, row: Row, key: str) -> None:
    """Complete, and said to be stale; but a vendor that takes the key away has not failed."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        known = await way.ask(READ, key=key)
        way.proxy.fault = row.fault
        answer = await way.ask(READ, key=key)
        assert way.proxy.arrived == 1 + row.read.calls
    if row.read.code == "UPSTREAM_DENIED":
        assert [error["extensions"]["code"] for error in answer["errors"]] == [row.read.code]
    else:
        assert answer["data"] == known["data"]
        assert "errors" not in answer
        (stale,) = answer["extensions"]["stale"]
        assert (stale["provider"], stale["reason"]) == (key, row.read.code)


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
async def test_a_known_answer_stands_in_for_a_vendor_that_is_gone(
    vendors: Served, key: str
) -> None:
    """Its port refuses connections."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        known = await way.ask(READ, key=key)
        way.proxy.leave()
        answer = await way.ask(READ, key=key)
        assert way.proxy.arrived == 1
    assert answer["data"] == known["data"]
    (stale,) = answer["extensions"]["stale"]
    assert (stale["provider"], stale["reason"]) == (key, "UPSTREAM_UNAVAILABLE")
