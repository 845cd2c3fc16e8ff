"""The types `Product`, `Money` and `BillingPeriod`, and the connection of products."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, cast

import strawberry

from groupgate.domain import catalog
from groupgate.domain.refs import ProductRef
from groupgate.schema.connections import LoadedPage, PageInfo
from groupgate.schema.context import Info, Node, begin_loading, read_from
from groupgate.schema.ids import global_id_of

if TYPE_CHECKING:
    from groupgate.schema.types.group import Group
    from groupgate.schema.types.provider import Provider


@strawberry.type(description="An amount of money.")
class Money:
    """An amount of money."""

    amount: Decimal = strawberry.field(
        description='The exact amount in major units, for example "19.99".'
    )
    currency_code: str | None = strawberry.field(
        description="The ISO 4217 currency code. Null if the vendor does not report it."
    )


@strawberry.type(description="The time between two payments, for example 3 months.")
class BillingPeriod:
    """The time between two payments."""

    count: int = strawberry.field(description="The number of units, at least 1.")
    unit: catalog.PeriodUnit = strawberry.field(description="The unit of the period.")


@strawberry.type(description="A product that a vendor sells.")
class Product(Node):
    """A product. Fields that `entity` does not contain are loaded when they are selected."""

    entity: strawberry.Private[catalog.Product]

    native_id: str = read_from(
        "entity.ref.native_id",
        description=(
            "The id or code that the vendor uses for the product, for support and logs. The code "
            "of a product at 2Checkout can be changed; the product's id changes with it."
        ),
    )

    @strawberry.field(description="The vendor that sells the product.")
    def provider(
        self, info: Info
    ) -> Annotated["Provider", strawberry.lazy("groupgate.schema.types.provider")]:
        """The vendor that sells the product."""
        return cast("Provider", info.context.to_graphql(info.context.providers[self._ref.provider]))

    name: str | None = read_from(
        "entity.name",
        description="The name of the product. Null if the vendor reports only the id.",
    )
    description: str | None = read_from(
        "entity.description", description="A free-text description. Null if there is none."
    )
    sku: str | None = read_from(
        "entity.sku", description="The stock keeping unit (SKU). Null if the product has none."
    )
    price: Money | None = read_from(
        "entity.price",
        description=(
            "The price before discounts, for one billing period if there is one. "
            "`isTaxIncluded` says if it contains taxes. Null if the vendor reports no price or "
            "several prices, or if the buyer chooses the price."
        ),
    )
    pricing_model: catalog.PricingModel | None = read_from(
        "entity.pricing.model",
        description=(
            "How the product is charged: once, for each billing period, or by use. Null if the "
            "vendor does not report it."
        ),
    )
    billing_period: BillingPeriod | None = read_from(
        "entity.pricing.billing_period",
        description=(
            "The time between two payments. Null if the product is paid once, or if the vendor "
            "does not report it."
        ),
    )
    trial_days: int | None = read_from(
        "entity.pricing.trial_days",
        description=(
            "The number of days that a subscription can be tried before its first regular "
            "payment; 0 if there is no trial. Null if the vendor does not report it."
        ),
    )
    is_tax_included: bool | None = read_from(
        "entity.pricing.is_tax_included",
        description=(
            "True if the prices include taxes, false if taxes are added to them. Null if the "
            "vendor does not report it."
        ),
    )
    is_pay_what_you_want: bool | None = read_from(
        "entity.pricing.is_pay_what_you_want",
        description=(
            "True if the buyer chooses the price: `price` is null then, see `minimumPrice` and "
            "`suggestedPrice`. Null if the vendor does not report it."
        ),
    )
    minimum_price: Money | None = read_from(
        "entity.pricing.minimum_price",
        description=(
            "The lowest price that the buyer can choose. Null unless `isPayWhatYouWant` is true."
        ),
    )
    suggested_price: Money | None = read_from(
        "entity.pricing.suggested_price",
        description=(
            "The price suggested to a buyer who can choose it. Null if there is none, or unless "
            "`isPayWhatYouWant` is true."
        ),
    )
    is_recurring: bool | None = read_from(
        "entity.is_recurring",
        description=(
            "True if the product is billed repeatedly, for example as a subscription. Null if the "
            "vendor does not report it."
        ),
    )

    @strawberry.field(
        description="The status of the product. Null if the call to the vendor fails."
    )
    async def status(self, info: Info) -> catalog.ProductStatus | None:
        """The status in `entity`, or else the status that the vendor returns separately."""
        if self.entity.status is not None:
            return self.entity.status
        begin_loading(info)
        return await info.context.loaders.of(self._ref.provider).statuses.load(self._ref)

    @strawberry.field(
        description=(
            "The URL of the product's image. Null if there is none, or if the call to the vendor "
            "fails."
        )
    )
    async def image_url(self, info: Info) -> str | None:
        """Part of the product's details."""
        return (await self._detail(info)).image_url

    @strawberry.field(
        description="The time when the product was created. Null if the vendor does not report it."
    )
    async def created_at(self, info: Info) -> datetime | None:
        """Part of the product's details."""
        return (await self._detail(info)).created_at

    @strawberry.field(
        description=(
            "The time when the product was last changed. Null if the vendor does not report it."
        )
    )
    async def updated_at(self, info: Info) -> datetime | None:
        """Part of the product's details."""
        return (await self._detail(info)).updated_at

    @strawberry.field(
        description=(
            "The groups that contain the product: at most one, unless the vendor has the "
            "capability PRODUCT_IN_MANY_GROUPS. Null if the call to the vendor fails."
        )
    )
    async def groups(
        self, info: Info
    ) -> list[Annotated["Group", strawberry.lazy("groupgate.schema.types.group")]] | None:
        """The groups in `entity`, or else those that the vendor returns separately."""
        groups: Sequence[catalog.Group | None] | None = self.entity.embedded_groups
        if groups is None:
            loaders = info.context.loaders.of(self._ref.provider)
            refs = self.entity.groups
            begin_loading(info)
            if refs is None:
                refs = await loaders.groups_of.load(self._ref) or ()
            groups = await loaders.groups.load_many(refs)
        return [cast("Group", info.context.to_graphql(group)) for group in groups if group]

    @property
    def _ref(self) -> ProductRef:
        return self.entity.ref

    async def _detail(self, info: Info) -> catalog.ProductDetail:
        if self.entity.detail is not None:
            return self.entity.detail
        begin_loading(info)
        product = await info.context.loaders.of(self._ref.provider).products.load(self._ref)
        return (product and product.detail) or catalog.ProductDetail()

    @property
    def global_id(self) -> str:
        """The id, which is encoded once."""
        return global_id_of(self.entity)


@strawberry.type(description="A product in a list, with its cursor.")
class ProductEdge:
    """A product in a list, with its cursor."""

    cursor: str = strawberry.field(
        description="The cursor of this item. Pass it to `after` to continue after this item."
    )
    node: Product = strawberry.field(description="The product.")


@strawberry.type(description="A page of products.")
class ProductConnection:
    """A page of products."""

    loaded: strawberry.Private[LoadedPage[catalog.Product]]

    @strawberry.field(description="The products of this page, with their cursors.")
    def edges(self) -> list[ProductEdge]:
        """Each item with its cursor."""
        return [
            ProductEdge(cursor=cursor, node=Product(entity=item))
            for cursor, item in self.loaded.items_by_cursor
        ]

    @strawberry.field(description="Cursors and flags for paging.")
    def page_info(self) -> PageInfo:
        """The page as such."""
        return PageInfo(loaded=self.loaded)

    @strawberry.field(
        description="The number of products on all pages. Null if the vendor does not report it."
    )
    def total_count(self) -> int | None:
        """The total of the page."""
        return self.loaded.page.total

    @strawberry.field(description="The products of this page.")
    def nodes(self) -> list[Product]:
        """The items without their cursors."""
        return [Product(entity=item) for item in self.loaded.page.items]
