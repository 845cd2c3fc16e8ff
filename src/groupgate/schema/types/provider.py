"""The type `Provider`: a vendor, its capabilities, its status, and its catalogue."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Final, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.capabilities import Capability
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    Page,
    PageRequest,
    ProductsRequest,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.request import current_scope
from groupgate.schema.connections import After, First, load_page
from groupgate.schema.context import Info, Node, begin_loading, read_from, unset_to_none
from groupgate.schema.errors import bad_input
from groupgate.schema.ids import MAX_ID_LENGTH, ProviderRef, encode_id
from groupgate.schema.types.collection import ProductCollection, ProductCollectionConnection
from groupgate.schema.types.group import Group, GroupConnection, GroupSearch
from groupgate.schema.types.product import Product, ProductConnection

MAX_NATIVE_IDS: Final = 100


@strawberry.type(description="How well a vendor responds to the gateway, and since when.")
class ProviderStatus:
    """How well a vendor responds to the gateway, and since when."""

    state: port.ProviderState = strawberry.field(description="How well the vendor responds.")
    since: datetime | None = strawberry.field(
        description=(
            "The time since which the vendor has been in this state. Null if the state has not "
            "changed since the gateway started."
        )
    )


@strawberry.type(
    description="A billing vendor that this gateway is connected to, with one account of it."
)
class Provider(Node):
    """A billing vendor that this gateway is connected to, with one account of it."""

    entity: strawberry.Private[port.Provider]

    key: ProviderKey = read_from(
        "entity.key.vendor", description="The key of the vendor, for use in arguments."
    )
    account: str = read_from(
        "entity.key.account",
        description=(
            "The name of the account at the vendor, for use in arguments. It is `default` if the "
            "gateway's accounts have no names."
        ),
    )
    name: str = read_from("entity.name", description="The display name of the vendor.")

    @strawberry.field(description="The capabilities of the vendor, in the order of the enum.")
    def capabilities(self) -> list[Capability]:
        """The capabilities of the vendor."""
        return [each for each in Capability if each in self.entity.capabilities]

    @strawberry.field(
        description=(
            "How well the vendor responds, as observed by this gateway. This field needs no call "
            "to the vendor."
        )
    )
    def status(self) -> ProviderStatus:
        """How well the vendor responds."""
        current_scope().is_volatile = True
        status = self.entity.status
        return ProviderStatus(state=status.state, since=status.since)

    @strawberry.field(description="True if the vendor has the capability.")
    def supports(
        self,
        capability: Annotated[
            Capability, strawberry.argument(description="The capability to check.")
        ],
    ) -> bool:
        """True if the vendor has the capability."""
        return capability in self.entity.capabilities

    @strawberry.field(
        description=(
            "The collections of the vendor, in the vendor's order. A vendor that has no "
            "collections shows exactly one implicit collection. Null if the call to the vendor "
            "fails; `errors` gives the reason."
        )
    )
    async def product_collections(
        self,
        info: Info,
        first: First = 20,
        after: After = strawberry.UNSET,
        archived: Annotated[
            bool,
            strawberry.argument(
                description=(
                    "True to return the archived collections instead of those in use. The list is "
                    "empty if the vendor does not archive collections."
                )
            ),
        ] = False,
    ) -> ProductCollectionConnection | None:
        """A page of the collections of the vendor."""
        pages = self._loaders(info).collection_pages

        def load(page: PageRequest) -> Awaitable[Page[catalog.ProductCollection] | None]:
            return pages.load(CollectionsRequest(page=page, archived=archived))

        key = ("productCollections", self.global_id, "archived" if archived else "")
        loaded = await load_page(info, key, first, after, load)
        return None if loaded is None else ProductCollectionConnection(loaded=loaded)

    @strawberry.field(
        description=(
            "Fetch a collection by the id that the vendor uses for it. Null if it does not exist, "
            "if the vendor has no collections, or if the call to the vendor fails."
        )
    )
    async def product_collection(
        self,
        info: Info,
        native_id: Annotated[
            str, strawberry.argument(description="The `nativeId` of the collection.")
        ],
    ) -> ProductCollection | None:
        """Fetch a collection by its native id."""
        ref = CollectionRef(provider=self.entity.key, native_id=_checked(native_id))
        begin_loading(info)
        found = await self._loaders(info).collections.load(ref)
        return None if found is None else ProductCollection(entity=found)

    @strawberry.field(
        description=(
            "The groups of all collections that are in use, collection by collection, in the "
            "vendor's order. Null if a call to the vendor fails."
        )
    )
    async def groups(
        self,
        info: Info,
        first: First = 20,
        after: After = strawberry.UNSET,
        search: GroupSearch = strawberry.UNSET,
        status: Annotated[
            catalog.GroupStatus | None,
            strawberry.argument(description="Return only groups with this status."),
        ] = strawberry.UNSET,
    ) -> GroupConnection | None:
        """A page of the groups of all collections in use."""
        pages = self._loaders(info).group_pages
        text, wanted = unset_to_none(search) or None, unset_to_none(status)

        def load(page: PageRequest) -> Awaitable[Page[catalog.Group] | None]:
            return pages.load(GroupsRequest(page=page, search=text, status=wanted))

        key = ("groups", self.global_id, wanted.value if wanted else "", text or "")
        loaded = await load_page(info, key, first, after, load)
        return None if loaded is None else GroupConnection(loaded=loaded)

    @strawberry.field(
        description=(
            "Fetch a group by the id or code that the vendor uses for it. Null if it does not "
            "exist, or if the call to the vendor fails.\n\n"
            "Pass `productCollectionNativeId` if you know it: without it, a vendor with "
            "collections has to be asked for one collection after another, and only those in use "
            "are searched."
        )
    )
    async def group(
        self,
        info: Info,
        native_id: Annotated[str, strawberry.argument(description="The `nativeId` of the group.")],
        product_collection_native_id: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "The `nativeId` of the collection that contains the group. Null for a group "
                    "of a vendor without collections."
                )
            ),
        ] = strawberry.UNSET,
    ) -> Group | None:
        """Fetch a group by its native id."""
        own, parent = _checked(native_id), unset_to_none(product_collection_native_id)
        loaders = self._loaders(info)
        begin_loading(info)
        if parent is None:
            found = await loaders.groups_by_native_id.load(own)
        else:
            ref = GroupRef(provider=self.entity.key, collection_id=_checked(parent), native_id=own)
            found = await loaders.groups.load(ref)
        return None if found is None else Group(entity=found)

    @strawberry.field(
        description=(
            "The products of the vendor, in the vendor's order. A vendor that archives products "
            "returns the archived ones only if `status` is INACTIVE. Null if the call to the "
            "vendor fails."
        )
    )
    async def products(  # noqa: PLR0913, PLR0917 # the arguments of the field
        self,
        info: Info,
        first: First = 20,
        after: After = strawberry.UNSET,
        search: Annotated[
            str | None,
            strawberry.argument(
                description=(
                    "Return only products whose name or SKU contains this text. The search ignores "
                    "case."
                )
            ),
        ] = strawberry.UNSET,
        status: Annotated[
            catalog.ProductStatus | None,
            strawberry.argument(description="Return only products with this status."),
        ] = strawberry.UNSET,
        ungrouped: Annotated[
            bool,
            strawberry.argument(
                description=(
                    "True to return only products that nobody has put into a group: products in no "
                    "group of a collection in use, or, at a vendor where every product has a "
                    "group, those in the vendor's general group."
                )
            ),
        ] = False,
    ) -> ProductConnection | None:
        """A page of the products of the vendor."""
        pages = self._loaders(info).product_pages
        text, wanted = unset_to_none(search) or None, unset_to_none(status)

        def load(page: PageRequest) -> Awaitable[Page[catalog.Product] | None]:
            return pages.load(
                ProductsRequest(page=page, search=text, status=wanted, is_ungrouped=ungrouped)
            )

        filters = [wanted.value] if wanted else []
        filters += ["ungrouped"] if ungrouped else []
        key = ("products", self.global_id, text or "", *filters)
        loaded = await load_page(info, key, first, after, load)
        return None if loaded is None else ProductConnection(loaded=loaded)

    @strawberry.field(
        description=(
            "Fetch a product by the id or code that the vendor uses for it. Null if it does not "
            "exist, or if the call to the vendor fails."
        )
    )
    async def product(
        self,
        info: Info,
        native_id: Annotated[
            str, strawberry.argument(description="The `nativeId` of the product.")
        ],
    ) -> Product | None:
        """Fetch a product by its native id."""
        return await self._load_product(info, native_id)

    @strawberry.field(
        description=(
            "Fetch a product by its stock keeping unit (SKU), compared exactly. If several "
            "products have it, the first in the vendor's order. Null if there is none, if the "
            "vendor's products have no SKU, or if the call to the vendor fails."
        )
    )
    async def product_by_sku(
        self,
        info: Info,
        sku: Annotated[str, strawberry.argument(description="The `sku` of the product.")],
    ) -> Product | None:
        """Fetch a product by its SKU."""
        own = _checked(sku)
        begin_loading(info)
        found = await self._loaders(info).products_by_sku.load(own)
        return None if found is None else Product(entity=found)

    @strawberry.field(
        description=(
            "Fetch several products by the ids or codes that the vendor uses for them. The result "
            "is in the order of the ids, with null for each product that does not exist."
        )
    )
    def products_by_native_id(
        self,
        info: Info,
        native_ids: Annotated[
            list[str],
            strawberry.argument(description="The `nativeId`s of the products, at most 100."),
        ],
    ) -> list[Product | None]:
        """Fetch several products; an error of one does not affect the others."""
        if len(native_ids) > MAX_NATIVE_IDS:
            raise bad_input(
                f"`nativeIds` may contain at most {MAX_NATIVE_IDS} ids, not {len(native_ids)}."
            )
        found = [
            self._load_product(info, native_id, index) for index, native_id in enumerate(native_ids)
        ]
        # graphql-core awaits each item of a list separately.
        return cast("list[Product | None]", found)

    def _loaders(self, info: Info) -> ProviderLoaders:
        return info.context.loaders.of(self.entity.key)

    async def _load_product(self, info: Info, native_id: str, *indexes: int) -> Product | None:
        ref = ProductRef(provider=self.entity.key, native_id=_checked(native_id))
        begin_loading(info, *indexes)
        found = await self._loaders(info).products.load(ref)
        return None if found is None else Product(entity=found)

    @property
    def global_id(self) -> str:
        """The id."""
        return encode_id(ProviderRef(self.entity.key))


def _checked(native_id: str) -> str:
    """Return a vendor's id, code or SKU; raise BAD_USER_INPUT if it is too long to be sent."""
    if len(native_id) <= MAX_ID_LENGTH:
        return native_id
    raise bad_input(
        f"An id, code or SKU may have at most {MAX_ID_LENGTH:,} characters, not {len(native_id):,}."
    )
