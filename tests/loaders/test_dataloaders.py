"""Dataloaders: one read per tick, results by key, one set per vendor and request."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Denied, Unavailable, UpstreamError
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    PageRequest,
    ProductsRequest,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.loaders.dataloaders import Batches, BatchLoader, Loaders, ProviderLoaders
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio

COLLECTION = CollectionRef(provider=ProviderKey.DODO, native_id="suite")
GROUP = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="monthly")
PRODUCT = ProductRef(provider=ProviderKey.DODO, native_id="a")
PAGE = PageRequest(first=20)


class Reads:
    """A read of squares that records its batches.

    Key 0 has no result, the result of a negative key is an error, and a batch that contains key
    13 fails as a whole.
    """

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int | UpstreamError]:
        self.batches.append([*keys])
        await asyncio.sleep(0)
        if 13 in keys:
            raise Denied(ProviderKey.DODO, "Dodo Payments does not accept the credentials.")
        failed = {key: Unavailable(ProviderKey.DODO, "Dodo Payments failed.") for key in keys}
        return {key: key * key if key > 0 else failed[key] for key in keys if key != 0}


async def load_all(loader: BatchLoader[int, int], *keys: int) -> list[Any]:
    """Load keys concurrently; return their results or errors."""
    return await asyncio.gather(*(loader.load(key) for key in keys), return_exceptions=True)


async def test_keys_loaded_in_one_tick_are_read_in_one_batch_in_their_order() -> None:
    read = Reads()

    results = await load_all(BatchLoader(read), 3, 1, 2)

    assert results == [9, 1, 4]
    assert read.batches == [[3, 1, 2]]


async def test_keys_loaded_one_after_another_are_read_in_batches_of_their_own() -> None:
    read = Reads()
    loader = BatchLoader(read)

    results = [await loader.load(3), await loader.load(1)]

    assert results == [9, 1]
    assert read.batches == [[3], [1]]


async def test_a_key_is_read_only_once() -> None:
    read = Reads()
    loader = BatchLoader(read)

    assert await load_all(loader, 3, 3, 1) == [9, 9, 1]
    assert await load_all(loader, 1, 2, 3) == [1, 4, 9]
    assert read.batches == [[3, 1], [2]]


async def test_a_key_without_a_result_loads_none_and_is_not_read_again() -> None:
    read = Reads()
    loader = BatchLoader(read)

    assert await load_all(loader, 1, 0) == [1, None]
    assert await loader.load(0) is None
    assert read.batches == [[1, 0]]


async def test_an_error_of_one_key_fails_only_this_key() -> None:
    read = Reads()

    first, failed, last = await load_all(BatchLoader(read), 1, -1, 2)

    assert (first, last) == (1, 4)
    assert isinstance(failed, Unavailable)
    assert read.batches == [[1, -1, 2]]


async def test_a_failed_batch_fails_all_its_keys_and_is_read_again_on_the_next_load() -> None:
    read = Reads()
    loader = BatchLoader(read)

    first, second = await load_all(loader, 13, 2)

    assert isinstance(first, Denied)
    assert second is first
    assert await loader.load(2) == 4
    assert read.batches == [[13, 2], [2]]


async def test_a_primed_key_is_not_read() -> None:
    read = Reads()
    loader = BatchLoader(read)
    loader.prime(3, 10)

    assert await loader.load(3) == 10
    assert read.batches == []


async def test_held_batches_begin_with_all_their_keys_when_they_are_told_to() -> None:
    async def read(keys: Sequence[int]) -> Mapping[int, int]:
        batches.append([*keys])
        return {key: key * key for key in keys}

    held, batches = Batches(), list[list[int]]()
    loader, other = BatchLoader(read, held), BatchLoader(read, held)
    held.hold()
    loads = [loader.load(3), other.load(2), loader.load(1)]
    await asyncio.sleep(0)
    assert batches == []
    held.begin()
    assert batches == [[3, 1], [2]]
    assert [load.result() for load in loads] == [9, 4, 1]
    dropped = loader.load(5)
    held.release()
    assert await other.load(4) == 16
    assert (batches, dropped.done()) == ([[3, 1], [2], [4]], False)


LoadOne = Callable[[ProviderLoaders], Any]


@pytest.mark.parametrize(
    ("load", "method"),
    [
        (lambda loaders: loaders.collections.load(COLLECTION), "get_collections"),
        (lambda loaders: loaders.groups.load(GROUP), "get_groups"),
        (lambda loaders: loaders.groups_by_native_id.load("monthly"), "get_groups_by_native_id"),
        (lambda loaders: loaders.products.load(PRODUCT), "get_products"),
        (lambda loaders: loaders.products_by_sku.load("A-1"), "get_products_by_sku"),
        (lambda loaders: loaders.statuses.load(PRODUCT), "get_statuses"),
        (lambda loaders: loaders.groups_of.load(PRODUCT), "groups_of"),
        (lambda loaders: loaders.members.load(GROUP), "get_memberships"),
        (lambda loaders: loaders.contains.load((GROUP, PRODUCT)), "contains"),
        (
            lambda loaders: loaders.collection_pages.load(CollectionsRequest(page=PAGE)),
            "list_collections",
        ),
        (
            lambda loaders: loaders.group_pages.load(
                GroupsRequest(collection=COLLECTION, page=PAGE)
            ),
            "list_groups",
        ),
        (
            lambda loaders: loaders.membership_pages.load(
                MembershipsRequest(group=GROUP, page=PAGE)
            ),
            "list_memberships",
        ),
        (lambda loaders: loaders.product_pages.load(ProductsRequest(page=PAGE)), "list_products"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_loader_reads_with_one_method_of_the_provider(
    load: LoadOne, method: str
) -> None:
    provider = FakeProvider()
    loaders = ProviderLoaders(provider)

    await asyncio.gather(load(loaders), load(loaders))

    assert provider.calls == [method]


async def test_a_vendor_has_one_set_of_loaders_per_request() -> None:
    dodo, axim = FakeProvider(), FakeProvider(key=ProviderKey.AXIM)
    loaders = Loaders({ProviderKey.DODO: dodo, ProviderKey.AXIM: axim})

    assert loaders.of(ProviderKey.DODO) is loaders.of(ProviderKey.DODO)
    assert loaders.of(ProviderKey.DODO) is not loaders.of(ProviderKey.AXIM)
    await loaders.of(ProviderKey.AXIM).groups.load(GROUP)
    assert (dodo.calls, axim.calls) == ([], ["get_groups"])


async def test_a_vendor_that_is_not_configured_has_no_loaders() -> None:
    loaders = Loaders({ProviderKey.DODO: FakeProvider()})

    with pytest.raises(KeyError):
        loaders.of(ProviderKey.AXIM)


async def test_clearing_discards_the_results_of_one_vendor_only() -> None:
    dodo = FakeProvider(groups=[Group(ref=GROUP, name="Monthly")])
    axim = FakeProvider(key=ProviderKey.AXIM)
    loaders = Loaders({ProviderKey.DODO: dodo, ProviderKey.AXIM: axim})
    before = loaders.of(ProviderKey.AXIM)
    await asyncio.gather(
        loaders.of(ProviderKey.DODO).groups.load(GROUP), before.products.load(PRODUCT)
    )
    dodo.groups = [Group(ref=GROUP, name="Changed")]

    loaders.clear(ProviderKey.DODO)
    changed = await loaders.of(ProviderKey.DODO).groups.load(GROUP)
    await loaders.of(ProviderKey.AXIM).products.load(PRODUCT)

    assert changed == Group(ref=GROUP, name="Changed")
    assert dodo.calls == ["get_groups", "get_groups"]
    assert loaders.of(ProviderKey.AXIM) is before
    assert axim.calls == ["get_products"]


async def test_clearing_a_vendor_without_loaders_does_nothing() -> None:
    provider = FakeProvider()
    loaders = Loaders({ProviderKey.DODO: provider})

    loaders.clear(ProviderKey.DODO)
    loaders.clear(ProviderKey.AXIM)

    assert provider.calls == []
