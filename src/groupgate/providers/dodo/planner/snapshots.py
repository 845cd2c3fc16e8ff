"""A group as it was read while planning, and the checks on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, not_found
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner.rejections import in_another_group

Rows = Mapping[str, wire.ProductCollectionProduct]
"""The rows of a group in order, by the ids of their products."""

PRODUCT_IDS: Final = ("productIds",)
"""The argument that lists products."""


@dataclass(frozen=True, kw_only=True)
class GroupSnapshot:
    """A group and its collection, as they were read."""

    ref: GroupRef
    collection: wire.ProductCollection
    group: wire.ProductCollectionGroup

    @property
    def label(self) -> str:
        """The group's name in the description of a write."""
        return label(self.group.group_name, self.group.group_id)

    @cached_property
    def rows(self) -> Rows:
        """The group's rows in order, by the ids of their products."""
        return _by_product(self.group)

    def missing(self, products: Iterable[ProductRef]) -> list[ProductRef]:
        """Return those of these products that are not in the group."""
        return [product for product in products if product.native_id not in self.rows]

    def empties_collection(self, product_ids: Iterable[str]) -> bool:
        """Return True if the collection contains no other products than these."""
        return self.collection.groups_by_product.keys() <= set(product_ids)

    def check_not_elsewhere(self, products: Sequence[ProductRef]) -> None:
        """Raise Refused for products that are in another group of the collection."""
        conflicts = conflicts_in(self.collection, self.missing(products))
        if conflicts:
            raise Refused(*conflicts)


async def find_snapshot(client: DodoClient, ref: GroupRef) -> GroupSnapshot | None:
    """Read a group; None if it does not exist."""
    collection = await client.get_product_collection(ref.collection_id or "")
    group = collection.groups_by_id.get(ref.native_id) if collection else None
    if collection is None or group is None:
        return None
    return GroupSnapshot(ref=ref, collection=collection, group=group)


async def read_snapshot(client: DodoClient, ref: GroupRef) -> GroupSnapshot:
    """Read a group; raise Refused if it does not exist."""
    snapshot = await find_snapshot(client, ref)
    if snapshot is None:
        raise Refused(not_found(ref))
    return snapshot


async def read_rows(client: DodoClient, ref: GroupRef) -> Rows:
    """Read the rows of a group; a group that does not exist has none."""
    snapshot = await find_snapshot(client, ref)
    return snapshot.rows if snapshot else {}


def conflicts_in(
    collection: wire.ProductCollection, products: Sequence[ProductRef]
) -> list[Conflict]:
    """Return a conflict for each of these products that is in a group of the collection."""
    return [
        in_another_group(product, group)
        for product in products
        for group in Mapper(product.provider).groups_of(collection, product.native_id)
    ]


def is_as_requested(
    group: wire.ProductCollectionGroup, change: GroupChange, products: Sequence[ProductRef]
) -> bool:
    """Return True if the group has the name and the products that a new group was to have."""
    name = None if change.name is UNSET else change.name
    product_ids = {product.native_id for product in products}
    return (group.group_name or None) == name and _by_product(group).keys() == product_ids


def label(name: str | None, native_id: str) -> str:
    """Return the quoted name, or the id if there is no name."""
    return f'"{name}"' if name else native_id


def _by_product(group: wire.ProductCollectionGroup) -> Rows:
    return {row.product_id: row for row in group.products}
