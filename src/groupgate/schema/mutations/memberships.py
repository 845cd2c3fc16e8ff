"""The mutations of the products of one group and their order, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import memberships
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import GroupRef
from groupgate.schema.context import Info
from groupgate.schema.inputs import GroupProductInput
from groupgate.schema.mutations.base import (
    DryRun,
    GroupId,
    GroupPayload,
    IdArgument,
    IfRevision,
    Moves,
    ProductIds,
    RunOptions,
    decode_input_id,
    decode_input_ids,
    decode_input_order,
    resolve_user_errors,
    run_for_object,
)
from groupgate.schema.user_errors import UserError


@strawberry.type(description="The result of `groupReorderProducts`.")
class GroupReorderProductsPayload(GroupPayload):
    """The result of `groupReorderProducts`."""


@strawberry.type(description="The result of `groupAssignProducts`.")
class GroupAssignProductsPayload(GroupPayload):
    """The result of `groupAssignProducts`."""

    requested_ids: strawberry.Private[Sequence[strawberry.ID]]

    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors,
        description="The reasons why products were not added. Empty on success.",
    )

    @strawberry.field(
        description=(
            "The ids from `productIds` whose products are in the group after the mutation. Empty "
            "with `dryRun`."
        )
    )
    def assigned_product_ids(self, info: Info) -> list[strawberry.ID]:
        """The requested ids whose products are in the group after the mutation."""
        return _done_ids(info, self.requested_ids, self.result)


@strawberry.type(description="The result of `groupUnassignProducts`.")
class GroupUnassignProductsPayload(GroupPayload):
    """The result of `groupUnassignProducts`."""

    requested_ids: strawberry.Private[Sequence[strawberry.ID]]

    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors,
        description="The reasons why products were not removed. Empty on success.",
    )

    @strawberry.field(
        description=(
            "The ids from `productIds` whose products are not in the group after the mutation. "
            "Empty with `dryRun`."
        )
    )
    def unassigned_product_ids(self, info: Info) -> list[strawberry.ID]:
        """The requested ids whose products are not in the group after the mutation."""
        return _done_ids(info, self.requested_ids, self.result)


@strawberry.type(description="The result of `groupSetProducts`.")
class GroupSetProductsPayload(GroupPayload):
    """The result of `groupSetProducts`."""


@strawberry.type(description="The result of `groupProductUpdate`.")
class GroupProductUpdatePayload(GroupPayload):
    """The result of `groupProductUpdate`."""


def _done_ids(
    info: Info, ids: Sequence[strawberry.ID], result: MutationResult
) -> list[strawberry.ID]:
    """Return the ids for which the change was made; none if the mutation was not executed."""
    if not result.was_executed:
        return []
    return [
        text
        for text in ids
        if decode_input_id(info.context, text) not in result.unconfirmed_products
    ]


@strawberry.type
class MembershipMutations:
    """The mutations of the products of one group and their order."""

    @strawberry.field(
        description=(
            "Set the order of the products in a group, either with the list of all products or "
            "with moves. Requires the capability GROUP_REORDER_PRODUCTS."
        )
    )
    async def group_reorder_products(  # noqa: PLR0913, PLR0917 # the arguments of the mutation
        self,
        info: Info,
        id: GroupId,
        product_ids: Annotated[
            Sequence[strawberry.ID] | None,
            strawberry.argument(
                description=(
                    "The ids of all products of the group, each exactly once, in the new order. "
                    "Exactly one of `productIds` and `moves` is required."
                )
            ),
        ] = strawberry.UNSET,
        moves: Moves = strawberry.UNSET,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupReorderProductsPayload | None:
        """Set the order of the products in a group."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: memberships.reorder_products(
                runner, ref, *decode_input_order(info.context, product_ids, moves)
            ),
        )
        return GroupReorderProductsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Add products to a group. Products that are already in the group keep their position. "
            "A product that is in another group stays there too if the vendor has the capability "
            "PRODUCT_IN_MANY_GROUPS, leaves that group if the vendor has the capability "
            "GROUP_ASSIGN_MOVES, and is refused otherwise. Requires the capability "
            "GROUP_ASSIGN_PRODUCTS."
        )
    )
    async def group_assign_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: ProductIds,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupAssignProductsPayload | None:
        """Add products to a group."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: memberships.assign_products(
                runner, ref, decode_input_ids(info.context, product_ids)
            ),
        )
        return GroupAssignProductsPayload(result=result, ref=ref, requested_ids=product_ids)

    @strawberry.field(
        description=(
            "Remove products from a group. Products that are not in the group are ignored. At "
            "2Checkout, removed products move to the vendor's general group. Requires the "
            "capability GROUP_UNASSIGN_PRODUCTS."
        )
    )
    async def group_unassign_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: ProductIds,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupUnassignProductsPayload | None:
        """Remove products from a group."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: memberships.unassign_products(
                runner, ref, decode_input_ids(info.context, product_ids)
            ),
        )
        return GroupUnassignProductsPayload(result=result, ref=ref, requested_ids=product_ids)

    @strawberry.field(
        description=(
            "Make a group contain exactly the given products, in the given order if the vendor has "
            "the capability GROUP_REORDER_PRODUCTS. The gateway determines which products to add, "
            "remove and reorder. Requires the capability GROUP_SET_PRODUCTS."
        )
    )
    async def group_set_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description=(
                    "The ids of all products that the group will contain, at most 1,000. The "
                    "mutation may add and remove at most 100 products in total."
                )
            ),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupSetProductsPayload | None:
        """Make a group contain exactly the given products."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: memberships.set_products(
                runner, ref, decode_input_ids(info.context, product_ids)
            ),
        )
        return GroupSetProductsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Change a product within one group only. Other groups that contain the product do not "
            "change. Requires the capability GROUP_PRODUCT_UPDATE."
        )
    )
    async def group_product_update(  # noqa: PLR0913, PLR0917 # the arguments of the mutation
        self,
        info: Info,
        group_id: Annotated[strawberry.ID, strawberry.argument(description="The id of the group.")],
        product_id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the product.")
        ],
        input: Annotated[
            GroupProductInput,
            strawberry.argument(description="The fields to change."),
        ],
        if_revision: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "If the group no longer has this revision, the mutation is refused with STALE "
                    "and nothing is changed."
                )
            ),
        ] = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupProductUpdatePayload | None:
        """Change a product within one group only."""
        result, ref = await run_for_object(
            info,
            IdArgument(group_id, "groupId"),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: memberships.update_membership(
                runner, ref, decode_input_id(info.context, product_id), input.new_status()
            ),
        )
        return GroupProductUpdatePayload(result=result, ref=ref)
