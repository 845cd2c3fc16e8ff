"""CircuitBreaker and HealthTracker."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.domain.errors import Unsent
from groupgate.domain.provider import ProviderState, ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.request import request_scope
from groupgate.upstream.breaker import CircuitBreaker
from tests.upstream.stub_vendor import Item, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio


def breaker_after(*, failures: int, successes: int = 0) -> CircuitBreaker:
    """Return a breaker that has recorded these calls, the successes first."""
    breaker = CircuitBreaker(ProviderKey.DODO)
    for _ in range(successes):
        breaker.record_success(is_probe=breaker.admit())
    for _ in range(failures):
        breaker.record_failure("cause", is_probe=breaker.admit())
    return breaker


@pytest.mark.parametrize(
    ("failures", "successes", "is_open"),
    [(9, 0, False), (10, 0, True), (5, 5, True), (4, 6, False), (11, 12, False), (12, 12, True)],
)
async def test_the_breaker_opens_if_half_of_ten_or_more_calls_failed(
    failures: int, successes: int, *, is_open: bool
) -> None:
    assert breaker_after(failures=failures, successes=successes).is_open is is_open


async def test_the_breaker_does_not_count_calls_older_than_ten_seconds() -> None:
    breaker = breaker_after(failures=9)
    await asyncio.sleep(10)
    breaker.record_failure("cause", is_probe=breaker.admit())
    assert not breaker.is_open


async def test_an_open_breaker_rejects_calls_with_the_seconds_left_and_the_cause() -> None:
    breaker = breaker_after(failures=10)
    await asyncio.sleep(1.5)
    with pytest.raises(Unsent) as caught:
        breaker.admit()
    assert (caught.value.retry_after, caught.value.cause) == (4, "cause")


async def test_after_five_seconds_a_probe_is_admitted_whose_success_closes_the_breaker() -> None:
    breaker = breaker_after(failures=10)
    await asyncio.sleep(5)
    assert breaker.admit() is True
    with pytest.raises(Unsent) as caught:
        breaker.admit()
    assert caught.value.retry_after == 1
    breaker.record_success(is_probe=True)
    assert not breaker.is_open
    assert breaker.admit() is False


async def test_each_failed_probe_doubles_the_open_time_up_to_thirty_seconds() -> None:
    """After the breaker has closed, it begins at five seconds again."""
    breaker = breaker_after(failures=10)
    for seconds in (5, 10, 20, 30, 30):
        await asyncio.sleep(seconds - 0.1)
        with pytest.raises(Unsent):
            breaker.admit()
        await asyncio.sleep(0.1)
        breaker.record_failure("again", is_probe=breaker.admit())
    await asyncio.sleep(30)
    breaker.record_success(is_probe=breaker.admit())
    for _ in range(10):
        breaker.record_failure("cause", is_probe=breaker.admit())
    await asyncio.sleep(5)
    assert breaker.admit() is True


async def test_after_an_abandoned_probe_another_probe_is_admitted() -> None:
    breaker = breaker_after(failures=10)
    await asyncio.sleep(5)
    breaker.record_abandoned(is_probe=breaker.admit())
    assert breaker.is_open
    assert breaker.admit() is True


async def test_the_success_of_a_call_admitted_before_the_breaker_opened_does_not_close_it() -> None:
    breaker = breaker_after(failures=9)
    is_probe = breaker.admit()
    breaker.record_failure("cause", is_probe=breaker.admit())
    breaker.record_success(is_probe=is_probe)
    assert breaker.is_open


async def read_and_ignore_errors(vendor: StubVendor, times: int = 1) -> None:
    """Send so many reads, each in a new request."""
    for _ in range(times):
        with request_scope(deadline=10):
            get = vendor.client.get("/a", Item)
            await asyncio.gather(get, return_exceptions=True)


def state_of(vendor: StubVendor) -> ProviderState:
    return vendor.client.status.state


async def test_a_vendor_that_was_not_called_is_available() -> None:
    assert StubVendor(ok()).client.status == ProviderStatus()


@pytest.mark.parametrize(
    "failure", [http_status(500), http_status(401), http_status(429), httpx.ReadError("x")]
)
async def test_a_vendor_is_degraded_for_ten_seconds_after_a_failure(
    failure: httpx.Response | Exception,
) -> None:
    """A success in the meantime changes nothing."""
    vendor = StubVendor(failure)
    await read_and_ignore_errors(vendor)
    vendor.responses = [ok()]
    await read_and_ignore_errors(vendor)
    assert state_of(vendor) is ProviderState.DEGRADED
    await asyncio.sleep(10)
    assert state_of(vendor) is ProviderState.AVAILABLE


async def test_a_vendor_that_rejects_a_call_stays_available() -> None:
    vendor = StubVendor(http_status(404))
    await read_and_ignore_errors(vendor)
    assert state_of(vendor) is ProviderState.AVAILABLE


async def test_a_vendor_is_unavailable_until_a_probe_succeeds() -> None:
    """Probes are sent after 5 and 10 seconds; by then the last failure is 10 seconds old."""
    vendor = StubVendor(http_status(500))
    with capture_logs() as logs:
        await read_and_ignore_errors(vendor, 4)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        await asyncio.sleep(5)
        await read_and_ignore_errors(vendor)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        vendor.responses = [ok()]
        await asyncio.sleep(9)
        await read_and_ignore_errors(vendor)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        await asyncio.sleep(1)
        await read_and_ignore_errors(vendor)
        assert state_of(vendor) is ProviderState.AVAILABLE
    changes = [line for line in logs if line["event"] == "provider_state_changed"]
    assert changes == [
        {
            "event": "provider_state_changed",
            "log_level": "warning",
            "provider": "DODO",
            "state": state,
            "before": before,
        }
        for before, state in (
            ("AVAILABLE", "DEGRADED"),
            ("DEGRADED", "UNAVAILABLE"),
            ("UNAVAILABLE", "AVAILABLE"),
        )
    ]


async def test_since_is_when_the_state_ended_even_if_it_is_read_later() -> None:
    """The vendor is available from ten seconds after the failure; that is read 60 s later."""
    vendor = StubVendor(http_status(401))
    await read_and_ignore_errors(vendor)
    degraded_since = vendor.client.status.since
    await asyncio.sleep(70)
    now = datetime.now(UTC)
    since = vendor.client.status.since
    assert degraded_since is not None
    assert since is not None
    assert timedelta(0) <= since - (now - timedelta(seconds=60)) < timedelta(seconds=5)
