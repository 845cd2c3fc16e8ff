"""Group, its membership edges, and the page of groups."""

from collections.abc import Awaitable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.paging import MembershipsRequest, Page, PageRequest
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.loaders.revisions import revision_of_group
from groupgate.schema.arguments import After, First, given
from groupgate.schema.connections import LoadedPage, PageInfo, load_page
from groupgate.schema.context import Info
from groupgate.schema.ids import decode_id_of, encode_id
from groupgate.schema.types.node import Node
from groupgate.schema.types.product import Product

if TYPE_CHECKING:
    from groupgate.schema.types.collection import ProductCollection
    from groupgate.schema.types.provider import Provider


@strawberry.type(description="A product's membership of one group.")
class GroupProductEdge:
    """A product's membership of one group."""

    cursor: str = strawberry.field(description="Where to continue after.")
    node: Product = strawberry.field(description="The product.")
    status: catalog.GroupProductStatus = strawberry.field(
        description=(
            "Whether it is offered in this group. ACTIVE where the vendor does not distinguish."
        )
    )


@strawberry.type(description="A page of the products of one group.")
class GroupProductConnection:
    """A page of the products of one group."""

    edges: list[GroupProductEdge] = strawberry.field(
        description="The page with cursors and with what is true of a product in this group only."
    )

    @strawberry.field(description="The page without cursors.")
    def nodes(self) -> list[Product]:
        """The same products as in the edges."""
        return [edge.node for edge in self.edges]

    page_info: PageInfo = strawberry.field(description="Where the page ends.")
    total_count: int | None = strawberry.field(
        description="How many there are in all, if the vendor tells."
    )

    @classmethod
    def of(cls, loaded: LoadedPage[catalog.Membership]) -> "GroupProductConnection":
        """Show a page of memberships of the domain."""
        return cls(
            edges=[
                GroupProductEdge(cursor=at, node=Product.of(item.product), status=item.status)
                for at, item in loaded.rows
            ],
            page_info=PageInfo(loaded=loaded),
            total_count=loaded.page.total,
        )


@strawberry.type(description="Products that belong together at one vendor.")
class Group(Node):
    """Products that belong together at one vendor."""

    entity: strawberry.Private[catalog.Group]

    native_id: str = strawberry.field(
        description="The vendor's own id or code, for support and logs. Codes are case sensitive."
    )

    @strawberry.field(
        description=(
            "Changes whenever name, status, membership or order change at the vendor, whoever "
            "changed them. Opaque; hand it to `ifRevision`. Null if the vendor could not be asked."
        )
    )
    async def revision(self, info: Info) -> str | None:
        """A fingerprint; it takes all members of the group to make it."""
        return await revision_of_group(self.entity, self._provider(info), self._loaders(info))

    @strawberry.field(description="The vendor it lives at.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor it lives at."""
        return cast("Provider", info.context.to_graphql(self._provider(info)))

    @strawberry.field(
        description="The collection it is in; the implicit one where the vendor has none."
    )
    async def collection(
        self, info: Info
    ) -> (
        Annotated["ProductCollection", strawberry.lazy("groupgate.schema.types.collection")] | None
    ):
        """The collection it is in."""
        found = await self._loaders(info).collections.load(self._ref.collection)
        if found is None:
            return None
        return cast("ProductCollection", info.context.to_graphql(found))

    name: str | None = strawberry.field(
        description="Name for people. Null only where the vendor has GROUP_UNNAMED."
    )
    status: catalog.GroupStatus = strawberry.field(description="Whether it is in use.")
    access: catalog.GroupAccess | None = strawberry.field(
        description="Who may buy from it. Null where the vendor has no GROUP_ACCESS."
    )
    description: str | None = strawberry.field(
        description="Free text. Null where the vendor has no GROUP_DESCRIPTION."
    )
    template_name: str | None = strawberry.field(
        description=(
            "Name of the shopping cart template. Null where the vendor has no GROUP_TEMPLATE."
        )
    )
    created_at: datetime | None = strawberry.field(
        description="When it was made, if the vendor tells."
    )
    updated_at: datetime | None = strawberry.field(
        description="When it was last changed, if the vendor tells."
    )

    @strawberry.field(
        description=(
            "Its products. In the order set by `groupReorderProducts` where the vendor has "
            "GROUP_REORDER_PRODUCTS, else in an order of the vendor's own which is not promised "
            "to stay the same between pages. Null if the vendor could not be asked."
        )
    )
    async def products(
        self, info: Info, first: First = 20, after: After = strawberry.UNSET
    ) -> GroupProductConnection | None:
        """A page of its products."""
        pages = self._loaders(info).membership_pages

        def load(page: PageRequest) -> Awaitable[Page[catalog.Membership] | None]:
            return pages.load(MembershipsRequest(group=self._ref, page=page))

        loaded = await load_page(("products", self.id), first, given(after), load)
        return None if loaded is None else GroupProductConnection.of(loaded)

    @strawberry.field(
        description="Whether this product is in this group. Null if the vendor could not be asked."
    )
    async def has_product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The product.")],
    ) -> bool | None:
        """Ask the cheapest place that tells."""
        product = decode_id_of(ProductRef, id)
        if product.provider is not self._ref.provider:
            return False
        return await self._loaders(info).contains.load((self._ref, product)) or False

    @property
    def _ref(self) -> GroupRef:
        return self.entity.ref

    def _provider(self, info: Info) -> port.Provider:
        return info.context.providers[self._ref.provider]

    def _loaders(self, info: Info) -> ProviderLoaders:
        return info.context.loaders.of(self._ref.provider)

    @classmethod
    def of(cls, entity: catalog.Group) -> "Group":
        """Show a group of the domain."""
        return cls(
            entity=entity,
            id=strawberry.ID(encode_id(entity.ref)),
            native_id=entity.ref.native_id,
            name=entity.name,
            status=entity.status,
            access=entity.access,
            description=entity.description,
            template_name=entity.template_name,
            created_at=entity.created_at,
            updated_at=entity.updated_at,
        )


@strawberry.type(description="A group and its place in the list.")
class GroupEdge:
    """A group and its place in the list."""

    cursor: str = strawberry.field(description="Where to continue after.")
    node: Group = strawberry.field(description="The group.")


@strawberry.type(description="A page of groups.")
class GroupConnection:
    """A page of groups."""

    edges: list[GroupEdge] = strawberry.field(description="The page with cursors.")

    @strawberry.field(description="The page without cursors.")
    def nodes(self) -> list[Group]:
        """The same groups as in the edges."""
        return [edge.node for edge in self.edges]

    page_info: PageInfo = strawberry.field(description="Where the page ends.")
    total_count: int | None = strawberry.field(
        description="How many there are in all, if the vendor tells."
    )

    @classmethod
    def of(cls, loaded: LoadedPage[catalog.Group]) -> "GroupConnection":
        """Show a page of groups of the domain."""
        return cls(
            edges=[GroupEdge(cursor=at, node=Group.of(item)) for at, item in loaded.rows],
            page_info=PageInfo(loaded=loaded),
            total_count=loaded.page.total,
        )
