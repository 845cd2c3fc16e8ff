"""2Checkout's REST calls, one method each, named after the vendor's operations."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeVar, cast

import httpx

from groupgate.domain.errors import Rejected
from groupgate.domain.health import ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.providers.two_checkout import wire
from groupgate.providers.two_checkout.auth import HEADER, authentication_header
from groupgate.providers.two_checkout.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 200
"""The largest page the vendor gives (documented for its other APIs)."""

# Nobody documents which of the two answers a code that leads nowhere.
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}

_GROUPS = cast("type[wire.ProductGroups]", wire.ProductGroups)
_GROUP = cast("type[wire.ProductGroup]", wire.ProductGroup)
_PRODUCTS = cast("type[wire.Products]", wire.Products)
_GROUP_OF_PRODUCT = cast("type[wire.GroupOfProduct]", wire.GroupOfProduct)


class TwoCheckoutClient:
    """Speaks to 2Checkout with the key of the settings. Every path ends in a slash (documented)."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._json = JsonClient(ProviderKey.TWO_CHECKOUT, http, settings.base_url, self._signature)

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.health.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.forget()

    async def list_product_groups(self) -> tuple[wire.ProductGroupRecord, ...]:
        """All groups; the vendor has no pages of them."""
        found = await self._json.get("/productgroups/", _GROUPS)
        return found.Items if isinstance(found, wire.ProductGroupList) else found

    def remembers_product_groups(self) -> bool:
        """Whether the list of groups would cost nothing now."""
        return self._json.remembers("/productgroups/", _GROUPS)

    async def get_product_group(self, code: str) -> wire.ProductGroupRecord | None:
        """One group; None if it is not there."""
        found = await self._get_one("/productgroups/{}/", code, _GROUP)
        return next(iter(found), None) if isinstance(found, tuple) else found

    async def list_products(self, page: int, group_name: str | None = None) -> wire.ProductPage:
        """A page of all products, or of those in the group of this name. The first page is 1."""
        found = await self._json.get("/products/", _PRODUCTS, _page(page, group_name))
        return found if isinstance(found, wire.ProductPage) else wire.ProductPage(Items=found)

    def remembers_products(self, page: int) -> bool:
        """Whether this page of all products would cost nothing now."""
        return self._json.remembers("/products/", _PRODUCTS, _page(page))

    async def get_product(self, code: str) -> wire.ProductRecord | None:
        """One product; None if it is not there."""
        return await self._get_one("/products/{}/", code, wire.ProductRecord)

    async def get_product_group_of_product(self, code: str) -> str | None:
        """The name of the group a product is in; None if it is in none or not there."""
        found = await self._get_one("/products/{}/productgroups/", code, _GROUP_OF_PRODUCT)
        group = next(iter(found), None) if isinstance(found, tuple) else found
        return group.Name if isinstance(group, wire.ProductGroupRecord) else group

    def _signature(self) -> dict[str, str]:
        settings = self._settings
        value = authentication_header(
            settings.merchant_code,
            settings.secret_key.get_secret_value(),
            datetime.now(UTC),
            settings.hash_algorithm,
        )
        return {HEADER: value}

    async def _get_one(self, path: str, code: str, shape: type[ShapeT]) -> ShapeT | None:
        if not is_addressable(code):
            return None
        try:
            return await self._json.get(path.format(segment(code)), shape)
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise


def _page(number: int, group_name: str | None = None) -> Params:
    params = [("Limit", PAGE_SIZE), ("Page", number)]
    return params if group_name is None else [("GroupName", group_name), *params]
