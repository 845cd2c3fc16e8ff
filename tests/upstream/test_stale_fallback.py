"""What a list showed before stands in for what cannot be read singly."""

import asyncio

import pytest

from groupgate.domain.errors import Denied, Rejected, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import RequestScope, request_scope
from groupgate.upstream.cache import find_stale
from groupgate.upstream.vendor_state import Policy
from tests.upstream.vendor import Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO


async def list_read_before() -> Vendor:
    """A vendor whose list of one row was read seven seconds ago, and which fails since."""
    vendor = Vendor(ok(), status(500), policy=Policy(cache_ttl=5, cache_stale_if_error=300))
    with request_scope():
        await vendor.client.get("/list", Shape)
    await asyncio.sleep(7)
    return vendor


async def found_for(
    vendor: Vendor, failed: dict[str, UpstreamError], *, no_cache: bool = False
) -> tuple[dict[str, Shape], RequestScope]:
    """What stands in for these, in a request of its own."""

    async def recall() -> list[Shape]:
        return [await vendor.client.get("/list", Shape)]

    with request_scope(no_cache=no_cache) as scope:
        return await find_stale(failed, recall, lambda row: row.name), scope


@pytest.mark.parametrize("failure", [Unavailable(DODO, "x"), Throttled(DODO, "x")])
async def test_a_row_stands_in_without_a_call(failure: UpstreamError) -> None:
    """And is said to be stale; what is not on the list stays as it failed."""
    vendor = await list_read_before()
    found, scope = await found_for(vendor, {"x": failure, "y": failure})
    assert found == {"x": Shape(name="x")}
    assert [(one.age_seconds, one.reason) for one in scope.stale.values()] == [(7, failure)]
    assert scope.age == 7
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("no", [Denied(DODO, "x"), Rejected(DODO, 400, b"")])
async def test_a_vendor_that_says_no_has_not_failed(no: UpstreamError) -> None:
    """That one of several was refused keeps nothing from the others."""
    vendor = await list_read_before()
    assert (await found_for(vendor, {"x": no}))[0] == {}
    found, _ = await found_for(vendor, {"y": no, "x": Unavailable(DODO, "x")})
    assert found == {"x": Shape(name="x")}


async def test_nothing_is_stale_that_was_not_used() -> None:
    """Neither where the list has not got the row, nor for who asks anew, nor without a list."""
    failed: dict[str, UpstreamError] = {"x": Unavailable(DODO, "x")}
    vendor = await list_read_before()
    told = [
        await found_for(vendor, {"y": Unavailable(DODO, "x")}),
        await found_for(vendor, failed, no_cache=True),
        await found_for(Vendor(status(500)), failed),
        await found_for(vendor, {}),
    ]
    assert [(found, scope.stale, scope.age) for found, scope in told] == [({}, {}, None)] * 4
    assert len(vendor.requests) == 1
