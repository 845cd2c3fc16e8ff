"""The cache: what still stands, what may stand in, what goes first."""

import asyncio

import pytest

from groupgate.upstream.cache import ENTRY_OVERHEAD, Entry, ResponseCache

pytestmark = pytest.mark.anyio


def cache_of(*, ttl: float = 5, stale: float = 300, size: int = 10_000) -> ResponseCache:
    return ResponseCache(ttl=ttl, stale_if_error=stale, max_bytes=size)


def value_of(entry: Entry | None) -> object:
    return None if entry is None else entry.value


async def test_an_answer_stands_for_its_time_and_stands_in_for_longer() -> None:
    """Five seconds, then up to three hundred only for a failure."""
    cache = cache_of()
    cache.put("a", "answer", size=1, stamp=cache.stamp())
    found = []
    for pause in (0, 4.9, 0.1, 294.9, 0.1):
        await asyncio.sleep(pause)
        found.append((value_of(cache.get_fresh("a")), value_of(cache.get_stale("a"))))
    assert found == [
        ("answer", "answer"),
        ("answer", "answer"),
        (None, "answer"),
        (None, "answer"),
        (None, None),
    ]


async def test_each_of_the_two_can_be_off() -> None:
    """Without a TTL an answer only stands in, without the other it only stands."""
    no_ttl, no_stale, neither = cache_of(ttl=0), cache_of(stale=0), cache_of(ttl=0, stale=0)
    for cache in (no_ttl, no_stale, neither):
        cache.put("a", "answer", size=1, stamp=cache.stamp())
    assert (no_ttl.get_fresh("a"), value_of(no_ttl.get_stale("a"))) == (None, "answer")
    assert (value_of(no_stale.get_fresh("a")), no_stale.get_stale("a")) == ("answer", None)
    assert (neither.get_fresh("a"), neither.get_stale("a")) == (None, None)


async def test_the_least_recently_used_go_when_there_are_too_many_bytes() -> None:
    """And what is larger than all the room is not kept at all."""
    cache = cache_of(size=2 * ENTRY_OVERHEAD + 100)
    for key in ("a", "b"):
        cache.put(key, key, size=50, stamp=cache.stamp())
    cache.get_fresh("a")
    cache.put("c", "c", size=50, stamp=cache.stamp())
    cache.put("d", "d", size=ENTRY_OVERHEAD + 101, stamp=cache.stamp())
    assert [value_of(cache.get_fresh(key)) for key in "abcd"] == ["a", None, "c", None]


async def test_what_was_asked_for_before_a_change_is_not_kept_after_it() -> None:
    """It may be from before the change, whenever it arrives."""
    cache = cache_of()
    before = cache.stamp()
    cache.put("old", "old", size=1, stamp=before)
    cache.clear()
    cache.put("late", "late", size=1, stamp=before)
    cache.put("new", "new", size=1, stamp=cache.stamp())
    found = [value_of(cache.get_stale(key)) for key in ("old", "late", "new")]
    assert found == [None, None, "new"]


async def test_an_answer_does_not_take_the_place_of_one_that_was_asked_for_later() -> None:
    """The slower of two calls brings the older news."""
    cache = cache_of()
    first = cache.stamp()
    await asyncio.sleep(1)
    second = cache.stamp()
    for value, stamp in (("second", second), ("first", first)):
        cache.put("a", value, size=1, stamp=stamp)
    assert value_of(cache.get_fresh("a")) == "second"
