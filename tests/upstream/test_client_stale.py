"""CachedReader: cached responses that are served because the vendor fails."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
)
from groupgate.domain.refs import ProviderKey
from groupgate.request import now, request_scope
from groupgate.upstream.vendor_state import Policy
from tests.upstream.stub_vendor import (
    CACHE_POLICY,
    Delayed,
    Item,
    StubResponse,
    StubVendor,
    http_status,
    ok,
    read_item,
)

pytestmark = pytest.mark.anyio

OLD, NEW = ok(b'{"name":"old"}'), ok(b'{"name":"new"}')


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ConnectError("x"), Unavailable),
        (Delayed(60, OLD), Unavailable),
        (http_status(503), Unavailable),
        (http_status(429, Retry_After="60"), Throttled),
        (ok(b"<html>"), Malformed),
        (ok(b'{"name":[]}'), Malformed),
        (ok(b"{}", Content_Type="text/html"), Malformed),
    ],
)
async def test_if_the_vendor_fails_the_cached_response_is_served_and_recorded_as_stale(
    failure: StubResponse, error: type[UpstreamError]
) -> None:
    """The request's scope has the vendor, the age in whole seconds, and the error."""
    vendor = StubVendor(OLD, failure, policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(100.7)
    name, scope = await read_item(vendor, deadline=0.25)
    assert name == "old"
    stale = scope.stale[ProviderKey.DODO]
    assert (stale.provider, stale.age_seconds) == (ProviderKey.DODO, 100)
    assert isinstance(stale.reason, error)
    assert scope.age == pytest.approx(100.95, abs=0.25)


async def test_a_response_that_fails_its_check_is_not_cached_and_a_stale_one_is_served() -> None:
    def check(item: Item) -> None:
        if item.name == "error":
            raise Malformed(ProviderKey.DODO, "Dodo Payments returned an error.")

    vendor = StubVendor(OLD, ok(b'{"name":"error"}'), policy=CACHE_POLICY, check=check)
    for _ in range(3):
        with request_scope(deadline=10) as scope:
            assert (await vendor.client.get("/a", Item)).name == "old"
        await asyncio.sleep(5)
    assert (len(vendor.requests), scope.stale[ProviderKey.DODO].age_seconds) == (3, 10)


async def test_with_a_stale_response_readers_wait_three_seconds_for_a_running_read() -> None:
    """The seconds count from its start. It continues, and later requests get its response."""
    vendor = StubVendor(OLD, Delayed(8, NEW), policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(6)
    results = []
    for pause in (0, 1, 3, 1.5):
        await asyncio.sleep(pause)
        name, scope = await read_item(vendor)
        ages = [stale.age_seconds for stale in scope.stale.values()]
        results.append((now(), name, ages, len(scope.calls)))
    assert results == [
        (9, "old", [9], 0),
        (10, "old", [10], 0),
        (13, "old", [13], 0),
        (14.5, "new", [], 0),
    ]
    assert (vendor.request_times, vendor.cancelled_requests) == ([0, 6], 0)


async def test_a_read_without_waiters_is_cancelled_at_the_deadline_of_its_last_waiter() -> None:
    """A request that comes after its three seconds does not extend it."""
    vendor = StubVendor(OLD, Delayed(60, NEW), policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(6)
    await read_item(vendor, deadline=10)
    await asyncio.sleep(6)
    await read_item(vendor, deadline=10)
    assert (now(), vendor.cancelled_requests) == (15, 0)
    await asyncio.sleep(1.5)
    assert (vendor.request_times, vendor.cancelled_requests) == ([0, 6], 1)
    started_at = now()
    assert (await read_item(vendor))[0] == "old"
    assert now() - started_at == 3


async def test_a_reader_cancelled_within_the_three_seconds_cancels_the_read() -> None:
    vendor = StubVendor(OLD, Delayed(8, NEW), policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(6)
    reading = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(2)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert vendor.cancelled_requests == 1


async def test_the_oldest_stale_response_of_each_vendor_is_recorded() -> None:
    vendor = StubVendor(ok(), policy=CACHE_POLICY)
    for path in ("/a", "/b", "/c"):
        await read_item(vendor, path)
        await asyncio.sleep(10)
    vendor.responses = [http_status(503, Retry_After="60")]
    with request_scope(deadline=10) as scope:
        for path in ("/b", "/a", "/c"):
            await vendor.client.get(path, Item)
    assert [stale.age_seconds for stale in scope.stale.values()] == [30]
    assert scope.age == 30


@pytest.mark.parametrize(
    ("response", "error"),
    [(http_status(401), Denied), (http_status(403), Denied), (http_status(404), Rejected)],
)
async def test_a_denied_or_rejected_read_removes_the_cached_response(
    response: StubResponse, error: type[UpstreamError]
) -> None:
    """The cached response is not served, neither for this error nor for a later failure."""
    vendor = StubVendor(OLD, response, policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(5)
    with pytest.raises(error):
        await read_item(vendor)
    vendor.responses = [http_status(503, Retry_After="60")]
    with pytest.raises(Unavailable):
        await read_item(vendor)


async def test_no_stale_response_is_served_after_stale_if_error_or_if_that_is_zero() -> None:
    for policy, pause in ((CACHE_POLICY, 300), (Policy(cache_ttl=5), 5)):
        vendor = StubVendor(OLD, http_status(503, Retry_After="60"), policy=policy)
        await read_item(vendor)
        await asyncio.sleep(pause)
        with pytest.raises(Unavailable):
            await read_item(vendor)


@pytest.mark.parametrize("no_cache", [True, False])
async def test_no_stale_response_is_served_to_a_request_that_bypasses_the_cache(
    *, no_cache: bool
) -> None:
    """A no-cache request, and one that has invalidated its reads, as a mutation does."""
    vendor = StubVendor(OLD, http_status(503, Retry_After="60"), policy=CACHE_POLICY)
    await read_item(vendor)
    with request_scope(deadline=10, no_cache=no_cache) as scope:
        vendor.client.invalidate()
        with pytest.raises(Unavailable):
            await vendor.client.get("/a", Item)
    assert scope.stale == {}


async def test_no_stale_response_is_served_if_the_request_invalidates_during_the_read() -> None:
    vendor = StubVendor(OLD, Delayed(2, http_status(503, Retry_After="60")), policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(5)
    with request_scope(deadline=10):
        get = asyncio.ensure_future(vendor.client.get("/a", Item))
        await asyncio.sleep(1)
        vendor.client.invalidate()
        with pytest.raises(Unavailable):
            await get
