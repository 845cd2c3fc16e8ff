"""Writes: seen through once they were sent, given up before that, and bounded by the deadline."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.domain.errors import Throttled, Unavailable, Unsent, UpstreamError, WriteOutcome
from groupgate.request import now, request_scope
from groupgate.upstream.json_body import NoBody
from groupgate.upstream.rate_limit.limiter import Rate
from groupgate.upstream.vendor_state import Policy
from tests.upstream.vendor import Late, Played, Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio


async def write(vendor: Vendor, deadline: float = 10) -> None:
    """Write in a request of its own."""
    with request_scope(deadline=deadline):
        await vendor.client.write("PATCH", "/a", NoBody, {})


def unheard(logs: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """What is logged of writes whose end nobody heard."""
    return [
        (line["method"], line["path"], line["outcome"])
        for line in logs
        if line["event"] == "write_ended_without_client"
    ]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (ok(), "APPLIED"),
        (status(503), "UNKNOWN"),
        (httpx.ReadError("x"), "UNKNOWN"),
        (status(404), "NOT_APPLIED"),
        (status(429), "NOT_APPLIED"),
    ],
)
async def test_a_write_that_was_sent_is_seen_through_when_its_client_goes_away(
    answer: httpx.Response | Exception, outcome: str
) -> None:
    """It ends as it would have, once, and its end is logged."""
    vendor = Vendor(Late(4, answer))
    with capture_logs() as logs:
        writing = asyncio.ensure_future(write(vendor))
        await asyncio.sleep(1)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert now() == 1
        await vendor.vendor_state.writes.wait_all()
        await asyncio.sleep(30)
    assert (len(vendor.requests), vendor.cancelled) == (1, 0)
    assert unheard(logs) == [("PATCH", "/a", outcome)]  # type: ignore[arg-type]


async def test_a_write_that_was_not_sent_is_not_sent_when_its_client_goes_away() -> None:
    """It waited for its turn, or for its next try."""
    busy = Vendor(ok(), policy=Policy(per_second=Rate(calls=1)))
    await write(busy)
    refused = Vendor(status(429, Retry_After="5"))
    for vendor in (busy, refused):
        writing = asyncio.ensure_future(write(vendor))
        await asyncio.sleep(0.5)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await asyncio.sleep(20)
    assert (len(busy.requests), len(refused.requests)) == (1, 1)


async def test_at_the_deadline_a_write_under_way_is_unknown_and_goes_on() -> None:
    """The client is told in time; the write ends when it ends."""
    vendor = Vendor(Late(12, ok()))
    with capture_logs() as logs:
        with pytest.raises(Unavailable) as caught:
            await write(vendor)
        assert (now(), caught.value.outcome) == (10, WriteOutcome.UNKNOWN)
        await vendor.vendor_state.writes.wait_all()
    assert (now(), vendor.cancelled) == (12, 0)
    assert unheard(logs) == [("PATCH", "/a", "APPLIED")]  # type: ignore[arg-type]


async def test_a_write_that_ends_in_the_very_moment_of_the_deadline_is_told_as_it_ended() -> None:
    """Not as one that was never sent: under its key it would be made again."""
    await write(Vendor(Late(10 - 1e-10, ok())))
    refusing = Vendor(Late(10 - 1e-10, status(503)))
    with pytest.raises(Unavailable) as caught:
        await write(refusing)
    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_a_write_that_ends_late_makes_reads_fresh_when_it_ends() -> None:
    """What was read between the deadline and its end may be from before it."""
    vendor = Vendor(
        Late(12, ok()), ok(b'{"name":"old"}'), ok(b'{"name":"new"}'), policy=Policy(cache_ttl=60)
    )
    with pytest.raises(Unavailable):
        await write(vendor)
    names = []
    for pause in (0, 1, 1):
        await asyncio.sleep(pause)
        with request_scope():
            names.append((await vendor.client.get("/a", Shape)).name)
    assert names == ["old", "old", "new"]


@pytest.mark.parametrize(
    ("first", "kind"),
    [(status(429, Retry_After="11"), Throttled), (httpx.ConnectError("x"), Unavailable)],
)
async def test_a_write_is_not_tried_again_after_its_deadline(
    first: Played, kind: type[UpstreamError]
) -> None:
    """What is known then is that it was not applied."""
    vendor = Vendor(first)
    with pytest.raises(kind) as caught:
        await write(vendor, deadline=0.5)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert max(vendor.moments) < 0.5


async def test_a_write_whose_turn_does_not_come_in_time_was_not_applied() -> None:
    """It has never left."""
    vendor = Vendor(Late(20, ok()), policy=Policy(concurrency=1))
    other = asyncio.ensure_future(write(vendor, deadline=30))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises((Throttled, Unsent)) as caught:
        await write(vendor, deadline=3)
    assert (now(), caught.value.outcome) == (3, WriteOutcome.NOT_APPLIED)
    await other
    assert len(vendor.requests) == 1


async def test_a_write_that_never_ends_is_given_up_after_half_a_minute() -> None:
    """Outside of a request too."""
    vendor = Vendor(Late(1000, ok()))
    with pytest.raises(Unavailable) as caught:
        await vendor.client.write("PATCH", "/a", NoBody, {})
    assert (now(), vendor.cancelled, caught.value.outcome) == (30, 1, WriteOutcome.UNKNOWN)


async def test_without_writes_there_is_nothing_to_wait_for() -> None:
    """Settling is immediate."""
    await Vendor(ok()).vendor_state.writes.wait_all()
    assert now() == 0
