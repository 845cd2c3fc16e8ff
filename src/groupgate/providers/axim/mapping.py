"""What Axim's records mean in the gateway's words, and the gateway's changes in Axim's."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import wire

Body = dict[str, object]

COLLECTION: Final = catalog.ProductCollection(
    ref=CollectionRef(provider=ProviderKey.AXIM), name="Axim Commerce"
)
"""The implicit collection that all groups are in."""


def group_ref(native_id: str) -> GroupRef:
    """What names a group; all are in the implicit collection."""
    return GroupRef(provider=ProviderKey.AXIM, native_id=native_id)


def product_ref(native_id: str) -> ProductRef:
    """What names a product."""
    return ProductRef(provider=ProviderKey.AXIM, native_id=native_id)


def group_status(record: wire.ProductGroup) -> catalog.GroupStatus:
    """Whether a group is in use."""
    return catalog.GroupStatus.ACTIVE if record.status else catalog.GroupStatus.INACTIVE


def group(record: wire.ProductGroup) -> catalog.Group:
    """A group, as its own read and the list show it alike."""
    access = catalog.GroupAccess
    return catalog.Group(
        ref=group_ref(record.id),
        name=record.name,
        status=group_status(record),
        access=access.RESTRICTED if record.restrict_access else access.OPEN,
        created_at=_utc(record.created_at),
        updated_at=_utc(record.updated_at),
    )


def membership(record: wire.GroupMemberProduct) -> catalog.Membership:
    """A product in a group, which does not tell in which other groups it is."""
    return catalog.Membership(
        product=catalog.Product(
            ref=product_ref(record.id),
            name=record.name or None,
            description=_text(record.description),
            sku=record.sku or None,
            price=price(record.price),
            status=product_status(record.status),
        )
    )


def product(record: wire.Product) -> catalog.Product:
    """A product from /products, where the description may be an object (documented)."""
    return catalog.Product(
        ref=product_ref(record.id),
        name=record.name or None,
        description=_text(record.description) or record.short_description or None,
        sku=record.sku or None,
        price=price(record.price),
        status=product_status(record.status),
        detail=catalog.ProductDetail(
            image_url=image_url(record.media_gallery or ()),
            created_at=_utc(record.created_at),
            updated_at=_utc(record.updated_at),
        ),
        groups=_group_refs(record.product_groups),
    )


def product_status(status: str | None) -> catalog.ProductStatus | None:
    """Whether a product is on sale; of the words only "active" and "inactive" are documented."""
    if not status:
        return None
    statuses = catalog.ProductStatus
    return statuses.ACTIVE if status.casefold() == "active" else statuses.INACTIVE


def price(written: wire.Price) -> catalog.Money | None:
    """The amount with the digits the vendor writes; no page shows a currency."""
    try:
        amount = Decimal(str(written))
    except InvalidOperation:
        return None
    return catalog.Money(amount=amount, currency=None) if amount.is_finite() else None


def image_url(gallery: Sequence[wire.Media]) -> str | None:
    """The default picture, else the first."""
    pictures = [media for media in gallery if media.url]
    chosen = next((media for media in pictures if media.is_default), None)
    return (chosen or pictures[0]).url if pictures else None


def group_body(change: GroupChange) -> Body:
    """The fields of a group that are to change; what is unset is left out, and so stays."""
    body: Body = {}
    if change.name is not UNSET:
        body["name"] = change.name
    if change.status is not UNSET:
        body["status"] = change.status is catalog.GroupStatus.ACTIVE
    if change.access is not UNSET:
        body["restrictAccess"] = change.access is catalog.GroupAccess.RESTRICTED
    return body


def members_body(add: Iterable[ProductRef] = (), remove: Iterable[ProductRef] = ()) -> Body:
    """Products to add and to take out; an empty list is left out."""
    lists = {"products": add, "productsToRemove": remove}
    ids = {name: [product.native_id for product in refs] for name, refs in lists.items()}
    return {name: native_ids for name, native_ids in ids.items() if native_ids}


def creation_bodies(change: GroupChange) -> tuple[Body, Body]:
    """What creation takes, a name and a status (documented), and the fields that it does not."""
    fields = group_body(change)
    taken = {name: value for name, value in fields.items() if name != "restrictAccess"}
    return taken, {name: value for name, value in fields.items() if name not in taken}


def _group_refs(native_ids: Sequence[str] | None) -> tuple[GroupRef, ...] | None:
    return None if native_ids is None else tuple(map(group_ref, dict.fromkeys(native_ids)))


def _text(description: Any) -> str | None:
    return description if isinstance(description, str) and description else None


def _utc(moment: datetime | None) -> datetime | None:
    """Samples end in Z; a date that names no zone is taken to be in UTC as well (assumed)."""
    if moment is None or moment.tzinfo:
        return moment and moment.astimezone(UTC)
    return moment.replace(tzinfo=UTC)
