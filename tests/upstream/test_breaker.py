"""The breaker: when it opens, what passes, when it closes."""

import asyncio

import httpx
import pytest

from groupgate.domain.errors import Unavailable, Unsent, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import now, request_scope
from groupgate.upstream.breaker import CircuitBreaker
from tests.upstream.vendor import Late, Played, Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio


def breaker_after(*, failures: int, answers: int) -> CircuitBreaker:
    """A breaker that has seen these, answers first."""
    breaker = CircuitBreaker(ProviderKey.DODO)
    for number in range(failures + answers):
        if number < answers:
            breaker.record_success(is_probe=breaker.admit())
        else:
            breaker.record_failure("cause", is_probe=breaker.admit())
    return breaker


@pytest.mark.parametrize(
    ("failures", "answers", "is_open"),
    [(9, 0, False), (10, 0, True), (5, 5, True), (4, 6, False), (11, 12, False), (12, 12, True)],
)
async def test_it_opens_when_half_of_ten_or_more_calls_failed(
    failures: int, answers: int, *, is_open: bool
) -> None:
    """Fewer calls prove nothing, and fewer failures are not a rest worth."""
    assert breaker_after(failures=failures, answers=answers).is_open is is_open


async def test_calls_of_ten_seconds_ago_count_no_longer() -> None:
    """Nine failures, and ten seconds later one more."""
    breaker = breaker_after(failures=9, answers=0)
    await asyncio.sleep(10)
    breaker.record_failure("cause", is_probe=breaker.admit())
    assert not breaker.is_open


async def test_while_it_is_open_nothing_passes() -> None:
    """The error says when to come again, and shares the cause of the failure that opened it."""
    breaker = breaker_after(failures=10, answers=0)
    await asyncio.sleep(1.5)
    with pytest.raises(Unsent) as caught:
        breaker.admit()
    assert (caught.value.retry_after, caught.value.cause) == (4, "cause")


async def test_after_the_rest_one_call_probes() -> None:
    """A second call has to wait for what the first one learns."""
    breaker = breaker_after(failures=10, answers=0)
    await asyncio.sleep(5)
    assert breaker.admit() is True
    with pytest.raises(Unsent) as caught:
        breaker.admit()
    assert caught.value.retry_after == 1
    breaker.record_success(is_probe=True)
    assert not breaker.is_open
    assert breaker.admit() is False


async def test_the_rest_doubles_with_each_probe_that_fails_up_to_thirty_seconds() -> None:
    """And begins at five again when the breaker opens anew."""
    breaker = breaker_after(failures=10, answers=0)
    for rest in (5, 10, 20, 30, 30):
        await asyncio.sleep(rest - 0.1)
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


async def test_a_probe_that_nobody_waits_for_makes_room_for_another() -> None:
    """A client that goes away tells nothing of the vendor."""
    breaker = breaker_after(failures=10, answers=0)
    await asyncio.sleep(5)
    breaker.record_abandoned(is_probe=breaker.admit())
    assert breaker.is_open
    assert breaker.admit() is True


async def test_calls_that_went_out_before_it_opened_do_not_close_it() -> None:
    """Only the probe does."""
    breaker = breaker_after(failures=9, answers=0)
    late = breaker.admit()
    breaker.record_failure("cause", is_probe=breaker.admit())
    breaker.record_success(is_probe=late)
    assert breaker.is_open


async def ask_ten_times(vendor: Vendor) -> None:
    with request_scope(deadline=10):
        gets = (vendor.client.get(f"/{number}", Shape) for number in range(10))
        await asyncio.gather(*gets, return_exceptions=True)


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("x"),
        httpx.ReadTimeout("x"),
        status(503),
        status(408),
        Late(60, ok()),
    ],
)
async def test_a_vendor_that_does_not_answer_is_given_a_rest(failure: Played) -> None:
    """Refused connections, timeouts, its own and the request's, and 5xx: no more calls, at once."""
    vendor = Vendor(failure)
    await ask_ten_times(vendor)
    made, moment = len(vendor.requests), now()
    with request_scope(deadline=10), pytest.raises(Unavailable) as caught:
        await vendor.client.get("/a", Shape)
    assert (len(vendor.requests), now()) == (made, moment)
    assert caught.value.message == (
        "Dodo Payments keeps failing. The gateway does not call it for now; retry in 5 s."
    )


@pytest.mark.parametrize("answer", [status(401), status(404), status(429), ok(b"<html>")])
async def test_a_vendor_that_answers_is_asked_on(answer: httpx.Response) -> None:
    """Be it that it says no, that it is too busy, or that nobody understands it."""
    vendor = Vendor(answer)
    await ask_ten_times(vendor)
    made = len(vendor.requests)
    with request_scope(deadline=10), pytest.raises(UpstreamError):
        await vendor.client.get("/a", Shape)
    assert len(vendor.requests) > made


async def test_writes_are_not_sent_to_a_vendor_that_rests() -> None:
    """And are known not to have been applied."""
    vendor = Vendor(status(503))
    await ask_ten_times(vendor)
    made = len(vendor.requests)
    with request_scope(deadline=10), pytest.raises(Unsent) as caught:
        await vendor.client.write("POST", "/a", Shape, {})
    assert caught.value.outcome is not None
    assert (len(vendor.requests), caught.value.outcome.value) == (made, "NOT_APPLIED")


async def test_a_vendor_that_comes_back_is_asked_again() -> None:
    """The first call after the rest is the probe, and the next ones pass."""
    vendor = Vendor(status(503))
    await ask_ten_times(vendor)
    vendor.answers = [ok()]
    await asyncio.sleep(5)
    with request_scope(deadline=10):
        assert (await vendor.client.get("/a", Shape)).name == "x"
        assert (await vendor.client.get("/b", Shape)).name == "x"
