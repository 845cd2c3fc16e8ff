"""One aiodataloader over one reading method of one vendor's port."""

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
    """Collects the asks of one tick into one read; an ask without an answer loads None.

    An error that is the answer of one ask fails that ask only.
    """

    def __init__(self, read: Read[KeyT, FoundT]) -> None:
        self._read = read
        super().__init__()

    async def batch_load_fn(  # type: ignore[override] # aiodataloader raises what is an exception
        self, asks: list[KeyT]
    ) -> list[FoundT | UpstreamError | None]:
        """Read once, and put the answers in the order of the asks."""
        answers = await self._read(asks)
        return [answers.get(ask) for ask in asks]


class ProviderLoaders:
    """The loaders of one vendor. Must be made where the event loop runs."""

    def __init__(self, provider: Provider) -> None:
        self.collections = BatchLoader[CollectionRef, ProductCollection](provider.get_collections)
        self.groups = BatchLoader[GroupRef, Group](provider.get_groups)
        self.products = BatchLoader[ProductRef, Product](provider.get_products)
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
    """The loaders of one request, made vendor by vendor when first asked for."""

    def __init__(self, providers: Mapping[ProviderKey, Provider]) -> None:
        self._providers = providers
        self._made: dict[ProviderKey, ProviderLoaders] = {}

    def of(self, key: ProviderKey) -> ProviderLoaders:
        """The loaders of this vendor; KeyError if the gateway is not configured for it."""
        if key not in self._made:
            self._made[key] = ProviderLoaders(self._providers[key])
        return self._made[key]

    def renew(self, key: ProviderKey) -> None:
        """Forget what was loaded from this vendor, for it is about to change or has changed."""
        self._made.pop(key, None)
