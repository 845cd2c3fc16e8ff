"""The type `Provider`: a vendor, its capabilities, its status, and its catalogue."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.capabilities import Capability
from groupgate.domain.paging import CollectionsRequest, Page, PageRequest, ProductsRequest
from groupgate.domain.refs import ProviderKey
from groupgate.schema.connections import After, First, load_page
from groupgate.schema.context import Info
from groupgate.schema.ids import Node, ProviderRef, encode_id
from groupgate.schema.inputs import unset_to_none
from groupgate.schema.types.collection import ProductCollectionConnection
from groupgate.schema.types.product import ProductConnection


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


@strawberry.type(description="A billing vendor that this gateway is connected to.")
class Provider(Node):
    """A billing vendor that this gateway is connected to."""

    entity: strawberry.Private[port.Provider]

    key: ProviderKey = strawberry.field(description="The key of the vendor, for use in arguments.")
    name: str = strawberry.field(description="The display name of the vendor.")

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
        pages = info.context.loaders.of(self.key).collection_pages

        def load(page: PageRequest) -> Awaitable[Page[catalog.ProductCollection] | None]:
            return pages.load(CollectionsRequest(page=page, archived=archived))

        key = ("productCollections", self.id, "archived" if archived else "")
        loaded = await load_page(key, first, after, load)
        return None if loaded is None else ProductCollectionConnection.from_page(loaded)

    @strawberry.field(
        description=(
            "All products that the vendor sells, in the vendor's order. Null if the call to the "
            "vendor fails."
        )
    )
    async def products(
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
    ) -> ProductConnection | None:
        """A page of the products that the vendor sells."""
        pages = info.context.loaders.of(self.key).product_pages
        text = unset_to_none(search) or None

        def load(page: PageRequest) -> Awaitable[Page[catalog.Product] | None]:
            return pages.load(ProductsRequest(page=page, search=text))

        loaded = await load_page(("products", self.id, text or ""), first, after, load)
        return None if loaded is None else ProductConnection.from_page(loaded)

    @classmethod
    def from_domain(cls, entity: port.Provider) -> "Provider":
        """Convert a vendor of the domain."""
        return cls(
            entity=entity,
            id=strawberry.ID(encode_id(ProviderRef(entity.key))),
            key=entity.key,
            name=entity.name,
        )
