"""Token buckets in memory: how they empty and fill up, and how many are stored."""

import pytest

from groupgate.app.memory_stores import MAX_BUCKETS, MemoryBuckets
from groupgate.stores import Level

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def taken(remaining: int, seconds: int) -> Level:
    """The level after a take that succeeded."""
    return Level(was_taken=True, remaining=remaining, seconds=seconds)


def rejected(remaining: int, seconds: int) -> Level:
    """The level after a take that failed."""
    return Level(was_taken=False, remaining=remaining, seconds=seconds)


async def test_a_bucket_empties_and_fills_up_again() -> None:
    """60 points a minute: one is refilled each second."""
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 10) == taken(50, 10)
    assert await buckets.take("a", 50) == taken(0, 60)
    assert await buckets.take("a", 1) == rejected(0, 1)
    assert await buckets.take("a", 20) == rejected(0, 20)
    clock.now += 19.5
    assert await buckets.take("a", 20) == rejected(19, 1)
    clock.now += 0.5
    assert await buckets.take("a", 20) == taken(0, 60)
    clock.now += 3600
    assert await buckets.take("a", 1) == taken(59, 1)


async def test_a_take_succeeds_after_the_reported_wait() -> None:
    """No rounding makes a client retry too early, whatever the numbers."""
    for capacity in (1, 7, 59, 61, 997, 100_003):
        clock = Clock()
        buckets = MemoryBuckets(capacity, clock=clock)
        await buckets.take("a", capacity)
        for points in (1, (capacity + 1) // 2, capacity):
            level = await buckets.take("a", points)
            assert level.was_taken is False
            clock.now += level.seconds
            assert (await buckets.take("a", points)).was_taken is True


async def test_more_points_than_the_capacity_require_a_full_bucket() -> None:
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 90) == taken(0, 90)
    assert await buckets.take("a", 90) == rejected(0, 90)
    clock.now += 30
    assert await buckets.take("a", 1) == rejected(0, 1)
    clock.now += 59
    assert await buckets.take("a", 90) == rejected(59, 1)
    clock.now += 1
    assert await buckets.take("a", 90) == taken(0, 90)


async def test_slack_may_be_missing_from_a_full_bucket() -> None:
    """The points of a request do not prevent its operation from being charged."""
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 1) == taken(59, 1)
    assert await buckets.take("a", 60, slack=1) == taken(0, 61)
    assert await buckets.take("a", 1) == rejected(0, 2)
    clock.now += 59
    assert await buckets.take("a", 60, slack=1) == rejected(58, 1)
    clock.now += 1
    assert await buckets.take("a", 90, slack=1) == taken(0, 91)


async def test_points_can_be_taken_by_force_and_are_then_owed() -> None:
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    assert await buckets.take("a", 70, force=True) == taken(0, 70)
    assert await buckets.take("a", 20, force=True) == taken(0, 90)
    assert await buckets.take("a", 1) == rejected(0, 31)
    clock.now += 31
    assert await buckets.take("a", 1) == taken(0, 60)


async def test_the_end_of_a_wait_is_redeemed_once() -> None:
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    await buckets.take("a", 60)
    assert await buckets.redeem("a") is False
    assert await buckets.take("a", 20) == rejected(0, 20)
    assert await buckets.redeem("a") is False
    clock.now += 19
    assert await buckets.redeem("a") is False
    clock.now += 1
    assert await buckets.redeem("b") is False
    assert await buckets.redeem("a") is True
    assert await buckets.redeem("a") is False


async def test_a_take_that_comes_too_early_does_not_prolong_the_wait() -> None:
    clock = Clock()
    buckets = MemoryBuckets(60, clock=clock)
    await buckets.take("a", 60)
    assert await buckets.take("a", 20) == rejected(0, 20)
    clock.now += 19
    assert await buckets.take("a", 15) == taken(4, 56)
    assert await buckets.take("a", 20) == rejected(4, 16)
    clock.now += 1
    assert await buckets.redeem("a") is True


async def test_each_key_has_its_own_bucket() -> None:
    buckets = MemoryBuckets(60, clock=Clock())
    assert await buckets.take("a", 60) == taken(0, 60)
    assert await buckets.take("b", 60) == taken(0, 60)


async def test_the_least_recently_used_bucket_is_dropped() -> None:
    buckets = MemoryBuckets(60, clock=Clock())
    for number in range(MAX_BUCKETS + 1):
        await buckets.take(str(number), 60)
    assert len(buckets._full_at) == MAX_BUCKETS
    assert await buckets.take("1", 1) == rejected(0, 1)
    assert await buckets.take("0", 60) == taken(0, 60)
