"""RequestSender: the calls that one request may make, and clocks that differ."""

import asyncio
import time

import pytest

from groupgate.domain.errors import Denied, TooManyCalls, Unavailable, WriteOutcome
from groupgate.request import request_scope
from tests.upstream.stub_vendor import (
    CACHE_POLICY,
    Delayed,
    Item,
    StubVendor,
    http_status,
    ok,
    read_item,
)

pytestmark = pytest.mark.anyio


async def test_calls_beyond_the_maximum_raise_too_many_calls() -> None:
    """The calls within the maximum succeed; the error names the setting."""
    vendor = StubVendor(ok())
    with request_scope(deadline=10, max_calls=3) as scope:
        gets = (vendor.client.get(f"/{number}", Item) for number in range(5))
        results = await asyncio.gather(*gets, return_exceptions=True)
    errors = [result for result in results if isinstance(result, TooManyCalls)]
    assert (len(vendor.requests), len(scope.calls), len(errors)) == (3, 3, 2)
    assert errors[0].message == (
        "The request needs more than 3 calls to vendors, which is the limit of this gateway "
        "(GROUPGATE_UPSTREAM_CALLS_PER_REQUEST). Request fewer objects at a time."
    )
    assert not errors[0].retryable


async def test_writes_and_retries_count_as_calls_and_cache_hits_do_not() -> None:
    """A read without calls left for a retry raises the vendor's failure."""
    vendor = StubVendor(ok(), http_status(500), policy=CACHE_POLICY)
    await read_item(vendor, "/cached")
    with request_scope(deadline=10, max_calls=2):
        await vendor.client.get("/cached", Item)
        with pytest.raises(Unavailable):
            await vendor.client.get("/a", Item)
        with pytest.raises(TooManyCalls) as caught:
            await vendor.client.write("POST", "/a", Item, {})
    assert len(vendor.requests) == 3
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED


async def test_calls_that_an_open_breaker_rejects_do_not_count() -> None:
    """So a vendor that is down does not use up the calls to the other vendors."""
    vendor = StubVendor(http_status(500))
    with request_scope(deadline=10, max_calls=30) as scope:
        for number in range(100):
            get = vendor.client.get(f"/{number}", Item)
            (error,) = await asyncio.gather(get, return_exceptions=True)
            assert isinstance(error, Unavailable)
    assert len(scope.calls) == 10


async def test_a_read_that_joins_another_does_not_fail_with_the_others_too_many_calls() -> None:
    """A read is counted in the request that starts it, and not in those that join it."""
    vendor = StubVendor(Delayed(1, ok()), policy=CACHE_POLICY)

    async def limited() -> None:
        with request_scope(deadline=10, max_calls=1):
            await asyncio.gather(
                vendor.client.get("/a", Item),
                vendor.client.get("/b", Item),
                return_exceptions=True,
            )

    async def other() -> str:
        await asyncio.sleep(0.5)
        return (await read_item(vendor, "/b"))[0]

    _, name = await asyncio.gather(limited(), other())
    assert (name, vendor.paths) == ("x", ["/a", "/b"])


NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
NOON_EPOCH = 1_795_348_800


@pytest.mark.parametrize("code", [401, 403])
@pytest.mark.parametrize(
    ("seconds_ahead", "addition"),
    [
        (0, ""),
        (60, ""),
        (-61, " The clocks of Dodo Payments and of this machine differ by 61 s."),
        (7200, " The clocks of Dodo Payments and of this machine differ by 7200 s."),
    ],
)
async def test_denied_reports_clocks_that_differ_by_more_than_a_minute(
    code: int, seconds_ahead: int, addition: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOON_EPOCH - seconds_ahead)
    vendor = StubVendor(http_status(code, Date=NOON))
    with pytest.raises(Denied) as caught:
        await read_item(vendor, deadline=1)
    expected = f"Dodo Payments does not accept the gateway's credentials.{addition}"
    assert caught.value.message == expected
