"""Which group a product is in: one call for each product, checked by nothing but its answer."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from groupgate.domain.errors import Refused, UpstreamError
from groupgate.domain.planner import PlannedWrite, PlanResult, Step
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Refusal
from groupgate.providers.two_checkout import mapping
from groupgate.providers.two_checkout.client import TwoCheckoutClient, membership_path
from groupgate.providers.two_checkout.planner.reasons import (
    diagnosing_rejection,
    gone,
    stays,
    takes_nothing,
)

FoundT = TypeVar("FoundT")


class Memberships:
    """Puts products into groups and takes them out."""

    def __init__(self, client: TwoCheckoutClient, reads: Provider) -> None:
        self._client = client
        self._reads = reads

    async def products_of(self, group: GroupRef) -> list[ProductRef]:
        """What a group holds; raise Refused if it is not there."""
        members = _unwrap((await self._reads.get_memberships([group])).get(group))
        if members is None:
            raise Refused(gone(group))
        return [member.product.ref for member in members]

    def is_general(self, group: GroupRef) -> bool:
        """Whether a read of this process has shown that this is the general group."""
        return self._client.seen_groups.get(group.native_id) == mapping.GENERAL

    def putting(self, products: Iterable[ProductRef], group: GroupRef) -> tuple[Step, ...]:
        """Steps that put products into a group."""
        there = PlanResult(group=group)
        return tuple(self.putting_one(product, there, self._label(group)) for product in products)

    def putting_one(self, product: ProductRef, into: PlanResult, label: str) -> Step:
        """A step that puts a product into the group of `into`, which a step before may make."""

        async def send() -> None:
            if into.group is None:
                raise AssertionError  # no step is made before the stage before it is done
            await self._put(product, into.group)

        code = into.group.native_id if into.group else None
        call = PlannedWrite(
            method="POST",
            path=membership_path(product.native_id, code),
            description=f'Put the product "{product.native_id}" into the group {label}.',
        )
        return Step(call=call, send=send, products=(product,))

    def taking(self, products: Iterable[ProductRef], group: GroupRef) -> tuple[Step, ...]:
        """Steps that take products out of a group, whereupon they are in the general one."""
        return tuple(self._taking_one(product, group) for product in products)

    def stuck(self, products: Iterable[ProductRef], group: GroupRef) -> list[Refusal]:
        """Why these products cannot be taken out of the group that they are in."""
        in_general = self.is_general(group)
        return [stays(product, in_general=in_general) for product in products]

    async def refuse_what_stays(self, products: Sequence[ProductRef], group: GroupRef) -> None:
        """Raise Refused for products that are in the group, and those that do not exist."""
        holders = await self._reads.groups_of(products)
        refusals: list[Refusal] = []
        for product in products:
            holder = _unwrap(holders.get(product))
            if holder is None:
                refusals.append(gone(product))
            elif group in holder:
                refusals += self.stuck([product], group)
        if refusals:
            raise Refused(*refusals)

    def _taking_one(self, product: ProductRef, group: GroupRef) -> Step:
        code = product.native_id
        call = PlannedWrite(
            method="DELETE",
            path=membership_path(code, group.native_id),
            description=f'Take the product "{code}" out of the group {self._label(group)}.',
        )
        return Step(call=call, send=lambda: self._take(product, group), products=(product,))

    async def _put(self, product: ProductRef, group: GroupRef) -> None:
        if await self._client.assign_product_to_group(product.native_id, group.native_id):
            return
        with diagnosing_rejection():
            found = _unwrap((await self._reads.get_products([product])).get(product))
        raise Refused(takes_nothing(group) if found else gone(product))

    async def _take(self, product: ProductRef, group: GroupRef) -> None:
        """Take a product out; one that is elsewhere stands as asked although it is refused."""
        if await self._client.unassign_product_from_group(product.native_id, group.native_id):
            return
        with diagnosing_rejection():
            await self.refuse_what_stays([product], group)
            await self._refuse_unless_there(group)

    async def _refuse_unless_there(self, group: GroupRef) -> None:
        """Raise Refused for a group that no read of this process has shown, and none shows now."""
        if group.native_id in self._client.seen_groups:
            return
        if _unwrap((await self._reads.get_groups([group])).get(group)) is None:
            raise Refused(gone(group))

    def _label(self, group: GroupRef) -> str:
        name = self._client.seen_groups.get(group.native_id)
        return f'"{name}"' if name else group.native_id


def _unwrap(answer: FoundT | UpstreamError) -> FoundT:
    if isinstance(answer, UpstreamError):
        raise answer
    return answer
