"""Mutations of which products a group holds and in what order, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import memberships
from groupgate.commands.runner import MutationResult
from groupgate.domain.refs import GroupRef
from groupgate.schema.arguments import given
from groupgate.schema.context import Info
from groupgate.schema.inputs import GroupProductInput
from groupgate.schema.mutations.arguments import DryRun, GroupId, IfRevision, OwnProductIds
from groupgate.schema.mutations.payload import GroupPayload, format_user_errors
from groupgate.schema.mutations.running import Target, Terms, change, decode, decode_all
from groupgate.schema.user_errors import UserError


@strawberry.type(description="Outcome of `groupReorderProducts`.")
class GroupReorderProductsPayload(GroupPayload):
    """Outcome of `groupReorderProducts`."""


@strawberry.type(description="Outcome of `groupAssignProducts`.")
class GroupAssignProductsPayload(GroupPayload):
    """Outcome of `groupAssignProducts`."""

    asked: strawberry.Private[Sequence[strawberry.ID]]

    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why some were not assigned; empty on success."
    )

    @strawberry.field(description="Ids of the products that are in the group now, as asked.")
    def assigned_product_ids(self) -> list[strawberry.ID]:
        """Ids of the products that are in the group now, as asked."""
        return _stand_as_asked(self.asked, self.result)


@strawberry.type(description="Outcome of `groupUnassignProducts`.")
class GroupUnassignProductsPayload(GroupPayload):
    """Outcome of `groupUnassignProducts`."""

    asked: strawberry.Private[Sequence[strawberry.ID]]

    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why some were not unassigned; empty on success."
    )

    @strawberry.field(description="Ids of the products that are not in the group now, as asked.")
    def unassigned_product_ids(self) -> list[strawberry.ID]:
        """Ids of the products that are not in the group now, as asked."""
        return _stand_as_asked(self.asked, self.result)


@strawberry.type(description="Outcome of `groupSetProducts`.")
class GroupSetProductsPayload(GroupPayload):
    """Outcome of `groupSetProducts`."""


@strawberry.type(description="Outcome of `groupProductUpdate`.")
class GroupProductUpdatePayload(GroupPayload):
    """Outcome of `groupProductUpdate`."""


def _stand_as_asked(asked: Sequence[strawberry.ID], result: MutationResult) -> list[strawberry.ID]:
    """The products that stand as asked, once anything was written for any of them."""
    if not result.was_executed:
        return []
    return [text for text in asked if decode(text) not in result.unconfirmed_products]


@strawberry.type
class MembershipMutations:
    """Mutations of which products a group holds and in what order."""

    @strawberry.field(
        description="Put the products of a group in order. Needs GROUP_REORDER_PRODUCTS."
    )
    async def group_reorder_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description="Every product of the group, once each, in the order wanted."
            ),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupReorderProductsPayload | None:
        """Put the products of a group in order."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: memberships.reorder_products(runner, ref, decode_all(product_ids)),
        )
        return GroupReorderProductsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Add products to a group. Products already in it are left where they are. What "
            "becomes of products in other groups is told by PRODUCT_IN_MANY_GROUPS (they stay "
            "there as well), GROUP_ASSIGN_MOVES (they leave it), or neither (refused). Needs "
            "GROUP_ASSIGN_PRODUCTS."
        )
    )
    async def group_assign_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: OwnProductIds,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupAssignProductsPayload | None:
        """Add products to a group."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: memberships.assign_products(runner, ref, decode_all(product_ids)),
        )
        return GroupAssignProductsPayload(result=result, ref=ref, asked=product_ids)

    @strawberry.field(
        description=(
            "Take products out of a group. Products not in it are ignored. At 2Checkout they fall "
            "back to its general group. Needs GROUP_UNASSIGN_PRODUCTS."
        )
    )
    async def group_unassign_products(
        self,
        info: Info,
        id: GroupId,
        product_ids: OwnProductIds,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupUnassignProductsPayload | None:
        """Take products out of a group."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: memberships.unassign_products(runner, ref, decode_all(product_ids)),
        )
        return GroupUnassignProductsPayload(result=result, ref=ref, asked=product_ids)

    @strawberry.field(
        description=(
            "The group holds exactly these products, in this order where the vendor orders. The "
            "gateway works out what to add, remove and reorder. Needs GROUP_SET_PRODUCTS."
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
                    "All products it is to hold, at most 1,000, of which at most 100 are added or "
                    "removed."
                )
            ),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupSetProductsPayload | None:
        """The group holds exactly these products."""
        result, ref = await change(
            info.context,
            Target(id),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: memberships.set_products(runner, ref, decode_all(product_ids)),
        )
        return GroupSetProductsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Change what is true of a product in one group only. Needs GROUP_PRODUCT_UPDATE."
        )
    )
    async def group_product_update(  # noqa: PLR0913, PLR0917 # as the contract has it
        self,
        info: Info,
        group_id: Annotated[strawberry.ID, strawberry.argument(description="The group.")],
        product_id: Annotated[strawberry.ID, strawberry.argument(description="The product.")],
        input: Annotated[
            GroupProductInput,
            strawberry.argument(description="What is to be true of it there."),
        ],
        if_revision: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "Refuse with STALE, and write nothing, unless the group still has this "
                    "revision."
                )
            ),
        ] = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> GroupProductUpdatePayload | None:
        """Change what is true of a product in one group only."""
        result, ref = await change(
            info.context,
            Target(group_id, "groupId"),
            GroupRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: memberships.update_membership(
                runner, ref, decode(product_id), input.wanted_status()
            ),
        )
        return GroupProductUpdatePayload(result=result, ref=ref)
