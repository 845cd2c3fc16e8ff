"""CachedReader: responses and running reads that are shared between requests."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import Rejected, Throttled, Unavailable, UpstreamError, WriteOutcome
from groupgate.domain.refs import ProviderKey
from groupgate.request import now, request_scope
from groupgate.upstream.cache import GRACE
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
    write_item,
)

pytestmark = pytest.mark.anyio

OLD, NEW = ok(b'{"name":"old"}'), ok(b'{"name":"new"}')


async def test_a_response_is_shared_with_later_requests_for_the_ttl() -> None:
    """Each of them makes no call, and reports the response's age."""
    vendor = StubVendor(OLD, NEW, policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(4.5)
    name, scope = await read_item(vendor)
    assert (name, scope.calls, scope.cache_hits[ProviderKey.DODO], scope.age) == ("old", [], 1, 4.5)
    await asyncio.sleep(0.5)
    name, scope = await read_item(vendor)
    assert (name, len(scope.calls), scope.cache_hits, scope.age) == ("new", 1, {}, None)


async def test_is_cached_is_true_for_a_fresh_response_that_the_request_may_use() -> None:
    vendor = StubVendor(OLD, policy=CACHE_POLICY)
    await read_item(vendor)
    with request_scope():
        assert vendor.client.is_cached("/a", Item)
        assert not vendor.client.is_cached("/b", Item)
        vendor.client.invalidate()
        assert not vendor.client.is_cached("/a", Item)
    with request_scope(no_cache=True):
        assert not vendor.client.is_cached("/a", Item)
    await asyncio.sleep(5)
    with request_scope():
        assert not vendor.client.is_cached("/a", Item)


async def test_equal_reads_at_the_same_time_are_one_call() -> None:
    """Of a hundred requests, 99 report a cache hit."""
    vendor = StubVendor(Delayed(2, OLD), policy=CACHE_POLICY)
    results = await asyncio.gather(*(read_item(vendor) for _ in range(100)))
    assert {name for name, _ in results} == {"old"}
    assert len(vendor.requests) == 1
    assert sum(len(scope.calls) for _, scope in results) == 1
    assert sum(scope.cache_hits[ProviderKey.DODO] for _, scope in results) == 99


async def test_without_a_ttl_neither_responses_nor_running_reads_are_shared() -> None:
    vendor = StubVendor(Delayed(1, OLD), policy=Policy(cache_ttl=0, cache_stale_if_error=300))
    await asyncio.gather(read_item(vendor), read_item(vendor))
    await read_item(vendor)
    assert len(vendor.requests) == 3


async def test_an_error_is_not_cached() -> None:
    vendor = StubVendor(http_status(404), NEW, policy=CACHE_POLICY)
    with pytest.raises(Rejected):
        await read_item(vendor)
    assert (await read_item(vendor))[0] == "new"


async def test_a_no_cache_read_calls_the_vendor_and_updates_the_cache() -> None:
    """It does not join a running read, whose response may be older than the request."""
    vendor = StubVendor(OLD, Delayed(2, OLD), NEW, policy=CACHE_POLICY)
    await read_item(vendor)
    await asyncio.sleep(5)
    running = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(1)
    assert (await read_item(vendor, no_cache=True))[0] == "new"
    assert (await read_item(vendor))[0] == "new"
    assert (await running)[0] == "old"
    assert (await read_item(vendor))[0] == "new"
    assert len(vendor.requests) == 3


async def test_a_shared_read_continues_if_the_request_that_started_it_is_cancelled() -> None:
    vendor = StubVendor(Delayed(3, OLD), policy=CACHE_POLICY)
    first = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(0.5)
    second = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(0.5)
    first.cancel()
    assert (await second)[0] == "old"
    assert (len(vendor.requests), vendor.cancelled_requests, now()) == (1, 0, 3)


async def test_a_shared_read_is_cancelled_when_its_last_waiter_is_cancelled() -> None:
    """The next request starts a new read."""
    vendor = StubVendor(Delayed(3, OLD), policy=CACHE_POLICY)
    both = [asyncio.ensure_future(read_item(vendor)) for _ in range(2)]
    await asyncio.sleep(1)
    for waiter in both:
        waiter.cancel()
    await asyncio.gather(*both, return_exceptions=True)
    assert (await read_item(vendor))[0] == "old"
    assert (len(vendor.requests), vendor.cancelled_requests) == (2, 1)


@pytest.mark.parametrize("policy", [Policy(), CACHE_POLICY])
async def test_reads_of_one_request_share_a_read_and_go_on_if_the_first_is_cancelled(
    policy: Policy,
) -> None:
    """One that goes on sends the call again, as the first one's has been cancelled."""
    vendor = StubVendor(Delayed(3, OLD), Delayed(3, NEW), policy=policy)
    with request_scope() as scope:
        first, second, third = (scope.start(vendor.client.get("/a", Item)) for _ in range(3))
        await asyncio.sleep(1)
        assert vendor.request_times == [0]
        first.cancel()
        assert [(await each).name for each in (second, third)] == ["new", "new"]
        assert (await vendor.client.get("/a", Item)).name == "new"
    assert (vendor.request_times, vendor.cancelled_requests) == ([0, 1], 1)


async def test_the_end_of_a_request_cancels_its_running_reads() -> None:
    """A read that is no longer in the request's memo is cancelled as well."""
    for policy in (Policy(), CACHE_POLICY):
        vendor = StubVendor(Delayed(3, OLD), policy=policy)
        with request_scope() as scope:
            running = scope.start(vendor.client.get("/a", Item))
            await asyncio.sleep(1)
            vendor.client.invalidate()
        await asyncio.gather(running, return_exceptions=True)
        assert (running.cancelled(), vendor.cancelled_requests) == (True, 1)


async def test_each_waiter_of_a_shared_read_has_its_own_deadline() -> None:
    """The first try ends at 3 with the first request; the second try responds at 6."""
    vendor = StubVendor(Delayed(4, OLD), Delayed(2.8, OLD), policy=CACHE_POLICY)
    first = asyncio.ensure_future(read_item(vendor, deadline=3))
    await asyncio.sleep(1)
    second = asyncio.ensure_future(read_item(vendor, deadline=10))
    with pytest.raises(Unavailable) as caught:
        await first
    assert (now(), caught.value.message) == (3 + GRACE, "Dodo Payments did not respond in time.")
    assert (await second)[0] == "old"
    assert vendor.request_times == pytest.approx([0, 3.2])
    assert now() == pytest.approx(6)


async def test_a_read_without_a_permit_at_its_deadline_is_throttled() -> None:
    """The gateway delayed the read, so the error is not that the vendor was too slow."""
    vendor = StubVendor(
        Delayed(20, OLD), policy=Policy(concurrency=1, cache_ttl=5, cache_stale_if_error=300)
    )
    running = asyncio.ensure_future(read_item(vendor, "/other", deadline=30))
    await asyncio.sleep(1)
    with pytest.raises(Throttled):
        await read_item(vendor, deadline=3)
    assert now() == 4
    await running


async def test_a_write_invalidates_the_cache_for_all_requests() -> None:
    """A response from before the write is not served as a stale one either."""
    vendor = StubVendor(OLD, ok(b""), NEW, policy=CACHE_POLICY)
    await read_item(vendor)
    await write_item(vendor)
    assert (await read_item(vendor))[0] == "new"
    await write_item(vendor)
    vendor.responses = [http_status(503, Retry_After="60")]
    with pytest.raises(Unavailable):
        await read_item(vendor)


@pytest.mark.parametrize(
    ("failure", "outcome", "calls"),
    [
        (httpx.ReadTimeout("x"), WriteOutcome.UNKNOWN, 1),
        (http_status(503), WriteOutcome.UNKNOWN, 1),
        (http_status(404), WriteOutcome.NOT_APPLIED, 0),
        (http_status(401), WriteOutcome.NOT_APPLIED, 0),
    ],
)
async def test_a_failed_write_invalidates_the_cache_unless_it_was_not_applied(
    failure: StubResponse, outcome: WriteOutcome, calls: int
) -> None:
    vendor = StubVendor(OLD, failure, NEW, policy=CACHE_POLICY)
    await read_item(vendor)
    with pytest.raises(UpstreamError) as caught:
        await write_item(vendor)
    _, scope = await read_item(vendor)
    assert (caught.value.outcome, len(scope.calls)) == (outcome, calls)


@pytest.mark.parametrize(
    ("read_seconds", "write_at", "write_seconds"),
    [(4, 1, 1), (4, 1, 5), (2, 1, 5)],
)
async def test_the_response_to_a_read_that_overlaps_a_write_is_not_cached(
    read_seconds: float, write_at: float, write_seconds: float
) -> None:
    """Whichever ends first, the response may be from before the write."""
    vendor = StubVendor(
        Delayed(read_seconds, OLD), Delayed(write_seconds, ok(b"")), NEW, policy=CACHE_POLICY
    )
    reading = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(write_at)
    await write_item(vendor)
    await reading
    assert (await read_item(vendor))[0] == "new"


async def test_after_a_write_no_request_joins_a_read_started_before_it() -> None:
    vendor = StubVendor(Delayed(5, OLD), ok(b""), NEW, policy=CACHE_POLICY)
    reading = asyncio.ensure_future(read_item(vendor))
    await asyncio.sleep(1)
    await write_item(vendor)
    assert (await read_item(vendor))[0] == "new"
    assert (await reading)[0] == "old"
    assert (await read_item(vendor))[0] == "new"
