"""Product, its price, and the page of products."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain.refs import ProductRef
from groupgate.schema.connections import LoadedPage, PageInfo
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.types.node import Node

if TYPE_CHECKING:
    from groupgate.schema.types.group import Group
    from groupgate.schema.types.provider import Provider


@strawberry.type(description="An amount of money.")
class Money:
    """An amount of money."""

    amount: Decimal = strawberry.field(description='Amount in major units, exact: "19.99".')
    currency_code: str | None = strawberry.field(
        description="ISO 4217 code; null if the vendor does not tell."
    )

    @classmethod
    def of(cls, money: catalog.Money) -> "Money":
        """Show an amount of the domain."""
        return cls(amount=money.amount, currency_code=money.currency)


@strawberry.type(description="Something a vendor sells.")
class Product(Node):
    """Something a vendor sells; what its reading did not tell is loaded when it is selected."""

    entity: strawberry.Private[catalog.Product]

    native_id: str = strawberry.field(
        description=(
            "The vendor's own id or code, for support and logs. At 2Checkout the code is editable: "
            "the product's id changes with it."
        )
    )

    @strawberry.field(description="The vendor it is sold at.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor it is sold at."""
        return cast("Provider", info.context.to_graphql(info.context.providers[self._ref.provider]))

    name: str | None = strawberry.field(
        description="Name for people. Null if the vendor tells only the id."
    )
    description: str | None = strawberry.field(description="Free text; null if there is none.")
    sku: str | None = strawberry.field(
        description="Stock keeping unit. Null where the vendor has none."
    )
    price: Money | None = strawberry.field(
        description=(
            "Price to a buyer before discounts and taxes; null if the vendor tells none, or "
            "several."
        )
    )
    is_recurring: bool | None = strawberry.field(
        description="Whether it is bought again and again. Null if the vendor does not tell."
    )

    @strawberry.field(description="Whether it is on sale. Null if the vendor could not be asked.")
    async def status(self, info: Info) -> catalog.ProductStatus | None:
        """Its own status, or what the vendor says when asked for it."""
        if self.entity.status is not None:
            return self.entity.status
        return await info.context.loaders.of(self._ref.provider).statuses.load(self._ref)

    @strawberry.field(
        description=(
            "Address of its picture. Null if there is none, or the vendor could not be asked."
        )
    )
    async def image_url(self, info: Info) -> str | None:
        """From the product's own reading."""
        return (await self._detail(info)).image_url

    @strawberry.field(description="When it was made, if the vendor tells.")
    async def created_at(self, info: Info) -> datetime | None:
        """From the product's own reading."""
        return (await self._detail(info)).created_at

    @strawberry.field(description="When it was last changed, if the vendor tells.")
    async def updated_at(self, info: Info) -> datetime | None:
        """From the product's own reading."""
        return (await self._detail(info)).updated_at

    @strawberry.field(
        description=(
            "The groups it is in; at most one where the vendor has no PRODUCT_IN_MANY_GROUPS. "
            "Null if the vendor could not be asked."
        )
    )
    async def groups(
        self, info: Info
    ) -> list[Annotated["Group", strawberry.lazy("groupgate.schema.types.group")]] | None:
        """The groups its own reading names, or those the vendor names when asked."""
        loaders = info.context.loaders.of(self._ref.provider)
        refs = self.entity.groups
        if refs is None:
            refs = await loaders.groups_of.load(self._ref) or ()
        found = await loaders.groups.load_many(refs)
        return [cast("Group", info.context.to_graphql(group)) for group in found if group]

    @property
    def _ref(self) -> ProductRef:
        return self.entity.ref

    async def _detail(self, info: Info) -> catalog.ProductDetail:
        if self.entity.detail is not None:
            return self.entity.detail
        product = await info.context.loaders.of(self._ref.provider).products.load(self._ref)
        return (product and product.detail) or catalog.ProductDetail()

    @classmethod
    def of(cls, entity: catalog.Product) -> "Product":
        """Show a product of the domain."""
        price = entity.price
        return cls(
            entity=entity,
            id=strawberry.ID(encode_id(entity.ref)),
            native_id=entity.ref.native_id,
            name=entity.name,
            description=entity.description,
            sku=entity.sku,
            price=None if price is None else Money.of(price),
            is_recurring=entity.is_recurring,
        )


@strawberry.type(description="A product and its place in the list.")
class ProductEdge:
    """A product and its place in the list."""

    cursor: str = strawberry.field(description="Where to continue after.")
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="A page of products.")
class ProductConnection:
    """A page of products."""

    edges: list[ProductEdge] = strawberry.field(description="The page with cursors.")

    @strawberry.field(description="The page without cursors.")
    def nodes(self) -> list[Product]:
        """The same products as in the edges."""
        return [edge.node for edge in self.edges]

    page_info: PageInfo = strawberry.field(description="Where the page ends.")
    total_count: int | None = strawberry.field(
        description="How many there are in all, if the vendor tells."
    )

    @classmethod
    def of(cls, loaded: LoadedPage[catalog.Product]) -> "ProductConnection":
        """Show a page of products of the domain."""
        return cls(
            edges=[ProductEdge(cursor=at, node=Product.of(item)) for at, item in loaded.rows],
            page_info=PageInfo(loaded=loaded),
            total_count=loaded.page.total,
        )
