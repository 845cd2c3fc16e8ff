"""Mutations of the products in groups: reorder, assign, unassign, set, move, update."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MAX_CHANGED_PRODUCTS, MAX_LISTED_IDS, Move, check_order
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import UNSET, Absent
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import GroupRef, ProductRef, Ref
from groupgate.domain.refusals import InvalidInput, UserErrorCode, not_found


async def reorder_products(
    runner: MutationRunner,
    ref: GroupRef,
    products: Sequence[Ref | None] | None,
    moves: Sequence[Move] | None = None,
) -> MutationResult:
    """Reorder the products of a group, with a list of all or with moves of some."""
    validator = runner.validator(Capability.GROUP_REORDER_PRODUCTS)
    validator.check_target(ref, "id")
    new_order = check_order(validator, ProductRef, "productIds", products, moves)

    async def plan() -> Plan:
        current = await _members(runner, ref)
        order = new_order(current)
        validator.raise_refusals()
        planner = runner.provider.planner
        return Plan() if order == current else await planner.reorder_products(ref, order)

    return await runner.run(validator, plan, target=ref)


async def assign_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Add products to a group."""
    validator = runner.validator(Capability.GROUP_ASSIGN_PRODUCTS)
    validator.check_target(ref, "id")
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_CHANGED_PRODUCTS)

    async def plan() -> Plan:
        return await runner.provider.planner.assign(ref, product_refs) if product_refs else Plan()

    return await runner.run(validator, plan, target=ref)


async def unassign_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Remove products from a group."""
    validator = runner.validator(Capability.GROUP_UNASSIGN_PRODUCTS)
    validator.check_target(ref, "id")
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_CHANGED_PRODUCTS)

    async def plan() -> Plan:
        return await runner.provider.planner.unassign(ref, product_refs) if product_refs else Plan()

    return await runner.run(validator, plan, target=ref)


async def set_products(
    runner: MutationRunner, ref: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Set the products of a group, in this order if the vendor supports an order."""
    validator = runner.validator(Capability.GROUP_SET_PRODUCTS)
    validator.check_target(ref, "id")
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_LISTED_IDS)
    is_ordered = Capability.GROUP_REORDER_PRODUCTS in runner.provider.capabilities

    async def plan() -> Plan:
        current = await _members(runner, ref)
        changed = set(current) ^ set(product_refs)
        if len(changed) > MAX_CHANGED_PRODUCTS:
            message = (
                f"The change adds or removes {len(changed)} products; "
                f"at most {MAX_CHANGED_PRODUCTS} are allowed."
            )
            validator.refuse_argument(message, "productIds", code=UserErrorCode.TOO_LONG)
        validator.raise_refusals()
        if not changed and (product_refs == current or not is_ordered):
            return Plan()
        return await runner.provider.planner.set_products(ref, product_refs)

    return await runner.run(validator, plan, target=ref)


async def move_products(
    runner: MutationRunner,
    source: GroupRef,
    target: Ref | None,
    products: Sequence[Ref | None],
    position: int | None,
) -> MutationResult:
    """Move products from one group to another of the same vendor."""
    validator = runner.validator(Capability.GROUP_MOVE_PRODUCTS)
    validator.check_target(source, "fromGroupId")
    to_group = validator.check_ref(target, GroupRef, "toGroupId")
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_CHANGED_PRODUCTS)
    if to_group == source:
        validator.refuse_argument(
            "The source and the target group of a move must be different.", "toGroupId"
        )
    if position is not None:
        validator.require(Capability.GROUP_REORDER_PRODUCTS, "position")
        if position < 0:
            validator.refuse_argument("The position must be 0 or greater.", "position")

    async def plan() -> Plan:
        members = set(await _members(runner, source))
        for product in product_refs:
            if product not in members:
                validator.refuse(_not_in_source(product))
        validator.raise_refusals()
        if to_group is None or not product_refs:
            return Plan()
        return await runner.provider.planner.move(source, to_group, product_refs, position)

    return await runner.run(validator, plan, target=source, is_retryable=False)


async def update_membership(
    runner: MutationRunner,
    ref: GroupRef,
    product: Ref | None,
    status: GroupProductStatus | Absent | None,
) -> MutationResult:
    """Set the status of a product in one group; with an UNSET status nothing changes."""
    validator = runner.validator(Capability.GROUP_PRODUCT_UPDATE)
    validator.check_target(ref, "groupId")
    product_ref = validator.check_ref(product, ProductRef, "productId")
    if status is None:
        validator.refuse_argument(
            "The status of a product in a group cannot be cleared.", "input", "status"
        )
    validator.raise_refusals()

    async def plan() -> Plan:
        if product_ref is None or status is None or status is UNSET:
            return Plan()
        return await runner.provider.planner.update_membership(ref, product_ref, status)

    return await runner.run(validator, plan, target=ref)


async def _members(runner: MutationRunner, ref: GroupRef) -> tuple[ProductRef, ...]:
    members = await runner.provider_loaders.members.load(ref)
    if members is None:
        raise Refused(not_found(ref))
    return tuple(member.product.ref for member in members)


def _not_in_source(product: ProductRef) -> InvalidInput:
    message = "The product is not in the source group."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
