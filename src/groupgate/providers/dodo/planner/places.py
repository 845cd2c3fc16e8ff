"""A group as it was read, and what can be told of it before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, Field, NotFound, UserErrorCode
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.reasons import in_another_group

Rows = Mapping[str, wire.ProductCollectionProduct]
"""Rows of a group in their order, by the ids of their products."""

PRODUCT_IDS: Final = ("productIds",)
"""The argument that names products."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A group, with the collection around it."""

    ref: GroupRef
    holder: wire.ProductCollection
    record: wire.ProductCollectionGroup

    @property
    def label(self) -> str:
        """What to call it in the description of a write."""
        return label(self.record.group_name, self.record.group_id)

    @cached_property
    def rows(self) -> Rows:
        """Its rows in their order, by the ids of their products."""
        return {row.product_id: row for row in self.record.products}

    def is_all_of_its_collection(self, product_ids: Iterable[str]) -> bool:
        """Whether its collection holds nothing beside these products."""
        return self.holder.groups_by_product.keys() <= set(product_ids)


async def find_place(client: DodoClient, ref: GroupRef) -> Place:
    """Read a group; raise Refused if it is not there."""
    holder = await client.get_product_collection(ref.collection_id or "")
    record = holder.groups_by_id.get(ref.native_id) if holder else None
    if holder is None or record is None:
        raise Refused(NotFound(message="It does not exist, or no longer.", about=ref))
    return Place(ref=ref, holder=holder, record=record)


async def read_rows(client: DodoClient, ref: GroupRef) -> Rows:
    """The rows that a group has now, by the ids of their products; none if it is gone."""
    holder = await client.get_product_collection(ref.collection_id or "")
    record = holder.groups_by_id.get(ref.native_id) if holder else None
    return {row.product_id: row for row in record.products} if record else {}


def refuse_what_is_elsewhere(place: Place, products: Sequence[ProductRef]) -> None:
    """Raise Refused for products that another group of the collection holds."""
    elsewhere = [product for product in products if product.native_id not in place.rows]
    conflicts = held(place.holder, elsewhere)
    if conflicts:
        raise Refused(*conflicts)


def held(holder: wire.ProductCollection, products: Sequence[ProductRef]) -> list[Conflict]:
    """A conflict for each product that a group of the collection holds."""
    return [
        in_another_group(product, group)
        for product in products
        for group in mapping.groups_of(holder, product.native_id)
    ]


def is_as_asked(
    record: wire.ProductCollectionGroup, change: GroupChange, products: Sequence[ProductRef]
) -> bool:
    """Whether a group may well be the one that was to be made with this name and these products."""
    name = None if change.name is UNSET else change.name
    held_ids = {row.product_id for row in record.products}
    return (record.group_name or None) == name and held_ids == {each.native_id for each in products}


def last_product(ref: GroupRef, field: Field | None = None) -> Conflict:
    """A collection without products is not allowed (documented).

    Any one of the products could stay, so all of them are to blame together.
    """
    return Conflict(
        message="The collection would be left without products, which the vendor does not allow.",
        code=UserErrorCode.LAST_PRODUCT,
        field=field,
        about=None if field else ref,
        conflicting_ref=ref.collection,
    )


def label(name: str | None, native_id: str) -> str:
    """Call a thing by its name, or by its id if it has none."""
    return f'"{name}"' if name else native_id


def counted(products: Sequence[object]) -> str:
    """Say how many products."""
    return f"{len(products)} product" + ("" if len(products) == 1 else "s")
