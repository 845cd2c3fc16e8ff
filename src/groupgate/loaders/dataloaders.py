"""Dataloaders of one request: one for each read method of each vendor."""

from collections.abc import Callable, Coroutine, Hashable, Mapping, Sequence
from typing import Any, TypeVar

from aiodataloader import DataLoader

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
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")

Read = Callable[[Sequence[KeyT]], Coroutine[Any, Any, BatchResult[KeyT, FoundT]]]


class BatchLoader(DataLoader[KeyT, FoundT | None]):
    """Batches the keys of one tick of the event loop into one read, and caches their results.

    A key without a result loads None. An error that is the result of one key fails that key only.
    """

    def __init__(self, read: Read[KeyT, FoundT]) -> None:
        self._read = read
        super().__init__()

    async def batch_load_fn(  # type: ignore[override] # aiodataloader raises a result that is an exception
        self, keys: list[KeyT]
    ) -> list[FoundT | UpstreamError | None]:
        """Read a batch and return its results in the order of the keys."""
        results = await self._read(keys)
        return [results.get(key) for key in keys]


class ProviderLoaders:
    """The dataloaders of one vendor; they must be created while the event loop runs."""

    def __init__(self, provider: Provider) -> None:
        self.collections = BatchLoader[CollectionRef, ProductCollection](provider.get_collections)
        self.groups = BatchLoader[GroupRef, Group](provider.get_groups)
        self.groups_by_native_id = BatchLoader[str, Group](provider.get_groups_by_native_id)
        self.products = BatchLoader[ProductRef, Product](provider.get_products)
        self.products_by_sku = BatchLoader[str, Product](provider.get_products_by_sku)
        self.statuses = BatchLoader[ProductRef, ProductStatus](provider.get_statuses)
        self.groups_of = BatchLoader[ProductRef, tuple[GroupRef, ...]](provider.groups_of)
        self.members = BatchLoader[GroupRef, tuple[Membership, ...]](provider.get_memberships)
        self.contains = BatchLoader[tuple[GroupRef, ProductRef], bool](provider.contains)
        self.collection_pages = BatchLoader[CollectionsRequest, Page[ProductCollection]](
            provider.list_collections
        )
        self.group_pages = BatchLoader[GroupsRequest, Page[Group]](provider.list_groups)
        self.membership_pages = BatchLoader[MembershipsRequest, Page[Membership]](
            provider.list_memberships
        )
        self.product_pages = BatchLoader[ProductsRequest, Page[Product]](provider.list_products)


class Loaders:
    """The dataloaders of one request, created for each vendor on first use."""

    def __init__(self, providers: Mapping[ProviderKey, Provider]) -> None:
        self._providers = providers
        self._by_provider: dict[ProviderKey, ProviderLoaders] = {}

    def of(self, key: ProviderKey) -> ProviderLoaders:
        """Return a vendor's dataloaders; raise KeyError if the gateway is not configured for it."""
        if key not in self._by_provider:
            self._by_provider[key] = ProviderLoaders(self._providers[key])
        return self._by_provider[key]

    def clear(self, key: ProviderKey) -> None:
        """Discard a vendor's dataloaders with their cached results."""
        self._by_provider.pop(key, None)
