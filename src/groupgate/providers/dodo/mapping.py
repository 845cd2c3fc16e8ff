"""Converts Dodo's records into the domain's types, and changes into Dodo's request bodies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, cast

from msgspec import Struct

from groupgate.decoding.scalars import to_utc
from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, CollectionChange, GroupChange
from groupgate.domain.paging import Page, PageRequest, normalize_for_search
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef
from groupgate.providers.dodo import prices, wire
from groupgate.upstream.results import page_of

_ACTIVE: Final = catalog.GroupProductStatus.ACTIVE
_INACTIVE: Final = catalog.GroupProductStatus.INACTIVE


class _Members(Struct):
    """The rows of a group with the status of their products: those converted so far, else None."""

    product_status: catalog.ProductStatus | None
    rows: list[catalog.Membership | None]
    page: tuple[PageRequest, Page[catalog.Membership]] | None = None
    """The last page that was requested."""


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

    def own_collection(self, record: wire.ProductCollection) -> catalog.ProductCollection:
        """Convert a collection from its own read, once."""
        found: catalog.ProductCollection | None = record.mapped.get("collection")
        if found is None:
            found = record.mapped["collection"] = self.collection(record)
        return found

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

    def groups(self, parent: wire.ProductCollection) -> Sequence[catalog.Group]:
        """Convert the groups of the collection `parent`, once."""
        found: list[catalog.Group] | None = parent.mapped.get("groups")
        if found is None:
            found = [self.group(parent, record) for record in parent.groups]
            parent.mapped["groups"] = found
        return found

    def group_page(
        self, parent: wire.ProductCollection, request: PageRequest
    ) -> Page[catalog.Group]:
        """Return a page of the groups of `parent`; the last one is kept with the response."""
        kept: tuple[PageRequest, Page[catalog.Group]] | None = parent.mapped.get("group_page")
        if kept is None or kept[0] != request:
            groups = self.groups(parent)
            kept = (request, page_of(len(groups), request, groups.__getitem__))
            parent.mapped["group_page"] = kept
        return kept[1]

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
        return self._groups_by_product(parent).get(product_id, ())

    def memberships(
        self,
        parent: wire.ProductCollection,
        group: wire.ProductCollectionGroup,
        product_status: catalog.ProductStatus | None,
        rows: slice = slice(None),
    ) -> list[catalog.Membership]:
        """Convert rows of a group of `parent`, each once for as long as the response lives."""
        members = _members(parent, group, product_status).rows
        if None in members[rows]:
            members[rows] = [
                member or self.membership(parent, record, product_status)
                for member, record in zip(members[rows], group.products[rows], strict=True)
            ]
        return cast("list[catalog.Membership]", members[rows])

    def membership_page(
        self,
        parent: wire.ProductCollection,
        group: wire.ProductCollectionGroup,
        product_status: catalog.ProductStatus | None,
        request: PageRequest,
    ) -> Page[catalog.Membership]:
        """Return a page of a group of `parent`; the last one is kept with the response."""
        members = _members(parent, group, product_status)
        kept = members.page
        if kept is None or kept[0] != request:
            read = partial(self.memberships, parent, group, product_status)
            kept = members.page = (request, page_of(len(group.products), request, read))
        return kept[1]

    def membership(
        self,
        parent: wire.ProductCollection,
        record: wire.ProductCollectionProduct,
        product_status: catalog.ProductStatus | None,
    ) -> catalog.Membership:
        """Convert a row of a group of `parent`; rows have no product status."""
        product_id = record.product_id
        price, pricing = prices.price_and_terms(
            record.price_detail, record.price, record.currency, record.tax_inclusive
        )
        return catalog.Membership(
            product=catalog.Product(
                ref=ProductRef(provider=self.account, native_id=product_id),
                name=record.name or None,
                description=record.description or None,
                price=price,
                pricing=pricing,
                is_recurring=record.is_recurring,
                status=product_status,
                groups=self._groups_by_product(parent)[product_id],
            ),
            status=_ACTIVE if record.status else _INACTIVE,
            row_id=record.id,
        )

    def _groups_by_product(
        self, parent: wire.ProductCollection
    ) -> Mapping[str, tuple[GroupRef, ...]]:
        """Return the groups that contain each product of the collection `parent`."""
        found: dict[str, tuple[GroupRef, ...]] | None = parent.mapped.get("groups_by_product")
        if found is None:
            found = parent.mapped["groups_by_product"] = {}
            for group in parent.groups:
                own = (self.group(parent, group).ref,)
                for record in group.products:
                    others = found.setdefault(record.product_id, own)
                    if others[-1] is not own[0]:
                        found[record.product_id] = others + own
        return found

    def listed_product(
        self,
        record: wire.ProductListItem,
        status: catalog.ProductStatus = catalog.ProductStatus.ACTIVE,
    ) -> catalog.Product:
        """Convert a product from a list; which list it is in shows its status (documented)."""
        price, pricing = prices.price_and_terms(
            record.price_detail, record.price, record.currency, record.tax_inclusive
        )
        return catalog.Product(
            ref=self.product_ref(record.product_id),
            name=record.name or None,
            description=record.description or None,
            price=price,
            pricing=pricing,
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
            price=prices.price(record.price, None, None),
            pricing=prices.pricing(record.price, None),
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


def _members(
    parent: wire.ProductCollection,
    group: wire.ProductCollectionGroup,
    product_status: catalog.ProductStatus | None,
) -> _Members:
    key = (id(group), product_status is None)  # to hash an enum's member takes longer
    found: _Members | None = parent.mapped.get(key)
    if found is None or found.product_status is not product_status:
        found = parent.mapped[key] = _Members(product_status, [None] * len(group.products))
    return found


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


def _given(**fields: object) -> wire.Body:
    return {name: value for name, value in fields.items() if value is not UNSET}
