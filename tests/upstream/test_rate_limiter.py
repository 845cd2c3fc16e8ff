"""Limits: calls wait for their turn, fairly, and no vendor counts more than it allows."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.domain.errors import Throttled, Unavailable, Unsent
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, now, request_scope
from groupgate.sandbox.dodo.limits import RateLimit
from groupgate.upstream.rate_limit.headers import RateLimitHeaders
from groupgate.upstream.rate_limit.limiter import MINUTE, SECOND, Rate, RateLimiter
from groupgate.upstream.vendor_state import Policy
from tests.upstream.vendor import Late, Shape, Vendor, ok, status
from tests.upstream.virtual_time import VirtualTimeLoop

pytestmark = pytest.mark.anyio

TWO_A_SECOND = Policy(per_second=Rate(calls=2))


def limits_of(policy: Policy) -> RateLimiter:
    return RateLimiter(
        ProviderKey.DODO,
        concurrency=policy.concurrency,
        per_second=policy.per_second,
        per_minute=policy.per_minute,
    )


async def call(
    rate_limiter: RateLimiter, asker: object, seconds: float = 0, deadline: float = 100
) -> float:
    """Make a call that takes so many seconds; return when it was sent."""
    async with rate_limiter.permit(asker, Deadline.after(deadline)) as permit:
        permit.is_sent = True
        sent = now()
        await asyncio.sleep(seconds)
        return sent


async def test_calls_wait_until_the_window_has_room() -> None:
    """Two a second, counted from the answers: at 0, then a second after these, and so on."""
    rate_limiter = limits_of(TWO_A_SECOND)
    sent = await asyncio.gather(*(call(rate_limiter, "a", 0.25) for _ in range(5)))
    assert sent == [0, 0, *[0.25 + SECOND] * 2, 2 * (0.25 + SECOND)]


async def test_no_more_calls_are_under_way_than_the_policy_allows() -> None:
    """Three at once, each of a second."""
    rate_limiter = limits_of(Policy(concurrency=3))
    sent = await asyncio.gather(*(call(rate_limiter, "a", 1) for _ in range(7)))
    assert sent == [0, 0, 0, 1, 1, 1, 2]


async def test_a_huge_query_does_not_starve_another() -> None:
    """A hundred calls wait; the two of a newcomer are served in the first two rounds."""
    rate_limiter = limits_of(Policy(concurrency=1))
    huge = asyncio.gather(*(call(rate_limiter, "huge", 1, deadline=200) for _ in range(100)))
    await asyncio.sleep(0.5)
    small = await asyncio.gather(*(call(rate_limiter, "small", 1) for _ in range(2)))
    assert small == [2, 4]
    assert max(await huge) == 101


async def test_a_call_that_cannot_have_its_turn_in_time_fails_at_once() -> None:
    """It is told how long to stay away, and does not wait for nothing."""
    rate_limiter = limits_of(Policy(per_minute=Rate(calls=1)))
    await call(rate_limiter, "a")
    with pytest.raises(Throttled) as caught:
        await call(rate_limiter, "b", deadline=10)
    assert (now(), caught.value.retry_after) == (0, 61)


async def test_a_call_whose_turn_does_not_come_in_time_fails_at_its_deadline() -> None:
    """Nobody could know how long the call before it takes."""
    rate_limiter = limits_of(Policy(concurrency=1))
    other = asyncio.ensure_future(call(rate_limiter, "a", 20))
    await asyncio.sleep(0)
    with pytest.raises(Throttled):
        await call(rate_limiter, "b", deadline=3)
    assert now() == 3
    await other
    assert await call(rate_limiter, "c") == 20


async def test_a_call_that_gives_up_leaves_its_place_to_the_next() -> None:
    """Cancelled while it waits, or when its turn has just come."""
    rate_limiter = limits_of(Policy(concurrency=1))
    first = asyncio.ensure_future(call(rate_limiter, "a", 1))
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(call(rate_limiter, name)) for name in ("b", "c", "d")]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await first
    waiting[1].cancel()
    assert await waiting[2] == 1


async def test_a_turn_that_is_not_used_costs_nothing() -> None:
    """The window counts calls that were sent."""
    rate_limiter = limits_of(Policy(per_minute=Rate(calls=1)))
    async with rate_limiter.permit("a", Deadline()):
        pass
    assert await call(rate_limiter, "b") == 0


async def test_calls_that_wait_longer_than_they_can_for_a_pause_fail_at_once() -> None:
    """The one whose deadline is behind the pause keeps its turn."""
    rate_limiter = limits_of(Policy(concurrency=1))
    first = asyncio.ensure_future(call(rate_limiter, "a", 1))
    await asyncio.sleep(0)
    hopeless = asyncio.ensure_future(call(rate_limiter, "b", deadline=10))
    patient = asyncio.ensure_future(call(rate_limiter, "c", deadline=50))
    await asyncio.sleep(0.5)
    rate_limiter.update(RateLimitHeaders(retry_in=20), is_throttled=True)
    with pytest.raises(Throttled) as caught:
        await hopeless
    assert (now(), caught.value.retry_after) == (0.5, 20)
    assert (await first, await patient) == (0, 20.5)


async def test_after_a_429_all_calls_stay_away_as_long_as_the_vendor_wants() -> None:
    """But no longer than a minute for one answer."""
    rate_limiter = limits_of(Policy())
    rate_limiter.update(RateLimitHeaders(retry_in=7), is_throttled=True)
    assert await call(rate_limiter, "a") == 7
    rate_limiter.update(RateLimitHeaders(retry_in=86_400), is_throttled=True)
    assert await call(rate_limiter, "a") == 67


async def test_when_nothing_remains_calls_wait_for_the_reset() -> None:
    """Somebody else may have used the account's calls up."""
    rate_limiter = limits_of(Policy())
    rate_limiter.update(RateLimitHeaders(limit=240, remaining=0, resets_in=12), is_throttled=False)
    assert await call(rate_limiter, "a") == 12
    rate_limiter.update(RateLimitHeaders(limit=240, remaining=1, resets_in=30), is_throttled=False)
    assert await call(rate_limiter, "a") == 12


OF_A_MINUTE = RateLimitHeaders(limit=3, remaining=3, resets_in=60)
OF_A_SECOND = RateLimitHeaders(limit=1, remaining=1, resets_in=1)
SOON = RateLimitHeaders(limit=3, remaining=1, resets_in=1)


@pytest.mark.parametrize(
    ("told", "sent"),
    [
        ([], [0, 0, SECOND, SECOND]),
        ([OF_A_MINUTE], [0, 0, SECOND, MINUTE]),
        ([OF_A_MINUTE, SOON], [0, 0, SECOND, MINUTE]),
        ([OF_A_MINUTE, OF_A_SECOND], [0, SECOND, 2 * SECOND, MINUTE]),
        ([OF_A_SECOND], [0, 0, SECOND, SECOND]),
        ([OF_A_MINUTE, RateLimitHeaders(limit=100, resets_in=59)], [0, 0, SECOND, SECOND]),
        (
            [RateLimitHeaders(limit=0, resets_in=60), RateLimitHeaders(limit=3)],
            [0, 0, SECOND, SECOND],
        ),
    ],
)
async def test_limits_are_learned_for_the_window_they_are_of(
    told: list[RateLimitHeaders], sent: list[float]
) -> None:
    """A late reset is a minute's; a smaller limit that resets soon is then that of a second."""
    rate_limiter = limits_of(Policy(per_second=Rate(calls=2), per_minute=Rate(calls=50)))
    for one in told:
        rate_limiter.update(one, is_throttled=False)
    assert await asyncio.gather(*(call(rate_limiter, "a") for _ in range(4))) == sent


async def test_a_limit_that_is_set_is_not_learned() -> None:
    """Nor is one where there is none."""
    fixed = limits_of(Policy(per_minute=Rate(calls=1, is_fixed=True)))
    fixed.update(OF_A_MINUTE, is_throttled=False)
    assert await asyncio.gather(*(call(fixed, "a") for _ in range(2))) == [0, MINUTE]
    free = limits_of(Policy())
    free.update(RateLimitHeaders(limit=1, remaining=1, resets_in=60), is_throttled=False)
    assert await asyncio.gather(*(call(free, "a") for _ in range(2))) == [MINUTE, MINUTE]


async def test_a_raised_limit_lets_waiting_calls_pass_at_once() -> None:
    """They do not wait for the window they were waiting for."""
    rate_limiter = limits_of(Policy(per_minute=Rate(calls=1)))
    await call(rate_limiter, "a")
    waiting = asyncio.gather(*(call(rate_limiter, "a") for _ in range(2)))
    await asyncio.sleep(5)
    rate_limiter.update(OF_A_MINUTE, is_throttled=False)
    assert await waiting == [5, 5]


@pytest.mark.parametrize(
    ("answers", "per_minute"),
    [((ok(), ok()), 1), ((ok(), status(429, Retry_After="61")), None)],
)
async def test_a_vendor_that_holds_calls_back_is_degraded(
    answers: tuple[httpx.Response, ...], per_minute: int | None
) -> None:
    """Be it by our own limits or by its own."""
    vendor = Vendor(*answers, policy=Policy(per_minute=Rate(calls=per_minute)))
    with request_scope(deadline=10):
        await vendor.client.get("/a", Shape)
        before = vendor.client.status.state
        with pytest.raises(Throttled) as caught:
            await vendor.client.get("/b", Shape)
    after = vendor.client.status.state
    assert caught.value.retry_after == 61
    assert (before, after) == (ProviderState.AVAILABLE, ProviderState.DEGRADED)


async def test_calls_that_wait_are_not_sent_to_a_vendor_that_was_given_a_rest_meanwhile() -> None:
    """Ten fail at once; those behind them fail without having been sent, spread over a second."""
    vendor = Vendor(Late(1, status(503, Retry_After="60")), policy=Policy(concurrency=10))

    async def fail(number: int) -> tuple[type[Exception], float]:
        with pytest.raises(Unavailable) as caught:
            await vendor.client.get(f"/{number}", Shape)
        return caught.type, now()

    with request_scope(deadline=10):
        failed = await asyncio.gather(*(fail(number) for number in range(50)))
    assert len(vendor.requests) == 10
    had_their_turn, dismissed = failed[:19], failed[19:]
    assert had_their_turn == [(Unavailable, 1)] * 10 + [(Unsent, 1)] * 9
    assert dismissed == [(Unsent, 1 + number / 31) for number in range(31)]


async def test_of_those_who_are_dismissed_one_may_have_left() -> None:
    """Its turn is nobody's any longer."""
    rate_limiter = limits_of(Policy(concurrency=1))
    first = asyncio.create_task(call(rate_limiter, "a", 5))
    waiting = [asyncio.create_task(call(rate_limiter, "b")) for _ in range(2)]
    await asyncio.sleep(1)
    rate_limiter.reject_waiters(lambda: Unsent(ProviderKey.DODO, "It rests."))
    waiting[1].cancel()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in told] == [Unsent, asyncio.CancelledError]
    assert await first == 0
    assert await call(rate_limiter, "c") == 5


def virtually(work: Callable[[], Any]) -> Any:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(work())


@settings(max_examples=60, deadline=None)
@given(
    arrivals=st.lists(
        st.tuples(st.floats(0, 3), st.floats(0, 0.4), st.floats(0, 0.4)), max_size=80
    ),
    per_second=st.integers(1, 5),
    per_minute=st.integers(5, 30),
)
def test_a_vendor_never_counts_more_than_its_limit(
    arrivals: list[tuple[float, float, float]], per_second: int, per_minute: int
) -> None:
    """Whenever calls come, and however long they take there and back."""
    policy = Policy(per_second=Rate(calls=per_second), per_minute=Rate(calls=per_minute))

    async def run() -> int:
        rate_limiter, counted = limits_of(policy), 0
        vendor = RateLimit(per_second=per_second, per_minute=per_minute, clock=now)

        async def one(arrival: float, there: float, back: float) -> None:
            nonlocal counted
            await asyncio.sleep(arrival)
            async with rate_limiter.permit(arrival, Deadline()) as permit:
                permit.is_sent = True
                await asyncio.sleep(there)
                assert vendor.refusal() is None
                counted += 1
                await asyncio.sleep(back)

        await asyncio.gather(*(one(*arrival) for arrival in arrivals))
        return counted

    assert virtually(run) == len(arrivals)
