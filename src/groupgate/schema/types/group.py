"""The type `Group`, the connection of its products, and the connection of groups."""

from collections.abc import Awaitable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.paging import MembershipsRequest, Page, PageRequest
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.loaders.revisions import revision_of_group
from groupgate.request import current_scope
from groupgate.schema.connections import After, First, LoadedPage, PageInfo, load_page
from groupgate.schema.context import Info, Node, begin_loading, read_from, remembered_in
from groupgate.schema.ids import decode_id_of, global_id_of
from groupgate.schema.types.product import Product

if TYPE_CHECKING:
    from groupgate.schema.types.collection import ProductCollection
    from groupgate.schema.types.provider import Provider


GroupSearch = Annotated[
    str | None,
    strawberry.argument(
        description="Return only groups whose name contains this text. The search ignores case."
    ),
]


@strawberry.type(description="A product in a group, with its cursor and its status in the group.")
class GroupProductEdge:
    """A product in a group, with its cursor and its status in the group."""

    cursor: str = strawberry.field(
        description="The cursor of this item. Pass it to `after` to continue after this item."
    )
    node: Product = strawberry.field(description="The product.")
    status: catalog.GroupProductStatus = strawberry.field(
        description=(
            "The status of the product in this group. Always ACTIVE if the vendor has no status "
            "for products in groups."
        ),
    )


@strawberry.type(description="A page of the products of one group.")
class GroupProductConnection:
    """A page of the products of one group."""

    loaded: strawberry.Private[LoadedPage[catalog.Membership]]

    @strawberry.field(
        description="The products of this page, with their cursors and their status in this group."
    )
    def edges(self) -> list[GroupProductEdge]:
        """Each item with its cursor."""
        return [
            GroupProductEdge(cursor=cursor, node=Product(entity=item.product), status=item.status)
            for cursor, item in self.loaded.items_by_cursor
        ]

    @strawberry.field(description="Cursors and flags for paging.")
    def page_info(self) -> PageInfo:
        """The page as such."""
        return PageInfo(loaded=self.loaded)

    @strawberry.field(
        description="The number of products in the group. Null if the vendor does not report it."
    )
    def total_count(self) -> int | None:
        """The total of the page."""
        return self.loaded.page.total

    @strawberry.field(description="The products of this page.")
    @remembered_in("loaded.page.memo")
    def nodes(self) -> list[Product]:
        """The items without their cursors."""
        return [Product(entity=item.product) for item in self.loaded.page.items]


@strawberry.type(description="A set of products that belong together at one vendor.")
class Group(Node):
    """A set of products that belong together at one vendor."""

    entity: strawberry.Private[catalog.Group]

    native_id: str = read_from(
        "entity.ref.native_id",
        description=(
            "The id or code that the vendor uses for the group, for support and logs. Codes are "
            "case-sensitive."
        ),
    )

    @strawberry.field(
        description=(
            "An opaque fingerprint of the group's fields, its list of products and their order. It "
            "changes whenever one of these changes at the vendor, no matter who made the change. "
            "Pass it to `ifRevision`. Null if the call to the vendor fails."
        )
    )
    async def revision(self, info: Info) -> str | None:
        """The fingerprint, which requires reading all products of the group."""
        begin_loading(info)
        provider = self._provider(info)
        revision = await revision_of_group(self.entity, provider, self._loaders(info))
        current_scope().require_all_rows(provider.key)
        return revision

    @strawberry.field(description="The vendor that the group belongs to.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor that the group belongs to."""
        return cast("Provider", info.context.to_graphql(self._provider(info)))

    @strawberry.field(
        description=(
            "The collection that contains the group. If the vendor has no collections, this is the "
            "implicit collection."
        )
    )
    async def collection(
        self, info: Info
    ) -> (
        Annotated["ProductCollection", strawberry.lazy("groupgate.schema.types.collection")] | None
    ):
        """The collection that contains the group."""
        begin_loading(info)
        collection = await self._loaders(info).collections.load(self._ref.collection)
        if collection is None:
            return None
        return cast("ProductCollection", info.context.to_graphql(collection))

    name: str | None = read_from(
        "entity.name",
        description=(
            "The name of the group. Can be null only if the vendor has the capability "
            "GROUP_UNNAMED."
        ),
    )
    status: catalog.GroupStatus = read_from("entity.status", description="The status of the group.")
    access: catalog.GroupAccess | None = read_from(
        "entity.access",
        description=(
            "The access rule: who may buy from the group. Null if the vendor does not have the "
            "capability GROUP_ACCESS."
        ),
    )
    description: str | None = read_from(
        "entity.description",
        description=(
            "A free-text description. Null if the vendor does not have the capability "
            "GROUP_DESCRIPTION."
        ),
    )
    template_name: str | None = read_from(
        "entity.template_name",
        description=(
            "The name of the shopping cart template. Null if the vendor does not have the "
            "capability GROUP_TEMPLATE."
        ),
    )
    created_at: datetime | None = read_from(
        "entity.created_at",
        description="The time when the group was created. Null if the vendor does not report it.",
    )
    updated_at: datetime | None = read_from(
        "entity.updated_at",
        description=(
            "The time when the group was last changed. Null if the vendor does not report it."
        ),
    )

    @strawberry.field(
        description=(
            "The products of the group. If the vendor has the capability GROUP_REORDER_PRODUCTS, "
            "their order is the one set by `groupReorderProducts`. Otherwise the vendor chooses "
            "the order, which may change between pages. Null if the call to the vendor fails."
        )
    )
    async def products(
        self, info: Info, first: First = 20, after: After = strawberry.UNSET
    ) -> GroupProductConnection | None:
        """A page of the products of the group."""
        load = partial(_load_members, self._loaders(info), self._ref)
        loaded = await load_page(info, ("products", self.global_id), first, after, load)
        return None if loaded is None else GroupProductConnection(loaded=loaded)

    @strawberry.field(
        description="True if the product is in this group. Null if the call to the vendor fails."
    )
    async def has_product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the product.")],
    ) -> bool | None:
        """Call the vendor in the cheapest way that gives the answer."""
        product = info.context.resolve(decode_id_of(ProductRef, id))
        if product.provider != self._ref.provider:
            return False
        begin_loading(info)
        return await self._loaders(info).contains.load((self._ref, product)) or False

    @property
    def _ref(self) -> GroupRef:
        return self.entity.ref

    def _provider(self, info: Info) -> port.Provider:
        return info.context.providers[self._ref.provider]

    def _loaders(self, info: Info) -> ProviderLoaders:
        return info.context.loaders.of(self._ref.provider)

    @property
    def global_id(self) -> str:
        """The id, which is encoded once."""
        return global_id_of(self.entity)


def _load_members(
    loaders: ProviderLoaders, group: GroupRef, page: PageRequest
) -> Awaitable[Page[catalog.Membership] | None]:
    return loaders.membership_pages.load(MembershipsRequest(group=group, page=page))


@strawberry.type(description="A group in a list, with its cursor.")
class GroupEdge:
    """A group in a list, with its cursor."""

    cursor: str = strawberry.field(
        description="The cursor of this item. Pass it to `after` to continue after this item."
    )
    node: Group = strawberry.field(description="The group.")


@strawberry.type(description="A page of groups.")
class GroupConnection:
    """A page of groups."""

    loaded: strawberry.Private[LoadedPage[catalog.Group]]

    @strawberry.field(description="The groups of this page, with their cursors.")
    def edges(self) -> list[GroupEdge]:
        """Each item with its cursor."""
        return [
            GroupEdge(cursor=cursor, node=Group(entity=item))
            for cursor, item in self.loaded.items_by_cursor
        ]

    @strawberry.field(description="Cursors and flags for paging.")
    def page_info(self) -> PageInfo:
        """The page as such."""
        return PageInfo(loaded=self.loaded)

    @strawberry.field(
        description="The number of groups on all pages. Null if the vendor does not report it."
    )
    def total_count(self) -> int | None:
        """The total of the page."""
        return self.loaded.page.total

    @strawberry.field(description="The groups of this page.")
    @remembered_in("loaded.page.memo")
    def nodes(self) -> list[Group]:
        """The items without their cursors."""
        return [Group(entity=item) for item in self.loaded.page.items]
