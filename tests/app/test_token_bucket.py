"""Buckets of points: how they empty, how they fill up, and how many are kept."""

import pytest

from groupgate.app.token_bucket import MOST_BUCKETS, Level, MemoryBuckets

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(remaining: int, seconds: int) -> Level:
    """Points were taken."""
    return Level(was_taken=True, remaining=remaining, seconds=seconds)


def refused(remaining: int, seconds: int) -> Level:
    """None were taken."""
    return Level(was_taken=False, remaining=remaining, seconds=seconds)


async def test_a_bucket_empties_and_fills_up_again() -> None:
    """60 points a minute: one comes back each second."""
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 10) == taken(50, 10)
    assert await buckets.take("a", 50) == taken(0, 60)
    assert await buckets.take("a", 1) == refused(0, 1)
    assert await buckets.take("a", 20) == refused(0, 20)
    clock.now += 19.5
    assert await buckets.take("a", 20) == refused(19, 1)
    clock.now += 0.5
    assert await buckets.take("a", 20) == taken(0, 60)
    clock.now += 3600
    assert await buckets.take("a", 1) == taken(59, 1)


async def test_after_the_wait_that_was_told_it_is_enough() -> None:
    """Whatever the numbers are: no rounding makes a client come in vain."""
    for capacity in (1, 7, 59, 61, 997, 100_003):
        clock = Clock()
        buckets = MemoryBuckets(capacity, clock=clock)
        await buckets.take("a", capacity)
        for points in (1, (capacity + 1) // 2, capacity):
            told = await buckets.take("a", points)
            assert told.was_taken is False
            clock.now += told.seconds
            assert (await buckets.take("a", points)).was_taken is True


async def test_more_than_a_bucket_holds_is_taken_out_of_a_full_one_only() -> None:
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 90) == taken(0, 90)
    assert await buckets.take("a", 90) == refused(0, 90)
    clock.now += 30
    assert await buckets.take("a", 1) == refused(0, 1)
    clock.now += 59
    assert await buckets.take("a", 90) == refused(59, 1)
    clock.now += 1
    assert await buckets.take("a", 90) == taken(0, 90)


async def test_a_little_may_be_missing_where_that_is_slack() -> None:
    """The point of a request does not keep its operation from being paid for."""
    clock = Clock()
    buckets = MemoryBuckets(60, slack=1, clock=clock)
    assert await buckets.take("a", 1) == taken(59, 1)
    assert await buckets.take("a", 60) == taken(0, 61)
    assert await buckets.take("a", 1) == refused(0, 2)
    clock.now += 59
    assert await buckets.take("a", 60) == refused(58, 1)
    clock.now += 1
    assert await buckets.take("a", 90) == taken(0, 91)


async def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = MemoryBuckets(60, clock=Clock())
    assert await buckets.take("a", 60) == taken(0, 60)
    assert await buckets.take("b", 60) == taken(0, 60)


async def test_the_buckets_used_last_are_kept() -> None:
    """However many callers come along."""
    buckets = MemoryBuckets(60, clock=Clock())
    for number in range(MOST_BUCKETS + 1):
        await buckets.take(str(number), 60)
    assert len(buckets._full_at) == MOST_BUCKETS
    assert await buckets.take("1", 1) == refused(0, 1)
    assert await buckets.take("0", 60) == taken(0, 60)
