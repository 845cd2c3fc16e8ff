"""RateLimiter: when a call is permitted, and that no vendor's limit is exceeded."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.domain.errors import Throttled, Unsent
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, now
from groupgate.sandbox.dodo.limits import RateLimit
from groupgate.upstream.rate_limit.limiter import RateLimiter
from groupgate.upstream.rate_limit.limits import (
    MINUTE,
    SECOND,
    UNLIMITED,
    Rate,
    RateLimitHeaders,
)
from tests.upstream.virtual_time import VirtualTimeLoop

pytestmark = pytest.mark.anyio


def make_limiter(
    *, concurrency: int = 16, per_second: Rate = UNLIMITED, per_minute: Rate = UNLIMITED
) -> RateLimiter:
    return RateLimiter(
        ProviderKey.DODO, concurrency=concurrency, per_second=per_second, per_minute=per_minute
    )


async def call(
    rate_limiter: RateLimiter, owner: object, seconds: float = 0, deadline: float = 100
) -> float:
    """Make a call that takes so many seconds; return the time at which it was sent."""
    async with rate_limiter.permit(owner, Deadline.after(deadline)) as permit:
        permit.is_sent = True
        sent_at = now()
        await asyncio.sleep(seconds)
        return sent_at


async def test_calls_wait_until_the_window_has_a_free_place() -> None:
    """Two calls per second, counted from their responses."""
    rate_limiter = make_limiter(per_second=Rate(calls=2))
    sent_at = await asyncio.gather(*(call(rate_limiter, "a", 0.25) for _ in range(5)))
    assert sent_at == [0, 0, *[0.25 + SECOND] * 2, 2 * (0.25 + SECOND)]


async def test_concurrent_calls_are_limited() -> None:
    rate_limiter = make_limiter(concurrency=3)
    sent_at = await asyncio.gather(*(call(rate_limiter, "a", 1) for _ in range(7)))
    assert sent_at == [0, 0, 0, 1, 1, 1, 2]


async def test_an_owner_with_a_hundred_calls_does_not_delay_another_owner() -> None:
    rate_limiter = make_limiter(concurrency=1)
    many = asyncio.gather(*(call(rate_limiter, "many", 1, deadline=200) for _ in range(100)))
    await asyncio.sleep(0.5)
    few = await asyncio.gather(*(call(rate_limiter, "few", 1) for _ in range(2)))
    assert few == [2, 4]
    assert max(await many) == 101


async def test_a_call_that_cannot_be_permitted_by_its_deadline_fails_immediately() -> None:
    rate_limiter = make_limiter(per_minute=Rate(calls=1))
    await call(rate_limiter, "a")
    with pytest.raises(Throttled) as caught:
        await call(rate_limiter, "b", deadline=10)
    assert (now(), caught.value.retry_after) == (0, 61)


async def test_a_call_that_is_not_permitted_by_its_deadline_fails_at_the_deadline() -> None:
    """The limiter cannot know how long the running call takes."""
    rate_limiter = make_limiter(concurrency=1)
    running = asyncio.ensure_future(call(rate_limiter, "a", 20))
    await asyncio.sleep(0)
    with pytest.raises(Throttled):
        await call(rate_limiter, "b", deadline=3)
    assert now() == 3
    await running
    assert await call(rate_limiter, "c") == 20


async def test_waiting_calls_fail_each_at_its_own_deadline() -> None:
    """One timer serves all; a deadline may be extended while its call waits."""
    rate_limiter = make_limiter(concurrency=1)
    running = asyncio.ensure_future(call(rate_limiter, "a", 30))
    await asyncio.sleep(0)
    failed_at: dict[str, float] = {}
    extended = Deadline(7)

    async def fail(owner: str, deadline: Deadline) -> None:
        with pytest.raises(Throttled):
            await rate_limiter.wait(owner, deadline)
        failed_at[owner] = now()

    deadlines = {"late": Deadline(9), "soon": Deadline(3), "extended": extended}
    waiting = [asyncio.ensure_future(fail(*each)) for each in deadlines.items()]
    await asyncio.sleep(5)
    assert rate_limiter.waiting == 2
    extended.extend(Deadline(11))
    await asyncio.gather(*waiting)
    assert failed_at == {"soon": 3, "late": 9, "extended": 11}
    await running
    assert rate_limiter.waiting == 0
    assert await call(rate_limiter, "b") == 30


async def test_a_cancelled_waiter_passes_its_permit_to_the_next() -> None:
    """Waiter b is cancelled while it waits, waiter c when its permit has just been granted."""
    rate_limiter = make_limiter(concurrency=1)
    running = asyncio.ensure_future(call(rate_limiter, "a", 1))
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(call(rate_limiter, owner)) for owner in ("b", "c", "d")]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await running
    waiting[1].cancel()
    assert await waiting[2] == 1


async def test_a_permit_without_a_sent_call_does_not_count_in_the_window() -> None:
    rate_limiter = make_limiter(per_minute=Rate(calls=1))
    async with rate_limiter.permit("a", Deadline()):
        pass
    assert await call(rate_limiter, "b") == 0


async def test_a_pause_beyond_its_deadline_fails_a_waiting_call_immediately() -> None:
    """A call whose deadline is after the pause keeps waiting."""
    rate_limiter = make_limiter(concurrency=1)
    running = asyncio.ensure_future(call(rate_limiter, "a", 1))
    await asyncio.sleep(0)
    short = asyncio.ensure_future(call(rate_limiter, "b", deadline=10))
    long = asyncio.ensure_future(call(rate_limiter, "c", deadline=50))
    await asyncio.sleep(0.5)
    rate_limiter.update(RateLimitHeaders(retry_in=20), is_throttled=True)
    with pytest.raises(Throttled) as caught:
        await short
    assert (now(), caught.value.retry_after) == (0.5, 20)
    assert (await running, await long) == (0, 20.5)


async def test_a_429_pauses_all_calls_for_the_retry_after_but_at_most_for_a_minute() -> None:
    rate_limiter = make_limiter()
    rate_limiter.update(RateLimitHeaders(retry_in=7), is_throttled=True)
    assert await call(rate_limiter, "a") == 7
    rate_limiter.update(RateLimitHeaders(retry_in=86_400), is_throttled=True)
    assert await call(rate_limiter, "a") == 67


async def test_calls_wait_for_the_reset_if_none_remain() -> None:
    """Another client of the same account may have made the other calls."""
    rate_limiter = make_limiter()
    rate_limiter.update(RateLimitHeaders(limit=240, remaining=0, resets_in=12), is_throttled=False)
    assert await call(rate_limiter, "a") == 12
    rate_limiter.update(RateLimitHeaders(limit=240, remaining=1, resets_in=30), is_throttled=False)
    assert await call(rate_limiter, "a") == 12


async def send_four_calls_after(responses: list[RateLimitHeaders]) -> list[float]:
    """Return when four calls are sent after responses with these headers.

    Two calls per second and fifty per minute are configured.
    """
    rate_limiter = make_limiter(per_second=Rate(calls=2), per_minute=Rate(calls=50))
    for headers in responses:
        rate_limiter.update(headers, is_throttled=False)
    return await asyncio.gather(*(call(rate_limiter, "a") for _ in range(4)))


PER_MINUTE = RateLimitHeaders(limit=3, remaining=3, resets_in=60)
PER_SECOND = RateLimitHeaders(limit=1, remaining=1, resets_in=1)
PER_MINUTE_RESETS_SOON = RateLimitHeaders(limit=3, remaining=1, resets_in=1)


@pytest.mark.parametrize(
    ("responses", "expected"),
    [
        ([], [0, 0, SECOND, SECOND]),
        ([PER_MINUTE], [0, 0, SECOND, MINUTE]),
        ([PER_MINUTE, PER_MINUTE_RESETS_SOON], [0, 0, SECOND, MINUTE]),
        ([PER_MINUTE, PER_SECOND], [0, SECOND, 2 * SECOND, MINUTE]),
        ([PER_SECOND], [0, 0, SECOND, SECOND]),
        ([PER_MINUTE, RateLimitHeaders(limit=100, resets_in=59)], [0, 0, SECOND, SECOND]),
        (
            [RateLimitHeaders(limit=0, resets_in=60), RateLimitHeaders(limit=3)],
            [0, 0, SECOND, SECOND],
        ),
        (
            [PER_MINUTE, RateLimitHeaders(limit=1, remaining=1, resets_in=1.5)],
            [0, SECOND, 2 * SECOND, MINUTE],
        ),
        # A limit that resets soon never raises the second's: it may be the minute's.
        (
            [
                RateLimitHeaders(limit=5, remaining=5, resets_in=60),
                RateLimitHeaders(limit=4, remaining=4, resets_in=1.5),
            ],
            [0, 0, SECOND, SECOND],
        ),
    ],
)
async def test_a_reported_limit_applies_to_the_window_that_its_reset_implies(
    responses: list[RateLimitHeaders], expected: list[float]
) -> None:
    """A late reset means the minute; then a smaller limit that resets soon means the second."""
    assert await send_four_calls_after(responses) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (RateLimitHeaders(limit=4, window=1), [0, 0, 0, 0]),
        (RateLimitHeaders(limit=3, window=60), [0, 0, SECOND, MINUTE]),
        (RateLimitHeaders(limit=1, window=3600), [0, 0, SECOND, SECOND]),
    ],
)
async def test_a_reported_limit_applies_to_the_window_that_the_headers_name(
    headers: RateLimitHeaders, expected: list[float]
) -> None:
    """It may raise the configured limit; a limit of another window is ignored."""
    assert await send_four_calls_after([headers]) == expected


async def test_reported_limits_do_not_change_a_fixed_rate() -> None:
    rate_limiter = make_limiter(per_minute=Rate(calls=1, is_fixed=True))
    rate_limiter.update(PER_MINUTE, is_throttled=False)
    assert await asyncio.gather(*(call(rate_limiter, "a") for _ in range(2))) == [0, MINUTE]


async def test_reported_limits_do_not_limit_an_unlimited_rate() -> None:
    rate_limiter = make_limiter()
    rate_limiter.update(RateLimitHeaders(limit=1, remaining=1, resets_in=60), is_throttled=False)
    assert await asyncio.gather(*(call(rate_limiter, "a") for _ in range(2))) == [0, 0]


async def test_a_raised_limit_permits_waiting_calls_immediately() -> None:
    rate_limiter = make_limiter(per_minute=Rate(calls=1))
    await call(rate_limiter, "a")
    waiting = asyncio.gather(*(call(rate_limiter, "a") for _ in range(2)))
    await asyncio.sleep(5)
    rate_limiter.update(PER_MINUTE, is_throttled=False)
    assert await waiting == [5, 5]


async def test_reject_waiters_ignores_a_waiter_that_was_cancelled() -> None:
    rate_limiter = make_limiter(concurrency=1)
    running = asyncio.create_task(call(rate_limiter, "a", 5))
    waiting = [asyncio.create_task(call(rate_limiter, "b")) for _ in range(2)]
    await asyncio.sleep(1)
    rate_limiter.reject_waiters(lambda: Unsent(ProviderKey.DODO, "The circuit breaker is open."))
    waiting[1].cancel()
    errors = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in errors] == [Unsent, asyncio.CancelledError]
    assert await running == 0
    assert await call(rate_limiter, "c") == 5


def run_in_virtual_time(work: Callable[[], Any]) -> Any:
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
def test_the_vendor_never_counts_more_calls_than_its_limits(
    arrivals: list[tuple[float, float, float]], per_second: int, per_minute: int
) -> None:
    """A call is (arrival, seconds until the vendor counts it, seconds until its response)."""

    async def run() -> int:
        rate_limiter = make_limiter(
            per_second=Rate(calls=per_second), per_minute=Rate(calls=per_minute)
        )
        vendor = RateLimit(per_second=per_second, per_minute=per_minute, clock=now)
        counted = 0

        async def send(arrival: float, before: float, after: float) -> None:
            nonlocal counted
            await asyncio.sleep(arrival)
            async with rate_limiter.permit(arrival, Deadline()) as permit:
                permit.is_sent = True
                await asyncio.sleep(before)
                assert vendor.refusal() is None
                counted += 1
                await asyncio.sleep(after)

        await asyncio.gather(*(send(*arrival) for arrival in arrivals))
        return counted

    assert run_in_virtual_time(run) == len(arrivals)
