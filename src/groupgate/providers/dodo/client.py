"""Dodo's REST calls, one method each, named after the vendor's operations."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, TypeVar

import httpx
import msgspec

from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment
from groupgate.upstream.json_body import NoBody
from groupgate.upstream.pagination import RawPage
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 100
"""The largest page the vendor gives (documented)."""

COLLECTIONS_PATH: Final = "/product-collections"

# 410 is documented as "already deleted or archived"; where it comes is not said.
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}

# Documented for the service as a whole, with 422 as the one for bodies that are refused.
_NOT_ACCEPTED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


class DodoClient:
    """Speaks to Dodo Payments with the key of the settings."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, vendor_state: VendorState | None = None
    ) -> None:
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        headers = {"Authorization": f"Bearer {key}"}
        self._json = JsonClient(
            ProviderKey.DODO, http, settings.base_url, lambda: headers, vendor_state
        )

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.invalidate()

    async def list_product_collections(
        self, page_number: int, *, archived: bool = False, page_size: int = PAGE_SIZE
    ) -> RawPage[wire.ProductCollectionListItem]:
        """A page of the collections in use, or of the archived ones."""
        params = _page(page_number, page_size=page_size, archived=archived)
        page = await self._json.get(COLLECTIONS_PATH, wire.ProductCollectionList, params)
        return RawPage(rows=page.items)

    def has_cached_archived_collections(self, page_number: int) -> bool:
        """Whether this page of the archived collections would cost nothing now."""
        params = _page(page_number, archived=True)
        return self._json.is_cached(COLLECTIONS_PATH, wire.ProductCollectionList, params)

    async def get_product_collection(self, native_id: str) -> wire.ProductCollection | None:
        """One collection with its groups and products; None if it is not there."""
        return await self._get_one(COLLECTIONS_PATH, native_id, wire.ProductCollection)

    async def list_products(
        self, page_number: int, *, archived: bool = False
    ) -> RawPage[wire.ProductListItem]:
        """A page of the products on sale, or of the archived ones."""
        params = _page(page_number, archived=archived)
        page = await self._json.get("/products", wire.ProductList, params)
        return RawPage(rows=page.items)

    def has_cached_products(self, page_number: int) -> bool:
        """Whether this page of the products on sale would cost nothing now."""
        return self._json.is_cached("/products", wire.ProductList, _page(page_number))

    async def get_product(self, native_id: str) -> wire.Product | None:
        """One product; None if it is not there."""
        return await self._get_one("/products", native_id, wire.Product)

    def has_cached_product(self, native_id: str) -> bool:
        """Whether this product would cost nothing now."""
        return self._json.is_cached(_below("/products", native_id), wire.Product)

    async def create_product_collection(self, body: wire.Body) -> wire.NewProductCollection:
        """Make a collection; Rejected may be about any of its products."""
        return await self._json.write("POST", COLLECTIONS_PATH, wire.NewProductCollection, body)

    async def update_product_collection(self, ref: CollectionRef, body: wire.Body) -> None:
        """Change what the body names."""
        await self._change("PATCH", collection_path(ref), ref, body)

    async def archive_product_collection(self, ref: CollectionRef) -> None:
        """Archive a collection; one that is archived already stands as asked (410, documented)."""
        path = collection_path(ref)
        await self._remove(path, ref, HTTPStatus.GONE)

    async def unarchive_product_collection(self, ref: CollectionRef) -> wire.Unarchived:
        """Bring a collection back; those of its products that are archived fall out."""
        try:
            return await self._json.write("POST", unarchive_path(ref), wire.Unarchived)
        except Rejected as refusal:
            raise meaning(refusal, ref) from None

    async def create_product_collection_group(
        self, ref: CollectionRef, body: wire.Body
    ) -> wire.ProductCollectionGroup:
        """Make a group; Rejected may be about its name, its products or the collection."""
        return await self._json.write("POST", groups_path(ref), wire.ProductCollectionGroup, body)

    async def update_product_collection_group(self, ref: GroupRef, body: wire.Body) -> None:
        """Change what the body names; Rejected may be about the name or the group."""
        await self._json.write("PATCH", group_path(ref), NoBody, body)

    async def reorder_product_collection_group(self, ref: GroupRef, item_ids: list[str]) -> None:
        """Put the rows of a group in this order."""
        await self._change("PATCH", group_path(ref), ref, {"product_order": item_ids})

    async def delete_product_collection_group(self, ref: GroupRef) -> None:
        """Delete a group, unless it is gone already."""
        await self._remove(group_path(ref), ref, HTTPStatus.NOT_FOUND)

    async def add_group_items(
        self, ref: GroupRef, entries: Sequence[wire.Body]
    ) -> tuple[wire.AddedItem, ...]:
        """Put products into a group; Rejected may be about any of them or the group."""
        shape = tuple[wire.AddedItem, ...]
        return await self._json.write("POST", items_path(ref), shape, {"products": entries})

    async def update_group_item(
        self, ref: GroupRef, item_id: str, product: ProductRef, *, is_active: bool
    ) -> None:
        """Offer a product in its group, or no longer."""
        path = item_path(ref, item_id)
        await self._change("PATCH", path, product, {"status": is_active}, holder=ref)

    async def delete_group_item(self, ref: GroupRef, item_id: str, product: ProductRef) -> None:
        """Take a product out of its group, unless it is gone already."""
        await self._remove(item_path(ref, item_id), product, HTTPStatus.NOT_FOUND, holder=ref)

    async def _change(
        self,
        method: str,
        path: str,
        about: Ref,
        body: wire.Body,
        *,
        holder: GroupRef | None = None,
    ) -> None:
        """Send a write of which every refusal is about one thing, or about its holder."""
        try:
            await self._json.write(method, path, NoBody, body)
        except Rejected as refusal:
            raise meaning(refusal, _blamed(refusal, about, holder)) from None

    async def _remove(
        self, path: str, about: Ref, done_already: HTTPStatus, *, holder: GroupRef | None = None
    ) -> None:
        try:
            await self._json.write("DELETE", path, NoBody)
        except Rejected as refusal:
            if refusal.status != done_already:
                raise meaning(refusal, _blamed(refusal, about, holder)) from None

    async def _get_one(self, path: str, native_id: str, shape: type[ShapeT]) -> ShapeT | None:
        if not is_addressable(native_id):
            return None
        try:
            return await self._json.get(_below(path, native_id), shape)
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise


def collection_path(ref: CollectionRef) -> str:
    """Where a collection is; Refused if no collection can be at such a place."""
    return _below(COLLECTIONS_PATH, _addressable(ref.native_id or "", ref))


def unarchive_path(ref: CollectionRef) -> str:
    """Where an archived collection is brought back."""
    return f"{collection_path(ref)}/unarchive"


def groups_path(ref: CollectionRef) -> str:
    """Where the groups of a collection are made."""
    return f"{collection_path(ref)}/groups"


def group_path(ref: GroupRef) -> str:
    """Where a group is; Refused if no group can be at such a place."""
    collection_id = _addressable(ref.collection_id or "", ref)
    groups = f"{_below(COLLECTIONS_PATH, collection_id)}/groups"
    return _below(groups, _addressable(ref.native_id, ref))


def items_path(ref: GroupRef) -> str:
    """Where products are put into a group."""
    return f"{group_path(ref)}/items"


def item_path(ref: GroupRef, item_id: str) -> str:
    """Where a row of a group is."""
    return _below(items_path(ref), item_id)


def meaning(refusal: Rejected, about: Ref | None) -> Refused | Rejected:
    """What the vendor's refusal says of a thing; the refusal itself if it has no known meaning."""
    if refusal_code(refusal) == wire.MUST_HAVE_PRODUCTS:
        message = "A collection has to keep at least one product."
        return Refused(Conflict(message=message, code=UserErrorCode.LAST_PRODUCT, about=about))
    if refusal.status in _NOT_THERE and about is not None:
        return Refused(NotFound(message="It does not exist, or is archived.", about=about))
    if refusal.status in _NOT_ACCEPTED | _NOT_THERE:
        message = "Dodo Payments does not accept this change."
        return Refused(InvalidInput(message=message, code=UserErrorCode.INVALID))
    return refusal


def _blamed(refusal: Rejected, about: Ref, holder: GroupRef | None) -> Ref:
    """What a refusal is about: a group in an archived collection, not the product in it."""
    is_archived = refusal_code(refusal) == wire.COLLECTION_IS_DELETED
    return holder if holder is not None and is_archived else about


def refusal_code(refusal: Rejected) -> str:
    """The vendor's own code for why it refused; empty if it does not tell."""
    try:
        return msgspec.json.decode(refusal.body, type=wire.Error).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _addressable(native_id: str, ref: Ref) -> str:
    if is_addressable(native_id):
        return native_id
    raise Refused(NotFound(message="It does not exist, or no longer.", about=ref))


def _below(path: str, native_id: str) -> str:
    return f"{path}/{segment(native_id)}"


def _page(number: int, *, page_size: int = PAGE_SIZE, archived: bool = False) -> Params:
    params = [("page_number", number), ("page_size", page_size)]
    return [*params, ("archived", "true")] if archived else params
