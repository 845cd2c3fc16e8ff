"""Plans that change which products a group contains."""

from collections.abc import Sequence

from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.providers.axim.planner.steps import GroupUpdate, UpdateSteps, read_members


class MembershipPlanner:
    """Plans the writes to the products of one group."""

    def __init__(self, steps: UpdateSteps, reads: Provider) -> None:
        self._steps = steps
        self._reads = reads

    def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add products without a read: those in the group are not added twice (documented)."""
        return self._steps.plan_update(ref, GroupUpdate(add=products))

    def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Remove products without a read: those not in the group are ignored (documented)."""
        return self._steps.plan_update(ref, GroupUpdate(remove=products))

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add and remove products in one write, if the group does not contain just these."""
        members = await read_members(self._reads, ref)
        present, wanted = set(members), set(products)
        missing = [product for product in products if product not in present]
        surplus = [product for product in members if product not in wanted]
        return self._steps.plan_update(ref, GroupUpdate(add=missing, remove=surplus))
