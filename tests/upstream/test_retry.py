"""Retries: which calls are sent again, and when. Wait times are the longest possible ones."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import Denied, Malformed, Rejected, Throttled, Unavailable, Unreachable
from groupgate.request import now, request_scope
from groupgate.upstream.sender import RetryBudget
from groupgate.upstream.vendor_state import Policy
from tests.upstream.stub_vendor import Delayed, Item, StubResponse, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (httpx.ConnectError("x"), Unreachable),
        (httpx.ReadTimeout("x"), Unavailable),
        (httpx.ReadError("x"), Unavailable),
        (http_status(408), Unavailable),
        (http_status(500), Unavailable),
        (http_status(503), Unavailable),
        (http_status(429), Throttled),
    ],
)
async def test_a_read_that_may_succeed_later_is_tried_three_times(
    failure: StubResponse, error: type[Exception]
) -> None:
    vendor = StubVendor(failure)
    with request_scope(deadline=10), pytest.raises(error):
        await vendor.client.get("/a", Item)
    assert vendor.request_times == pytest.approx([0, 0.2, 0.6])


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (http_status(401), Denied),
        (http_status(404), Rejected),
        (http_status(302), Rejected),
        (ok(b"<html>"), Malformed),
    ],
)
async def test_a_denied_rejected_or_malformed_read_is_not_retried(
    failure: StubResponse, error: type[Exception]
) -> None:
    vendor = StubVendor(failure)
    with request_scope(deadline=10), pytest.raises(error):
        await vendor.client.get("/a", Item)
    assert len(vendor.requests) == 1


async def test_a_retry_that_succeeds_returns_its_response() -> None:
    """The request's scope records all three calls; status 0 means that no response arrived."""
    vendor = StubVendor(http_status(500), httpx.ReadError("x"), ok())
    with request_scope(deadline=10) as scope:
        assert (await vendor.client.get("/a", Item)).name == "x"
    assert [call.status for call in scope.calls] == [500, 0, 200]


@pytest.mark.parametrize(
    ("headers", "retried_at"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "Sun, 22 Nov 2026 12:00:08 GMT", "Date": NOON}, 8),
        ({"X_RateLimit_Reset": "1795348806", "Date": NOON}, 6),
        ({"Retry_After": "0"}, 0.2),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_reads_and_writes_are_retried_when_the_headers_of_a_429_allow_it(
    headers: dict[str, str], retried_at: float, method: str
) -> None:
    vendor = StubVendor(http_status(429, **headers), ok())
    with request_scope(deadline=10):
        if method == "GET":
            await vendor.client.get("/a", Item)
        else:
            await vendor.client.write("POST", "/a", Item, {})
    assert vendor.request_times == [0, pytest.approx(retried_at)]


async def test_a_read_is_retried_after_the_retry_after_of_a_503() -> None:
    vendor = StubVendor(http_status(503, Retry_After="4"), ok())
    with request_scope(deadline=10):
        await vendor.client.get("/a", Item)
    assert vendor.request_times == [0, 4]


async def test_a_retry_after_beyond_the_deadline_raises_the_error_immediately() -> None:
    vendor = StubVendor(http_status(429, Retry_After="11"))
    with request_scope(deadline=10), pytest.raises(Throttled) as caught:
        await vendor.client.get("/a", Item)
    assert (now(), len(vendor.requests), caught.value.retry_after) == (0, 1, 11)


async def test_without_a_deadline_a_retry_waits_at_most_five_seconds() -> None:
    for seconds, tries in ((5, 2), (6, 1)):
        vendor = StubVendor(http_status(503, Retry_After=str(seconds)), ok())
        await asyncio.gather(vendor.client.get("/a", Item), return_exceptions=True)
        assert len(vendor.requests) == tries


async def test_a_running_retry_is_cancelled_at_the_deadline() -> None:
    """There is no third try."""
    vendor = StubVendor(Delayed(6, httpx.ReadError("x")))
    with request_scope(deadline=10), pytest.raises(Unavailable) as caught:
        await vendor.client.get("/a", Item)
    assert (now(), vendor.request_times) == (10, [0, pytest.approx(6.2)])
    assert caught.value.message == "Dodo Payments did not respond in time."


async def test_retries_are_limited_to_a_tenth_of_the_calls_of_a_busy_vendor() -> None:
    """If each of 100 calls fails, the first nine are retried, and then a tenth of all calls."""
    budget = RetryBudget()
    retries = 0
    for _ in range(100):
        budget.note_call()
        retries += budget.claim_retry()
    assert retries == 11


async def test_the_retry_budget_does_not_count_calls_older_than_ten_seconds() -> None:
    budget = RetryBudget()
    assert [budget.claim_retry() for _ in range(11)] == [*[True] * 10, False]
    await asyncio.sleep(10)
    assert budget.claim_retry()


async def test_calls_that_fail_at_the_same_time_share_one_retry_budget() -> None:
    """Twenty of 120 calls fail; 13 retries are a tenth of all calls, retries included."""
    vendor = StubVendor(ok(), policy=Policy(concurrency=20))
    with request_scope(deadline=10):
        await asyncio.gather(*(vendor.client.get(f"/a/{number}", Item) for number in range(100)))
        vendor.responses = [http_status(500)]
        gets = (vendor.client.get(f"/b/{number}", Item) for number in range(20))
        await asyncio.gather(*gets, return_exceptions=True)
    assert len(vendor.requests) == 133


async def test_retries_of_throttled_calls_do_not_use_the_retry_budget() -> None:
    vendor = StubVendor(*[http_status(429, Retry_After="1")] * 20, ok())
    with request_scope(deadline=10):
        gets = (vendor.client.get(f"/{number}", Item) for number in range(100))
        items = await asyncio.gather(*gets)
    assert [item.name for item in items] == ["x"] * 100
    assert len(vendor.requests) == 120
