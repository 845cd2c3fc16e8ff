"""Moving products from one group to another: two writes, of which the first can be taken back."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from groupgate.domain.errors import Refused, UpstreamError
from groupgate.domain.planner import Plan, Step
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Incomplete, Refusal
from groupgate.providers.axim.planner.memberships import Memberships
from groupgate.providers.axim.planner.updates import Update

_WHERE: Final = {
    (True, True): "It is in both groups now.",
    (True, False): "It is in the first group, as it was.",
    (False, True): "It is in the second group, as it was to be.",
    (False, False): "It is in neither group now.",
}
"""By whether the first group has it, and the second."""


async def plan_move(
    memberships: Memberships, source: GroupRef, target: GroupRef, products: Sequence[ProductRef]
) -> Plan:
    """Add to the target first, so that no product is at any time in neither group."""
    move = _Move(memberships=memberships, source=source, target=target, products=tuple(products))
    removing = Step(
        call=Update(remove=move.products).call(source), send=move.remove, products=move.products
    )
    held = set(await memberships.of(target))
    new = tuple(product for product in products if product not in held)
    if not new:
        return Plan(stages=((removing,),))
    adding = Step(call=Update(add=new).call(target), send=partial(memberships.add, target, new))
    return Plan(stages=((adding,), (removing,)), rollback=partial(move.rollback, new))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    memberships: Memberships
    source: GroupRef
    target: GroupRef
    products: tuple[ProductRef, ...]

    async def remove(self) -> None:
        """Take the products out of the source."""
        await self.memberships.remove(self.source, self.products)

    async def rollback(self, new: Sequence[ProductRef]) -> list[Refusal]:
        """Take out of the target what came into it, unless the source has lost products by now.

        A removal that went unanswered may yet be made after this look at the source; the vendor
        offers nothing to prevent that.
        """
        with suppress(UpstreamError, Refused):  # what stands where is told instead
            held = await self.memberships.find(self.source)
            if held is None or set(self.products) <= set(held):
                await self.memberships.remove(self.target, new)
                return []
        return await self._standing()

    async def _standing(self) -> list[Refusal]:
        """Tell where each product is, as far as that can be read."""
        try:
            first = set(await self.memberships.find(self.source) or ())
            second = set(await self.memberships.find(self.target) or ())
        except UpstreamError:
            where = dict.fromkeys(
                self.products, "It is not known in which of the two groups it is."
            )
            is_retryable = True
        else:
            where = {one: _WHERE[one in first, one in second] for one in self.products}
            is_retryable = set(self.products) <= first
        return [
            Incomplete(message=message, about=product, is_retryable=is_retryable)
            for product, message in where.items()
        ]
