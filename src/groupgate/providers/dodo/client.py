"""Dodo's REST calls, one method each, named after the vendor's operations."""

from http import HTTPStatus
from typing import Final, TypeVar

import httpx

from groupgate.domain.errors import Rejected
from groupgate.domain.health import ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment
from groupgate.upstream.walk import Sheet

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 100
"""The largest page the vendor gives (documented)."""

# 410 is documented as "already deleted or archived"; where it comes is not said.
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class DodoClient:
    """Speaks to Dodo Payments with the key of the settings."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        key = settings.api_key.get_secret_value() if settings.api_key else ""
        headers = {"Authorization": f"Bearer {key}"}
        self._json = JsonClient(ProviderKey.DODO, http, settings.base_url, lambda: headers)

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.health.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.forget()

    async def list_product_collections(
        self, page_number: int, *, archived: bool = False, page_size: int = PAGE_SIZE
    ) -> Sheet[wire.ProductCollectionListItem]:
        """A page of the collections in use, or of the archived ones."""
        params = _page(page_number, page_size=page_size, archived=archived)
        page = await self._json.get("/product-collections", wire.ProductCollectionList, params)
        return Sheet(rows=page.items)

    def remembers_archived_collections(self, page_number: int) -> bool:
        """Whether this page of the archived collections would cost nothing now."""
        params = _page(page_number, archived=True)
        return self._json.remembers("/product-collections", wire.ProductCollectionList, params)

    async def get_product_collection(self, native_id: str) -> wire.ProductCollection | None:
        """One collection with its groups and products; None if it is not there."""
        return await self._get_one("/product-collections", native_id, wire.ProductCollection)

    async def list_products(
        self, page_number: int, *, archived: bool = False
    ) -> Sheet[wire.ProductListItem]:
        """A page of the products on sale, or of the archived ones."""
        params = _page(page_number, archived=archived)
        page = await self._json.get("/products", wire.ProductList, params)
        return Sheet(rows=page.items)

    def remembers_products(self, page_number: int) -> bool:
        """Whether this page of the products on sale would cost nothing now."""
        return self._json.remembers("/products", wire.ProductList, _page(page_number))

    async def get_product(self, native_id: str) -> wire.Product | None:
        """One product; None if it is not there."""
        return await self._get_one("/products", native_id, wire.Product)

    def remembers_product(self, native_id: str) -> bool:
        """Whether this product would cost nothing now."""
        return self._json.remembers(_below("/products", native_id), wire.Product)

    async def _get_one(self, path: str, native_id: str, shape: type[ShapeT]) -> ShapeT | None:
        if not is_addressable(native_id):
            return None
        try:
            return await self._json.get(_below(path, native_id), shape)
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise


def _below(path: str, native_id: str) -> str:
    return f"{path}/{segment(native_id)}"


def _page(number: int, *, page_size: int = PAGE_SIZE, archived: bool = False) -> Params:
    params = [("page_number", number), ("page_size", page_size)]
    return [*params, ("archived", "true")] if archived else params
