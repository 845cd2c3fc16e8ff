"""What Dodo's records mean in the gateway's words, and the gateway's changes in Dodo's."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from iso4217 import Currency

from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, CollectionChange, GroupChange
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.dodo import wire

# Codes in the vendor's own list of currencies (documented) that ISO 4217 has withdrawn meanwhile.
_WITHDRAWN_EXPONENTS = {"ANG": 2, "BGN": 2, "HRK": 2, "SLL": 2}


def collection_ref(native_id: str) -> CollectionRef:
    """What names a collection."""
    return CollectionRef(provider=ProviderKey.DODO, native_id=native_id)


def collection(
    record: wire.ProductCollection | wire.ProductCollectionListItem,
) -> catalog.ProductCollection:
    """A collection, as its own read and lists show it alike."""
    return catalog.ProductCollection(
        ref=collection_ref(record.id),
        name=record.name,
        description=record.description or "",
        created_at=utc(record.created_at),
        updated_at=utc(record.updated_at),
    )


def group_status(record: wire.ProductCollectionGroup) -> catalog.GroupStatus:
    """Whether a group is in use."""
    return catalog.GroupStatus.ACTIVE if record.status else catalog.GroupStatus.INACTIVE


def group(holder: wire.ProductCollection, record: wire.ProductCollectionGroup) -> catalog.Group:
    """A group of this collection."""
    return catalog.Group(
        ref=group_ref(holder, record.group_id),
        name=record.group_name or None,
        status=group_status(record),
    )


def group_ref(holder: wire.ProductCollection, group_id: str) -> GroupRef:
    """What names a group of this collection."""
    return GroupRef(provider=ProviderKey.DODO, collection_id=holder.id, native_id=group_id)


def groups_of(holder: wire.ProductCollection, product_id: str) -> tuple[GroupRef, ...]:
    """The groups of this collection that hold a product."""
    group_ids = holder.groups_by_product.get(product_id, [])
    return tuple(group_ref(holder, group_id) for group_id in group_ids)


def status_within(
    holder: wire.ProductCollection, archived_ids: set[str]
) -> catalog.ProductStatus | None:
    """The status of products in this collection: on sale, unless it is known to be archived.

    Whether archived products stay in a live collection is not documented (assumed: no); an
    archived collection may hold both kinds, and does not tell which (documented).
    """
    return None if holder.id in archived_ids else catalog.ProductStatus.ACTIVE


def membership(
    holder: wire.ProductCollection,
    record: wire.ProductCollectionProduct,
    product_status: catalog.ProductStatus | None,
) -> catalog.Membership:
    """A row of a group of this collection; the row does not tell its product's status."""
    statuses = catalog.GroupProductStatus
    return catalog.Membership(
        product=_embedded_product(holder, record, product_status),
        status=statuses.ACTIVE if record.status else statuses.INACTIVE,
        row_id=record.id,
    )


def _embedded_product(
    holder: wire.ProductCollection,
    record: wire.ProductCollectionProduct,
    status: catalog.ProductStatus | None,
) -> catalog.Product:
    return catalog.Product(
        ref=product_ref(record.product_id),
        name=record.name or None,
        description=record.description or None,
        price=price(record.price_detail, record.price, record.currency),
        is_recurring=record.is_recurring,
        status=status,
        groups=groups_of(holder, record.product_id),
    )


def listed_product(record: wire.ProductListItem) -> catalog.Product:
    """A product from the list of those not archived."""
    return catalog.Product(
        ref=product_ref(record.product_id),
        name=record.name or None,
        description=record.description or None,
        price=price(record.price_detail, record.price, record.currency),
        is_recurring=record.is_recurring,
        status=catalog.ProductStatus.ACTIVE,
        detail=_detail(record),
    )


def product(record: wire.Product) -> catalog.Product:
    """A product read by itself, which does not tell whether it is archived."""
    return catalog.Product(
        ref=product_ref(record.product_id),
        name=record.name or None,
        description=record.description or None,
        price=price(record.price, None, None),
        is_recurring=record.is_recurring,
        detail=_detail(record),
        groups=None if record.product_collection_id else (),
    )


def product_status(*, is_archived: bool) -> catalog.ProductStatus:
    """Whether a product is on sale: one that is not archived is."""
    return catalog.ProductStatus.INACTIVE if is_archived else catalog.ProductStatus.ACTIVE


def product_ref(native_id: str) -> ProductRef:
    """What names a product."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


def _detail(record: wire.ProductListItem | wire.Product) -> catalog.ProductDetail:
    return catalog.ProductDetail(
        image_url=record.image or None,
        created_at=utc(record.created_at),
        updated_at=utc(record.updated_at),
    )


def price(
    detail: wire.Price | None, amount: int | None, currency: str | None
) -> catalog.Money | None:
    """The price in the detail, else the flat one; None if the buyer sets it or it is not told."""
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


def _money(minor_units: int | None, currency: str | None) -> catalog.Money | None:
    """Without its currency, or in one of unknown exponent, an amount means nothing."""
    exponent = _exponent(currency)
    if minor_units is None or exponent is None:
        return None
    return catalog.Money(amount=Decimal(minor_units).scaleb(-exponent), currency=currency)


def _exponent(currency: str | None) -> int | None:
    try:
        return Currency(currency).exponent
    except ValueError:
        return _WITHDRAWN_EXPONENTS.get(currency or "")


def utc(moment: datetime) -> datetime:
    """A moment in UTC, as the vendor's dates are (documented), whether they say so or not."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def collection_body(change: CollectionChange) -> wire.Body:
    """The fields of a collection that are to change; None clears, what is unset is left out."""
    return _given(name=change.name, description=change.description)


def group_body(change: GroupChange) -> wire.Body:
    """The fields of a group that are to change; None clears, what is unset is left out."""
    is_active = UNSET if change.status is UNSET else change.status is catalog.GroupStatus.ACTIVE
    return _given(group_name=change.name, status=is_active)


def entries(products: Iterable[ProductRef]) -> list[wire.Body]:
    """Rows to be added, offered as the vendor's default is."""
    return [{"product_id": product.native_id} for product in products]


def entries_like(rows: Iterable[wire.ProductCollectionProduct]) -> list[wire.Body]:
    """Rows to be added, offered as these are."""
    return [{"product_id": row.product_id, "status": row.status} for row in rows]


def _given(**fields: object) -> wire.Body:
    return {name: value for name, value in fields.items() if value is not UNSET}
