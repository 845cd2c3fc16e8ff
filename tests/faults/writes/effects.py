"""Effects of single writes on the catalog model, and how to recognise that they were applied."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

from groupgate.domain.refs import GroupRef, ProviderKey
from tests.e2e.model.catalog import Catalog, Group


class Effect(Protocol):
    """The effect of one write."""

    def apply(self, catalog: Catalog) -> None:
        """Apply the write to a catalog."""

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if a catalog has the effect of the write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddProducts:
    """Adds products to a group with these statuses; at 2Checkout they leave their old group."""

    group: GroupRef
    products: Mapping[str, str]

    def apply(self, catalog: Catalog) -> None:
        """Add the products after those of the group."""
        if catalog.key is ProviderKey.TWO_CHECKOUT:
            for product in self.products:
                for group in list(catalog.groups_with(product)):
                    del group.members[product]
        group = catalog.existing_group(self.group)
        group.members |= self.products

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if the group has all products."""
        group = catalog.group(self.group)
        return group is not None and self.products.keys() <= group.members.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProducts:
    """Removes products from a group."""

    group: GroupRef
    products: Sequence[str]

    def apply(self, catalog: Catalog) -> None:
        """Remove the products that the group has."""
        group = catalog.existing_group(self.group)
        for product in self.products:
            group.members.pop(product, None)

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if the group has none of the products."""
        group = catalog.group(self.group)
        return group is not None and group.members.keys().isdisjoint(self.products)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReorderProducts:
    """Puts the products of a group in this order."""

    group: GroupRef
    order: Sequence[str]

    def apply(self, catalog: Catalog) -> None:
        """Reorder the products."""
        group = catalog.existing_group(self.group)
        group.members = {each: group.members[each] for each in self.order}

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if the group has these products in this order."""
        group = catalog.group(self.group)
        return group is not None and list(group.members) == list(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateGroup:
    """Creates a group in the only collection."""

    group: Group

    def apply(self, catalog: Catalog) -> None:
        """Append a copy of the group."""
        catalog.collections[0].groups.append(deepcopy(self.group))

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if the group exists."""
        return catalog.group(self.group.ref) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceCatalog:
    """Makes a catalog equal to another one."""

    result: Catalog

    def apply(self, catalog: Catalog) -> None:
        """Replace all collections."""
        catalog.collections = deepcopy(self.result.collections)

    def is_applied(self, catalog: Catalog) -> bool:
        """Return True if the catalogs are equal."""
        return catalog.state() == self.result.state()
