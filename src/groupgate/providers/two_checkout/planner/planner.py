"""The capabilities of 2Checkout, and its planner, which has a method for each mutation."""

from collections.abc import Sequence
from typing import Final

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.providers.two_checkout.planner.groups import GroupPlanner
from groupgate.providers.two_checkout.planner.memberships import MembershipPlanner
from groupgate.providers.two_checkout.planner.rejections import RejectionDiagnosis
from groupgate.providers.two_checkout.planner.steps import MembershipSteps

CAPABILITIES: Final = frozenset(
    {
        Capability.GROUP_CREATE,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_ASSIGN_MOVES,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }
)
"""The only collection is implicit, and the REST API does not change, delete or order groups."""


class TwoCheckoutPlanner(Planner):
    """Plans the writes of one account. `reads` is the provider, which shares cached reads.

    Every product is in exactly one group. Adding it to another group removes it from its group;
    removing it adds it to the group "General", which it leaves only for another group.
    """

    def __init__(self, client: TwoCheckoutClient, reads: Provider) -> None:
        rejections = RejectionDiagnosis(client, reads)
        steps = MembershipSteps(client, rejections, reads)
        self._groups = GroupPlanner(client, rejections, steps)
        self._memberships = MembershipPlanner(steps, rejections, reads)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Plan one POST and a read for the group, and a POST for each product."""
        return self._groups.create(ref, change, products)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan a POST for each product."""
        return self._memberships.assign(ref, products)

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan a DELETE for each product."""
        return await self._memberships.unassign(ref, products)

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Read the group's products; plan a POST or a DELETE for each difference."""
        return await self._memberships.set_products(ref, products)

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,  # noqa: ARG002 - the commands refuse it where groups have no order
    ) -> Plan:
        """Plan a POST for each product."""
        return self._memberships.move(source, target, products)
