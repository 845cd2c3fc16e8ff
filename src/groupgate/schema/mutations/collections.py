"""The mutations that create, change, archive and order collections, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import collections
from groupgate.commands.runner import MutationResult
from groupgate.domain.changes import GroupChange
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.schema.context import Info, unset_to_none
from groupgate.schema.ids import encode_id
from groupgate.schema.inputs import AccountName, GroupInput, ProductCollectionInput
from groupgate.schema.mutations.base import (
    PLAN,
    REFUSED,
    CollectionId,
    CollectionPayload,
    DryRun,
    IdArgument,
    IfRevision,
    Moves,
    PlannedCall,
    RunOptions,
    decode_input_ids,
    decode_input_order,
    load_collection,
    resolve_plan,
    resolve_user_errors,
    run_for_object,
    run_for_provider,
)
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.user_errors import UserError


@strawberry.type(description="The result of `productCollectionUpdate`.")
class ProductCollectionUpdatePayload(CollectionPayload):
    """The result of `productCollectionUpdate`."""


@strawberry.type(description="The result of `productCollectionReorderGroups`.")
class ProductCollectionReorderGroupsPayload(CollectionPayload):
    """The result of `productCollectionReorderGroups`."""


@strawberry.type(description="The result of `productCollectionArchive`.")
class ProductCollectionArchivePayload(CollectionPayload):
    """The result of `productCollectionArchive`."""


@strawberry.type(description="The result of `productCollectionUnarchive`.")
class ProductCollectionUnarchivePayload(CollectionPayload):
    """The result of `productCollectionUnarchive`."""

    @strawberry.field(
        description="The ids of the products that were not restored with the collection. If the "
        "vendor's response cannot be read, the list is empty and `extensions.unreadable` says so."
    )
    def excluded_product_ids(self) -> list[strawberry.ID]:
        """The ids of the products that were not restored with the collection."""
        return [strawberry.ID(encode_id(ref)) for ref in self.result.result.excluded]


async def _resolve_new_collection(
    root: "ProductCollectionCreatePayload", info: Info
) -> ProductCollection | None:
    return await load_collection(info, root.result.result.collection)


@strawberry.type(description="The result of `productCollectionCreate`.")
class ProductCollectionCreatePayload:
    """The result of `productCollectionCreate`."""

    result: strawberry.Private[MutationResult]

    product_collection: ProductCollection | None = strawberry.field(
        resolver=_resolve_new_collection,
        description="The new collection. Null if no collection was created.",
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors, description=REFUSED
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


@strawberry.type
class CollectionMutations:
    """The mutations that create, change, archive and order collections."""

    @strawberry.field(
        description=(
            "Change the name or the description of a collection. Requires the capability "
            "PRODUCT_COLLECTION_UPDATE."
        )
    )
    async def product_collection_update(
        self,
        info: Info,
        id: CollectionId,
        input: Annotated[
            ProductCollectionInput,
            strawberry.argument(description="The fields to change."),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionUpdatePayload | None:
        """Change the name or the description of a collection."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            CollectionRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: collections.update_collection(runner, ref, input.to_change()),
        )
        return ProductCollectionUpdatePayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Set the order of the groups in a collection, either with the list of all groups or "
            "with moves. Requires the capability PRODUCT_COLLECTION_REORDER_GROUPS."
        )
    )
    async def product_collection_reorder_groups(  # noqa: PLR0913, PLR0917 # the arguments of the mutation
        self,
        info: Info,
        id: CollectionId,
        group_ids: Annotated[
            Sequence[strawberry.ID] | None,
            strawberry.argument(
                description=(
                    "The ids of all groups of the collection, each exactly once, in the new order. "
                    "Exactly one of `groupIds` and `moves` is required."
                )
            ),
        ] = strawberry.UNSET,
        moves: Moves = strawberry.UNSET,
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionReorderGroupsPayload | None:
        """Set the order of the groups in a collection."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            CollectionRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            lambda runner, ref: collections.reorder_groups(
                runner, ref, *decode_input_order(info.context, group_ids, moves)
            ),
        )
        return ProductCollectionReorderGroupsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Create a collection with one group. Requires the capability "
            "PRODUCT_COLLECTION_CREATE. A collection at Dodo Payments must contain a product, so "
            "`productIds` must not be empty there."
        )
    )
    async def product_collection_create(  # noqa: PLR0913, PLR0917 # the arguments of the mutation
        self,
        info: Info,
        provider: Annotated[
            ProviderKey,
            strawberry.argument(description="The vendor at which to create the collection."),
        ],
        input: Annotated[
            ProductCollectionInput,
            strawberry.argument(description="The fields of the new collection."),
        ],
        group: Annotated[
            GroupInput | None,
            strawberry.argument(description="The fields of the first group."),
        ] = strawberry.UNSET,
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description="The ids of the products of the first group, at most 100."
            ),
        ] = (),
        account: AccountName = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionCreatePayload | None:
        """Create a collection with one group."""
        first = unset_to_none(group)
        result = await run_for_provider(
            info,
            provider,
            account,
            RunOptions(dry_run=dry_run, nulls=first.invalid_nulls("group") if first else ()),
            lambda runner: collections.create_collection(
                runner,
                input.to_change(),
                first.to_change() if first else GroupChange(),
                decode_input_ids(info.context, product_ids),
            ),
        )
        return ProductCollectionCreatePayload(result=result)

    @strawberry.field(
        description=(
            "Archive a collection. `productCollectionUnarchive` can restore it. Requires the "
            "capability PRODUCT_COLLECTION_ARCHIVE."
        )
    )
    async def product_collection_archive(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the collection to archive.")
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionArchivePayload | None:
        """Archive a collection."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            CollectionRef,
            RunOptions(dry_run=dry_run, if_revision=if_revision),
            collections.archive_collection,
        )
        return ProductCollectionArchivePayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Restore an archived collection. Requires the capability PRODUCT_COLLECTION_UNARCHIVE."
        )
    )
    async def product_collection_unarchive(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The id of the collection to restore.")
        ],
        dry_run: DryRun = False,
    ) -> ProductCollectionUnarchivePayload | None:
        """Restore an archived collection."""
        result, ref = await run_for_object(
            info,
            IdArgument(id),
            CollectionRef,
            RunOptions(dry_run=dry_run),
            collections.unarchive_collection,
        )
        return ProductCollectionUnarchivePayload(result=result, ref=ref)
