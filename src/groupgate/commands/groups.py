"""Mutations of groups: create, update, delete."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MAX_CHANGED_PRODUCTS
from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.planner import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref


async def create_group(
    runner: MutationRunner,
    collection: CollectionRef,
    change: GroupChange,
    products: Sequence[Ref | None],
) -> MutationResult:
    """Create a group; `result.group` is the new group."""
    validator = runner.validator(Capability.GROUP_CREATE)
    validator.check_target(collection, "collectionId")
    validator.check_group_change(change, "input", is_new=True)
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_CHANGED_PRODUCTS)
    validator.raise_refusals()
    planner = runner.provider.planner
    return await runner.run(
        validator,
        lambda: planner.create_group(collection, change, product_refs),
        is_retryable=False,
    )


async def update_group(
    runner: MutationRunner, ref: GroupRef, change: GroupChange
) -> MutationResult:
    """Update a group's fields.

    `result.entity` is the updated group if the vendor's response contains it.
    """
    validator = runner.validator(Capability.GROUP_UPDATE)
    validator.check_target(ref, "id")
    validator.check_group_change(change, "input")
    validator.raise_refusals()

    async def plan() -> Plan:
        return (
            Plan() if change.is_empty else await runner.provider.planner.update_group(ref, change)
        )

    return await runner.run(validator, plan, target=ref)


async def delete_group(runner: MutationRunner, ref: GroupRef) -> MutationResult:
    """Delete a group, but not its products."""
    validator = runner.validator(Capability.GROUP_DELETE)
    validator.check_target(ref, "id")
    planner = runner.provider.planner
    return await runner.run(
        validator, lambda: planner.delete_group(ref), target=ref, is_retryable=False
    )
