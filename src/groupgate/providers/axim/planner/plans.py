"""Axim's half of the port for changes; what takes more than one call has its own module."""

from collections.abc import Sequence

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.axim import mapping
from groupgate.providers.axim.client import AximClient
from groupgate.providers.axim.planner.capabilities import unsupported
from groupgate.providers.axim.planner.groups import Groups
from groupgate.providers.axim.planner.memberships import Memberships
from groupgate.providers.axim.planner.moves import plan_move
from groupgate.providers.axim.planner.updates import Update, Updates


class AximPlanner:
    """Plans the changes of groups. `reads` is the provider, which remembers what was read."""

    # The one collection is implicit, groups keep no order, and products have no status in them.
    update_collection = unsupported(Capability.PRODUCT_COLLECTION_UPDATE)
    reorder_groups = unsupported(Capability.PRODUCT_COLLECTION_REORDER_GROUPS)
    create_collection = unsupported(Capability.PRODUCT_COLLECTION_CREATE)
    archive_collection = unsupported(Capability.PRODUCT_COLLECTION_ARCHIVE)
    unarchive_collection = unsupported(Capability.PRODUCT_COLLECTION_UNARCHIVE)
    reorder_products = unsupported(Capability.GROUP_REORDER_PRODUCTS)
    update_membership = unsupported(Capability.GROUP_PRODUCT_UPDATE)

    def __init__(self, client: AximClient, reads: Provider) -> None:
        self._updates = Updates(client, reads)
        self._groups = Groups(client, self._updates)
        self._memberships = Memberships(self._updates, reads)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """One POST, and one PUT for access and products."""
        return self._groups.create(ref, change, products)

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """One PUT."""
        return self._updates.plan(ref, Update(fields=mapping.group_body(change)))

    async def delete_group(self, ref: GroupRef) -> Plan:
        """One DELETE."""
        return self._groups.delete(ref)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """One PUT and no read: products that are in the group are not doubled (documented)."""
        return self._updates.plan(ref, Update(add=products))

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """One PUT and no read: products that are not in the group are ignored (documented)."""
        return self._updates.plan(ref, Update(remove=products))

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """A read, and one PUT if the group does not hold just these."""
        held = await self._memberships.of(ref)
        present, wanted = set(held), set(products)
        missing = [product for product in products if product not in present]
        surplus = [product for product in held if product not in wanted]
        return self._updates.plan(ref, Update(add=missing, remove=surplus))

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,  # noqa: ARG002 - commands refuse it where nothing has an order
    ) -> Plan:
        """A read of the target, one PUT to it and one to the source."""
        return await plan_move(self._memberships, source, target, products)
