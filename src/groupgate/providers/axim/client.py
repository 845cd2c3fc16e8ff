"""Axim's REST calls, one method each, named after the vendor's operations."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, TypeVar

import httpx

from groupgate.domain.errors import Malformed, Rejected
from groupgate.domain.health import ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.providers.axim import wire
from groupgate.providers.axim.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment
from groupgate.upstream.walk import Sheet

DataT = TypeVar("DataT")

PAGE_SIZE: Final = 50
"""The largest page of groups and of their products (documented); for /products none is told."""

_GROUP_LIST = wire.Envelope[tuple[wire.ProductGroupWithProducts, ...]]
_PRODUCT_LIST = wire.Envelope[tuple[wire.Product, ...]]

# A read has no input but ids, so a 400 is about an id that could not exist (assumed).
_NOT_THERE = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}


class AximClient:
    """Speaks to Axim Commerce with the token of the settings. Pages are counted from 1."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        token = settings.access_token.get_secret_value() if settings.access_token else ""
        # Tables say "Bearer Token", every sample sends the bare one (documented).
        headers = {"accessToken": token}
        self._json = JsonClient(ProviderKey.AXIM, http, settings.base_url, lambda: headers)

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.health.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.forget()

    async def list_product_groups(
        self, page: int, product_page: int = 1, *, limit: int = PAGE_SIZE
    ) -> Sheet[wire.ProductGroupWithProducts]:
        """A page of groups, each with this page of its products."""
        params = _group_page(page, product_page, limit)
        return _sheet(await self._json.get("/productGroup/all", _GROUP_LIST, params))

    def remembers_product_groups(self, page: int) -> bool:
        """Whether this page of groups, with their first products, would cost nothing now."""
        params = _group_page(page, 1, PAGE_SIZE)
        return self._json.remembers("/productGroup/all", _GROUP_LIST, params)

    async def get_product_group(
        self, native_id: str, page: int = 1
    ) -> wire.ProductGroupPage | None:
        """One group with a page of its products; None if it is not there."""
        # What would be read in the place of a group called "all" is the list.
        if not is_addressable(native_id) or native_id.casefold() == "all":
            return None
        path = f"/productGroup/{segment(native_id)}"
        return await self._found(path, wire.Envelope[wire.ProductGroupPage], _page(page))

    async def list_products(self, page: int) -> Sheet[wire.Product]:
        """A page of all products."""
        return _sheet(await self._json.get("/products", _PRODUCT_LIST, _page(page)))

    def remembers_products(self, page: int) -> bool:
        """Whether this page of all products would cost nothing now."""
        return self._json.remembers("/products", _PRODUCT_LIST, _page(page))

    async def list_products_by_id(self, native_ids: Sequence[str]) -> Sheet[wire.Product] | None:
        """The products of these ids, at most a page of them; None if the vendor refuses an id."""
        params = [("entityId", ",".join(native_ids)), *_page(1)]
        try:
            return _sheet(await self._json.get("/products", _PRODUCT_LIST, params))
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise

    async def get_product(self, native_id: str) -> wire.Product | None:
        """One product; None if it is not there. No page documents this call (assumed)."""
        if not is_addressable(native_id):
            return None
        return await self._found(f"/products/{segment(native_id)}", wire.Envelope[wire.Product])

    async def _found(
        self, path: str, shape: type[wire.Envelope[DataT]], params: Params = ()
    ) -> DataT | None:
        try:
            return _data(await self._json.get(path, shape, params))
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise


def _group_page(page: int, product_page: int, limit: int) -> Params:
    return [
        ("page", page),
        ("limit", limit),
        ("productPage", product_page),
        ("productLimit", limit),
    ]


def _page(page: int) -> Params:
    return [("page", page), ("limit", PAGE_SIZE)]


def _sheet(envelope: wire.Envelope[tuple[DataT, ...]]) -> Sheet[DataT]:
    rows = _data(envelope)
    return Sheet(rows=rows, total=envelope.pagination.total if envelope.pagination else None)


def _data(envelope: wire.Envelope[DataT]) -> DataT:
    if not envelope.success:
        raise Malformed(
            ProviderKey.AXIM, "It answered that it failed, with status 200.", json_path="$.success"
        )
    if envelope.data is None:
        raise Malformed(ProviderKey.AXIM, "Its answer has no data.", json_path="$.data")
    return envelope.data
