"""Plans that change which products a group contains, and moves between groups with their rollback.

A move adds the products to the target group first, so that none is in neither group.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from groupgate.domain.errors import Refused, UpstreamError
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Incomplete, Refusal
from groupgate.providers.axim.planner.steps import (
    GroupUpdate,
    UpdateSteps,
    find_members,
    read_members,
)

_WHERE: Final = {
    (True, True): "The product is in both groups now.",
    (True, False): "The product is still in the source group.",
    (False, True): "The product is in the target group as requested.",
    (False, False): "The product is in neither group now.",
}
"""By whether the product is in the source group, and whether it is in the target group."""

_UNKNOWN: Final = "The gateway could not find out which of the two groups contains the product now."


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


class MovePlanner:
    """Plans moves."""

    def __init__(self, steps: UpdateSteps, reads: Provider) -> None:
        self._steps = steps
        self._reads = reads

    async def move(
        self, source: GroupRef, target: GroupRef, products: Sequence[ProductRef]
    ) -> Plan:
        """Read the target, add the products that are not in it, and remove all from the source."""
        removal = self._steps.remove(source, products)
        present = set(await read_members(self._reads, target))
        new = [product for product in products if product not in present]
        if not new:
            return Plan(stages=((removal,),))
        rollback = Rollback(self._steps, self._reads, source, target, products, new)
        return Plan(stages=((self._steps.add(target, new),), (removal,)), rollback=rollback.run)


class Rollback:
    """Removes products from the target group after a move has failed."""

    def __init__(  # noqa: PLR0913, PLR0917 - the move, and the two tools to undo it
        self,
        steps: UpdateSteps,
        reads: Provider,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        new: Sequence[ProductRef],
    ) -> None:
        self._steps = steps
        self._reads = reads
        self._source = source
        self._target = target
        self._products = products
        self._new = new
        """The products that were not in the target group before the move."""

    async def run(self) -> list[Refusal]:
        """Remove the new products from the target, unless the source has lost products.

        Returns what could not be undone. A removal without a response may be applied after this
        read of the source; the vendor offers nothing to prevent that.
        """
        with suppress(UpstreamError, Refused):  # the state afterwards is read and reported
            members = await find_members(self._reads, self._source)
            if members is None or set(self._products) <= set(members):
                await self._steps.remove(self._target, self._new).send()
                return []
        return await self._current_state()

    async def _current_state(self) -> list[Refusal]:
        """Report where each product is, as far as that can be read."""
        try:
            in_source = set(await find_members(self._reads, self._source) or ())
            in_target = set(await find_members(self._reads, self._target) or ())
        except UpstreamError:
            messages = dict.fromkeys(self._products, _UNKNOWN)
            is_retryable = True
        else:
            messages = {
                product: _WHERE[product in in_source, product in in_target]
                for product in self._products
            }
            is_retryable = set(self._products) <= in_source
        return [
            Incomplete(message=message, about=product, is_retryable=is_retryable)
            for product, message in messages.items()
        ]
