"""ProductCollection, and the page of collections."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.paging import GroupsRequest, Page, PageRequest
from groupgate.domain.refs import CollectionRef
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.loaders.revisions import revision_of_collection
from groupgate.schema.arguments import After, First, given
from groupgate.schema.connections import LoadedPage, PageInfo, load_page
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.types.group import GroupConnection
from groupgate.schema.types.node import Node

if TYPE_CHECKING:
    from groupgate.schema.types.provider import Provider


@strawberry.type(
    description=(
        "A set of groups which belong together, for example the plans of one product line."
    )
)
class ProductCollection(Node):
    """A set of groups which belong together."""

    entity: strawberry.Private[catalog.ProductCollection]

    native_id: str | None = strawberry.field(
        description=("The vendor's own id, for support and logs. Null for an implicit collection.")
    )

    @strawberry.field(
        description=(
            "Changes whenever name, status, membership or order change at the vendor, whoever "
            "changed them. Opaque; hand it to `ifRevision`. Null if the vendor could not be asked."
        )
    )
    async def revision(self, info: Info) -> str | None:
        """A fingerprint; it takes all groups with all members to make it."""
        return await revision_of_collection(self.entity, self._provider(info), self._loaders(info))

    @strawberry.field(description="The vendor it lives at.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor it lives at."""
        return cast("Provider", info.context.to_graphql(self._provider(info)))

    is_implicit: bool = strawberry.field(
        description=(
            "True where the vendor has no collections and the gateway presents all its groups as "
            "one. Such a collection cannot be changed."
        )
    )
    name: str = strawberry.field(description="Name for people.")
    description: str = strawberry.field(description="Free text; empty if there is none.")
    created_at: datetime | None = strawberry.field(
        description="When it was made, if the vendor tells."
    )
    updated_at: datetime | None = strawberry.field(
        description="When it was last changed, if the vendor tells."
    )

    @strawberry.field(
        description="Its groups, in the vendor's order. Null if the vendor could not be asked."
    )
    async def groups(
        self,
        info: Info,
        first: First = 20,
        after: After = strawberry.UNSET,
        status: Annotated[
            catalog.GroupStatus | None,
            strawberry.argument(description="Only groups of this status."),
        ] = strawberry.UNSET,
    ) -> GroupConnection | None:
        """A page of its groups."""
        pages = self._loaders(info).group_pages
        wanted = given(status)

        def load(page: PageRequest) -> Awaitable[Page[catalog.Group] | None]:
            return pages.load(GroupsRequest(collection=self._ref, page=page, status=wanted))

        words = ("groups", self.id, wanted.value if wanted else "")
        loaded = await load_page(words, first, given(after), load)
        return None if loaded is None else GroupConnection.of(loaded)

    @property
    def _ref(self) -> CollectionRef:
        return self.entity.ref

    def _provider(self, info: Info) -> port.Provider:
        return info.context.providers[self._ref.provider]

    def _loaders(self, info: Info) -> ProviderLoaders:
        return info.context.loaders.of(self._ref.provider)

    @classmethod
    def of(cls, entity: catalog.ProductCollection) -> "ProductCollection":
        """Show a collection of the domain."""
        return cls(
            entity=entity,
            id=strawberry.ID(encode_id(entity.ref)),
            native_id=entity.ref.native_id,
            is_implicit=entity.ref.native_id is None,
            name=entity.name,
            description=entity.description,
            created_at=entity.created_at,
            updated_at=entity.updated_at,
        )


@strawberry.type(description="A collection and its place in the list.")
class ProductCollectionEdge:
    """A collection and its place in the list."""

    cursor: str = strawberry.field(description="Where to continue after.")
    node: ProductCollection = strawberry.field(description="The collection.")


@strawberry.type(description="A page of collections.")
class ProductCollectionConnection:
    """A page of collections."""

    edges: list[ProductCollectionEdge] = strawberry.field(description="The page with cursors.")

    @strawberry.field(description="The page without cursors.")
    def nodes(self) -> list[ProductCollection]:
        """The same collections as in the edges."""
        return [edge.node for edge in self.edges]

    page_info: PageInfo = strawberry.field(description="Where the page ends.")
    total_count: int | None = strawberry.field(
        description="How many there are in all, if the vendor tells."
    )

    @classmethod
    def of(cls, loaded: LoadedPage[catalog.ProductCollection]) -> "ProductCollectionConnection":
        """Show a page of collections of the domain."""
        return cls(
            edges=[
                ProductCollectionEdge(cursor=at, node=ProductCollection.of(item))
                for at, item in loaded.rows
            ],
            page_info=PageInfo(loaded=loaded),
            total_count=loaded.page.total,
        )
