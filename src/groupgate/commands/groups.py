"""Making, changing and deleting groups."""

from collections.abc import Sequence

from groupgate.commands.change import Desk, Result
from groupgate.commands.guard import MOST_CHANGED
from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.plan import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref


async def create_group(
    desk: Desk,
    collection: CollectionRef,
    change: GroupChange,
    products: Sequence[Ref | None],
) -> Result:
    """Make a group; `made.group` is the new one."""
    guard = desk.guard(Capability.GROUP_CREATE)
    guard.target(collection, "collectionId")
    guard.group_change(change, "input", is_new=True)
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    guard.settle()
    planner = desk.provider.plans
    return await desk.change(
        guard, lambda: planner.create_group(collection, change, good), is_repeatable=False
    )


async def update_group(desk: Desk, ref: GroupRef, change: GroupChange) -> Result:
    """Change a group's fields; `made.entity` if the vendor's own answer shows the group."""
    guard = desk.guard(Capability.GROUP_UPDATE)
    guard.target(ref, "id")
    guard.group_change(change, "input")
    guard.settle()

    async def plan() -> Plan:
        return Plan() if change.is_empty else await desk.provider.plans.update_group(ref, change)

    return await desk.change(guard, plan, target=ref)


async def delete_group(desk: Desk, ref: GroupRef) -> Result:
    """Delete a group; its products stay."""
    guard = desk.guard(Capability.GROUP_DELETE)
    guard.target(ref, "id")
    planner = desk.provider.plans
    return await desk.change(
        guard, lambda: planner.delete_group(ref), target=ref, is_repeatable=False
    )
