"""Every fault of the table at every vendor: the client's response and the vendor's state."""

from typing import Any

import pytest

from tests.faults.operations import READ, WRITES
from tests.faults.proxied_gateway import ProxiedGateway, proxied_gateway
from tests.faults.readme import README, render, table_of
from tests.faults.serving import ServedSandbox
from tests.faults.table import ROWS, Expected, Row

pytestmark = pytest.mark.anyio

RETRYABLE = {"UPSTREAM_UNAVAILABLE", "UPSTREAM_THROTTLED"}


def result_of(response: dict[str, Any], gateway: ProxiedGateway, *, is_held: bool) -> Expected:
    """Return the result in the form of the table; assert that there is at most one error."""
    calls = gateway.proxy.arrived
    if "errors" not in response:
        return Expected(calls=calls, is_held=is_held)
    (error,) = response["errors"]
    extensions = error["extensions"]
    is_unknown = extensions.get("outcome") == "UNKNOWN"
    assert extensions["retryable"] is (extensions["code"] in RETRYABLE and not is_unknown)
    return Expected(
        code=extensions["code"],
        outcome=extensions.get("outcome"),
        retry_after=extensions.get("retryAfterSeconds"),
        calls=calls,
        is_held=is_held,
    )


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_read(vendors: ServedSandbox, row: Row, key: str) -> None:
    """The field has data, or it is null with an error."""
    async with proxied_gateway(
        vendors, key, row.fault, row.address, deadline=row.deadline
    ) as gateway:
        before = gateway.simulator.snapshot()
        response = await gateway.execute(READ, key=key)
        assert result_of(response, gateway, is_held=False) == row.read
        assert gateway.simulator.snapshot() == before
    nodes = (response["data"]["provider"]["products"] or {}).get("nodes")
    assert (nodes is None) is ("errors" in response)


@pytest.mark.parametrize("key", WRITES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_write(vendors: ServedSandbox, row: Row, key: str) -> None:
    """Success is reported only if the vendor holds the change; it is applied at most once."""
    write = WRITES[key]
    async with proxied_gateway(
        vendors, key, row.fault, row.address, deadline=row.deadline
    ) as gateway:
        before = gateway.simulator.snapshot()
        response = await gateway.execute(write.document, **write.arguments)
        is_held = gateway.simulator.snapshot() != before
        assert result_of(response, gateway, is_held=is_held) == row.exceptions.get(key, row.write)
        assert sum(method != "GET" for method, *_ in gateway.simulator.calls) == is_held
    assert response["data"] == {"payload": None if "errors" in response else {"userErrors": []}}


def test_the_readme_has_this_table() -> None:
    """`python -m tests.faults.readme` updates it."""
    assert table_of(README.read_text(encoding="utf-8")) == render()
