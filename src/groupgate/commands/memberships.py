"""Which products a group holds, and in what order."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MOST_CHANGED, MOST_LISTED, check_permutation, gone
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import UNSET, Absent
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import GroupRef, ProductRef, Ref
from groupgate.domain.refusals import InvalidInput, UserErrorCode


async def reorder_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Put the products of a group in this order."""
    validator = runner.validator(Capability.GROUP_REORDER_PRODUCTS)
    validator.target(ref, "id")
    order = validator.listed(products, ProductRef, "productIds", MOST_LISTED)

    async def plan() -> Plan:
        current = await _members(runner, ref)
        check_permutation(validator, current, order, "productIds")
        validator.settle()
        planner = runner.provider.planner
        return Plan() if order == current else await planner.reorder_products(ref, order)

    return await runner.change(validator, plan, target=ref)


async def assign_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Add products to a group."""
    validator = runner.validator(Capability.GROUP_ASSIGN_PRODUCTS)
    validator.target(ref, "id")
    good = validator.listed(products, ProductRef, "productIds", MOST_CHANGED)

    async def plan() -> Plan:
        return await runner.provider.planner.assign(ref, good) if good else Plan()

    return await runner.change(validator, plan, target=ref)


async def unassign_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Take products out of a group."""
    validator = runner.validator(Capability.GROUP_UNASSIGN_PRODUCTS)
    validator.target(ref, "id")
    good = validator.listed(products, ProductRef, "productIds", MOST_CHANGED)

    async def plan() -> Plan:
        return await runner.provider.planner.unassign(ref, good) if good else Plan()

    return await runner.change(validator, plan, target=ref)


async def set_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Make a group hold exactly these products, in this order where the vendor orders."""
    validator = runner.validator(Capability.GROUP_SET_PRODUCTS)
    validator.target(ref, "id")
    good = validator.listed(products, ProductRef, "productIds", MOST_LISTED)
    is_ordered = Capability.GROUP_REORDER_PRODUCTS in runner.provider.capabilities

    async def plan() -> Plan:
        current = await _members(runner, ref)
        changed = set(current) ^ set(good)
        if len(changed) > MOST_CHANGED:
            message = f"At most {MOST_CHANGED} may be added or removed, not {len(changed)}."
            validator.invalid(message, "productIds", code=UserErrorCode.TOO_LONG)
        validator.settle()
        if not changed and (good == current or not is_ordered):
            return Plan()
        return await runner.provider.planner.set_products(ref, good)

    return await runner.change(validator, plan, target=ref)


async def move_products(
    runner: MutationRunner,
    source: GroupRef,
    target: Ref | None,
    products: Sequence[Ref | None],
    position: int | None,
) -> MutationResult:
    """Take products out of one group and put them into another of the same vendor."""
    validator = runner.validator(Capability.GROUP_MOVE_PRODUCTS)
    validator.target(source, "fromGroupId")
    to_group = validator.own(target, GroupRef, "toGroupId")
    good = validator.listed(products, ProductRef, "productIds", MOST_CHANGED)
    if to_group == source:
        validator.invalid("A move needs two different groups.", "toGroupId")
    if position is not None:
        validator.needs(Capability.GROUP_REORDER_PRODUCTS, "position")
        if position < 0:
            validator.invalid("A position is counted from 0.", "position")

    async def plan() -> Plan:
        members = set(await _members(runner, source))
        for product in good:
            if product not in members:
                validator.refuse(_elsewhere(product))
        validator.settle()
        if to_group is None or not good:
            return Plan()
        return await runner.provider.planner.move(source, to_group, good, position)

    return await runner.change(validator, plan, target=source, is_repeatable=False)


async def update_membership(
    runner: MutationRunner,
    ref: GroupRef,
    product: Ref | None,
    status: GroupProductStatus | Absent | None,
) -> MutationResult:
    """Offer a product in one group, or no longer; without a status nothing changes."""
    validator = runner.validator(Capability.GROUP_PRODUCT_UPDATE)
    validator.target(ref, "groupId")
    own = validator.own(product, ProductRef, "productId")
    if status is None:
        validator.invalid("This cannot be cleared.", "input", "status")
    validator.settle()

    async def plan() -> Plan:
        if own is None or status is None or status is UNSET:
            return Plan()
        return await runner.provider.planner.update_membership(ref, own, status)

    return await runner.change(validator, plan, target=ref)


async def _members(runner: MutationRunner, ref: GroupRef) -> tuple[ProductRef, ...]:
    members = await runner.fresh.members.load(ref)
    if members is None:
        raise Refused(gone(ref))
    return tuple(member.product.ref for member in members)


def _elsewhere(product: ProductRef) -> InvalidInput:
    message = "This product is not in the first group."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
