"""Dataloaders of one request: one for each read method of each vendor."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from typing import Any, Final, Generic, TypeVar

from aiodataloader import DataLoader, Loader, failed_dispatch

from groupgate.coroutines import Begun, begin
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection, ProductStatus
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    ProductsRequest,
)
from groupgate.domain.provider import BatchResult, Provider
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef
from groupgate.request import current_scope

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")

Read = Callable[[Sequence[KeyT]], Coroutine[Any, Any, BatchResult[KeyT, FoundT]]]


class Batches:
    """The batches of one request that have keys and have not begun.

    A batch begins in the next iteration of the event loop, with all keys that were added until
    then. Between `hold` and `release`, it begins when `begin` is called, and those that wait then
    have no tasks yet.
    """

    def __init__(self) -> None:
        self._is_held = False
        self._held: list[tuple[BatchLoader[Any, Any], Context]] = []
        self._begun: list[tuple[Begun, list[Loader]]] = []

    def add(self, loader: "BatchLoader[Any, Any]") -> None:
        """Begin a batch later, in the context of its first key."""
        if self._is_held:
            self._held.append((loader, copy_context()))
        else:
            loader.loop.call_soon(loader.begin_batch)

    def hold(self) -> None:
        """Begin no batch before `begin` is called."""
        self._is_held = True

    def release(self) -> None:
        """Let new batches begin by themselves, and those that have begun continue in tasks.

        Those that are held are dropped, with their loaders.
        """
        self._is_held = False
        self._held.clear()  # they refer to their loaders, which refer to this object
        begun, self._begun = self._begun, []
        for batch, _ in begun:
            current_scope().own(batch.start_task())

    def begin(self) -> None:
        """Begin the batches that were held."""
        held, self._held = self._held, []
        for loader, context in held:
            queue = loader.take_queue()
            begun = begin(loader.load_batch(queue), context)
            if begun is not None:
                self._begun.append((begun, queue))

    def take_only(self, wanted: Iterable[asyncio.Future[Any] | None]) -> Begun | None:
        """Return the only batch that has begun, if it loads all these; its rest must be awaited."""
        if len(self._begun) != 1:
            return None
        begun, queue = self._begun[0]
        if not {future for _, future in queue}.issuperset(wanted):
            return None
        self._begun.clear()
        return begun


class BatchLoader(DataLoader[KeyT, FoundT | None]):
    """Batches the keys of one tick of the event loop into one read, and caches their results.

    A key without a result loads None. An error that is the result of one key fails that key only.
    """

    def __init__(self, read: Read[KeyT, FoundT], batches: Batches | None = None) -> None:
        # Without `super().__init__()`, which inspects `batch_load_fn` and takes longer than a load.
        self.loop = asyncio.get_running_loop()
        self.get_cache_key = lambda key: key
        self._cache = {}
        self._queue = []
        self._read = read
        self._batches = batches or Batches()

    def load(self, key: KeyT) -> asyncio.Future[FoundT | None]:
        """Return the future of a key, which is added to the next batch unless it is known.

        This takes the place of aiodataloader's method, which makes two tasks for each batch.
        """
        future: asyncio.Future[FoundT | None] | None = self._cache.get(key)
        if future is None:
            future = self._cache[key] = self.loop.create_future()
            self._queue.append(Loader(key, future))
            if len(self._queue) == 1:
                self._batches.add(self)
        return future

    def begin_batch(self) -> None:
        """Start a task for the batch."""
        current_scope().start(self.load_batch(self.take_queue()))

    def take_queue(self) -> list[Loader]:
        """Return the keys of the batch with their futures; the next key begins another batch."""
        queue, self._queue = self._queue, []
        return queue

    async def load_batch(self, queue: list[Loader]) -> None:
        """Read the keys, and complete their futures."""
        try:
            results = await self._read([each.key for each in queue])
        except Exception as error:  # noqa: BLE001 - it is raised where the keys are awaited
            failed_dispatch(self, queue, error)
            return
        for key, future in queue:
            result = results.get(key)
            if future.done():  # it was cancelled
                continue
            if isinstance(result, UpstreamError):
                future.set_exception(result)
            else:
                future.set_result(result)


class Batched(Generic[KeyT, FoundT]):
    """An attribute that holds a dataloader, made when it is first used: most requests need few.

    `read_of` returns the method of the provider that reads a batch.
    """

    def __init__(self, read_of: Callable[[Provider], Read[KeyT, FoundT]]) -> None:
        self._read_of = read_of

    def __set_name__(self, owner: type, name: str) -> None:
        """Keep the attribute's name."""
        self._name = name

    def __get__(
        self, loaders: "ProviderLoaders", owner: type | None = None
    ) -> BatchLoader[KeyT, FoundT]:
        """Make the dataloader; the attribute of the instance then takes this one's place."""
        loader: BatchLoader[KeyT, FoundT] = BatchLoader(
            self._read_of(loaders.provider), loaders.batches
        )
        loaders.__dict__[self._name] = loader
        return loader


class ProviderLoaders:
    """The dataloaders of one vendor; they must be used while the event loop runs."""

    def __init__(self, provider: Provider, batches: Batches | None = None) -> None:
        self.provider = provider
        self.batches = batches or Batches()

    collections = Batched[CollectionRef, ProductCollection](lambda vendor: vendor.get_collections)
    groups = Batched[GroupRef, Group](lambda vendor: vendor.get_groups)
    groups_by_native_id = Batched[str, Group](lambda vendor: vendor.get_groups_by_native_id)
    products = Batched[ProductRef, Product](lambda vendor: vendor.get_products)
    products_by_sku = Batched[str, Product](lambda vendor: vendor.get_products_by_sku)
    statuses = Batched[ProductRef, ProductStatus](lambda vendor: vendor.get_statuses)
    groups_of = Batched[ProductRef, tuple[GroupRef, ...]](lambda vendor: vendor.groups_of)
    members = Batched[GroupRef, tuple[Membership, ...]](lambda vendor: vendor.get_memberships)
    contains = Batched[tuple[GroupRef, ProductRef], bool](lambda vendor: vendor.contains)
    collection_pages = Batched[CollectionsRequest, Page[ProductCollection]](
        lambda vendor: vendor.list_collections
    )
    group_pages = Batched[GroupsRequest, Page[Group]](lambda vendor: vendor.list_groups)
    membership_pages = Batched[MembershipsRequest, Page[Membership]](
        lambda vendor: vendor.list_memberships
    )
    product_pages = Batched[ProductsRequest, Page[Product]](lambda vendor: vendor.list_products)


class Loaders:
    """The dataloaders of one request, created for each vendor on first use."""

    def __init__(self, providers: Mapping[AccountKey, Provider]) -> None:
        self._providers = providers
        self._by_provider: dict[AccountKey, ProviderLoaders] = {}
        self.batches: Final = Batches()

    def of(self, key: AccountKey) -> ProviderLoaders:
        """Return a vendor's dataloaders; raise KeyError if the gateway is not configured for it."""
        if key not in self._by_provider:
            self._by_provider[key] = ProviderLoaders(self._providers[key], self.batches)
        return self._by_provider[key]

    def clear(self, key: AccountKey) -> None:
        """Discard a vendor's dataloaders with their cached results."""
        self._by_provider.pop(key, None)
