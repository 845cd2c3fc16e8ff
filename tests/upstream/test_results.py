"""find_stale: results from a cached list for keys whose read failed."""

import asyncio

import pytest

from groupgate.domain.errors import Denied, Rejected, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import RequestScope, request_scope
from groupgate.upstream.results import find_stale
from tests.upstream.stub_vendor import CACHE_POLICY, Item, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO


async def failing_vendor_with_cached_list() -> StubVendor:
    """Return a vendor that fails, and whose list of one item was read seven seconds ago."""
    vendor = StubVendor(ok(), http_status(500), policy=CACHE_POLICY)
    with request_scope():
        await vendor.client.get("/list", Item)
    await asyncio.sleep(7)
    return vendor


async def find_stale_items(
    vendor: StubVendor, answers: dict[str, UpstreamError], *, no_cache: bool = False
) -> tuple[dict[str, Item], RequestScope]:
    """Call find_stale in a new request; return its result, and the request's scope."""

    async def read_list() -> list[Item]:
        return [await vendor.client.get("/list", Item)]

    with request_scope(no_cache=no_cache) as scope:
        return await find_stale(answers, read_list, lambda item: item.name), scope


@pytest.mark.parametrize("failure", [Unavailable(DODO, "x"), Throttled(DODO, "x")])
async def test_find_stale_returns_cached_rows_without_a_call_and_reports_their_age(
    failure: UpstreamError,
) -> None:
    """Key y is not in the cached list."""
    vendor = await failing_vendor_with_cached_list()
    found, scope = await find_stale_items(vendor, {"x": failure, "y": failure})
    assert found == {"x": Item(name="x")}
    assert [(stale.age_seconds, stale.reason) for stale in scope.stale.values()] == [(7, failure)]
    assert scope.age == 7
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("error", [Denied(DODO, "x"), Rejected(DODO, 400, b"")])
async def test_find_stale_ignores_keys_that_were_denied_or_rejected(error: UpstreamError) -> None:
    vendor = await failing_vendor_with_cached_list()
    assert (await find_stale_items(vendor, {"x": error}))[0] == {}
    found, _ = await find_stale_items(vendor, {"y": error, "x": Unavailable(DODO, "x")})
    assert found == {"x": Item(name="x")}


async def test_find_stale_reports_nothing_if_it_returns_nothing() -> None:
    """The key is not in the list; no-cache request; the list is not cached; no key failed."""
    answers: dict[str, UpstreamError] = {"x": Unavailable(DODO, "x")}
    vendor = await failing_vendor_with_cached_list()
    results = [
        await find_stale_items(vendor, {"y": Unavailable(DODO, "x")}),
        await find_stale_items(vendor, answers, no_cache=True),
        await find_stale_items(StubVendor(http_status(500)), answers),
        await find_stale_items(vendor, {}),
    ]
    assert [(found, scope.stale, scope.age) for found, scope in results] == [({}, {}, None)] * 4
    assert len(vendor.requests) == 1
