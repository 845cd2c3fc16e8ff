"""The mutations that create, change and delete groups, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import groups
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import CollectionRef, GroupRef
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.inputs import GroupInput
from groupgate.schema.mutations.base import (
    PLAN,
    DryRun,
    GroupId,
    GroupPayload,
    IdArgument,
    IfRevision,
    PlannedCall,
    RunOptions,
    decode_input_ids,
    load_group,
    resolve_plan,
    resolve_user_errors,
    run_for_object,
)
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError


async def _resolve_new_group(root: "GroupCreatePayload", info: Info) -> Group | None:
    return await load_group(info, root.result.result.group)


@strawberry.type(description="The result of `groupCreate`.")
class GroupCreatePayload:
    """The result of `groupCreate`, which can contain both a group and user errors."""

    result: strawberry.Private[MutationResult]

    group: Group | None = strawberry.field(
        resolver=_resolve_new_group,
        description="The new group. Null if no group was created.",
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors,
        description=(
            "The reasons why the group was not created, or was created only in part. Empty on "
            "success."
        ),
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


@strawberry.type(description="The result of `groupUpdate`.")
class GroupUpdatePayload(GroupPayload):
    """The result of `groupUpdate`."""


def _resolve_deleted_id(root: "GroupDeletePayload") -> strawberry.ID | None:
    is_deleted = root.result.was_executed and not root.result.refusals
    return strawberry.ID(encode_id(root.ref)) if is_deleted and root.ref else None


@strawberry.type(description="The result of `groupDelete`.")
class GroupDeletePayload:
    """The result of `groupDelete`."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[GroupRef | None]

    deleted_group_id: strawberry.ID | None = strawberry.field(
        resolver=_resolve_deleted_id,
        description="The id of the deleted group. Null if the group was not deleted.",
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors,
        description="The reasons why the group was not deleted. Empty on success.",
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


@strawberry.type
class GroupMutations:
    """The mutations that create, change and delete groups."""

    @strawberry.field(description="Create a group. Requires the capability GROUP_CREATE.")
    async def group_create(
        self,
        info: Info,
        collection_id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description=(
                    "The id of the collection in which to create the group. It may be an implicit "
                    "collection."
                )
            ),
        ],
        input: Annotated[
            GroupInput, strawberry.argument(description="The fields of the new group.")
        ],
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description="The ids of the products of the new group, at most 100."
            ),
        ] = (),
        dry_run: DryRun = False,
    ) -> GroupCreatePayload | None:
        """Create a group."""
        result, _ = await run_for_object(
            info,
            IdArgument(collection_id, "collectionId"),
            CollectionRef,
            RunOptions(dry_run=dry_run, nulls=input.invalid_nulls("input")),
            lambda runner, ref: groups.create_group(
                runner, ref, input.to_change(), decode_input_ids(info.context, product_ids)
            ),
        )
        return GroupCreatePayload(result=result)

    @strawberry.field(
        description=(
            "Change the fields of a group. Omitted fields keep their values. Null removes the "
            "value of a field that may be empty. Requires the capability GROUP_UPDATE."
        )
    )
    async def group_update(
        self,
        info: Info,
        id: GroupId,
        input: Annotated[GroupInput, strawberry.argument(description="The fields to change.")],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupUpdatePayload | None:
        """Change the fields of a group."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(
                dry_run=dry_run, if_revision=if_revision, nulls=input.invalid_nulls("input")
            ),
            lambda runner, ref: groups.update_group(runner, ref, input.to_change()),
        )
        return GroupUpdatePayload(result=result, ref=ref)

    @strawberry.field(
        description="Delete a group, but not its products. Requires the capability GROUP_DELETE."
    )
    async def group_delete(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the group to delete.")
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupDeletePayload | None:
        """Delete a group, but not its products."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            GroupRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            groups.delete_group,
        )
        return GroupDeletePayload(result=result, ref=ref)
