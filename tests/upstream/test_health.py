"""How a vendor is said to answer, since when, and what is logged of it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.domain.provider import ProviderState, ProviderStatus
from groupgate.request import request_scope
from tests.upstream.vendor import Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio


async def ask(vendor: Vendor, times: int = 1) -> None:
    """Ask for something new so many times."""
    for _ in range(times):
        with request_scope(deadline=10):
            get = vendor.client.get("/a", Shape)
            await asyncio.gather(get, return_exceptions=True)


def state_of(vendor: Vendor) -> ProviderState:
    return vendor.client.status.state


async def test_at_first_a_vendor_is_available_from_the_start() -> None:
    """Nothing has happened yet."""
    assert Vendor(ok()).client.status == ProviderStatus()


@pytest.mark.parametrize("failure", [status(500), status(401), status(429), httpx.ReadError("x")])
async def test_a_failure_makes_it_degraded_for_ten_seconds(
    failure: httpx.Response | Exception,
) -> None:
    """Of late is what was in the last ten seconds, whatever came after it."""
    vendor = Vendor(failure)
    await ask(vendor)
    vendor.answers = [ok()]
    await ask(vendor)
    assert state_of(vendor) is ProviderState.DEGRADED
    await asyncio.sleep(10)
    assert state_of(vendor) is ProviderState.AVAILABLE


async def test_a_refused_call_is_an_answer() -> None:
    """A 404 is no trouble."""
    vendor = Vendor(status(404))
    await ask(vendor)
    assert state_of(vendor) is ProviderState.AVAILABLE


async def test_it_is_unavailable_until_a_probe_is_answered_and_then_degraded() -> None:
    """Resting for 5 seconds, then for 10, then back; the trouble is over 10 seconds later."""
    vendor = Vendor(status(500))
    with capture_logs() as logs:
        await ask(vendor, 4)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        await asyncio.sleep(5)
        await ask(vendor)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        vendor.answers = [ok()]
        await asyncio.sleep(9)
        await ask(vendor)
        assert state_of(vendor) is ProviderState.UNAVAILABLE
        await asyncio.sleep(1)
        await ask(vendor)
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


async def test_since_tells_when_the_trouble_ended_even_if_nobody_looked() -> None:
    """Ten seconds after the last failure, not when it was noticed."""
    vendor = Vendor(status(401))
    await ask(vendor)
    failed = vendor.client.status.since
    await asyncio.sleep(70)
    now = datetime.now(UTC)
    since = vendor.client.status.since
    assert failed is not None
    assert since is not None
    assert timedelta(0) <= since - (now - timedelta(seconds=60)) < timedelta(seconds=5)
