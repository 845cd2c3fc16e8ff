"""The mutation that moves products from one group into another, with its payload."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import memberships
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import GroupRef
from groupgate.schema.arguments import given
from groupgate.schema.context import Info
from groupgate.schema.mutations.arguments import DryRun
from groupgate.schema.mutations.payload import (
    PLAN,
    PlannedCall,
    format_plan,
    format_user_errors,
    load_group,
)
from groupgate.schema.mutations.running import Target, Terms, change, decode, decode_all
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError


async def _from_group(root: "GroupMoveProductsPayload", info: Info) -> Group | None:
    return await load_group(info, root.source)


async def _to_group(root: "GroupMoveProductsPayload", info: Info) -> Group | None:
    return await load_group(info, root.target)


@strawberry.type(description="Outcome of `groupMoveProducts`.")
class GroupMoveProductsPayload:
    """Outcome of `groupMoveProducts`."""

    result: strawberry.Private[MutationResult]
    source: strawberry.Private[GroupRef | None]
    target: strawberry.Private[GroupRef | None]

    from_group: Group | None = strawberry.field(
        resolver=_from_group,
        description="The first group as it is now; null if it was not found.",
    )
    to_group: Group | None = strawberry.field(
        resolver=_to_group,
        description="The second group as it is now; null if it was not found.",
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was changed; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)


@strawberry.type
class MoveMutations:
    """The mutation that moves products."""

    @strawberry.field(
        description=(
            "Take products out of one group and put them into another of the same vendor. If the "
            "second half fails, the first is taken back. Needs GROUP_MOVE_PRODUCTS."
        )
    )
    async def group_move_products(  # noqa: PLR0913, PLR0917 # as the contract has it
        self,
        info: Info,
        from_group_id: Annotated[
            strawberry.ID, strawberry.argument(description="The group they are in.")
        ],
        to_group_id: Annotated[
            strawberry.ID, strawberry.argument(description="The group they go to.")
        ],
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description="The products, at most 100; each must be in the first group."
            ),
        ],
        position: Annotated[
            int | None,
            strawberry.argument(
                description=(
                    "Where the first of them goes in the second group, counted from 0; at the end "
                    "if left out or beyond it. Needs GROUP_REORDER_PRODUCTS."
                )
            ),
        ] = strawberry.UNSET,
        if_revision: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "Refuse with STALE, and write nothing, unless the first group still has this "
                    "revision."
                )
            ),
        ] = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupMoveProductsPayload | None:
        """Take products out of one group and put them into another."""
        to_group = decode(to_group_id)
        result, source = await change(
            info.context,
            Target(from_group_id, "fromGroupId"),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, source: memberships.move_products(
                runner, source, to_group, decode_all(product_ids), given(position)
            ),
        )
        return GroupMoveProductsPayload(
            result=result, source=source, target=_shown(to_group, source)
        )


def _shown(target: object, source: GroupRef | None) -> GroupRef | None:
    """The second group, where it is one of the first one's vendor and anything was read."""
    if isinstance(target, GroupRef) and source is not None and target.provider is source.provider:
        return target
    return None
