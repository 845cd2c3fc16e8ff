"""Converts Dodo's records into the domain's types, and changes into Dodo's request bodies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from groupgate.decoding.scalars import parse_count, to_utc
from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, CollectionChange, GroupChange
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef
from groupgate.domain.text import normalize_for_search
from groupgate.providers.dodo import wire

_WITHOUT_DECIMALS: Final = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
"""Currencies whose amounts are in major units; all others have two decimals, unlike in ISO 4217.

Seen in the public code of the vendor's customer portal, June 2026.
"""

_PERIOD_UNITS: Final = {
    "day": catalog.PeriodUnit.DAY,
    "week": catalog.PeriodUnit.WEEK,
    "month": catalog.PeriodUnit.MONTH,
    "year": catalog.PeriodUnit.YEAR,
}
"""Dodo's time intervals (documented), in lower case."""

_LONGEST_UNIT: Final = 16
"""Characters of an interval that are looked at; all known ones are shorter."""

_PRICING_MODELS: Final = {
    "one_time_price": catalog.PricingModel.ONE_TIME,
    "recurring_price": catalog.PricingModel.RECURRING,
    "usage_based_price": catalog.PricingModel.USAGE_BASED,
}
"""Dodo's kinds of price (documented)."""


@dataclass(frozen=True, slots=True)
class Mapper:
    """Converts the records of one account."""

    account: AccountKey

    def collection_ref(self, native_id: str) -> CollectionRef:
        """Return the ref of a collection."""
        return CollectionRef(provider=self.account, native_id=native_id)

    def group_ref(self, parent: wire.ProductCollection, group_id: str) -> GroupRef:
        """Return the ref of a group of the collection `parent`."""
        return GroupRef(provider=self.account, collection_id=parent.id, native_id=group_id)

    def product_ref(self, native_id: str) -> ProductRef:
        """Return the ref of a product."""
        return ProductRef(provider=self.account, native_id=native_id)

    def collection(
        self,
        record: wire.ProductCollection | wire.ProductCollectionListItem,
    ) -> catalog.ProductCollection:
        """Convert a collection, from a list or from its own read."""
        return catalog.ProductCollection(
            ref=self.collection_ref(record.id),
            name=record.name,
            description=record.description or "",
            created_at=to_utc(self.account, "created_at", record.created_at),
            updated_at=to_utc(self.account, "updated_at", record.updated_at),
        )

    def group(
        self, parent: wire.ProductCollection, record: wire.ProductCollectionGroup
    ) -> catalog.Group:
        """Convert a group of the collection `parent`, once."""
        found: catalog.Group | None = parent.mapped.get(id(record))
        if found is None:
            found = parent.mapped[id(record)] = catalog.Group(
                ref=self.group_ref(parent, record.group_id),
                name=record.group_name or None,
                status=group_status(record),
            )
        return found

    def new_group(
        self, parent: wire.ProductCollection, record: wire.NewProductCollectionGroup
    ) -> catalog.Group | None:
        """Convert a new group; None if the response does not contain its name and its status."""
        name, is_active = record.group_name, record.status
        if not isinstance(name, str | None) or not isinstance(is_active, bool):
            return None
        return catalog.Group(
            ref=self.group_ref(parent, record.group_id),
            name=name or None,
            status=catalog.GroupStatus.ACTIVE if is_active else catalog.GroupStatus.INACTIVE,
        )

    def groups_of(self, parent: wire.ProductCollection, product_id: str) -> tuple[GroupRef, ...]:
        """Return the groups of the collection `parent` that contain a product."""
        refs: dict[str, tuple[GroupRef, ...]] | None = parent.mapped.get("groups_of")
        if refs is None:
            own = {each.group_id: self.group(parent, each).ref for each in parent.groups}
            refs = parent.mapped["groups_of"] = {
                product: tuple([own[group_id] for group_id in group_ids])
                for product, group_ids in parent.groups_by_product.items()
            }
        return refs.get(product_id, ())

    def membership(
        self,
        parent: wire.ProductCollection,
        record: wire.ProductCollectionProduct,
        product_status: catalog.ProductStatus | None,
    ) -> catalog.Membership:
        """Convert a row of a group of `parent`, once; rows have no product status."""
        key = (id(record), product_status is None)  # to hash an enum's member takes longer
        found: catalog.Membership | None = parent.mapped.get(key)
        if found is None or found.product.status is not product_status:
            found = parent.mapped[key] = self._membership(parent, record, product_status)
        return found

    def _membership(
        self,
        parent: wire.ProductCollection,
        record: wire.ProductCollectionProduct,
        product_status: catalog.ProductStatus | None,
    ) -> catalog.Membership:
        statuses = catalog.GroupProductStatus
        return catalog.Membership(
            product=catalog.Product(
                ref=self.product_ref(record.product_id),
                name=record.name or None,
                description=record.description or None,
                price=price(record.price_detail, record.price, record.currency),
                pricing=pricing(record.price_detail, record.tax_inclusive),
                is_recurring=record.is_recurring,
                status=product_status,
                groups=self.groups_of(parent, record.product_id),
            ),
            status=statuses.ACTIVE if record.status else statuses.INACTIVE,
            row_id=record.id,
        )

    def listed_product(
        self,
        record: wire.ProductListItem,
        status: catalog.ProductStatus = catalog.ProductStatus.ACTIVE,
    ) -> catalog.Product:
        """Convert a product from a list; which list it is in shows its status (documented)."""
        return catalog.Product(
            ref=self.product_ref(record.product_id),
            name=record.name or None,
            description=record.description or None,
            price=price(record.price_detail, record.price, record.currency),
            pricing=pricing(record.price_detail, record.tax_inclusive),
            is_recurring=record.is_recurring,
            status=status,
            detail=self._detail(record),
        )

    def product(self, record: wire.Product) -> catalog.Product:
        """Convert a product from its own read, which does not return its status."""
        return catalog.Product(
            ref=self.product_ref(record.product_id),
            name=record.name or None,
            description=record.description or None,
            price=price(record.price, None, None),
            pricing=pricing(record.price, None),
            is_recurring=record.is_recurring,
            detail=self._detail(record),
            groups=None if record.product_collection_id else (),
        )

    def _detail(self, record: wire.ProductListItem | wire.Product) -> catalog.ProductDetail:
        return catalog.ProductDetail(
            image_url=record.image or None,
            created_at=to_utc(self.account, "created_at", record.created_at),
            updated_at=to_utc(self.account, "updated_at", record.updated_at),
        )


def group_status(record: wire.ProductCollectionGroup) -> catalog.GroupStatus:
    """Convert the status of a group."""
    return catalog.GroupStatus.ACTIVE if record.status else catalog.GroupStatus.INACTIVE


def product_status(*, is_archived: bool) -> catalog.ProductStatus:
    """Return the status of a product: every product that is not archived is on sale."""
    return catalog.ProductStatus.INACTIVE if is_archived else catalog.ProductStatus.ACTIVE


def member_status(
    parent: wire.ProductCollection, archived_ids: set[str]
) -> catalog.ProductStatus | None:
    """Return the status of the products in a collection; None if it is archived.

    Archived products are assumed not to stay in a live collection (not documented). An
    archived collection may contain products of both statuses, and its read does not return them
    (documented).
    """
    return None if parent.id in archived_ids else catalog.ProductStatus.ACTIVE


def matches_search(search: str) -> Callable[[wire.ProductListItem], bool]:
    """Return a filter for products whose name contains this text in any case."""
    needle = normalize_for_search(search)
    return lambda row: bool(row.name) and needle in normalize_for_search(row.name or "")


def price(
    detail: wire.Price | None, amount: int | None, currency: str | None
) -> catalog.Money | None:
    """Return the price in the detail, else the flat one; None if the buyer sets the price."""
    if detail is None:
        return _money(amount, currency)
    if detail.pay_what_you_want:
        return None
    match detail.type:
        case "one_time_price" | "recurring_price":
            return _money(detail.price, detail.currency)
        case "usage_based_price":
            return _money(detail.fixed_price, detail.currency)
        case _:
            return None


def pricing(detail: wire.Price | None, is_tax_included: bool | None) -> catalog.Pricing:  # noqa: FBT001 # a field of the record
    """Return the terms in the detail; `is_tax_included` is the flat field beside it.

    The terms of a kind of price that is not documented are unknown.
    """
    if detail is None or detail.type not in _PRICING_MODELS:
        return catalog.Pricing(is_tax_included=is_tax_included)
    if detail.tax_inclusive is not None:
        is_tax_included = detail.tax_inclusive
    interval = detail.payment_frequency_interval
    terms = _terms(
        detail.type,
        detail.payment_frequency_count,
        None if interval is None else interval[:_LONGEST_UNIT],
        detail.trial_period_days,
        is_tax_included,
        detail.pay_what_you_want,
    )
    if not detail.pay_what_you_want:
        return terms
    return replace(
        terms,
        minimum_price=_money(detail.price, detail.currency),
        suggested_price=_money(detail.suggested_price, detail.currency),
    )


def collection_body(change: CollectionChange) -> wire.Body:
    """Return the changed fields of a collection; a field that is not given stays as it is."""
    return _given(name=change.name, description=change.description)


def group_body(change: GroupChange) -> wire.Body:
    """Return the changed fields of a group; a field that is not given stays as it is."""
    is_active = UNSET if change.status is UNSET else change.status is catalog.GroupStatus.ACTIVE
    return _given(group_name=change.name, status=is_active)


def new_rows(products: Iterable[ProductRef]) -> list[wire.Body]:
    """Return rows that add products with the vendor's default status."""
    return [{"product_id": product.native_id} for product in products]


def copied_rows(rows: Iterable[wire.ProductCollectionProduct]) -> list[wire.Body]:
    """Return rows that add the products of these rows with the same status."""
    return [{"product_id": row.product_id, "status": row.status} for row in rows]


@lru_cache(maxsize=512)
def _terms(  # noqa: PLR0913, PLR0917 - the fields of a record
    type_: str,
    count: int | None,
    interval: str | None,
    trial_days: int | None,
    is_tax_included: bool | None,  # noqa: FBT001
    is_pay_what_you_want: bool | None,  # noqa: FBT001
) -> catalog.Pricing:
    """Return the terms of a price, which many products share."""
    return catalog.Pricing(
        model=_PRICING_MODELS[type_],
        billing_period=_billing_period(count, interval),
        trial_days=parse_count(trial_days),
        is_tax_included=is_tax_included,
        is_pay_what_you_want=is_pay_what_you_want,
    )


def _billing_period(number: int | None, interval: str | None) -> catalog.BillingPeriod | None:
    if interval is None:
        return None
    count, unit = parse_count(number), _PERIOD_UNITS.get(interval.casefold())
    return catalog.BillingPeriod(count=count, unit=unit) if count and unit else None


def _money(minor_units: int | None, currency: str | None) -> catalog.Money | None:
    """Convert an amount; None without a currency, as the amount is unknown then."""
    if minor_units is None or not currency:
        return None
    decimals = 0 if currency.upper() in _WITHOUT_DECIMALS else 2
    return catalog.Money(amount=Decimal(minor_units).scaleb(-decimals), currency_code=currency)


def _given(**fields: object) -> wire.Body:
    return {name: value for name, value in fields.items() if value is not UNSET}
