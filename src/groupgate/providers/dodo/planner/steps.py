"""A group as it was read while planning, the checks on it, and the writes to its products."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.planner import (
    IsApplied,
    PlannedWrite,
    Step,
    count_products,
    verify_if_unconfirmed,
    write_not_applied,
)
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, not_found
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient, group_path, row_path, rows_path
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis, in_another_group

Rows = Mapping[str, wire.ProductCollectionProduct]
"""The rows of a group in order, by the ids of their products."""

PRODUCT_IDS: Final = ("productIds",)
"""The argument that lists products."""

Verify = Callable[[Step, IsApplied], Step]
"""Makes a step read from the vendor, in some cases, whether it was applied."""


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


class MembershipSteps:
    """Makes steps for the rows of one group, and keeps the ids of the rows that they add.

    With `verify_if_unknown` as `verify`, a step also finds out if a write without a response was
    applied.
    """

    def __init__(
        self, client: DodoClient, rejections: RejectionDiagnosis, snapshot: GroupSnapshot
    ) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._rejections = rejections
        self._snapshot = snapshot
        self._row_ids = {product_id: row.id for product_id, row in snapshot.rows.items()}

    def add(
        self,
        products: Sequence[ProductRef],
        rows: Sequence[wire.Body] | None = None,
        verify: Verify = verify_if_unconfirmed,
    ) -> Step:
        """Add products after the others (assumed), by default with the vendor's default status.

        `rows` are the rows to send, if their statuses are to be set.
        """
        body = mapping.new_rows(products) if rows is None else rows
        ref = self._snapshot.ref

        async def send() -> None:
            try:
                added = await self._client.add_group_items(ref, body)
            except Rejected as rejection:
                raise await self._rejections.diagnose(rejection, ref, products) from None
            self._row_ids |= {row.product_id: row.id for row in added}

        async def is_added() -> bool:
            return {product.native_id for product in products} <= (await self._read_rows()).keys()

        call = PlannedWrite(
            method="POST",
            path=rows_path(ref),
            description=f"Add {count_products(products)} to the group {self._snapshot.label}.",
        )
        return verify(Step(call=call, send=send, products=tuple(products)), is_added)

    def remove(self, row: wire.ProductCollectionProduct) -> Step:
        """Remove a product."""
        product, ref = self._mapper.product_ref(row.product_id), self._snapshot.ref

        async def send() -> None:
            await self._client.delete_group_item(ref, row.id, product)

        async def is_removed() -> bool:
            return row.product_id not in await self._read_rows()

        call = PlannedWrite(
            method="DELETE",
            path=row_path(ref, row.id),
            description=f"Remove {_named(row)} from the group {self._snapshot.label}.",
        )
        return verify_if_unconfirmed(Step(call=call, send=send, products=(product,)), is_removed)

    def reorder(self, product_ids: Sequence[str], verify: Verify = verify_if_unconfirmed) -> Step:
        """Put products in this order; the group must contain just these when the step is sent."""
        ref = self._snapshot.ref

        async def send() -> None:
            row_ids = await self._all_row_ids(product_ids)
            await self._client.reorder_product_collection_group(ref, row_ids)

        async def is_reordered() -> bool:
            return list(await self._read_rows()) == list(product_ids)

        call = PlannedWrite(
            method="PATCH",
            path=group_path(ref),
            description=f"Reorder the products of the group {self._snapshot.label}.",
        )
        return verify(Step(call=call, send=send), is_reordered)

    def set_status(self, row: wire.ProductCollectionProduct, *, is_active: bool) -> Step:
        """Activate or deactivate a product in the group."""
        product, ref = self._mapper.product_ref(row.product_id), self._snapshot.ref

        async def send() -> None:
            await self._client.update_group_item(ref, row.id, product, is_active=is_active)

        async def is_set() -> bool:
            found = (await self._read_rows()).get(row.product_id)
            return found is not None and found.status is is_active

        verb = "Activate" if is_active else "Deactivate"
        call = PlannedWrite(
            method="PATCH",
            path=row_path(ref, row.id),
            description=f"{verb} {_named(row)} in the group {self._snapshot.label}.",
        )
        return verify_if_unconfirmed(Step(call=call, send=send, products=(product,)), is_set)

    async def _all_row_ids(self, product_ids: Sequence[str]) -> list[str]:
        """Return the rows' ids; read the group if a response to `add` left one out."""
        if not self._row_ids.keys() >= set(product_ids):
            with write_not_applied():
                await self._read_rows()
        return [
            self._row_ids[product_id] for product_id in product_ids if product_id in self._row_ids
        ]

    async def _read_rows(self) -> Rows:
        """Read the rows of the group, and keep their ids."""
        rows = await read_rows(self._client, self._snapshot.ref)
        self._row_ids |= {product_id: row.id for product_id, row in rows.items()}
        return rows


def _named(row: wire.ProductCollectionProduct) -> str:
    return label(row.name, row.product_id)
