"""Mutations that make, change, archive and order collections, with their payloads."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from groupgate.commands import collections
from groupgate.commands.runner import MutationResult
from groupgate.domain.changes import GroupChange
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.schema.arguments import given
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.inputs import GroupInput, ProductCollectionInput
from groupgate.schema.mutations.arguments import CollectionId, DryRun, IfRevision
from groupgate.schema.mutations.payload import (
    PLAN,
    CollectionPayload,
    PlannedCall,
    format_plan,
    format_user_errors,
    load_collection,
)
from groupgate.schema.mutations.running import Target, Terms, change, create, decode_all
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.user_errors import UserError


@strawberry.type(description="Outcome of `productCollectionUpdate`.")
class ProductCollectionUpdatePayload(CollectionPayload):
    """Outcome of `productCollectionUpdate`."""


@strawberry.type(description="Outcome of `productCollectionReorderGroups`.")
class ProductCollectionReorderGroupsPayload(CollectionPayload):
    """Outcome of `productCollectionReorderGroups`."""


@strawberry.type(description="Outcome of `productCollectionArchive`.")
class ProductCollectionArchivePayload(CollectionPayload):
    """Outcome of `productCollectionArchive`."""


@strawberry.type(description="Outcome of `productCollectionUnarchive`.")
class ProductCollectionUnarchivePayload(CollectionPayload):
    """Outcome of `productCollectionUnarchive`."""

    @strawberry.field(description="Ids of the products that did not come back with it.")
    def excluded_product_ids(self) -> list[strawberry.ID]:
        """Ids of the products that did not come back with it."""
        return [strawberry.ID(encode_id(ref)) for ref in self.result.result.excluded]


async def _new_collection(
    root: "ProductCollectionCreatePayload", info: Info
) -> ProductCollection | None:
    return await load_collection(info, root.result.result.collection)


@strawberry.type(description="Outcome of `productCollectionCreate`.")
class ProductCollectionCreatePayload:
    """Outcome of `productCollectionCreate`."""

    result: strawberry.Private[MutationResult]

    product_collection: ProductCollection | None = strawberry.field(
        resolver=_new_collection, description="The new collection."
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was changed; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)


@strawberry.type
class CollectionMutations:
    """Mutations that make, change, archive and order collections."""

    @strawberry.field(
        description=("Change name or description of a collection. Needs PRODUCT_COLLECTION_UPDATE.")
    )
    async def product_collection_update(
        self,
        info: Info,
        id: CollectionId,
        input: Annotated[
            ProductCollectionInput,
            strawberry.argument(description="What is to be true of it."),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionUpdatePayload | None:
        """Change name or description of a collection."""
        result, ref = await change(
            info.context,
            Target(id),
            CollectionRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: collections.update_collection(runner, ref, input.change()),
        )
        return ProductCollectionUpdatePayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Put the groups of a collection in order. Needs PRODUCT_COLLECTION_REORDER_GROUPS."
        )
    )
    async def product_collection_reorder_groups(
        self,
        info: Info,
        id: CollectionId,
        group_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(
                description="Every group of the collection, once each, in the order wanted."
            ),
        ],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionReorderGroupsPayload | None:
        """Put the groups of a collection in order."""
        result, ref = await change(
            info.context,
            Target(id),
            CollectionRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            lambda runner, ref: collections.reorder_groups(runner, ref, decode_all(group_ids)),
        )
        return ProductCollectionReorderGroupsPayload(result=result, ref=ref)

    @strawberry.field(
        description=(
            "Make a collection with one first group. Needs PRODUCT_COLLECTION_CREATE; Dodo keeps "
            "no collection without a product, so at least one product is asked for there."
        )
    )
    async def product_collection_create(  # noqa: PLR0913, PLR0917 # as the contract has it
        self,
        info: Info,
        provider: Annotated[
            ProviderKey, strawberry.argument(description="The vendor to make it at.")
        ],
        input: Annotated[
            ProductCollectionInput,
            strawberry.argument(description="What is to be true of it."),
        ],
        group: Annotated[
            GroupInput | None,
            strawberry.argument(description="What is to be true of its first group."),
        ] = strawberry.UNSET,
        product_ids: Annotated[
            Sequence[strawberry.ID],
            strawberry.argument(description="Products of its first group, at most 100."),
        ] = (),
        dry_run: DryRun = False,
    ) -> ProductCollectionCreatePayload | None:
        """Make a collection with one first group."""
        first = given(group)
        result = await create(
            info.context,
            provider,
            Terms(dry_run=dry_run, nulls=first.nulls("group") if first else ()),
            lambda runner: collections.create_collection(
                runner,
                input.change(),
                first.change() if first else GroupChange(),
                decode_all(product_ids),
            ),
        )
        return ProductCollectionCreatePayload(result=result)

    @strawberry.field(
        description=(
            "Take a collection out of use; it can be brought back. Needs "
            "PRODUCT_COLLECTION_ARCHIVE."
        )
    )
    async def product_collection_archive(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The collection to archive.")],
        if_revision: IfRevision = strawberry.UNSET,
        dry_run: DryRun = False,
    ) -> ProductCollectionArchivePayload | None:
        """Take a collection out of use."""
        result, ref = await change(
            info.context,
            Target(id),
            CollectionRef,
            Terms(dry_run=dry_run, if_revision=given(if_revision)),
            collections.archive_collection,
        )
        return ProductCollectionArchivePayload(result=result, ref=ref)

    @strawberry.field(
        description="Bring an archived collection back. Needs PRODUCT_COLLECTION_UNARCHIVE."
    )
    async def product_collection_unarchive(
        self,
        info: Info,
        id: Annotated[
            strawberry.ID, strawberry.argument(description="The collection to bring back.")
        ],
        dry_run: DryRun = False,
    ) -> ProductCollectionUnarchivePayload | None:
        """Bring an archived collection back."""
        result, ref = await change(
            info.context,
            Target(id),
            CollectionRef,
            Terms(dry_run=dry_run),
            collections.unarchive_collection,
        )
        return ProductCollectionUnarchivePayload(result=result, ref=ref)
