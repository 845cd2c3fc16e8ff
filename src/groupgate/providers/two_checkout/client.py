"""2Checkout's REST calls: one method for each of the vendor's operations, with its names."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, TypeVar, cast

import httpx

from groupgate.decoding.json_body import AnyBody
from groupgate.domain.errors import Malformed, Rejected
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import AccountKey, ProviderKey
from groupgate.providers.two_checkout import wire
from groupgate.providers.two_checkout.settings import HashAlgorithm, Settings
from groupgate.upstream.client import JsonClient
from groupgate.upstream.pagination import RawPage
from groupgate.upstream.transport import Params, is_addressable, segment
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")

PAGE_SIZE: Final = 200
"""The vendor's largest page (documented for its other APIs)."""

DEFAULT_PAGE_SIZE: Final = 10
"""The vendor's page size if none is requested (documented for products)."""

GROUPS_PATH: Final = "/productgroups/"
PRODUCTS_PATH: Final = "/products/"

_AUTHENTICATION: Final = "X-Avangate-Authentication"
_DIGESTS: Final = {"sha256": hashlib.sha256, "sha3-256": hashlib.sha3_256}

_NOT_FOUND: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.BAD_REQUEST}
"""Which of the two an unknown code receives is not documented."""

_GROUPS = cast("type[wire.GroupListResponse]", wire.GroupListResponse)
_GROUP = cast("type[wire.GroupResponse]", wire.GroupResponse)
_PRODUCTS = cast("type[wire.ProductListResponse]", wire.ProductListResponse)
_GROUP_OF_PRODUCT = cast("type[wire.GroupOfProductResponse]", wire.GroupOfProductResponse)


class TwoCheckoutClient:
    """Calls 2Checkout with the credentials of the settings.

    The first page has the number 1. Every path ends in a slash (documented).
    """

    def __init__(
        self,
        settings: Settings,
        transport: httpx.AsyncBaseTransport,
        vendor_state: VendorState | None = None,
    ) -> None:
        self._settings = settings
        vendor_state = vendor_state or VendorState(ProviderKey.TWO_CHECKOUT)
        self.account: Final[AccountKey] = vendor_state.provider
        self._json = JsonClient(
            self.account, transport, settings.base_url, self._signature, vendor_state
        )
        self.group_names: dict[str, str] = {}
        """The names of groups by code, from all responses that this process has received."""

    @property
    def status(self) -> ProviderStatus:
        """The vendor's health, derived from recent calls."""
        return self._json.status

    def forget(self) -> None:
        """Bypass the cache for the rest of this request."""
        self._json.invalidate()

    async def list_product_groups(self) -> tuple[wire.ProductGroupRecord, ...]:
        """Read all groups: one array (documented), or pages if the response has a pagination."""
        response = await self._json.get(GROUPS_PATH, _GROUPS)
        if isinstance(response, wire.ProductGroupList):
            response = await self._read_later_groups(response)
        self._note_names(response)
        return response

    def has_cached_product_groups(self) -> bool:
        """Return True if reading the groups needs no call."""
        return self._json.is_cached(GROUPS_PATH, _GROUPS)

    async def get_product_group(self, code: str) -> wire.ProductGroupRecord | None:
        """Read a group; None if it does not exist."""
        response = await self._get_or_none("/productgroups/{}/", code, _GROUP)
        record = next(iter(response), None) if isinstance(response, tuple) else response
        self._note_names([record] if record else [])
        return record

    async def list_products(
        self, page: int, group_name: str | None = None, *, size: int = PAGE_SIZE
    ) -> RawPage[wire.ProductRecord]:
        """Read a page of all products, or of those in the group with this name."""
        params = _page_params(page, size, group_name)
        response = await self._json.get(PRODUCTS_PATH, _PRODUCTS, params)
        if not isinstance(response, wire.ProductPage):
            response = wire.ProductPage(Items=response)
        self._note_names(row.ProductGroup for row in response.Items)
        pagination = response.Pagination
        return RawPage.of(response.Items, pagination.Count if pagination else None)

    def has_cached_products(self, page: int, size: int = PAGE_SIZE) -> bool:
        """Return True if reading this page of all products needs no call."""
        return self._json.is_cached(PRODUCTS_PATH, _PRODUCTS, _page_params(page, size))

    async def get_product(self, code: str) -> wire.ProductRecord | None:
        """Read a product; None if it does not exist."""
        record = await self._get_or_none("/products/{}/", code, wire.ProductRecord)
        self._note_names([record.ProductGroup] if record else [])
        return record

    async def get_product_group_of_product(self, code: str) -> str | None:
        """Read the name of a product's group; None if it has none or does not exist."""
        path = "/products/{}/productgroups/"
        response = await self._get_or_none(path, code, _GROUP_OF_PRODUCT)
        group = next(iter(response), None) if isinstance(response, tuple) else response
        return group.Name if isinstance(group, wire.ProductGroupRecord) else group

    async def create_product_group(self, body: wire.Body) -> bool:
        """Create a group; False if it is rejected. The response does not contain its code."""
        return await self._is_accepted("POST", GROUPS_PATH, {HTTPStatus.BAD_REQUEST}, body)

    async def assign_product_to_group(self, product: str, group: str) -> bool:
        """Add a product to a group; False if it is rejected, as when one does not exist."""
        return await self._is_accepted("POST", membership_path(product, group), _NOT_FOUND)

    async def unassign_product_from_group(self, product: str, group: str) -> bool:
        """Remove a product from a group; False if it is rejected, as when it is not in it."""
        return await self._is_accepted("DELETE", membership_path(product, group), _NOT_FOUND)

    async def _read_later_groups(
        self, first: wire.ProductGroupList
    ) -> tuple[wire.ProductGroupRecord, ...]:
        """Return the groups of the first page and of all later ones, which have the same size.

        A total that is not larger than the first page is not trusted. Raises Malformed if the
        pages contain fewer groups than the total.
        """
        if first.Pagination is None:
            return first.Items
        page, size, total = 1, len(first.Items), first.Pagination.Count or 0
        groups = {row.Code or row.Name: row for row in first.Items}
        is_full = size >= (first.Pagination.Limit or DEFAULT_PAGE_SIZE)
        while size and (len(groups) < total if total > size else is_full):
            page, known = page + 1, len(groups)
            params = [("Limit", size), ("Page", page)]
            response = await self._json.get(GROUPS_PATH, _GROUPS, params)
            rows = response.Items if isinstance(response, wire.ProductGroupList) else response
            groups |= {row.Code or row.Name: row for row in rows}
            is_full = len(rows) >= size
            if len(groups) == known:
                break
        if size < total > len(groups):
            message = f"2Checkout returned {len(groups)} of {total} product groups."
            raise Malformed(self.account, message)
        return tuple(groups.values())

    def _note_names(self, records: Iterable[wire.ProductGroupRecord | None]) -> None:
        self.group_names |= {
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
        return {_AUTHENTICATION: value}

    async def _get_or_none(self, path: str, code: str, shape: type[ShapeT]) -> ShapeT | None:
        if not is_addressable(code):
            return None
        try:
            return await self._json.get(path.format(segment(code)), shape)
        except Rejected as rejection:
            if rejection.status in _NOT_FOUND:
                return None
            raise

    async def _is_accepted(
        self,
        method: str,
        path: str,
        rejections: Collection[int],
        body: wire.Body | None = None,
    ) -> bool:
        """Return True if the write succeeded, False if the status is in `rejections`.

        The bodies of successful writes are not documented for REST; the RPC methods return `true`.
        """
        try:
            await self._json.write(method, path, AnyBody, body)
        except Rejected as rejection:
            if rejection.status in rejections:
                return False
            raise
        return True


def membership_path(product: str, group: str | None) -> str:
    """Return the path that adds and removes a product; None is a group that is not created yet.

    The codes of products are free text and may contain slashes and spaces.
    """
    return f"/products/{segment(product)}/productgroups/{segment(group) if group else '{new}'}/"


def _page_params(number: int, size: int, group_name: str | None = None) -> Params:
    params = [("Limit", size), ("Page", number)]
    return params if group_name is None else [("GroupName", group_name), *params]


def authentication_header(code: str, secret: str, at: datetime, algorithm: HashAlgorithm) -> str:
    """Return the value of the header that signs a request at this time.

    While the date is accepted, the value is as secret as a password.

    The signature covers the code and the date, each after its length in bytes (documented), but
    not the path or the body.
    """
    date = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    signed = b"".join(b"%d%s" % (len(part), part) for part in (code.encode(), date.encode()))
    digest = hmac.new(secret.encode(), signed, _DIGESTS[algorithm]).hexdigest()
    return f'code="{code}" date="{date}" hash="{digest}" algo="{algorithm}"'
