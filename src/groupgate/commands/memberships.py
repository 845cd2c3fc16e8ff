"""Which products a group holds, and in what order."""

from collections.abc import Sequence

from groupgate.commands.change import Desk, Result
from groupgate.commands.guard import MOST_CHANGED, MOST_LISTED, gone
from groupgate.commands.permutation import check_permutation
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import UNSET, Absent
from groupgate.domain.errors import Refused
from groupgate.domain.plan import Plan
from groupgate.domain.refs import GroupRef, ProductRef, Ref
from groupgate.domain.refusals import InvalidInput, UserErrorCode


async def reorder_products(desk: Desk, ref: GroupRef, products: Sequence[Ref | None]) -> Result:
    """Put the products of a group in this order."""
    guard = desk.guard(Capability.GROUP_REORDER_PRODUCTS)
    guard.target(ref, "id")
    order = guard.listed(products, ProductRef, "productIds", MOST_LISTED)

    async def plan() -> Plan:
        current = await _members(desk, ref)
        check_permutation(guard, current, order, "productIds")
        guard.settle()
        planner = desk.provider.plans
        return Plan() if order == current else await planner.reorder_products(ref, order)

    return await desk.change(guard, plan, target=ref)


async def assign_products(desk: Desk, ref: GroupRef, products: Sequence[Ref | None]) -> Result:
    """Add products to a group."""
    guard = desk.guard(Capability.GROUP_ASSIGN_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)

    async def plan() -> Plan:
        return await desk.provider.plans.assign(ref, good) if good else Plan()

    return await desk.change(guard, plan, target=ref)


async def unassign_products(desk: Desk, ref: GroupRef, products: Sequence[Ref | None]) -> Result:
    """Take products out of a group."""
    guard = desk.guard(Capability.GROUP_UNASSIGN_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)

    async def plan() -> Plan:
        return await desk.provider.plans.unassign(ref, good) if good else Plan()

    return await desk.change(guard, plan, target=ref)


async def set_products(desk: Desk, ref: GroupRef, products: Sequence[Ref | None]) -> Result:
    """Make a group hold exactly these products, in this order where the vendor orders."""
    guard = desk.guard(Capability.GROUP_SET_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_LISTED)
    is_ordered = Capability.GROUP_REORDER_PRODUCTS in desk.provider.capabilities

    async def plan() -> Plan:
        current = await _members(desk, ref)
        changed = set(current) ^ set(good)
        if len(changed) > MOST_CHANGED:
            message = f"At most {MOST_CHANGED} may be added or removed, not {len(changed)}."
            guard.invalid(message, "productIds", code=UserErrorCode.TOO_LONG)
        guard.settle()
        if not changed and (good == current or not is_ordered):
            return Plan()
        return await desk.provider.plans.set_products(ref, good)

    return await desk.change(guard, plan, target=ref)


async def move_products(
    desk: Desk,
    source: GroupRef,
    target: Ref | None,
    products: Sequence[Ref | None],
    position: int | None,
) -> Result:
    """Take products out of one group and put them into another of the same vendor."""
    guard = desk.guard(Capability.GROUP_MOVE_PRODUCTS)
    guard.target(source, "fromGroupId")
    to_group = guard.own(target, GroupRef, "toGroupId")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    if to_group == source:
        guard.invalid("A move needs two different groups.", "toGroupId")
    if position is not None:
        guard.needs(Capability.GROUP_REORDER_PRODUCTS, "position")
        if position < 0:
            guard.invalid("A position is counted from 0.", "position")

    async def plan() -> Plan:
        members = set(await _members(desk, source))
        for product in good:
            if product not in members:
                guard.refuse(_elsewhere(product))
        guard.settle()
        if to_group is None or not good:
            return Plan()
        return await desk.provider.plans.move(source, to_group, good, position)

    return await desk.change(guard, plan, target=source, is_repeatable=False)


async def update_membership(
    desk: Desk,
    ref: GroupRef,
    product: Ref | None,
    status: GroupProductStatus | Absent | None,
) -> Result:
    """Offer a product in one group, or no longer; without a status nothing changes."""
    guard = desk.guard(Capability.GROUP_PRODUCT_UPDATE)
    guard.target(ref, "groupId")
    own = guard.own(product, ProductRef, "productId")
    if status is None:
        guard.invalid("This cannot be cleared.", "input", "status")
    guard.settle()

    async def plan() -> Plan:
        if own is None or status is None or status is UNSET:
            return Plan()
        return await desk.provider.plans.update_membership(ref, own, status)

    return await desk.change(guard, plan, target=ref)


async def _members(desk: Desk, ref: GroupRef) -> tuple[ProductRef, ...]:
    members = await desk.fresh.members.load(ref)
    if members is None:
        raise Refused(gone(ref))
    return tuple(member.product.ref for member in members)


def _elsewhere(product: ProductRef) -> InvalidInput:
    message = "This product is not in the first group."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
