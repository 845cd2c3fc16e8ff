"""Dodo's REST calls: one method for each of the vendor's operations, with the vendor's names."""

from collections.abc import Coroutine, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx
import msgspec

from groupgate.decoding.json_body import NoBody, missing_id
from groupgate.domain.errors import Refused, Rejected, Unconfirmed
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import Conflict, NotFound, UserErrorCode, not_accepted, not_found
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.settings import Settings
from groupgate.request import current_scope
from groupgate.upstream.client import JsonClient
from groupgate.upstream.pagination import RawPage
from groupgate.upstream.transport import is_addressable, segment, with_query
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 100
"""The vendor's largest page (documented)."""

MAX_PAGE_PATHS: Final = 256
"""Paths of pages that are remembered."""

COLLECTIONS_PATH: Final = "/product-collections"
PRODUCTS_PATH: Final = "/products"

EXCLUDED_PRODUCT_IDS: Final = "$.excluded_product_ids"
"""The JSON path in the response to an unarchived collection."""

EMPTY_COLLECTION: Final = "Dodo Payments does not allow a collection without products."
"""The rule (documented), as the message of a refusal."""

_NOT_FOUND: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
"""410 is documented as "already deleted or archived", but not for which calls."""

_NOT_ACCEPTED: Final = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Documented for the API as a whole; 422 is the status for an invalid body."""


class DodoClient:
    """Calls Dodo Payments with the API key of the settings. The first page has the number 0."""

    def __init__(
        self,
        settings: Settings,
        transport: httpx.AsyncBaseTransport,
        vendor_state: VendorState | None = None,
    ) -> None:
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        headers = {"Authorization": f"Bearer {key}"}
        vendor_state = vendor_state or VendorState(ProviderKey.DODO)
        self.account: Final[AccountKey] = vendor_state.provider
        self._json = JsonClient(
            self.account, transport, settings.base_url, lambda: headers, vendor_state
        )

    @property
    def status(self) -> ProviderStatus:
        """The vendor's health, derived from recent calls."""
        return self._json.status

    def forget(self) -> None:
        """Bypass the cache for the rest of this request."""
        self._json.invalidate()

    async def list_product_collections(
        self, page_number: int, page_size: int = PAGE_SIZE, *, archived: bool = False
    ) -> RawPage[wire.ProductCollectionListItem]:
        """Read a page of the live or of the archived collections."""
        path = _page_path(COLLECTIONS_PATH, page_number, page_size, archived=archived)
        page = await self._json.get(path, wire.ProductCollectionList)
        return RawPage.of(page.items)

    def has_cached_archived_collections(self, page_number: int, page_size: int = PAGE_SIZE) -> bool:
        """Return True if reading this page of the archived collections needs no call."""
        path = _page_path(COLLECTIONS_PATH, page_number, page_size, archived=True)
        return self._json.is_cached(path, wire.ProductCollectionList)

    def get_product_collection(
        self, native_id: str | None
    ) -> Coroutine[Any, Any, wire.ProductCollection | None]:
        """Read a collection with its groups and products; None if it does not exist."""
        return self._get_or_none(COLLECTIONS_PATH, native_id or "", wire.ProductCollection)

    def find_product_collection(self, native_id: str) -> wire.ProductCollection | None:
        """Return a collection if reading it neither waits nor fails; else None."""
        return self._json.find(_below(COLLECTIONS_PATH, native_id), wire.ProductCollection)

    def has_cached_product_collection(self, native_id: str) -> bool:
        """Return True if reading this collection needs no call."""
        return self._json.is_cached(_below(COLLECTIONS_PATH, native_id), wire.ProductCollection)

    async def list_products(
        self, page_number: int, page_size: int = PAGE_SIZE, *, archived: bool = False
    ) -> RawPage[wire.ProductListItem]:
        """Read a page of the products on sale or of the archived ones."""
        path = _page_path(PRODUCTS_PATH, page_number, page_size, archived=archived)
        page = await self._json.get(path, wire.ProductList)
        return RawPage.of(page.items)

    def has_cached_products(self, page_number: int, page_size: int = PAGE_SIZE) -> bool:
        """Return True if reading this page of the products on sale needs no call."""
        path = _page_path(PRODUCTS_PATH, page_number, page_size)
        return self._json.is_cached(path, wire.ProductList)

    async def get_product(self, native_id: str) -> wire.Product | None:
        """Read a product; None if it does not exist."""
        return await self._get_or_none(PRODUCTS_PATH, native_id, wire.Product)

    def has_cached_product(self, native_id: str) -> bool:
        """Return True if reading this product needs no call."""
        return self._json.is_cached(_below(PRODUCTS_PATH, native_id), wire.Product)

    async def create_product_collection(self, body: wire.Body) -> wire.NewProductCollection:
        """Create a collection; Rejected may concern any of its products."""
        created = await self._json.write("POST", COLLECTIONS_PATH, wire.NewProductCollection, body)
        if created is None:
            raise missing_id(self.account, CollectionRef.noun, "$.id")
        return created

    async def update_product_collection(self, ref: CollectionRef, body: wire.Body) -> None:
        """Change the fields in the body."""
        await self._change(collection_path(ref), ref, body)

    async def archive_product_collection(self, ref: CollectionRef) -> None:
        """Archive a collection; succeeds if it is archived already (410, documented)."""
        await self._remove(collection_path(ref), ref, HTTPStatus.GONE)

    async def unarchive_product_collection(self, ref: CollectionRef) -> Sequence[str]:
        """Unarchive a collection; return the ids of its products that the response excludes.

        Nothing but the response names them, so a response that cannot be read is recorded in the
        request as unreadable.
        """
        try:
            unarchived = await self._json.write("POST", unarchive_path(ref), wire.Unarchived)
        except Unconfirmed:
            current_scope().count_unreadable(self.account, EXCLUDED_PRODUCT_IDS)
            raise
        except Rejected as rejection:
            raise interpret_rejection(rejection, ref) from None
        return (unarchived and unarchived.excluded_product_ids) or ()

    async def create_product_collection_group(
        self, ref: CollectionRef, body: wire.Body
    ) -> wire.NewProductCollectionGroup:
        """Create a group; Rejected may concern its name, its products or the collection."""
        shape = wire.NewProductCollectionGroup
        created = await self._json.write("POST", groups_path(ref), shape, body)
        if created is None:
            raise missing_id(self.account, GroupRef.noun, "$.group_id")
        return created

    async def update_product_collection_group(self, ref: GroupRef, body: wire.Body) -> None:
        """Change the fields in the body; Rejected may concern the name or the group."""
        await self._json.write("PATCH", group_path(ref), NoBody, body)

    async def reorder_product_collection_group(self, ref: GroupRef, row_ids: list[str]) -> None:
        """Put the rows of a group in this order."""
        await self._change(group_path(ref), ref, {"product_order": row_ids})

    async def delete_product_collection_group(self, ref: GroupRef) -> None:
        """Delete a group; succeeds if it does not exist."""
        await self._remove(group_path(ref), ref, HTTPStatus.NOT_FOUND)

    async def add_group_items(
        self, ref: GroupRef, rows: Sequence[wire.Body]
    ) -> tuple[wire.AddedItem, ...]:
        """Add rows to a group; return those that the response contains.

        Rejected may concern any of their products or the group.
        """
        shape = tuple[wire.AddedItem, ...]
        return await self._json.write("POST", rows_path(ref), shape, {"products": rows}) or ()

    async def update_group_item(
        self, ref: GroupRef, row_id: str, product: ProductRef, *, is_active: bool
    ) -> None:
        """Set the status of a product in its group."""
        await self._change(row_path(ref, row_id), product, {"status": is_active}, group=ref)

    async def delete_group_item(self, ref: GroupRef, row_id: str, product: ProductRef) -> None:
        """Remove a product from its group; succeeds if the row does not exist."""
        await self._remove(row_path(ref, row_id), product, HTTPStatus.NOT_FOUND, group=ref)

    async def _change(
        self, path: str, about: Ref, body: wire.Body, *, group: GroupRef | None = None
    ) -> None:
        """Send a PATCH; a rejection concerns `about`, or `group` if its collection is archived."""
        try:
            await self._json.write("PATCH", path, NoBody, body)
        except Rejected as rejection:
            raise interpret_rejection(rejection, _subject(rejection, about, group)) from None

    async def _remove(
        self, path: str, about: Ref, already_done: HTTPStatus, *, group: GroupRef | None = None
    ) -> None:
        """Send a DELETE; the status `already_done` counts as success."""
        try:
            await self._json.write("DELETE", path, NoBody)
        except Rejected as rejection:
            if rejection.status != already_done:
                raise interpret_rejection(rejection, _subject(rejection, about, group)) from None

    async def _get_or_none(self, path: str, native_id: str, shape: type[ShapeT]) -> ShapeT | None:
        if not is_addressable(native_id):
            return None
        try:
            return await self._json.get(_below(path, native_id), shape)
        except Rejected as rejection:
            if rejection.status in _NOT_FOUND:
                return None
            raise


def collection_path(ref: CollectionRef) -> str:
    """Return the path of a collection; raise Refused if its id cannot be part of a path."""
    return _below(COLLECTIONS_PATH, _addressable(ref.native_id or "", ref))


def unarchive_path(ref: CollectionRef) -> str:
    """Return the path that unarchives a collection."""
    return f"{collection_path(ref)}/unarchive"


def groups_path(ref: CollectionRef) -> str:
    """Return the path that creates a group in a collection."""
    return f"{collection_path(ref)}/groups"


def group_path(ref: GroupRef) -> str:
    """Return the path of a group; raise Refused if its id cannot be part of a path."""
    collection_id = _addressable(ref.collection_id or "", ref)
    groups = f"{_below(COLLECTIONS_PATH, collection_id)}/groups"
    return _below(groups, _addressable(ref.native_id, ref))


def rows_path(ref: GroupRef) -> str:
    """Return the path that adds rows to a group."""
    return f"{group_path(ref)}/items"


def row_path(ref: GroupRef, row_id: str) -> str:
    """Return the path of a row of a group."""
    return _below(rows_path(ref), row_id)


def interpret_rejection(rejection: Rejected, about: Ref | None) -> Refused | Rejected:
    """Return the refusal that a rejected call means, or the rejection if its reason is unknown."""
    if error_code(rejection) == wire.MUST_HAVE_PRODUCTS:
        code = UserErrorCode.LAST_PRODUCT
        return Refused(Conflict(message=EMPTY_COLLECTION, code=code, about=about))
    if rejection.status in _NOT_FOUND and about is not None:
        message = f"The {about.noun} does not exist, or is archived."
        return Refused(NotFound(message=message, about=about))
    if rejection.status in _NOT_ACCEPTED | _NOT_FOUND:
        return Refused(not_accepted(ProviderKey.DODO))
    return rejection


def error_code(rejection: Rejected) -> str:
    """Return the vendor's error code; empty if the body has none."""
    try:
        return msgspec.json.decode(rejection.body, type=wire.Error).code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _subject(rejection: Rejected, about: Ref, group: GroupRef | None) -> Ref:
    is_archived = error_code(rejection) == wire.COLLECTION_IS_DELETED
    return group if group is not None and is_archived else about


def _addressable(native_id: str, ref: Ref) -> str:
    if is_addressable(native_id):
        return native_id
    raise Refused(not_found(ref))


def _below(path: str, native_id: str) -> str:
    return f"{path}/{segment(native_id)}"


@lru_cache(MAX_PAGE_PATHS)
def _page_path(path: str, number: int, page_size: int, *, archived: bool = False) -> str:
    """Return the path and the query of a page, which most reads of a group need once more."""
    params = [("page_number", str(number)), ("page_size", str(page_size))]
    return with_query(path, [*params, ("archived", "true")] if archived else params)
