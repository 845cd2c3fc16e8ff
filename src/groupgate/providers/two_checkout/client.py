"""2Checkout's REST calls, one method each, named after the vendor's operations."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeVar, cast

import httpx

from groupgate.domain.errors import Malformed, Rejected, WriteOutcome
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.providers.two_checkout import wire
from groupgate.providers.two_checkout.auth import HEADER, authentication_header
from groupgate.providers.two_checkout.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 200
"""The largest page the vendor gives (documented for its other APIs)."""

PRODUCT_GROUPS: Final = "/productgroups/"
"""Where all groups are, and new ones are made."""

# Nobody documents which of the two answers a code that leads nowhere.
_NOT_THERE = {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}

_GROUPS = cast("type[wire.ProductGroups]", wire.ProductGroups)
_GROUP = cast("type[wire.ProductGroup]", wire.ProductGroup)
_PRODUCTS = cast("type[wire.Products]", wire.Products)
_GROUP_OF_PRODUCT = cast("type[wire.GroupOfProduct]", wire.GroupOfProduct)


def membership_path(product: str, group: str | None) -> str:
    """Where a product is put into a group and taken out; None is a group that is still to be made.

    Codes of products are free text, with slashes and blanks in it.
    """
    return f"/products/{segment(product)}/productgroups/{segment(group) if group else '{new}'}/"


class TwoCheckoutClient:
    """Speaks to 2Checkout with the key of the settings. Every path ends in a slash (documented)."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, vendor_state: VendorState | None = None
    ) -> None:
        self._settings = settings
        self._json = JsonClient(
            ProviderKey.TWO_CHECKOUT, http, settings.base_url, self._signature, vendor_state
        )
        self.seen_groups: dict[str, str] = {}
        """The names of groups by code, as this process has read them; looking costs no call."""

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.invalidate()

    async def list_product_groups(self) -> tuple[wire.ProductGroupRecord, ...]:
        """All groups; the vendor has no pages of them."""
        found = await self._json.get(PRODUCT_GROUPS, _GROUPS)
        records = found.Items if isinstance(found, wire.ProductGroupList) else found
        self._see(records)
        return records

    def has_cached_product_groups(self) -> bool:
        """Whether the list of groups would cost nothing now."""
        return self._json.is_cached(PRODUCT_GROUPS, _GROUPS)

    async def get_product_group(self, code: str) -> wire.ProductGroupRecord | None:
        """One group; None if it is not there."""
        found = await self._get_one("/productgroups/{}/", code, _GROUP)
        record = next(iter(found), None) if isinstance(found, tuple) else found
        self._see([record] if record else [])
        return record

    async def list_products(self, page: int, group_name: str | None = None) -> wire.ProductPage:
        """A page of all products, or of those in the group of this name. The first page is 1."""
        found = await self._json.get("/products/", _PRODUCTS, _page(page, group_name))
        listed = found if isinstance(found, wire.ProductPage) else wire.ProductPage(Items=found)
        self._see(row.ProductGroup for row in listed.Items)
        return listed

    def has_cached_products(self, page: int) -> bool:
        """Whether this page of all products would cost nothing now."""
        return self._json.is_cached("/products/", _PRODUCTS, _page(page))

    async def get_product(self, code: str) -> wire.ProductRecord | None:
        """One product; None if it is not there."""
        record = await self._get_one("/products/{}/", code, wire.ProductRecord)
        self._see([record.ProductGroup] if record else [])
        return record

    async def get_product_group_of_product(self, code: str) -> str | None:
        """The name of the group a product is in; None if it is in none or not there."""
        found = await self._get_one("/products/{}/productgroups/", code, _GROUP_OF_PRODUCT)
        group = next(iter(found), None) if isinstance(found, tuple) else found
        return group.Name if isinstance(group, wire.ProductGroupRecord) else group

    async def create_product_group(self, body: Mapping[str, str | None]) -> bool:
        """Make a group; False if it is refused. What the vendor answers does not tell its code."""
        return await self._is_done("POST", PRODUCT_GROUPS, {HTTPStatus.BAD_REQUEST}, body)

    async def assign_product_to_group(self, product: str, group: str) -> bool:
        """Put a product into a group; False if it is refused, as when one of them is not there."""
        return await self._is_done("POST", membership_path(product, group), _NOT_THERE)

    async def unassign_product_from_group(self, product: str, group: str) -> bool:
        """Take a product out of a group; False if it is refused, as when it is not in there."""
        return await self._is_done("DELETE", membership_path(product, group), _NOT_THERE)

    def _see(self, records: Iterable[wire.ProductGroupRecord | None]) -> None:
        self.seen_groups |= {
            record.Code: record.Name for record in records if record and record.Code
        }

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

    async def _is_done(
        self,
        method: str,
        path: str,
        refusals: Collection[int],
        body: Mapping[str, str | None] | None = None,
    ) -> bool:
        """Whether the vendor has confirmed a write; False if it answers with one of `refusals`."""
        try:
            confirmed = await self._json.write(method, path, bool, body)
        except Rejected as refusal:
            if refusal.status in refusals:
                return False
            raise
        if not confirmed:
            raise _unconfirmed()
        return True


def _unconfirmed() -> Malformed:
    """What came is not the bare `true` that stands for done (documented for the RPC twins)."""
    message = "It did not confirm the change with true."
    error = Malformed(ProviderKey.TWO_CHECKOUT, message, json_path="$")
    error.outcome = WriteOutcome.UNKNOWN
    return error


def _page(number: int, group_name: str | None = None) -> Params:
    params = [("Limit", PAGE_SIZE), ("Page", number)]
    return params if group_name is None else [("GroupName", group_name), *params]
