"""Making, changing and deleting groups."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MOST_CHANGED
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
    """Make a group; `made.group` is the new one."""
    validator = runner.validator(Capability.GROUP_CREATE)
    validator.target(collection, "collectionId")
    validator.group_change(change, "input", is_new=True)
    good = validator.listed(products, ProductRef, "productIds", MOST_CHANGED)
    validator.settle()
    planner = runner.provider.planner
    return await runner.change(
        validator, lambda: planner.create_group(collection, change, good), is_repeatable=False
    )


async def update_group(
    runner: MutationRunner, ref: GroupRef, change: GroupChange
) -> MutationResult:
    """Change a group's fields; `made.entity` if the vendor's own answer shows the group."""
    validator = runner.validator(Capability.GROUP_UPDATE)
    validator.target(ref, "id")
    validator.group_change(change, "input")
    validator.settle()

    async def plan() -> Plan:
        return (
            Plan() if change.is_empty else await runner.provider.planner.update_group(ref, change)
        )

    return await runner.change(validator, plan, target=ref)


async def delete_group(runner: MutationRunner, ref: GroupRef) -> MutationResult:
    """Delete a group; its products stay."""
    validator = runner.validator(Capability.GROUP_DELETE)
    validator.target(ref, "id")
    planner = runner.provider.planner
    return await runner.change(
        validator, lambda: planner.delete_group(ref), target=ref, is_repeatable=False
    )
