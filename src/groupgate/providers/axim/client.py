"""Axim's REST calls: one method for each of the vendor's operations, with the vendor's names."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple, TypeVar

import httpx
from msgspec import UNSET

from groupgate.decoding.json_body import missing_id
from groupgate.domain.errors import Malformed, Refused, Rejected
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import AccountKey, GroupRef, ProviderKey
from groupgate.domain.refusals import not_accepted, not_found
from groupgate.providers.axim import wire
from groupgate.providers.axim.settings import Settings
from groupgate.upstream.client import JsonClient
from groupgate.upstream.pagination import RawPage
from groupgate.upstream.transport import Params, is_addressable, segment
from groupgate.upstream.vendor_state import VendorState

DataT = TypeVar("DataT")

PAGE_SIZE: Final = 50
"""The largest page of groups and of their products (documented), also used for /products."""


class ListPage(NamedTuple):
    """A page of a list, counted from 1, and the page size."""

    number: int
    size: int = PAGE_SIZE


FIRST_PAGE: Final = ListPage(1)

GROUPS_PATH: Final = "/productGroup/all"
PRODUCTS_PATH: Final = "/products"
CREATION_PATH: Final = "/productGroup/create"
NEW_GROUP_PATH: Final = "/productGroup/{new}"
"""The path, in a plan, of a group that an earlier write creates."""

_FAILED_WITH_200: Final = "Axim Commerce reported a failure with status 200."

_GROUP_LIST = wire.Envelope[tuple[wire.ProductGroupWithProducts, ...]]
_PRODUCT_LIST = wire.Envelope[tuple[wire.Product, ...]]

_NOT_FOUND: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}
"""A read has no other input than ids, so 400 means an id that cannot exist (assumed)."""

_RESERVED: Final = {"all", "create"}
"""Ids whose path would be that of another operation."""


class AximClient:
    """Calls Axim Commerce with the token of the settings. The first page has the number 1."""

    def __init__(
        self,
        settings: Settings,
        transport: httpx.AsyncBaseTransport,
        vendor_state: VendorState | None = None,
    ) -> None:
        token = settings.access_token.get_secret_value() if settings.access_token else ""
        # The tables say "Bearer Token", but every sample sends the token alone (documented).
        headers = {"accessToken": token}
        vendor_state = vendor_state or VendorState(ProviderKey.AXIM)
        self.account: Final[AccountKey] = vendor_state.provider
        self._json = JsonClient(
            self.account,
            transport,
            settings.base_url,
            lambda: headers,
            vendor_state,
            check=self._data,
        )

    @property
    def status(self) -> ProviderStatus:
        """The vendor's health, derived from recent calls."""
        return self._json.status

    def forget(self) -> None:
        """Bypass the cache for the rest of this request."""
        self._json.invalidate()

    async def list_product_groups(
        self,
        page: ListPage,
        products: ListPage = FIRST_PAGE,
        *,
        search: str | None = None,
    ) -> RawPage[wire.ProductGroupWithProducts]:
        """Read a page of groups, each with this page of its products.

        `search` is a part of the groups' names.
        """
        params = _group_page_params(page, products)
        if search is not None:
            params.append(("search", search))
        return self._raw_page(await self._json.get(GROUPS_PATH, _GROUP_LIST, params))

    def has_cached_product_groups(self, page: ListPage) -> bool:
        """Return True if reading this page of groups, with their first products, needs no call."""
        params = _group_page_params(page, FIRST_PAGE)
        return self._json.is_cached(GROUPS_PATH, _GROUP_LIST, params)

    async def get_product_group(
        self, native_id: str, products: ListPage = FIRST_PAGE
    ) -> wire.ProductGroupPage | None:
        """Read a group with a page of its products; None if it does not exist."""
        if not _is_group_id(native_id):
            return None
        path, shape = f"/productGroup/{segment(native_id)}", wire.Envelope[wire.ProductGroupPage]
        return await self._get_or_none(path, shape, _page_params(products))

    async def create_product_group(self, body: wire.Body) -> str:
        """Create a group; return its id."""
        shape = wire.Envelope[wire.NewProductGroup | str]
        data = await self._write("POST", CREATION_PATH, shape, body)
        native_id = data.id if isinstance(data, wire.NewProductGroup) else data
        if not native_id:
            raise missing_id(self.account, GroupRef.noun, "$.data")
        return native_id

    async def update_product_group(
        self, ref: GroupRef, body: wire.Body
    ) -> wire.ProductGroup | None:
        """Change fields, add and remove products; return the group if the response contains it."""
        return await self._change("PUT", ref, wire.Envelope[wire.ProductGroup], body)

    async def delete_product_group(self, ref: GroupRef) -> None:
        """Delete a group."""
        await self._change("DELETE", ref, wire.Envelope[Any])

    async def list_products(self, page: ListPage) -> RawPage[wire.Product]:
        """Read a page of all products."""
        params = _page_params(page)
        return self._raw_page(await self._json.get(PRODUCTS_PATH, _PRODUCT_LIST, params))

    def has_cached_products(self, page: ListPage) -> bool:
        """Return True if reading this page of all products needs no call."""
        return self._json.is_cached(PRODUCTS_PATH, _PRODUCT_LIST, _page_params(page))

    async def list_products_by_id(self, native_ids: Sequence[str]) -> RawPage[wire.Product] | None:
        """Read products by at most a page of ids; None if the vendor rejects an id."""
        return await self._filter_products("entityId", ",".join(native_ids), FIRST_PAGE)

    async def list_products_by_sku(self, skus: Sequence[str]) -> RawPage[wire.Product] | None:
        """Read products by at most a page of SKUs; None if the vendor rejects a SKU."""
        return await self._filter_products("sku:in", ",".join(skus), FIRST_PAGE)

    async def search_products_by_sku(self, text: str, page: ListPage) -> RawPage[wire.Product]:
        """Read a page of the products whose SKU contains the text, in any case (documented)."""
        return await self._filter_products("sku", text, page) or RawPage(rows=())

    async def _filter_products(
        self, name: str, value: str, page: ListPage
    ) -> RawPage[wire.Product] | None:
        params = [(name, value), *_page_params(page)]
        try:
            return self._raw_page(await self._json.get(PRODUCTS_PATH, _PRODUCT_LIST, params))
        except Rejected as rejection:
            if rejection.status in _NOT_FOUND:
                return None
            raise

    async def get_product(self, native_id: str) -> wire.Product | None:
        """Read a product; None if it does not exist. The call is not documented (assumed)."""
        if not is_addressable(native_id):
            return None
        path = f"{PRODUCTS_PATH}/{segment(native_id)}"
        return await self._get_or_none(path, wire.Envelope[wire.Product])

    async def _change(
        self,
        method: str,
        ref: GroupRef,
        shape: type[wire.Envelope[DataT]],
        body: wire.Body | None = None,
    ) -> DataT | None:
        try:
            return await self._write(method, group_path(ref), shape, body)
        except Rejected as rejection:
            if rejection.status == HTTPStatus.NOT_FOUND:
                raise Refused(not_found(ref)) from None
            raise

    async def _write(
        self, method: str, path: str, shape: type[wire.Envelope[DataT]], body: wire.Body | None
    ) -> DataT | None:
        """Send a write; return the data of the response, None if it has none of this shape."""
        try:
            envelope = await self._json.write(method, path, shape, body)
        except Rejected as rejection:
            if rejection.status == HTTPStatus.BAD_REQUEST:
                raise Refused(not_accepted(ProviderKey.AXIM)) from None
            raise
        return None if envelope is None or envelope.data is UNSET else envelope.data

    async def _get_or_none(
        self, path: str, shape: type[wire.Envelope[DataT]], params: Params = ()
    ) -> DataT | None:
        try:
            return self._data(await self._json.get(path, shape, params))
        except Rejected as rejection:
            if rejection.status in _NOT_FOUND:
                return None
            raise

    def _raw_page(self, envelope: wire.Envelope[tuple[DataT, ...]]) -> RawPage[DataT]:
        rows = self._data(envelope)
        return RawPage.of(rows, envelope.pagination.total if envelope.pagination else None)

    def _data(self, envelope: wire.Envelope[DataT]) -> DataT:
        """Return the data; raise Malformed if the vendor reports a failure or sends no data."""
        if not envelope.success:
            raise Malformed(self.account, _FAILED_WITH_200, json_path="$.success")
        if envelope.data is UNSET:
            message = "The response of Axim Commerce has no data."
            raise Malformed(self.account, message, json_path="$.data")
        return envelope.data


def group_path(ref: GroupRef) -> str:
    """Return the path of a group; raise Refused if its id cannot be part of a path."""
    if ref.collection_id is not None or not _is_group_id(ref.native_id):
        raise Refused(not_found(ref))
    return f"/productGroup/{segment(ref.native_id)}"


def _is_group_id(native_id: str) -> bool:
    return is_addressable(native_id) and native_id.casefold() not in _RESERVED


def _group_page_params(page: ListPage, products: ListPage) -> list[tuple[str, str | int]]:
    return [
        ("page", page.number),
        ("limit", page.size),
        ("productPage", products.number),
        ("productLimit", products.size),
    ]


def _page_params(page: ListPage) -> Params:
    return [("page", page.number), ("limit", page.size)]
