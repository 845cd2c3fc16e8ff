"""Mutations of collections: create, update, reorder groups, archive, unarchive."""

from collections.abc import Sequence

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import MAX_CHANGED_PRODUCTS, Move, check_order
from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import not_found
from groupgate.loaders.revisions import all_groups


async def create_collection(
    runner: MutationRunner,
    change: CollectionChange,
    group: GroupChange,
    products: Sequence[Ref | None],
) -> MutationResult:
    """Create a collection with one group; `result.collection` is the new collection."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_CREATE)
    validator.check_collection_change(change, is_new=True)
    validator.check_group_change(group, "group", is_new=True)
    product_refs = validator.check_refs(products, ProductRef, "productIds", MAX_CHANGED_PRODUCTS)
    validator.raise_refusals()
    planner = runner.provider.planner
    return await runner.run(
        validator,
        lambda: planner.create_collection(change, group, product_refs),
        is_retryable=False,
    )


async def update_collection(
    runner: MutationRunner, ref: CollectionRef, change: CollectionChange
) -> MutationResult:
    """Update a collection's name or description."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_UPDATE)
    validator.check_target(ref, "id")
    validator.check_collection_change(change)
    validator.raise_refusals()

    async def plan() -> Plan:
        planner = runner.provider.planner
        return Plan() if change.is_empty else await planner.update_collection(ref, change)

    return await runner.run(validator, plan, target=ref)


async def reorder_groups(
    runner: MutationRunner,
    ref: CollectionRef,
    groups: Sequence[Ref | None] | None,
    moves: Sequence[Move] | None = None,
) -> MutationResult:
    """Reorder the groups of a collection, with a list of all or with moves of some."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_REORDER_GROUPS)
    validator.check_target(ref, "id")
    new_order = check_order(validator, GroupRef, "groupIds", groups, moves)

    async def plan() -> Plan:
        groups_now = await all_groups(ref, runner.provider_loaders)
        if groups_now is None:
            raise Refused(not_found(ref))
        current = tuple(group.ref for group in groups_now)
        order = new_order(current)
        validator.raise_refusals()
        planner = runner.provider.planner
        return Plan() if order == current else await planner.reorder_groups(ref, order)

    return await runner.run(validator, plan, target=ref)


async def archive_collection(runner: MutationRunner, ref: CollectionRef) -> MutationResult:
    """Archive a collection."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_ARCHIVE)
    validator.check_target(ref, "id")
    planner = runner.provider.planner
    return await runner.run(validator, lambda: planner.archive_collection(ref), target=ref)


async def unarchive_collection(runner: MutationRunner, ref: CollectionRef) -> MutationResult:
    """Unarchive a collection; `result.excluded` are the products that it lost."""
    validator = runner.validator(Capability.PRODUCT_COLLECTION_UNARCHIVE)
    validator.check_target(ref, "id")
    planner = runner.provider.planner
    return await runner.run(validator, lambda: planner.unarchive_collection(ref), target=ref)
