"""Converts Axim's records into the domain's types, and changes into Axim's request bodies."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from groupgate.decoding.scalars import read_amount, to_utc
from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.paging import normalize_for_search
from groupgate.domain.refs import AccountKey, GroupRef, ProductRef
from groupgate.providers.axim import wire


@dataclass(frozen=True, slots=True)
class Mapper:
    """Converts the records of one account."""

    account: AccountKey

    def group_ref(self, native_id: str) -> GroupRef:
        """Return the ref of a group, which is always in the implicit collection."""
        return GroupRef(provider=self.account, native_id=native_id)

    def product_ref(self, native_id: str) -> ProductRef:
        """Return the ref of a product."""
        return ProductRef(provider=self.account, native_id=native_id)

    def group(self, record: wire.ProductGroup) -> catalog.Group:
        """Convert a group, from the list or from its own read."""
        return catalog.Group(
            ref=self.group_ref(record.id),
            name=record.name,
            status=group_status(record),
            access=group_access(record),
            created_at=to_utc(self.account, "createdAt", record.created_at),
            updated_at=to_utc(self.account, "updatedAt", record.updated_at),
        )

    def membership(self, record: wire.GroupMemberProduct) -> catalog.Membership:
        """Convert a product of a group; the record does not name its other groups."""
        return catalog.Membership(
            product=catalog.Product(
                ref=self.product_ref(record.id),
                name=record.name or None,
                description=_text(record.description),
                sku=record.sku or None,
                price=self.price(record.price),
                status=product_status(record.status),
            )
        )

    def product(self, record: wire.Product) -> catalog.Product:
        """Convert a product from /products, whose description may be an object (documented)."""
        return catalog.Product(
            ref=self.product_ref(record.id),
            name=record.name or None,
            description=_text(record.description) or record.short_description or None,
            sku=record.sku or None,
            price=self.price(record.price),
            status=product_status(record.status),
            detail=catalog.ProductDetail(
                image_url=image_url(record.media_gallery or ()),
                created_at=to_utc(self.account, "createdAt", record.created_at),
                updated_at=to_utc(self.account, "updatedAt", record.updated_at),
            ),
            groups=self._group_refs(record.product_groups),
        )

    def price(self, written: wire.Price) -> catalog.Money | None:
        """Return the amount with the vendor's number of digits; no currency is documented."""
        amount = read_amount(self.account, "price", written)
        return None if amount is None else catalog.Money(amount=amount, currency_code=None)

    def _group_refs(self, native_ids: Sequence[str] | None) -> tuple[GroupRef, ...] | None:
        return None if native_ids is None else tuple(map(self.group_ref, dict.fromkeys(native_ids)))


def group_status(record: wire.ProductGroup) -> catalog.GroupStatus:
    """Convert the status of a group."""
    return catalog.GroupStatus.ACTIVE if record.status else catalog.GroupStatus.INACTIVE


def group_access(record: wire.ProductGroup) -> catalog.GroupAccess | None:
    """Convert the access of a group; None if the vendor returns null."""
    if record.restrict_access is None:
        return None
    access = catalog.GroupAccess
    return access.RESTRICTED if record.restrict_access else access.OPEN


def product_status(status: str | None) -> catalog.ProductStatus | None:
    """Convert the status of a product; only "active" and "inactive" are documented."""
    if not status:
        return None
    statuses = catalog.ProductStatus
    return statuses.ACTIVE if status.casefold() == "active" else statuses.INACTIVE


def matches_search(search: str) -> Callable[[wire.Product], bool]:
    """Return a filter for products whose name or SKU contains this text in any case."""
    needle = normalize_for_search(search)
    return lambda row: any(
        needle in normalize_for_search(text) for text in (row.name, row.sku) if text
    )


def image_url(gallery: Sequence[wire.Media]) -> str | None:
    """Return the URL of the default image, else of the first."""
    images = [media for media in gallery if media.url]
    default = next((media for media in images if media.is_default), None)
    return (default or images[0]).url if images else None


def group_body(change: GroupChange) -> wire.Body:
    """Return the changed fields of a group; a field that is not given stays as it is."""
    body: dict[str, object] = {}
    if change.name is not UNSET:
        body["name"] = change.name
    if change.status is not UNSET:
        body["status"] = change.status is catalog.GroupStatus.ACTIVE
    if change.access is not UNSET:
        body["restrictAccess"] = change.access is catalog.GroupAccess.RESTRICTED
    return body


def has_fields(group: catalog.Group, body: wire.Body) -> bool:
    """Return True if a group has the fields that were sent in a body."""
    present = {
        "name": group.name,
        "status": group.status is catalog.GroupStatus.ACTIVE,
        "restrictAccess": group.access is catalog.GroupAccess.RESTRICTED,
    }
    return all(present[name] == value for name, value in body.items())


def creation_bodies(change: GroupChange) -> tuple[wire.Body, wire.Body]:
    """Return the fields that creation accepts, name and status (documented), and the others."""
    fields = group_body(change)
    accepted = {name: value for name, value in fields.items() if name != "restrictAccess"}
    return accepted, {name: value for name, value in fields.items() if name not in accepted}


def members_body(add: Iterable[ProductRef] = (), remove: Iterable[ProductRef] = ()) -> wire.Body:
    """Return the products to add and to remove, without empty lists."""
    lists = {"products": add, "productsToRemove": remove}
    ids = {name: [product.native_id for product in refs] for name, refs in lists.items()}
    return {name: native_ids for name, native_ids in ids.items() if native_ids}


def _text(description: Any) -> str | None:
    return description if isinstance(description, str) and description else None
