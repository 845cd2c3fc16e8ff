"""All loaders of one request: one for each vendor and kind, so that no vendor waits for another."""

from collections.abc import Mapping

from groupgate.domain.catalog import Group, Membership, Product, ProductCollection, ProductStatus
from groupgate.domain.paging import CollectionsAsk, GroupsAsk, MembershipsAsk, Page, ProductsAsk
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.loaders.batch import BatchLoader


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
        self.collection_pages = BatchLoader[CollectionsAsk, Page[ProductCollection]](
            provider.list_collections
        )
        self.group_pages = BatchLoader[GroupsAsk, Page[Group]](provider.list_groups)
        self.membership_pages = BatchLoader[MembershipsAsk, Page[Membership]](
            provider.list_memberships
        )
        self.product_pages = BatchLoader[ProductsAsk, Page[Product]](provider.list_products)


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
