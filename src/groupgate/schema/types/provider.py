"""Provider: a vendor, what it can do, how it is answering, and everything at it."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

import strawberry

from groupgate.domain import catalog
from groupgate.domain import provider as port
from groupgate.domain.capabilities import Capability
from groupgate.domain.paging import CollectionsRequest, Page, PageRequest, ProductsRequest
from groupgate.domain.refs import ProviderKey
from groupgate.schema.arguments import After, First, given
from groupgate.schema.connections import load_page
from groupgate.schema.context import Info
from groupgate.schema.ids import ProviderRef, encode_id
from groupgate.schema.types.collection import ProductCollectionConnection
from groupgate.schema.types.node import Node
from groupgate.schema.types.product import ProductConnection


@strawberry.type(description="How a vendor is answering, and since when.")
class ProviderStatus:
    """How a vendor is answering, and since when."""

    state: port.ProviderState = strawberry.field(description="How it is answering.")
    since: datetime | None = strawberry.field(
        description="Since when; null if it has been so from the start."
    )


@strawberry.type(description="A vendor behind this gateway.")
class Provider(Node):
    """A vendor behind this gateway."""

    entity: strawberry.Private[port.Provider]

    key: ProviderKey = strawberry.field(description="Short name, as used in arguments.")
    name: str = strawberry.field(description="Name for people.")

    @strawberry.field(description="All it can do, in the order of the enum.")
    def capabilities(self) -> list[Capability]:
        """All it can do."""
        return [word for word in Capability if word in self.entity.capabilities]

    @strawberry.field(description="How it is answering, as this gateway sees it. Costs no call.")
    def status(self) -> ProviderStatus:
        """How it is answering."""
        status = self.entity.status
        return ProviderStatus(state=status.state, since=status.since)

    @strawberry.field(description="Whether it can do this one thing.")
    def supports(
        self,
        capability: Annotated[
            Capability, strawberry.argument(description="What it should be able to do.")
        ],
    ) -> bool:
        """Whether it can do this one thing."""
        return capability in self.entity.capabilities

    @strawberry.field(
        description=(
            "Its collections, in the vendor's order. A vendor without collections has exactly "
            "one, its implicit one. Null if the vendor could not be asked; see `errors`."
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
                    "The archived ones instead of those in use. Empty where the vendor archives "
                    "none."
                )
            ),
        ] = False,
    ) -> ProductCollectionConnection | None:
        """A page of its collections."""
        pages = info.context.loaders.of(self.key).collection_pages

        def load(page: PageRequest) -> Awaitable[Page[catalog.ProductCollection] | None]:
            return pages.load(CollectionsRequest(page=page, archived=archived))

        words = ("productCollections", self.id, "archived" if archived else "")
        loaded = await load_page(words, first, given(after), load)
        return None if loaded is None else ProductCollectionConnection.of(loaded)

    @strawberry.field(
        description=(
            "Everything it sells, in the vendor's order. Null if the vendor could not be asked."
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
                    "Only products whose name, or SKU where the vendor has one, contains this, "
                    "whatever the case."
                )
            ),
        ] = strawberry.UNSET,
    ) -> ProductConnection | None:
        """A page of everything it sells."""
        pages = info.context.loaders.of(self.key).product_pages
        text = given(search) or None

        def load(page: PageRequest) -> Awaitable[Page[catalog.Product] | None]:
            return pages.load(ProductsRequest(page=page, search=text))

        loaded = await load_page(("products", self.id, text or ""), first, given(after), load)
        return None if loaded is None else ProductConnection.of(loaded)

    @classmethod
    def of(cls, entity: port.Provider) -> "Provider":
        """Show a vendor."""
        return cls(
            entity=entity,
            id=strawberry.ID(encode_id(ProviderRef(entity.key))),
            key=entity.key,
            name=entity.name,
        )
