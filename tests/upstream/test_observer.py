"""Events that an observer receives from calls to a vendor, and the log lines of LogObserver."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from groupgate.domain.errors import (
    Throttled,
    Unavailable,
    Unreachable,
    Unsent,
)
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.observer import CacheResult, EndedRequest, LogObserver, UpstreamCall
from groupgate.request import Deadline, now, request_scope
from groupgate.upstream.rate_limit.limits import Rate
from groupgate.upstream.vendor_state import Policy, VendorState
from tests.upstream.recording_observer import LookedUp, RecordingObserver, Retried, StateChanged
from tests.upstream.stub_vendor import (
    CACHE_POLICY,
    Delayed,
    Item,
    StubVendor,
    http_status,
    ok,
    read_item,
    write_item,
)

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO
AVAILABLE, DEGRADED, UNAVAILABLE = ProviderState


def ended_call(
    status: int, *, method: str = "GET", path: str = "/a", milliseconds: float = 0
) -> UpstreamCall:
    return UpstreamCall(
        provider=DODO,
        method=method,
        path=path,
        operation=f"{method} " + path.partition("?")[0].count("/") * "/{id}",
        status=status,
        milliseconds=milliseconds,
        milliseconds_waited=0,
    )


HIT, SHARED, STALE, MISS = (LookedUp(DODO, result) for result in CacheResult)


@pytest.fixture
def observer() -> RecordingObserver:
    return RecordingObserver()


async def test_a_read_that_is_not_cached_is_a_miss_and_a_call(observer: RecordingObserver) -> None:
    vendor = StubVendor(Delayed(0.25, ok()), policy=CACHE_POLICY, observer=observer)
    await read_item(vendor)
    assert observer.events == [MISS, ended_call(200, milliseconds=250)]


async def test_reads_that_join_a_running_read_are_shared(observer: RecordingObserver) -> None:
    vendor = StubVendor(Delayed(2, ok()), policy=CACHE_POLICY, observer=observer)
    await asyncio.gather(*(read_item(vendor) for _ in range(3)))
    assert observer.events == [MISS, SHARED, SHARED, ended_call(200, milliseconds=2000)]


async def test_a_read_from_the_cache_is_a_hit(observer: RecordingObserver) -> None:
    vendor = StubVendor(ok(), policy=CACHE_POLICY, observer=observer)
    await read_item(vendor)
    observer.take()
    await read_item(vendor)
    assert observer.events == [HIT]


async def test_a_repeated_read_of_one_request_has_no_event(observer: RecordingObserver) -> None:
    """It is returned from the request's memo."""
    vendor = StubVendor(ok(), policy=CACHE_POLICY, observer=observer)
    with request_scope(deadline=10):
        await vendor.client.get("/a", Item)
        observer.take()
        await vendor.client.get("/a", Item)
    assert observer.events == []


async def test_a_read_that_bypasses_the_cache_is_only_a_call(observer: RecordingObserver) -> None:
    vendor = StubVendor(ok(), policy=CACHE_POLICY, observer=observer)
    await read_item(vendor)
    observer.take()
    await read_item(vendor, no_cache=True)
    assert observer.events == [ended_call(200)]


async def test_a_read_without_a_cache_ttl_is_only_a_call(observer: RecordingObserver) -> None:
    vendor = StubVendor(ok(), observer=observer)
    await read_item(vendor)
    assert observer.events == [ended_call(200)]


async def test_a_retry_is_reported_between_its_two_calls(observer: RecordingObserver) -> None:
    """The failure makes the vendor degraded; the wait is the longest random one, 0.2 s."""
    vendor = StubVendor(http_status(503), ok(), policy=CACHE_POLICY, observer=observer)
    await read_item(vendor)
    assert observer.events == [
        MISS,
        ended_call(503),
        StateChanged(DODO, AVAILABLE, DEGRADED),
        Retried(DODO, Unavailable, 0.2),
        ended_call(200),
    ]


async def test_the_last_failure_of_a_call_is_not_reported_as_a_retry(
    observer: RecordingObserver,
) -> None:
    """Three tries have two retries; a call without a response has status 0."""
    vendor = StubVendor(httpx.ConnectError("x"), observer=observer)
    with pytest.raises(Unreachable):
        await read_item(vendor)
    assert observer.events == [
        ended_call(0),
        StateChanged(DODO, AVAILABLE, DEGRADED),
        Retried(DODO, Unreachable, 0.2),
        ended_call(0),
        Retried(DODO, Unreachable, 0.4),
        ended_call(0),
    ]


async def test_a_retried_write_is_reported_with_its_retry_after(
    observer: RecordingObserver,
) -> None:
    vendor = StubVendor(http_status(429, Retry_After="3"), ok(), observer=observer)
    await write_item(vendor)
    assert observer.events == [
        ended_call(429, method="PATCH"),
        StateChanged(DODO, AVAILABLE, DEGRADED),
        Retried(DODO, Throttled, 3),
        ended_call(200, method="PATCH"),
    ]


async def test_a_stale_response_is_reported_after_the_failure(observer: RecordingObserver) -> None:
    vendor = StubVendor(
        ok(), http_status(503, Retry_After="60"), policy=CACHE_POLICY, observer=observer
    )
    await read_item(vendor)
    await asyncio.sleep(5)
    observer.take()
    await read_item(vendor)
    assert observer.events == [
        MISS,
        ended_call(503),
        StateChanged(DODO, AVAILABLE, DEGRADED),
        STALE,
    ]


async def test_each_state_change_is_reported_once(observer: RecordingObserver) -> None:
    """Ten failed calls open the breaker; the first probe fails, the second one succeeds."""
    vendor = StubVendor(http_status(500, Retry_After="60"), observer=observer)
    for number in range(10):
        with pytest.raises(Unavailable):
            await read_item(vendor, f"/{number}")
    assert observer.take() == [
        ended_call(500, path="/0"),
        StateChanged(DODO, AVAILABLE, DEGRADED),
        *(ended_call(500, path=f"/{number}") for number in range(1, 10)),
        StateChanged(DODO, DEGRADED, UNAVAILABLE),
    ]
    with pytest.raises(Unsent):
        await read_item(vendor)
    assert observer.take() == []
    await asyncio.sleep(5)
    with pytest.raises(Unavailable):
        await read_item(vendor)
    assert observer.take() == [ended_call(500)]
    vendor.responses = [ok()]
    await asyncio.sleep(10)
    await read_item(vendor)
    assert observer.take() == [ended_call(200), StateChanged(DODO, UNAVAILABLE, AVAILABLE)]


async def test_the_end_of_the_degraded_state_is_reported_when_the_status_is_read(
    observer: RecordingObserver,
) -> None:
    vendor = StubVendor(http_status(401), observer=observer)
    await asyncio.gather(read_item(vendor), return_exceptions=True)
    assert observer.take() == [ended_call(401), StateChanged(DODO, AVAILABLE, DEGRADED)]
    await asyncio.sleep(60)
    assert observer.take() == []
    assert vendor.client.status.state is AVAILABLE
    assert observer.take() == [StateChanged(DODO, DEGRADED, AVAILABLE)]


async def test_a_call_is_reported_with_its_method_path_query_and_status(
    observer: RecordingObserver,
) -> None:
    """The path is below the base URL; an error status is reported like any other."""
    vendor = StubVendor(Delayed(0.5, http_status(404)), observer=observer)
    with request_scope(deadline=10) as scope:
        get = vendor.client.get("/a/b", Item, [("page", 2), ("name", "R&D")])
        write = vendor.client.write("DELETE", "/a/c", Item)
        await asyncio.gather(get, write, return_exceptions=True)
    assert observer.events == [
        ended_call(404, path="/a/b?page=2&name=R%26D", milliseconds=500),
        ended_call(404, method="DELETE", path="/a/c", milliseconds=500),
    ]
    assert scope.calls == observer.events


async def test_a_call_cancelled_at_its_deadline_has_status_0(observer: RecordingObserver) -> None:
    vendor = StubVendor(Delayed(60, ok()), observer=observer)
    with pytest.raises(Unavailable):
        await read_item(vendor, deadline=3)
    assert observer.events == [
        ended_call(0, milliseconds=3000),
        StateChanged(DODO, AVAILABLE, DEGRADED),
    ]


async def test_vendor_state_applies_the_policy_and_reports_to_the_observer(
    observer: RecordingObserver,
) -> None:
    """The provider is the one that the state was made for."""
    policy = Policy(concurrency=1, per_minute=Rate(calls=1), cache_ttl=7)
    state = VendorState(ProviderKey.AXIM, policy, observer)
    assert (state.provider, state.observer, state.cache.ttl) == (ProviderKey.AXIM, observer, 7)
    async with state.rate_limiter.permit("owner", Deadline.after(10)) as permit:
        permit.is_sent = True
    with pytest.raises(Throttled) as caught:
        async with state.rate_limiter.permit("owner", Deadline.after(10)):
            pass
    assert (now(), caught.value.provider, caught.value.retry_after) == (0, ProviderKey.AXIM, 61)
    for _ in range(10):
        with (
            pytest.raises(Unavailable),
            state.health.recorded(Deadline.after(10)),
        ):
            raise Unavailable(ProviderKey.AXIM, "Axim Commerce returned status 500.")
    assert observer.events == [
        StateChanged(ProviderKey.AXIM, AVAILABLE, DEGRADED),
        StateChanged(ProviderKey.AXIM, DEGRADED, UNAVAILABLE),
    ]


async def test_vendor_state_logs_and_caches_nothing_by_default() -> None:
    state = VendorState(ProviderKey.AXIM)
    assert isinstance(state.observer, LogObserver)
    assert state.cache.ttl == 0


def log_lines(log: LogObserver) -> list[EventDict]:
    """Return what is logged for one event of each kind."""
    error = Throttled(DODO, "Dodo Payments returned 429 Too Many Requests.")
    with capture_logs() as lines:
        log.upstream_call_ended(ended_call(404, method="DELETE", path="/a?b=1", milliseconds=12.34))
        log.upstream_call_retried(error, 0.123456)
        log.provider_state_changed(DODO, AVAILABLE, DEGRADED)
        for result in CacheResult:
            log.cache_looked_up(DODO, result)
        log.request_ended(
            EndedRequest(
                request_id="r1",
                status=200,
                caller="c1",
                operation_type="mutation",
                milliseconds=45.678,
                upstream_calls=3,
                codes=("UPSTREAM_DENIED",),
            )
        )
    return lines


def test_log_observer_logs_one_line_per_event_except_cache_lookups() -> None:
    assert log_lines(LogObserver()) == [
        {
            "event": "upstream_call",
            "log_level": "debug",
            "provider": "DODO",
            "method": "DELETE",
            "path": "/a?b=1",
            "status": 404,
        },
        {
            "event": "upstream_retry",
            "log_level": "info",
            "provider": "DODO",
            "error": "Throttled",
            "message": "Dodo Payments returned 429 Too Many Requests.",
            "seconds": 0.123,
        },
        {
            "event": "provider_state_changed",
            "log_level": "warning",
            "provider": "DODO",
            "state": "DEGRADED",
            "before": "AVAILABLE",
        },
        {
            "event": "request_ended",
            "request_id": "r1",
            "caller": "c1",
            "log_level": "debug",
            "operation": "mutation",
            "status": 200,
            "milliseconds": 45.7,
            "upstream_calls": 3,
            "codes": ["UPSTREAM_DENIED"],
        },
    ]
    assert [line["event"] for line in log_lines(LogObserver(is_debug=False))] == [
        "upstream_retry",
        "provider_state_changed",
    ]
