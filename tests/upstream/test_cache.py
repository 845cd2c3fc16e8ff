"""ResponseCache. SingleFlight is tested through the client, in test_client_cache."""

import asyncio
from typing import Final

import msgspec
import pytest

from groupgate.decoding.json_body import Decoded
from groupgate.domain.errors import Malformed
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.cache import (
    ENTRY_OVERHEAD,
    MEMORY_PER_BODY_BYTE,
    Entry,
    ReadKey,
    ResponseCache,
)

pytestmark = pytest.mark.anyio


class Named(msgspec.Struct):
    """The shape of a response."""

    name: str


class SubNamed(Named):
    """Another one."""


def make_cache(
    *, ttl: float = 5, stale_if_error: float = 300, max_bytes: int = 10_000
) -> ResponseCache:
    return ResponseCache(ttl=ttl, stale_if_error=stale_if_error, max_bytes=max_bytes)


def value_of(entry: Entry | None) -> object:
    return None if entry is None else entry.decoded.value


async def test_an_entry_is_fresh_for_the_ttl_and_stale_until_stale_if_error() -> None:
    cache = make_cache()
    cache.put("a", Decoded("response"), body=b"", stamp=cache.stamp())
    found = []
    for pause in (0, 4.9, 0.1, 294.9, 0.1):
        await asyncio.sleep(pause)
        found.append((value_of(cache.get_fresh("a")), value_of(cache.get_stale("a"))))
    assert found == [
        ("response", "response"),
        ("response", "response"),
        (None, "response"),
        (None, "response"),
        (None, None),
    ]


async def test_zero_switches_off_fresh_or_stale_entries() -> None:
    no_ttl = make_cache(ttl=0)
    no_stale = make_cache(stale_if_error=0)
    neither = make_cache(ttl=0, stale_if_error=0)
    for cache in (no_ttl, no_stale, neither):
        cache.put("a", Decoded("response"), body=b"", stamp=cache.stamp())
    assert (no_ttl.get_fresh("a"), value_of(no_ttl.get_stale("a"))) == (None, "response")
    assert (value_of(no_stale.get_fresh("a")), no_stale.get_stale("a")) == ("response", None)
    assert (neither.get_fresh("a"), neither.get_stale("a")) == (None, None)


async def test_the_least_recently_used_entry_is_evicted_when_the_cache_is_full() -> None:
    """An entry that is larger than the whole cache is not stored."""
    cache = make_cache(max_bytes=2 * ENTRY_OVERHEAD + 10 * MEMORY_PER_BODY_BYTE)
    for key in ("a", "b"):
        cache.put(key, Decoded(key), body=bytes(5), stamp=cache.stamp())
    cache.get_fresh("a")
    cache.put("c", Decoded("c"), body=bytes(5), stamp=cache.stamp())
    cache.put("d", Decoded("d"), body=bytes(ENTRY_OVERHEAD), stamp=cache.stamp())
    assert [value_of(cache.get_fresh(key)) for key in "abcd"] == ["a", None, "c", None]


async def test_a_response_to_a_read_sent_before_a_clear_is_not_stored() -> None:
    cache = make_cache()
    before = cache.stamp()
    cache.put("old", Decoded("old"), body=b"", stamp=before)
    cache.clear()
    cache.put("late", Decoded("late"), body=b"", stamp=before)
    cache.put("new", Decoded("new"), body=b"", stamp=cache.stamp())
    found = [value_of(cache.get_stale(key)) for key in ("old", "late", "new")]
    assert found == [None, None, "new"]


async def test_a_response_does_not_replace_the_response_to_a_later_read() -> None:
    cache = make_cache()
    first = cache.stamp()
    await asyncio.sleep(1)
    second = cache.stamp()
    for value, stamp in (("second", second), ("first", first)):
        cache.put("a", Decoded(value), body=b"", stamp=stamp)
    assert value_of(cache.get_fresh("a")) == "second"


async def test_expired_entries_give_way_to_new_ones_and_free_their_bytes() -> None:
    cache = make_cache(ttl=5, stale_if_error=10)
    for key in ("a", "b"):
        cache.put(key, Decoded(key), body=bytes(10), stamp=cache.stamp())
    assert (cache.entries, cache.bytes) == (2, 2 * ENTRY_OVERHEAD + 200)
    await asyncio.sleep(9)
    cache.get_stale("a")
    cache.put("c", Decoded("c"), body=bytes(30), stamp=cache.stamp())
    assert (cache.entries, cache.bytes) == (3, 3 * ENTRY_OVERHEAD + 500)
    await asyncio.sleep(1)
    cache.put("c", Decoded("d"), body=bytes(5), stamp=cache.stamp())
    assert (cache.entries, cache.bytes) == (1, ENTRY_OVERHEAD + 50)
    assert [value_of(cache.get_stale(key)) for key in "abc"] == [None, None, "d"]


async def test_an_entry_that_is_expired_when_it_arrives_is_not_kept() -> None:
    """Another process may have read it long ago."""
    cache = make_cache(ttl=5, stale_if_error=0)
    cache.put("a", Decoded("a"), body=b"", stamp=cache.stamp(), age=5)
    assert (cache.entries, cache.bytes, cache.get_fresh("a")) == (0, 0, None)


async def test_discarded_and_cleared_entries_take_no_bytes() -> None:
    cache = make_cache()
    for key in ("a", "b"):
        cache.put(key, Decoded(key), body=bytes(10), stamp=cache.stamp())
    cache.discard("a")
    cache.discard("a")
    assert (cache.entries, cache.bytes) == (1, ENTRY_OVERHEAD + 100)
    cache.clear()
    assert (cache.entries, cache.bytes) == (0, 0)


JSON: Final = "application/json"


def decode(cache: ResponseCache, key: ReadKey[Named], body: bytes) -> Decoded[Named]:
    """Decode and store the response to a read."""
    decoded = cache.decode(ProviderKey.DODO, key, body, JSON)
    cache.put(key, decoded, body=body, stamp=cache.stamp())
    return decoded


async def test_an_equal_body_has_the_objects_of_the_one_before_even_if_not_fresh() -> None:
    cache = make_cache(ttl=0)
    key = ReadKey("/a", Named)
    first = decode(cache, key, b'{"name":"old"}')
    await asyncio.sleep(1)
    assert decode(cache, key, b'{"name":"old"}') is first
    other = decode(cache, key, b'{"name":"new"}')
    assert (first.value.name, other.value.name) == ("old", "new")
    assert decode(cache, key, b'{"name":"old"}') is not first


async def test_an_equal_body_of_another_read_or_of_before_a_write_is_decoded_again() -> None:
    cache = make_cache()
    key, other_path, other_shape = (
        ReadKey("/a", Named),
        ReadKey("/b", Named),
        ReadKey("/a", SubNamed),
    )
    body = b'{"name":"old"}'
    first = decode(cache, key, body)
    assert decode(cache, other_path, body) is not first
    assert isinstance(cache.decode(ProviderKey.DODO, other_shape, body, JSON).value, SubNamed)
    cache.clear()
    assert decode(cache, key, body) is not first


async def test_a_body_that_does_not_fit_is_refused_each_time() -> None:
    cache = make_cache()
    for _ in range(2):
        with pytest.raises(Malformed):
            decode(cache, ReadKey("/a", Named), b"[]")
    assert cache.entries == 0
