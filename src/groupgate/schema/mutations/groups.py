"""Mutations that make, change and delete groups, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import groups
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import CollectionRef, GroupRef
from groupgate.schema.arguments import given
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.inputs import GroupInput
from groupgate.schema.mutations.arguments import DryRun, GroupId, IfRevision
from groupgate.schema.mutations.payload import (
    PLAN,
    GroupPayload,
    PlannedCall,
    format_plan,
    format_user_errors,
    load_group,
)
from groupgate.schema.mutations.running import Target, Terms, change, decode_all
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError


async def _new_group(root: "GroupCreatePayload", info: Info) -> Group | None:
    return await load_group(info, root.result.result.group)


@strawberry.type(description="Outcome of `groupCreate`.")
class GroupCreatePayload:
    """Outcome of `groupCreate`; a group can be made although not all of it could be."""

    result: strawberry.Private[MutationResult]

    group: Group | None = strawberry.field(resolver=_new_group, description="The new group.")
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was made; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)


@strawberry.type(description="Outcome of `groupUpdate`.")
class GroupUpdatePayload(GroupPayload):
    """Outcome of `groupUpdate`."""


def _deleted(root: "GroupDeletePayload") -> strawberry.ID | None:
    is_gone = root.result.was_executed and not root.result.refusals
    return strawberry.ID(encode_id(root.ref)) if is_gone and root.ref else None


@strawberry.type(description="Outcome of `groupDelete`.")
class GroupDeletePayload:
    """Outcome of `groupDelete`."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[GroupRef | None]

    deleted_group_id: strawberry.ID | None = strawberry.field(
        resolver=_deleted, description="Id of the group that is gone."
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was deleted; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)


@strawberry.type
class GroupMutations:
    """Mutations that make, change and delete groups."""

    @strawberry.field(description="Make a group. Needs GROUP_CREATE.")
    async def group_create(
        self,
        info: Info,
        collection_id: Annotated[
            strawberry.ID,
            strawberry.argument(description="Where to make it; an implicit collection is fine."),
        ],
        input: Annotated[GroupInput, strawberry.argument(description="What is to be true of it.")],
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(description="Products to begin with, at most 100."),
        ] = (),
        dry_run: DryRun = False,
    ) -> GroupCreatePayload | None:
        """Make a group."""
        result, _ = await change(
            info.context,
            Target(collection_id, "collectionId"),
            CollectionRef,
            Terms(dry_run=dry_run, nulls=input.nulls("input")),
            lambda runner, ref: groups.create_group(
                runner, ref, input.change(), decode_all(product_ids)
            ),
        )
        return GroupCreatePayload(result=result)

    @strawberry.field(
        description=(
            "Change a group. Fields left out stay as they are; `null` clears a field that can be "
            "cleared. Needs GROUP_UPDATE."
        )
    )
    async def group_update(
        self,
        info: Info,
        id: GroupId,
        input: Annotated[GroupInput, strawberry.argument(description="What is to be true of it.")],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupUpdatePayload | None:
        """Change a group."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision), nulls=input.nulls("input")),
            lambda runner, ref: groups.update_group(runner, ref, input.change()),
        )
        return GroupUpdatePayload(result=result, ref=ref)

    @strawberry.field(description="Delete a group; its products stay. Needs GROUP_DELETE.")
    async def group_delete(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The group to delete.")],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupDeletePayload | None:
        """Delete a group; its products stay."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            groups.delete_group,
        )
        return GroupDeletePayload(result=result, ref=ref)
