"""Plans that change which group a product is in: one call for each product."""

from collections.abc import Sequence

from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan, Step
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import not_found
from groupgate.providers.two_checkout.planner.rejections import RejectionDiagnosis, check_refs
from groupgate.providers.two_checkout.planner.steps import MembershipSteps
from groupgate.upstream.results import unwrap


class MembershipPlanner:
    """Plans the writes to the products of groups."""

    def __init__(
        self, steps: MembershipSteps, rejections: RejectionDiagnosis, reads: Provider
    ) -> None:
        self._steps = steps
        self._rejections = rejections
        self._reads = reads

    def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add each product to the group; one that is in the group already is added again."""
        check_refs(ref.collection, products, ref)
        return _plan(self._steps.add(products, ref))

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Remove each product from the group.

        If the group is "General", the vendor may answer `true` and leave a product in it
        (assumed). Any earlier read of the group, or of a product in it, shows its name. Without
        such a read, the response is trusted: to read the group each time would cost a call for
        every change of an ordinary group, and the next read of the group corrects the mistake.
        """
        check_refs(ref.collection, products, ref)
        if self._rejections.is_general(ref):
            await self._rejections.check_not_in_group(products, ref)
            return Plan()
        return _plan(self._steps.remove(products, ref))

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add the missing products, then remove the surplus."""
        check_refs(ref.collection, products, ref)
        members = await self._read_members(ref)
        present, wanted = set(members), set(products)
        missing = [product for product in products if product not in present]
        surplus = [product for product in members if product not in wanted]
        if surplus and self._rejections.is_general(ref):
            raise Refused(*self._rejections.not_removable(surplus, ref))
        return _plan(self._steps.add(missing, ref), self._steps.remove(surplus, ref))

    def move(self, source: GroupRef, target: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add the products to the target, which removes them from the source in the same call."""
        check_refs(source.collection, products, source)
        check_refs(target.collection, (), target)
        return _plan(self._steps.add(products, target))

    async def _read_members(self, ref: GroupRef) -> list[ProductRef]:
        """Read all products of a group; raise Refused if the group does not exist."""
        members = unwrap((await self._reads.get_memberships([ref])).get(ref))
        if members is None:
            raise Refused(not_found(ref))
        return [member.product.ref for member in members]


def _plan(*stages: tuple[Step, ...]) -> Plan:
    return Plan(stages=tuple(stage for stage in stages if stage))
