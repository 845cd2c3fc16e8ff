"""The cache that gateway processes share: second level of the read cache."""

import asyncio
from dataclasses import dataclass, field

import pytest

from groupgate.domain.refs import AccountKey
from groupgate.request import RequestScope, request_scope
from tests.upstream.stub_vendor import CACHE_POLICY, Delayed, Item, StubVendor, ok

pytestmark = pytest.mark.anyio


@dataclass
class DictCache:
    """A shared cache in a dictionary; it records what is done with it."""

    entries: dict[tuple[AccountKey, str], bytes] = field(default_factory=dict)
    actions: list[tuple[str, str]] = field(default_factory=list)

    async def get(self, provider: AccountKey, key: str) -> bytes | None:
        self.actions.append(("get", key))
        return self.entries.get((provider, key))

    async def set(self, provider: AccountKey, key: str, value: bytes, ttl: float) -> None:
        self.actions.append((f"set for {ttl} s", key))
        self.entries[provider, key] = value

    async def delete(self, provider: AccountKey) -> None:
        self.actions.append(("delete", provider.path))
        self.entries.clear()


def processes(cache: DictCache) -> tuple[StubVendor, StubVendor]:
    """Return the same vendor as two gateway processes see it."""
    both = StubVendor(ok(), policy=CACHE_POLICY), StubVendor(ok(), policy=CACHE_POLICY)
    for process in both:
        process.vendor_state.shared_cache = cache
    return both


async def read(vendor: StubVendor, *, no_cache: bool = False) -> RequestScope:
    with request_scope(deadline=10, no_cache=no_cache) as scope:
        assert await vendor.client.get("/a", Item) == Item("x")
    return scope


async def test_a_response_is_read_once_for_all_processes() -> None:
    cache = DictCache()
    first, second = processes(cache)
    for process in (first, second, first, second):
        await read(process)
    assert (len(first.requests), len(second.requests)) == (1, 0)
    ttl = CACHE_POLICY.cache_ttl
    # The second read of each process is answered by its first level.
    assert cache.actions == [("get", "/a"), (f"set for {ttl} s", "/a"), ("get", "/a")]


async def test_a_write_deletes_the_entries_of_its_vendor() -> None:
    cache = DictCache()
    first, second = processes(cache)
    await read(first)
    with request_scope(deadline=10):
        await second.client.write("POST", "/a", Item)
    assert cache.entries == {}
    assert cache.actions[-1] == ("delete", "DODO")


async def test_a_response_requested_before_a_write_is_not_stored_after_it() -> None:
    cache = DictCache()
    vendor, _ = processes(cache)
    vendor.responses = [Delayed(2, ok()), ok()]
    reading = asyncio.create_task(read(vendor))
    await asyncio.sleep(1)
    with request_scope(deadline=10):
        await vendor.client.write("POST", "/a", Item)
    await reading
    assert [action for action, _ in cache.actions] == ["get", "delete"]


async def test_no_cache_does_not_use_it() -> None:
    cache = DictCache()
    vendor, _ = processes(cache)
    await read(vendor, no_cache=True)
    assert cache.actions == []
