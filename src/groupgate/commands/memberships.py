"""Which products a group holds, and in what order."""

from collections.abc import Sequence

from groupgate.commands.change import Desk, Result
from groupgate.commands.guard import MOST_CHANGED, MOST_LISTED, Guard
from groupgate.commands.permutation import check_permutation
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.plan import Plan
from groupgate.domain.refs import GroupRef, ProductRef, Ref
from groupgate.domain.refusals import NotFound, UserErrorCode


async def reorder_products(
    desk: Desk,
    ref: GroupRef,
    products: Sequence[Ref | None],
) -> Result:
    """Put the products of a group in this order."""
    guard = Guard(desk.provider, Capability.GROUP_REORDER_PRODUCTS)
    guard.target(ref, "id")
    order = guard.listed(products, ProductRef, "productIds", MOST_LISTED)
    desk.begin()
    await desk.still_has(guard, ref)
    current = await _members(desk, guard, ref)
    check_permutation(guard, current, order, "productIds")

    async def plan() -> Plan:
        if list(order) == current:
            return Plan()
        return await desk.provider.plans.reorder_products(ref, order)

    guard.settle()
    return await desk.change(guard, plan)


async def assign_products(
    desk: Desk,
    ref: GroupRef,
    products: Sequence[Ref | None],
) -> Result:
    """Add products to a group."""
    guard = Guard(desk.provider, Capability.GROUP_ASSIGN_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    desk.begin()
    await desk.still_has(guard, ref)

    async def plan() -> Plan:
        return await desk.provider.plans.assign(ref, good) if good else Plan()

    return await desk.change(guard, plan)


async def unassign_products(
    desk: Desk,
    ref: GroupRef,
    products: Sequence[Ref | None],
) -> Result:
    """Take products out of a group."""
    guard = Guard(desk.provider, Capability.GROUP_UNASSIGN_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    desk.begin()
    await desk.still_has(guard, ref)

    async def plan() -> Plan:
        return await desk.provider.plans.unassign(ref, good) if good else Plan()

    return await desk.change(guard, plan)


async def set_products(
    desk: Desk,
    ref: GroupRef,
    products: Sequence[Ref | None],
) -> Result:
    """Make a group hold exactly these products, in this order where the vendor orders."""
    guard = Guard(desk.provider, Capability.GROUP_SET_PRODUCTS)
    guard.target(ref, "id")
    good = guard.listed(products, ProductRef, "productIds", MOST_LISTED)
    desk.begin()
    await desk.still_has(guard, ref)
    current = await _members(desk, guard, ref)
    changed = set(current) ^ set(good)
    if len(changed) > MOST_CHANGED:
        message = f"At most {MOST_CHANGED} may be added or removed, not {len(changed)}."
        guard.invalid(message, "productIds", code=UserErrorCode.TOO_LONG)
    guard.settle()
    ordered = Capability.GROUP_REORDER_PRODUCTS in desk.provider.capabilities

    async def plan() -> Plan:
        if not changed and (list(good) == current or not ordered):
            return Plan()
        return await desk.provider.plans.set_products(ref, good)

    return await desk.change(guard, plan)


async def move_products(
    desk: Desk,
    source: GroupRef,
    target: Ref | None,
    products: Sequence[Ref | None],
    position: int | None,
) -> Result:
    """Take products out of one group and put them into another of the same vendor."""
    guard = Guard(desk.provider, Capability.GROUP_MOVE_PRODUCTS)
    guard.target(source, "fromGroupId")
    to_group = guard.own(target, GroupRef, "toGroupId")
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    if to_group == source:
        guard.invalid("A move needs two different groups.", "toGroupId")
    if position is not None:
        guard.needs(Capability.GROUP_REORDER_PRODUCTS, "position")
        if position < 0:
            guard.invalid("A position is counted from 0.", "position")
    if to_group is None:
        guard.settle()
        raise AssertionError  # the guard has refused it
    desk.begin()
    await desk.still_has(guard, source)
    current = set(await _members(desk, guard, source))
    for index, product in enumerate(products):
        if product in good and product not in current:
            guard.invalid("This product is not in the first group.", "productIds", str(index))

    async def plan() -> Plan:
        if not good:
            return Plan()
        return await desk.provider.plans.move(source, to_group, good, position)

    guard.settle()
    return await desk.change(guard, plan, is_repeatable=False)


async def update_membership(
    desk: Desk,
    ref: GroupRef,
    product: Ref | None,
    status: GroupProductStatus | None,
) -> Result:
    """Offer a product in one group, or no longer; without a status nothing changes."""
    guard = Guard(desk.provider, Capability.GROUP_PRODUCT_UPDATE)
    guard.target(ref, "groupId")
    own = guard.own(product, ProductRef, "productId")
    guard.settle()
    desk.begin()
    await desk.still_has(guard, ref)

    async def plan() -> Plan:
        if own is None or status is None:
            return Plan()
        return await desk.provider.plans.update_membership(ref, own, status)

    return await desk.change(guard, plan)


async def _members(desk: Desk, guard: Guard, ref: GroupRef) -> list[ProductRef]:
    members = await desk.fresh.members.load(ref)
    if members is None:
        guard.settle([NotFound(message="It does not exist, or no longer.", about=ref)])
    return [member.product.ref for member in members or ()]
