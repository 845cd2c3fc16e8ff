"""VendorState: calls in the circuit breaker and the rate limiter; PendingWrites."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from groupgate.decoding.json_body import NoBody
from groupgate.domain.errors import Throttled, Unavailable, Unsent, UpstreamError, WriteOutcome
from groupgate.domain.provider import ProviderState
from groupgate.request import now, request_scope
from groupgate.upstream.rate_limit.limits import Rate
from groupgate.upstream.vendor_state import Policy
from tests.upstream.stub_vendor import (
    Delayed,
    Item,
    StubResponse,
    StubVendor,
    http_status,
    ok,
    write_item,
)

pytestmark = pytest.mark.anyio


async def read_ten_items(vendor: StubVendor) -> None:
    with request_scope(deadline=10):
        gets = (vendor.client.get(f"/{number}", Item) for number in range(10))
        await asyncio.gather(*gets, return_exceptions=True)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        http_status(503),
        http_status(408),
        Delayed(60, ok()),
    ],
)
async def test_connection_errors_timeouts_and_5xx_open_the_breaker(failure: StubResponse) -> None:
    """An open breaker sends no call, and raises the error immediately."""
    vendor = StubVendor(failure)
    await read_ten_items(vendor)
    sent, started_at = len(vendor.requests), now()
    with request_scope(deadline=10), pytest.raises(Unavailable) as caught:
        await vendor.client.get("/a", Item)
    assert (len(vendor.requests), now()) == (sent, started_at)
    assert caught.value.message == (
        "Dodo Payments keeps failing. The gateway does not call it for now; retry in 5 s."
    )


@pytest.mark.parametrize(
    "response", [http_status(401), http_status(404), http_status(429), ok(b"<html>")]
)
async def test_denied_rejected_throttled_and_malformed_responses_do_not_open_the_breaker(
    response: httpx.Response,
) -> None:
    vendor = StubVendor(response)
    await read_ten_items(vendor)
    sent = len(vendor.requests)
    with request_scope(deadline=10), pytest.raises(UpstreamError):
        await vendor.client.get("/a", Item)
    assert len(vendor.requests) > sent


async def test_an_open_breaker_does_not_send_writes() -> None:
    vendor = StubVendor(http_status(503))
    await read_ten_items(vendor)
    sent = len(vendor.requests)
    with request_scope(deadline=10), pytest.raises(Unsent) as caught:
        await vendor.client.write("POST", "/a", Item, {})
    assert caught.value.outcome is not None
    assert (len(vendor.requests), caught.value.outcome.value) == (sent, "NOT_APPLIED")


async def test_a_successful_probe_closes_the_breaker_for_the_next_calls() -> None:
    vendor = StubVendor(http_status(503))
    await read_ten_items(vendor)
    vendor.responses = [ok()]
    await asyncio.sleep(5)
    with request_scope(deadline=10):
        assert (await vendor.client.get("/a", Item)).name == "x"
        assert (await vendor.client.get("/b", Item)).name == "x"


async def test_calls_that_wait_for_a_permit_are_rejected_when_the_breaker_opens() -> None:
    """Ten calls fail at once. Nine waiters got a permit; the others fail, spread over a second."""
    vendor = StubVendor(
        Delayed(1, http_status(503, Retry_After="60")), policy=Policy(concurrency=10)
    )

    async def fail(number: int) -> tuple[type[Exception], float]:
        with pytest.raises(Unavailable) as caught:
            await vendor.client.get(f"/{number}", Item)
        return caught.type, now()

    with request_scope(deadline=10):
        failed = await asyncio.gather(*(fail(number) for number in range(50)))
    assert len(vendor.requests) == 10
    permitted, rejected = failed[:19], failed[19:]
    assert permitted == [(Unavailable, 1)] * 10 + [(Unsent, 1)] * 9
    assert rejected == [(Unsent, 1 + number / 31) for number in range(31)]


@pytest.mark.parametrize(
    ("responses", "per_minute"),
    [((ok(), ok()), 1), ((ok(), http_status(429, Retry_After="61")), None)],
)
async def test_a_vendor_is_degraded_if_the_gateway_or_the_vendor_throttles_a_call(
    responses: tuple[httpx.Response, ...], per_minute: int | None
) -> None:
    vendor = StubVendor(*responses, policy=Policy(per_minute=Rate(calls=per_minute)))
    with request_scope(deadline=10):
        await vendor.client.get("/a", Item)
        before = vendor.client.status.state
        with pytest.raises(Throttled) as caught:
            await vendor.client.get("/b", Item)
    after = vendor.client.status.state
    assert caught.value.retry_after == 61
    assert (before, after) == (ProviderState.AVAILABLE, ProviderState.DEGRADED)


def ended_without_client(logs: list[EventDict]) -> list[tuple[str, str, str]]:
    """Return method, path and outcome of each logged write that ended without its client."""
    return [
        (line["method"], line["path"], line["outcome"])
        for line in logs
        if line["event"] == "write_ended_without_client"
    ]


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        (ok(), "APPLIED"),
        (http_status(503), "UNKNOWN"),
        (httpx.ReadError("x"), "UNKNOWN"),
        (http_status(404), "NOT_APPLIED"),
        (http_status(429), "NOT_APPLIED"),
    ],
)
async def test_a_write_that_was_sent_continues_when_its_client_disconnects(
    response: httpx.Response | Exception, outcome: str
) -> None:
    """The write is sent once, and its outcome is logged."""
    vendor = StubVendor(Delayed(4, response))
    with capture_logs() as logs:
        writing = asyncio.ensure_future(write_item(vendor))
        await asyncio.sleep(1)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert now() == 1
        await vendor.vendor_state.writes.wait_all()
        await asyncio.sleep(30)
    assert (len(vendor.requests), vendor.cancelled_requests) == (1, 0)
    assert ended_without_client(logs) == [("PATCH", "/a", outcome)]


async def test_a_write_that_was_not_sent_is_cancelled_when_its_client_disconnects() -> None:
    """One write waits for a permit, the other for its retry."""
    rate_limited = StubVendor(ok(), policy=Policy(per_second=Rate(calls=1)))
    await write_item(rate_limited)
    throttled = StubVendor(http_status(429, Retry_After="5"))
    for vendor in (rate_limited, throttled):
        writing = asyncio.ensure_future(write_item(vendor))
        await asyncio.sleep(0.5)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await asyncio.sleep(20)
    assert (len(rate_limited.requests), len(throttled.requests)) == (1, 1)


async def test_at_the_deadline_a_sent_write_has_an_unknown_outcome_and_continues() -> None:
    vendor = StubVendor(Delayed(12, ok()))
    with capture_logs() as logs:
        with pytest.raises(Unavailable) as caught:
            await write_item(vendor)
        assert (now(), caught.value.outcome) == (10, WriteOutcome.UNKNOWN)
        await vendor.vendor_state.writes.wait_all()
    assert (now(), vendor.cancelled_requests) == (12, 0)
    assert ended_without_client(logs) == [("PATCH", "/a", "APPLIED")]


async def test_a_write_that_ends_exactly_at_its_deadline_returns_its_result() -> None:
    """If it were reported as not applied, the client would repeat it, and it would apply twice."""
    await write_item(StubVendor(Delayed(10 - 1e-10, ok())))
    failing = StubVendor(Delayed(10 - 1e-10, http_status(503)))
    with pytest.raises(Unavailable) as caught:
        await write_item(failing)
    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_a_write_that_ends_after_its_deadline_invalidates_the_cache_when_it_ends() -> None:
    vendor = StubVendor(
        Delayed(12, ok()),
        ok(b'{"name":"old"}'),
        ok(b'{"name":"new"}'),
        policy=Policy(cache_ttl=60),
    )
    with pytest.raises(Unavailable):
        await write_item(vendor)
    names = []
    for pause in (0, 1, 1):
        await asyncio.sleep(pause)
        with request_scope():
            names.append((await vendor.client.get("/a", Item)).name)
    assert names == ["old", "old", "new"]


@pytest.mark.parametrize(
    ("failure", "error"),
    [(http_status(429, Retry_After="11"), Throttled), (httpx.ConnectError("x"), Unavailable)],
)
async def test_a_write_is_not_retried_after_its_deadline(
    failure: StubResponse, error: type[UpstreamError]
) -> None:
    vendor = StubVendor(failure)
    with pytest.raises(error) as caught:
        await write_item(vendor, deadline=0.5)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert max(vendor.request_times) < 0.5


async def test_a_write_without_a_permit_at_its_deadline_was_not_applied() -> None:
    vendor = StubVendor(Delayed(20, ok()), policy=Policy(concurrency=1))
    running = asyncio.ensure_future(write_item(vendor, deadline=30))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises((Throttled, Unsent)) as caught:
        await write_item(vendor, deadline=3)
    assert (now(), caught.value.outcome) == (3, WriteOutcome.NOT_APPLIED)
    await running
    assert len(vendor.requests) == 1


async def test_a_write_without_a_deadline_is_cancelled_after_thirty_seconds() -> None:
    vendor = StubVendor(Delayed(1000, ok()))
    with pytest.raises(Unavailable) as caught:
        await vendor.client.write("PATCH", "/a", NoBody, {})
    assert (now(), vendor.cancelled_requests, caught.value.outcome) == (
        30,
        1,
        WriteOutcome.UNKNOWN,
    )


async def test_wait_all_returns_immediately_if_no_write_is_running() -> None:
    await StubVendor(ok()).vendor_state.writes.wait_all()
    assert now() == 0
