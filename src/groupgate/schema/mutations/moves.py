"""The mutation that moves products from one group to another, with its payload."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import memberships
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import GroupRef, Ref
from groupgate.schema.context import Info, unset_to_none
from groupgate.schema.mutations.base import (
    PLAN,
    REFUSED,
    DryRun,
    IdArgument,
    PlannedCall,
    RunOptions,
    decode_input_id,
    decode_input_ids,
    load_group,
    resolve_plan,
    resolve_user_errors,
    run_for_object,
)
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError


async def _resolve_from_group(root: "GroupMoveProductsPayload", info: Info) -> Group | None:
    return await load_group(info, root.source)


async def _resolve_to_group(root: "GroupMoveProductsPayload", info: Info) -> Group | None:
    return await load_group(info, root.target)


@strawberry.type(description="The result of `groupMoveProducts`.")
class GroupMoveProductsPayload:
    """The result of `groupMoveProducts`."""

    result: strawberry.Private[MutationResult]
    source: strawberry.Private[GroupRef | None]
    target: strawberry.Private[GroupRef | None]

    from_group: Group | None = strawberry.field(
        resolver=_resolve_from_group,
        description=(
            "The group `fromGroupId` after the mutation. Null if the group does not exist, or if "
            "the mutation was refused before the group was read."
        ),
    )
    to_group: Group | None = strawberry.field(
        resolver=_resolve_to_group,
        description=(
            "The group `toGroupId` after the mutation. Null if the group does not exist, or if the "
            "mutation was refused before the group was read."
        ),
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors, description=REFUSED
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


SourceRevision = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "If the group `fromGroupId` no longer has this revision, the mutation is "
            "refused with STALE and nothing is changed."
        )
    ),
]


@strawberry.type
class MoveMutations:
    """The mutation that moves products between groups."""

    @strawberry.field(
        description=(
            "Move products from one group to another group of the same vendor. If the move fails "
            "after a part of it was made, the gateway undoes this part. Requires the capability "
            "GROUP_MOVE_PRODUCTS."
        )
    )
    async def group_move_products(  # noqa: PLR0913, PLR0917 # the arguments of the mutation
        self,
        info: Info,
        from_group_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="The id of the group that contains the products."),
        ],
        to_group_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="The id of the group that receives the products."),
        ],
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description=(
                    "The ids of the products, at most 100. Each must be in the group `fromGroupId`."
                )
            ),
        ],
        position: Annotated[
            int | None,
            strawberry.argument(
                description=(
                    "The position of the first moved product in the group `toGroupId`, counted "
                    "from 0. If it is omitted or greater than the number of products, the products "
                    "are added at the end. Requires the capability GROUP_REORDER_PRODUCTS."
                )
            ),
        ] = strawberry.UNSET,
        if_revision: SourceRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupMoveProductsPayload | None:
        """Move products from one group to another."""
        to_group = decode_input_id(info.context, to_group_id)
        result, source = await run_for_object(
            info,
            IdArgument(from_group_id, "fromGroupId"),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, source: memberships.move_products(
                runner,
                source,
                to_group,
                decode_input_ids(info.context, product_ids),
                unset_to_none(position),
            ),
        )
        return GroupMoveProductsPayload(
            result=result, source=source, target=_target(to_group, source)
        )


def _target(target: Ref | None, source: GroupRef | None) -> GroupRef | None:
    """Return the second group, if the first was not refused and both belong to the same vendor.

    A group of another vendor must not be read: the gateway may not be configured for that vendor.
    """
    if isinstance(target, GroupRef) and source is not None and target.provider == source.provider:
        return target
    return None
