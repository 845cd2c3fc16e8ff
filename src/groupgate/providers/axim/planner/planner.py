"""The capabilities of Axim Commerce, and its planner, which has a method for each mutation."""

from collections.abc import Sequence
from typing import Final

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.axim.client import AximClient
from groupgate.providers.axim.planner.groups import GroupPlanner
from groupgate.providers.axim.planner.memberships import MembershipPlanner, MovePlanner
from groupgate.providers.axim.planner.rejections import RejectionDiagnosis
from groupgate.providers.axim.planner.steps import UpdateSteps

CAPABILITIES: Final = frozenset(
    {
        Capability.GROUP_CREATE,
        Capability.GROUP_UPDATE,
        Capability.GROUP_DELETE,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_STATUS,
        Capability.GROUP_ACCESS,
        Capability.PRODUCT_IN_MANY_GROUPS,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }
)
"""The only collection is implicit, groups have no order, and memberships have no status."""


class AximPlanner(Planner):
    """Plans the writes of one account. `reads` is the provider, which shares cached reads."""

    def __init__(self, client: AximClient, reads: Provider) -> None:
        steps = UpdateSteps(client, RejectionDiagnosis(reads), reads)
        self._groups = GroupPlanner(client, steps, reads)
        self._memberships = MembershipPlanner(steps, reads)
        self._moves = MovePlanner(steps, reads)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Plan one POST, and one PUT for the access and the products."""
        return self._groups.create(ref, change, products)

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Plan one PUT."""
        return self._groups.update(ref, change)

    async def delete_group(self, ref: GroupRef) -> Plan:
        """Plan one DELETE."""
        return self._groups.delete(ref)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan one PUT."""
        return self._memberships.assign(ref, products)

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan one PUT."""
        return self._memberships.unassign(ref, products)

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Read the group's products; plan up to one PUT."""
        return await self._memberships.set_products(ref, products)

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,  # noqa: ARG002 - the commands refuse it where groups have no order
    ) -> Plan:
        """Read the products of the target; plan one PUT to it and one to the source."""
        return await self._moves.move(source, target, products)
