"""Which calls are made again, when, and how many of them."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import Denied, Malformed, Rejected, Throttled, Unavailable, Unreachable
from groupgate.request import now, request_scope
from groupgate.upstream.breaker import RetryBudget
from groupgate.upstream.vendor_state import Policy
from tests.upstream.vendor import Late, Played, Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio

NOON = "Sun, 22 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (httpx.ConnectError("x"), Unreachable),
        (httpx.ReadTimeout("x"), Unavailable),
        (httpx.ReadError("x"), Unavailable),
        (status(408), Unavailable),
        (status(500), Unavailable),
        (status(503), Unavailable),
        (status(429), Throttled),
    ],
)
async def test_a_read_that_may_succeed_the_next_time_is_tried_three_times(
    failure: Played, kind: type[Exception]
) -> None:
    """At once, after 0.2 and after another 0.4 seconds at most."""
    vendor = Vendor(failure)
    with request_scope(deadline=10), pytest.raises(kind):
        await vendor.client.get("/a", Shape)
    assert vendor.moments == pytest.approx([0, 0.2, 0.6])


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (status(401), Denied),
        (status(404), Rejected),
        (status(302), Rejected),
        (ok(b"<html>"), Malformed),
    ],
)
async def test_a_read_that_would_fail_again_is_not_repeated(
    failure: Played, kind: type[Exception]
) -> None:
    """Our key stays wrong, and so does a body."""
    vendor = Vendor(failure)
    with request_scope(deadline=10), pytest.raises(kind):
        await vendor.client.get("/a", Shape)
    assert len(vendor.requests) == 1


async def test_a_read_that_succeeds_the_next_time_has_not_failed() -> None:
    """The answer is that of the last try."""
    vendor = Vendor(status(500), httpx.ReadError("x"), ok())
    with request_scope(deadline=10) as scope:
        assert (await vendor.client.get("/a", Shape)).name == "x"
    assert [call.status for call in scope.calls] == [500, 0, 200]


@pytest.mark.parametrize(
    ("headers", "again_at"),
    [
        ({"Retry_After": "7"}, 7),
        ({"Retry_After": "Sun, 22 Nov 2026 12:00:08 GMT", "Date": NOON}, 8),
        ({"X_RateLimit_Reset": "1795348806", "Date": NOON}, 6),
        ({"Retry_After": "0"}, 0.2),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_vendor_is_left_alone_as_long_as_it_wants(
    headers: dict[str, str], again_at: float, method: str
) -> None:
    """Reads and writes honour Retry-After and X-RateLimit-Reset."""
    vendor = Vendor(status(429, **headers), ok())
    with request_scope(deadline=10):
        if method == "GET":
            await vendor.client.get("/a", Shape)
        else:
            await vendor.client.write("POST", "/a", Shape, {})
    assert vendor.moments == [0, pytest.approx(again_at)]


async def test_a_503_that_says_when_is_tried_then() -> None:
    """Of reads only: whether a write was applied is not known."""
    vendor = Vendor(status(503, Retry_After="4"), ok())
    with request_scope(deadline=10):
        await vendor.client.get("/a", Shape)
    assert vendor.moments == [0, 4]


async def test_what_cannot_be_done_in_time_is_not_waited_for() -> None:
    """The failure is told at once, with what the vendor said."""
    vendor = Vendor(status(429, Retry_After="11"))
    with request_scope(deadline=10), pytest.raises(Throttled) as caught:
        await vendor.client.get("/a", Shape)
    assert (now(), len(vendor.requests), caught.value.retry_after) == (0, 1, 11)


async def test_outside_of_a_request_nothing_is_waited_for_longer_than_five_seconds() -> None:
    """Where there is no deadline."""
    for seconds, times in ((5, 2), (6, 1)):
        vendor = Vendor(status(503, Retry_After=str(seconds)), ok())
        await asyncio.gather(vendor.client.get("/a", Shape), return_exceptions=True)
        assert len(vendor.requests) == times


async def test_tries_end_at_the_deadline() -> None:
    """The second try is given what is left, and there is no third."""
    vendor = Vendor(Late(6, httpx.ReadError("x")))
    with request_scope(deadline=10), pytest.raises(Unavailable) as caught:
        await vendor.client.get("/a", Shape)
    assert (now(), vendor.moments) == (10, [0, pytest.approx(6.2)])
    assert caught.value.message == "Dodo Payments did not respond in time."


async def test_a_busy_vendor_is_not_asked_three_times_as_much() -> None:
    """Of a hundred calls that fail, nine may be retried freely, and of all then a tenth."""
    budget = RetryBudget()
    retries = 0
    for _ in range(100):
        budget.note_call()
        retries += budget.claim_retry()
    assert retries == 11


async def test_calls_of_more_than_ten_seconds_ago_count_no_longer() -> None:
    """Ten retries exhaust the budget until they have passed."""
    budget = RetryBudget()
    assert [budget.claim_retry() for _ in range(11)] == [*[True] * 10, False]
    await asyncio.sleep(10)
    assert budget.claim_retry()


async def test_calls_that_fail_at_the_same_time_share_one_budget() -> None:
    """Twenty failures among 120 calls: 13 retries make a tenth of them all."""
    vendor = Vendor(ok(), policy=Policy(concurrency=20))
    with request_scope(deadline=10):
        await asyncio.gather(*(vendor.client.get(f"/a/{n}", Shape) for n in range(100)))
        vendor.answers = [status(500)]
        gets = (vendor.client.get(f"/b/{n}", Shape) for n in range(20))
        await asyncio.gather(*gets, return_exceptions=True)
    assert len(vendor.requests) == 133


async def test_readers_who_are_told_when_to_come_again_all_do() -> None:
    """A vendor that is busy is not one that is down: the budget is for failures."""
    vendor = Vendor(*[status(429, Retry_After="1")] * 20, ok())
    with request_scope(deadline=10):
        gets = (vendor.client.get(f"/{n}", Shape) for n in range(100))
        answers = await asyncio.gather(*gets)
    assert [answer.name for answer in answers] == ["x"] * 100
    assert len(vendor.requests) == 120
