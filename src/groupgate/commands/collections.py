"""Making, changing, archiving and ordering collections."""

from collections.abc import Sequence

from groupgate.commands.change import Desk, Result
from groupgate.commands.guard import MOST_CHANGED, MOST_LISTED, gone
from groupgate.commands.permutation import check_permutation
from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.plan import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.loaders.revisions import all_groups


async def create_collection(
    desk: Desk,
    change: CollectionChange,
    group: GroupChange,
    products: Sequence[Ref | None],
) -> Result:
    """Make a collection with one first group; `made.collection` is the new one."""
    guard = desk.guard(Capability.PRODUCT_COLLECTION_CREATE)
    guard.collection_change(change, is_new=True)
    guard.group_change(group, "group", is_new=True)
    good = guard.listed(products, ProductRef, "productIds", MOST_CHANGED)
    guard.settle()
    planner = desk.provider.plans
    return await desk.change(
        guard, lambda: planner.create_collection(change, group, good), is_repeatable=False
    )


async def update_collection(desk: Desk, ref: CollectionRef, change: CollectionChange) -> Result:
    """Change a collection's name or description."""
    guard = desk.guard(Capability.PRODUCT_COLLECTION_UPDATE)
    guard.target(ref, "id")
    guard.collection_change(change)
    guard.settle()

    async def plan() -> Plan:
        planner = desk.provider.plans
        return Plan() if change.is_empty else await planner.update_collection(ref, change)

    return await desk.change(guard, plan, target=ref)


async def reorder_groups(desk: Desk, ref: CollectionRef, groups: Sequence[Ref | None]) -> Result:
    """Put the groups of a collection in this order."""
    guard = desk.guard(Capability.PRODUCT_COLLECTION_REORDER_GROUPS)
    guard.target(ref, "id")
    order = guard.listed(groups, GroupRef, "groupIds", MOST_LISTED)

    async def plan() -> Plan:
        present = await all_groups(ref, desk.fresh)
        if present is None:
            raise Refused(gone(ref))
        current = tuple(group.ref for group in present)
        check_permutation(guard, current, order, "groupIds")
        guard.settle()
        planner = desk.provider.plans
        return Plan() if order == current else await planner.reorder_groups(ref, order)

    return await desk.change(guard, plan, target=ref)


async def archive_collection(desk: Desk, ref: CollectionRef) -> Result:
    """Take a collection out of use."""
    guard = desk.guard(Capability.PRODUCT_COLLECTION_ARCHIVE)
    guard.target(ref, "id")
    planner = desk.provider.plans
    return await desk.change(guard, lambda: planner.archive_collection(ref), target=ref)


async def unarchive_collection(desk: Desk, ref: CollectionRef) -> Result:
    """Bring an archived collection back; `made.excluded` did not come with it."""
    guard = desk.guard(Capability.PRODUCT_COLLECTION_UNARCHIVE)
    guard.target(ref, "id")
    planner = desk.provider.plans
    return await desk.change(guard, lambda: planner.unarchive_collection(ref), target=ref)
