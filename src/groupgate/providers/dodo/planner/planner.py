"""The capabilities of Dodo Payments, and its planner, which has a method for each mutation."""

from collections.abc import Sequence
from typing import Final

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.collections import CollectionPlanner
from groupgate.providers.dodo.planner.groups import GroupPlanner
from groupgate.providers.dodo.planner.memberships import MembershipPlanner, MovePlanner
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis

CAPABILITIES: Final = frozenset(
    {
        Capability.COLLECTIONS,
        Capability.PRODUCT_COLLECTION_UPDATE,
        Capability.PRODUCT_COLLECTION_REORDER_GROUPS,
        Capability.GROUP_CREATE,
        Capability.GROUP_UPDATE,
        Capability.GROUP_DELETE,
        Capability.GROUP_REORDER_PRODUCTS,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_UNNAMED,
        Capability.GROUP_STATUS,
        Capability.PRODUCT_COLLECTION_CREATE,
        Capability.PRODUCT_COLLECTION_ARCHIVE,
        Capability.PRODUCT_COLLECTION_UNARCHIVE,
        Capability.GROUP_PRODUCT_UPDATE,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }
)


class DodoPlanner(Planner):
    """Plans the writes of one account. `reads` is the provider, which shares cached reads."""

    def __init__(self, client: DodoClient, reads: Provider) -> None:
        rejections = RejectionDiagnosis(client, reads)
        self._collections = CollectionPlanner(client, rejections, reads)
        self._groups = GroupPlanner(client, rejections)
        self._memberships = MembershipPlanner(client, rejections)
        self._moves = MovePlanner(client, rejections)

    async def update_collection(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        """Plan one PATCH."""
        return self._collections.update(ref, change)

    async def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """Plan one PATCH."""
        return self._collections.reorder_groups(ref, order)

    async def create_collection(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Plan one POST."""
        return self._collections.create(change, group, products)

    async def archive_collection(self, ref: CollectionRef) -> Plan:
        """Plan one DELETE."""
        return self._collections.archive(ref)

    async def unarchive_collection(self, ref: CollectionRef) -> Plan:
        """Plan one POST."""
        return self._collections.unarchive(ref)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Read the collection; plan one POST."""
        return await self._groups.create(ref, change, products)

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Plan one PATCH."""
        return self._groups.update(ref, change)

    async def delete_group(self, ref: GroupRef) -> Plan:
        """Read the collection; plan one DELETE."""
        return await self._groups.delete(ref)

    async def reorder_products(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        """Read the collection; plan one PATCH."""
        return await self._memberships.reorder(ref, order)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Read the collection; plan one POST."""
        return await self._memberships.assign(ref, products)

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Read the collection; plan a DELETE for each product."""
        return await self._memberships.unassign(ref, products)

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Read the collection; plan up to one POST, a DELETE for each surplus, and one PATCH."""
        return await self._memberships.set_products(ref, products)

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        """Read both collections; plan a DELETE for each product, a POST, and up to one PATCH."""
        return await self._moves.move(source, target, products, position)

    async def update_membership(
        self, ref: GroupRef, product: ProductRef, status: GroupProductStatus
    ) -> Plan:
        """Read the collection; plan one PATCH."""
        return await self._memberships.update(ref, product, status)
