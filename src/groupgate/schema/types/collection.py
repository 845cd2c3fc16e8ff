"""The type `ProductCollection`, and the connection of collections."""

from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.paging import GroupsRequest, Page, PageRequest
from groupgate.domain.refs import CollectionRef
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.loaders.revisions import revision_of_collection
from groupgate.request import current_scope
from groupgate.schema.connections import After, First, LoadedPage, PageInfo, load_page
from groupgate.schema.context import (
    Info,
    Node,
    begin_loading,
    read_from,
    remembered_in,
    unset_to_none,
)
from groupgate.schema.ids import global_id_of
from groupgate.schema.types.group import GroupConnection, GroupSearch

if TYPE_CHECKING:
    from groupgate.schema.types.provider import Provider


@strawberry.type(
    description="A set of groups that belong together, for example the plans of one product line."
)
class ProductCollection(Node):
    """A set of groups that belong together."""

    entity: strawberry.Private[catalog.ProductCollection]

    native_id: str | None = read_from(
        "entity.ref.native_id",
        description=(
            "The id that the vendor uses for the collection, for support and logs. Null for an "
            "implicit collection."
        ),
    )

    @strawberry.field(
        description=(
            "An opaque fingerprint of the collection's fields, its list of groups and their order, "
            "and the revisions of these groups. It changes whenever one of these changes at the "
            "vendor, no matter who made the change. Pass it to `ifRevision`. Null if the call to "
            "the vendor fails."
        )
    )
    async def revision(self, info: Info) -> str | None:
        """The fingerprint, which requires reading all groups with all their products."""
        begin_loading(info)
        provider = self._provider(info)
        revision = await revision_of_collection(self.entity, provider, self._loaders(info))
        current_scope().require_all_rows(provider.key)
        return revision

    @strawberry.field(description="The vendor that the collection belongs to.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor that the collection belongs to."""
        return cast("Provider", info.context.to_graphql(self._provider(info)))

    is_implicit: bool = read_from(
        "entity.is_implicit",
        description=(
            "True if the vendor has no collections. The gateway then shows all groups of the "
            "vendor in one implicit collection, which cannot be changed."
        ),
    )

    name: str = read_from("entity.name", description="The name of the collection.")
    description: str = read_from(
        "entity.description", description="A free-text description. Empty if there is none."
    )
    created_at: datetime | None = read_from(
        "entity.created_at",
        description=(
            "The time when the collection was created. Null if the vendor does not report it."
        ),
    )
    updated_at: datetime | None = read_from(
        "entity.updated_at",
        description=(
            "The time when the collection was last changed. Null if the vendor does not report it."
        ),
    )

    @strawberry.field(
        description=(
            "The groups of the collection, in the vendor's order. Null if the call to the vendor "
            "fails."
        )
    )
    async def groups(
        self,
        info: Info,
        first: First = 20,
        after: After = strawberry.UNSET,
        status: Annotated[
            catalog.GroupStatus | None,
            strawberry.argument(description="Return only groups with this status."),
        ] = strawberry.UNSET,
        search: GroupSearch = strawberry.UNSET,
    ) -> GroupConnection | None:
        """A page of the groups of the collection."""
        text, wanted = unset_to_none(search) or None, unset_to_none(status)
        load = partial(_load_groups, self._loaders(info), self._ref, wanted, text)
        key = ("groups", self.global_id, wanted.value if wanted else "", *([text] if text else []))
        loaded = await load_page(info, key, first, after, load)
        return None if loaded is None else GroupConnection(loaded=loaded)

    @property
    def _ref(self) -> CollectionRef:
        return self.entity.ref

    def _provider(self, info: Info) -> port.Provider:
        return info.context.providers[self._ref.provider]

    def _loaders(self, info: Info) -> ProviderLoaders:
        return info.context.loaders.of(self._ref.provider)

    @property
    def global_id(self) -> str:
        """The id, which is encoded once."""
        return global_id_of(self.entity)


def _load_groups(
    loaders: ProviderLoaders,
    collection: CollectionRef,
    status: catalog.GroupStatus | None,
    search: str | None,
    page: PageRequest,
) -> Awaitable[Page[catalog.Group] | None]:
    request = GroupsRequest(collection=collection, page=page, status=status, search=search)
    return loaders.group_pages.load(request)


@strawberry.type(description="A collection in a list, with its cursor.")
class ProductCollectionEdge:
    """A collection in a list, with its cursor."""

    cursor: str = strawberry.field(
        description="The cursor of this item. Pass it to `after` to continue after this item."
    )
    node: ProductCollection = strawberry.field(description="The collection.")


@strawberry.type(description="A page of collections.")
class ProductCollectionConnection:
    """A page of collections."""

    loaded: strawberry.Private[LoadedPage[catalog.ProductCollection]]

    @strawberry.field(description="The collections of this page, with their cursors.")
    def edges(self) -> list[ProductCollectionEdge]:
        """Each item with its cursor."""
        return [
            ProductCollectionEdge(cursor=cursor, node=ProductCollection(entity=item))
            for cursor, item in self.loaded.items_by_cursor
        ]

    @strawberry.field(description="Cursors and flags for paging.")
    def page_info(self) -> PageInfo:
        """The page as such."""
        return PageInfo(loaded=self.loaded)

    @strawberry.field(
        description=(
            "The number of collections on all pages. Null if the vendor does not report it."
        )
    )
    def total_count(self) -> int | None:
        """The total of the page."""
        return self.loaded.page.total

    @strawberry.field(description="The collections of this page.")
    @remembered_in("loaded.page.memo")
    def nodes(self) -> list[ProductCollection]:
        """The items without their cursors."""
        return [ProductCollection(entity=item) for item in self.loaded.page.items]
