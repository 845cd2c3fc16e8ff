"""ResponseCache and find_stale. SingleFlight is tested through the client, in test_client_cache."""

import asyncio

import pytest

from groupgate.decoding.json_body import Decoded
from groupgate.domain.errors import Denied, Rejected, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import RequestScope, request_scope
from groupgate.upstream.cache import ENTRY_OVERHEAD, Entry, ResponseCache, find_stale
from tests.upstream.stub_vendor import CACHE_POLICY, Item, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO


def make_cache(
    *, ttl: float = 5, stale_if_error: float = 300, max_bytes: int = 10_000
) -> ResponseCache:
    return ResponseCache(ttl=ttl, stale_if_error=stale_if_error, max_bytes=max_bytes)


def value_of(entry: Entry | None) -> object:
    return None if entry is None else entry.decoded.value


async def test_an_entry_is_fresh_for_the_ttl_and_stale_until_stale_if_error() -> None:
    cache = make_cache()
    cache.put("a", Decoded("response"), size=1, stamp=cache.stamp())
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
        cache.put("a", Decoded("response"), size=1, stamp=cache.stamp())
    assert (no_ttl.get_fresh("a"), value_of(no_ttl.get_stale("a"))) == (None, "response")
    assert (value_of(no_stale.get_fresh("a")), no_stale.get_stale("a")) == ("response", None)
    assert (neither.get_fresh("a"), neither.get_stale("a")) == (None, None)


async def test_the_least_recently_used_entry_is_evicted_when_the_cache_is_full() -> None:
    """An entry that is larger than the whole cache is not stored."""
    cache = make_cache(max_bytes=2 * ENTRY_OVERHEAD + 100)
    for key in ("a", "b"):
        cache.put(key, Decoded(key), size=50, stamp=cache.stamp())
    cache.get_fresh("a")
    cache.put("c", Decoded("c"), size=50, stamp=cache.stamp())
    cache.put("d", Decoded("d"), size=ENTRY_OVERHEAD + 101, stamp=cache.stamp())
    assert [value_of(cache.get_fresh(key)) for key in "abcd"] == ["a", None, "c", None]


async def test_a_response_to_a_read_sent_before_a_clear_is_not_stored() -> None:
    cache = make_cache()
    before = cache.stamp()
    cache.put("old", Decoded("old"), size=1, stamp=before)
    cache.clear()
    cache.put("late", Decoded("late"), size=1, stamp=before)
    cache.put("new", Decoded("new"), size=1, stamp=cache.stamp())
    found = [value_of(cache.get_stale(key)) for key in ("old", "late", "new")]
    assert found == [None, None, "new"]


async def test_a_response_does_not_replace_the_response_to_a_later_read() -> None:
    cache = make_cache()
    first = cache.stamp()
    await asyncio.sleep(1)
    second = cache.stamp()
    for value, stamp in (("second", second), ("first", first)):
        cache.put("a", Decoded(value), size=1, stamp=stamp)
    assert value_of(cache.get_fresh("a")) == "second"


async def failing_vendor_with_cached_list() -> StubVendor:
    """Return a vendor that fails, and whose list of one item was read seven seconds ago."""
    vendor = StubVendor(ok(), http_status(500), policy=CACHE_POLICY)
    with request_scope():
        await vendor.client.get("/list", Item)
    await asyncio.sleep(7)
    return vendor


async def find_stale_items(
    vendor: StubVendor, answers: dict[str, UpstreamError], *, no_cache: bool = False
) -> tuple[dict[str, Item], RequestScope]:
    """Call find_stale in a new request; return its result, and the request's scope."""

    async def read_list() -> list[Item]:
        return [await vendor.client.get("/list", Item)]

    with request_scope(no_cache=no_cache) as scope:
        return await find_stale(answers, read_list, lambda item: item.name), scope


@pytest.mark.parametrize("failure", [Unavailable(DODO, "x"), Throttled(DODO, "x")])
async def test_find_stale_returns_cached_rows_without_a_call_and_reports_their_age(
    failure: UpstreamError,
) -> None:
    """Key y is not in the cached list."""
    vendor = await failing_vendor_with_cached_list()
    found, scope = await find_stale_items(vendor, {"x": failure, "y": failure})
    assert found == {"x": Item(name="x")}
    assert [(stale.age_seconds, stale.reason) for stale in scope.stale.values()] == [(7, failure)]
    assert scope.age == 7
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("error", [Denied(DODO, "x"), Rejected(DODO, 400, b"")])
async def test_find_stale_ignores_keys_that_were_denied_or_rejected(error: UpstreamError) -> None:
    vendor = await failing_vendor_with_cached_list()
    assert (await find_stale_items(vendor, {"x": error}))[0] == {}
    found, _ = await find_stale_items(vendor, {"y": error, "x": Unavailable(DODO, "x")})
    assert found == {"x": Item(name="x")}


async def test_find_stale_reports_nothing_if_it_returns_nothing() -> None:
    """The key is not in the list; no-cache request; the list is not cached; no key failed."""
    answers: dict[str, UpstreamError] = {"x": Unavailable(DODO, "x")}
    vendor = await failing_vendor_with_cached_list()
    results = [
        await find_stale_items(vendor, {"y": Unavailable(DODO, "x")}),
        await find_stale_items(vendor, answers, no_cache=True),
        await find_stale_items(StubVendor(http_status(500)), answers),
        await find_stale_items(vendor, {}),
    ]
    assert [(found, scope.stale, scope.age) for found, scope in results] == [({}, {}, None)] * 4
    assert len(vendor.requests) == 1
