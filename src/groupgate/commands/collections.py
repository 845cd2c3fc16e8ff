"""Making, changing, archiving and ordering collections."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MOST_CHANGED, MOST_LISTED, check_permutation, gone
from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.loaders.revisions import all_groups


async def create_collection(
    runner: MutationRunner,
    change: CollectionChange,
    group: GroupChange,
    products: Sequence[Ref | None],
) -> MutationResult:
    """Make a collection with one first group; `made.collection` is the new one."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_CREATE)
    validator.collection_change(change, is_new=True)
    validator.group_change(group, "group", is_new=True)
    good = validator.listed(products, ProductRef, "productIds", MOST_CHANGED)
    validator.settle()
    planner = runner.provider.planner
    return await runner.change(
        validator, lambda: planner.create_collection(change, group, good), is_repeatable=False
    )


async def update_collection(
    runner: MutationRunner, ref: CollectionRef, change: CollectionChange
) -> MutationResult:
    """Change a collection's name or description."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_UPDATE)
    validator.target(ref, "id")
    validator.collection_change(change)
    validator.settle()

    async def plan() -> Plan:
        planner = runner.provider.planner
        return Plan() if change.is_empty else await planner.update_collection(ref, change)

    return await runner.change(validator, plan, target=ref)


async def reorder_groups(
    runner: MutationRunner, ref: CollectionRef, groups: Sequence[Ref | None]
) -> MutationResult:
    """Put the groups of a collection in this order."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_REORDER_GROUPS)
    validator.target(ref, "id")
    order = validator.listed(groups, GroupRef, "groupIds", MOST_LISTED)

    async def plan() -> Plan:
        present = await all_groups(ref, runner.fresh)
        if present is None:
            raise Refused(gone(ref))
        current = tuple(group.ref for group in present)
        check_permutation(validator, current, order, "groupIds")
        validator.settle()
        planner = runner.provider.planner
        return Plan() if order == current else await planner.reorder_groups(ref, order)

    return await runner.change(validator, plan, target=ref)


async def archive_collection(runner: MutationRunner, ref: CollectionRef) -> MutationResult:
    """Take a collection out of use."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_ARCHIVE)
    validator.target(ref, "id")
    planner = runner.provider.planner
    return await runner.change(validator, lambda: planner.archive_collection(ref), target=ref)


async def unarchive_collection(runner: MutationRunner, ref: CollectionRef) -> MutationResult:
    """Bring an archived collection back; `made.excluded` did not come with it."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_UNARCHIVE)
    validator.target(ref, "id")
    planner = runner.provider.planner
    return await runner.change(validator, lambda: planner.unarchive_collection(ref), target=ref)
