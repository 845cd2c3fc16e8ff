"""Dodo's half of the port for changes; each is worked out in the module of its subject."""

from collections.abc import Sequence

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner import collections, groups, memberships
from groupgate.providers.dodo.planner.moves import plan_move
from groupgate.providers.dodo.planner.reasons import ProductReads, RejectionDiagnosis


class DodoPlanner:
    """Plans the changes of one account."""

    def __init__(self, client: DodoClient, products: ProductReads) -> None:
        self._client = client
        self._reasons = RejectionDiagnosis(client, products)

    async def update_collection(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        """One PATCH."""
        return collections.update(self._client, ref, change)

    async def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """One PATCH."""
        return collections.reorder_groups(self._client, ref, order)

    async def create_collection(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """One POST."""
        return collections.create(self._client, self._reasons, change, group, products)

    async def archive_collection(self, ref: CollectionRef) -> Plan:
        """One DELETE."""
        return collections.archive(self._client, ref)

    async def unarchive_collection(self, ref: CollectionRef) -> Plan:
        """One POST."""
        return collections.unarchive(self._client, ref)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """A read and one POST."""
        return await groups.create(self._client, self._reasons, ref, change, products)

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """One PATCH."""
        return groups.update(self._client, ref, change)

    async def delete_group(self, ref: GroupRef) -> Plan:
        """A read and one DELETE."""
        return await groups.delete(self._client, ref)

    async def reorder_products(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        """A read and one PATCH."""
        return await memberships.reorder(self._client, self._reasons, ref, order)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """A read and one POST."""
        return await memberships.assign(self._client, self._reasons, ref, products)

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """A read and a DELETE for each product."""
        return await memberships.unassign(self._client, self._reasons, ref, products)

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """A read, and as needed one POST, a DELETE for each product that goes, and one PATCH."""
        return await memberships.set_products(self._client, self._reasons, ref, products)

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        """A read of each collection, a DELETE for each product, one POST, and maybe one PATCH."""
        return await plan_move(self._client, self._reasons, source, target, products, position)

    async def update_membership(
        self, ref: GroupRef, product: ProductRef, status: GroupProductStatus
    ) -> Plan:
        """A read and one PATCH."""
        return await memberships.update(self._client, self._reasons, ref, product, status)
