"""Axim's REST calls, one method each, named after the vendor's operations."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx

from groupgate.domain.errors import Malformed, Refused, Rejected, WriteOutcome
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.providers.axim import wire
from groupgate.providers.axim.settings import Settings
from groupgate.upstream.client import JsonClient, Params, is_addressable, segment
from groupgate.upstream.pagination import RawPage
from groupgate.upstream.vendor_state import VendorState

DataT = TypeVar("DataT")
Body = Mapping[str, object]

CREATION_PATH: Final = "/productGroup/create"
NEW_GROUP_PATH: Final = "/productGroup/{new}"
"""Stands for the place of a group that is not made yet."""

PAGE_SIZE: Final = 50
"""The largest page of groups and of their products (documented); for /products none is told."""

_FAILED_WITH_200 = "It answered that it failed, with status 200."

_GROUP_LIST = wire.Envelope[tuple[wire.ProductGroupWithProducts, ...]]
_PRODUCT_LIST = wire.Envelope[tuple[wire.Product, ...]]

# A read has no input but ids, so a 400 is about an id that could not exist (assumed).
_NOT_THERE = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}

# What would be meant in the place of a group called so is another operation.
_NO_GROUP_IDS = {"all", "create"}


class AximClient:
    """Speaks to Axim Commerce with the token of the settings. Pages are counted from 1."""

    def __init__(
        self, settings: Settings, http: httpx.AsyncClient, vendor_state: VendorState | None = None
    ) -> None:
        token = settings.access_token.get_secret_value() if settings.access_token else ""
        # Tables say "Bearer Token", every sample sends the bare one (documented).
        headers = {"accessToken": token}
        self._json = JsonClient(
            ProviderKey.AXIM, http, settings.base_url, lambda: headers, vendor_state
        )

    @property
    def status(self) -> ProviderStatus:
        """How the vendor is answering these calls."""
        return self._json.status

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        self._json.invalidate()

    async def list_product_groups(
        self, page: int, product_page: int = 1, *, limit: int = PAGE_SIZE, search: str | None = None
    ) -> RawPage[wire.ProductGroupWithProducts]:
        """A page of groups, each with this page of its products; `search` is part of a name."""
        params = _group_page(page, product_page, limit)
        if search is not None:
            params.append(("search", search))
        return _sheet(await self._json.get("/productGroup/all", _GROUP_LIST, params, _data))

    def has_cached_product_groups(self, page: int) -> bool:
        """Whether this page of groups, with their first products, would cost nothing now."""
        params = _group_page(page, 1, PAGE_SIZE)
        return self._json.is_cached("/productGroup/all", _GROUP_LIST, params)

    async def get_product_group(
        self, native_id: str, page: int = 1
    ) -> wire.ProductGroupPage | None:
        """One group with a page of its products; None if it is not there."""
        if not _is_group_id(native_id):
            return None
        path = f"/productGroup/{segment(native_id)}"
        return await self._found(path, wire.Envelope[wire.ProductGroupPage], _page(page))

    async def create_product_group(self, body: Body) -> str:
        """Make a group; return its id."""
        shape = wire.Envelope[wire.NewProductGroup | str]
        data = await self._write("POST", CREATION_PATH, shape, body)
        native_id = data.id if isinstance(data, wire.NewProductGroup) else data
        if not native_id:
            raise _unsure("Its answer does not name the new group.", "$.data")
        return native_id

    async def update_product_group(self, ref: GroupRef, body: Body) -> wire.ProductGroup | None:
        """Change fields, add and take out products; return the group's fields if it shows them."""
        return await self._change("PUT", ref, wire.Envelope[wire.ProductGroup], body)

    async def delete_product_group(self, ref: GroupRef) -> None:
        """Delete a group."""
        await self._change("DELETE", ref, wire.Envelope[Any])

    async def list_products(self, page: int) -> RawPage[wire.Product]:
        """A page of all products."""
        return _sheet(await self._json.get("/products", _PRODUCT_LIST, _page(page), _data))

    def has_cached_products(self, page: int) -> bool:
        """Whether this page of all products would cost nothing now."""
        return self._json.is_cached("/products", _PRODUCT_LIST, _page(page))

    async def list_products_by_id(self, native_ids: Sequence[str]) -> RawPage[wire.Product] | None:
        """The products of these ids, at most a page of them; None if the vendor refuses an id."""
        params = [("entityId", ",".join(native_ids)), *_page(1)]
        try:
            return _sheet(await self._json.get("/products", _PRODUCT_LIST, params, _data))
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise

    async def get_product(self, native_id: str) -> wire.Product | None:
        """One product; None if it is not there. No page documents this call (assumed)."""
        if not is_addressable(native_id):
            return None
        return await self._found(f"/products/{segment(native_id)}", wire.Envelope[wire.Product])

    async def _change(
        self,
        method: str,
        ref: GroupRef,
        shape: type[wire.Envelope[DataT]],
        body: Body | None = None,
    ) -> DataT | None:
        try:
            return await self._write(method, group_path(ref), shape, body)
        except Rejected as refusal:
            if refusal.status == HTTPStatus.NOT_FOUND:
                raise Refused(gone(ref)) from None
            raise

    async def _write(
        self, method: str, path: str, shape: type[wire.Envelope[DataT]], body: Body | None
    ) -> DataT | None:
        try:
            envelope = await self._json.write(method, path, shape, body)
        except Rejected as refusal:
            if refusal.status == HTTPStatus.BAD_REQUEST:
                message = "Axim Commerce does not accept this change."
                raise Refused(InvalidInput(message=message, code=UserErrorCode.INVALID)) from None
            raise
        if not envelope.success:
            raise _unsure(_FAILED_WITH_200, "$.success")
        return envelope.data

    async def _found(
        self, path: str, shape: type[wire.Envelope[DataT]], params: Params = ()
    ) -> DataT | None:
        try:
            return _data(await self._json.get(path, shape, params, _data))
        except Rejected as refusal:
            if refusal.status in _NOT_THERE:
                return None
            raise


def group_path(ref: GroupRef) -> str:
    """Where a group is; Refused if no group can be at such a place."""
    if ref.collection_id is not None or not _is_group_id(ref.native_id):
        raise Refused(gone(ref))
    return f"/productGroup/{segment(ref.native_id)}"


def _is_group_id(native_id: str) -> bool:
    return is_addressable(native_id) and native_id.casefold() not in _NO_GROUP_IDS


def gone(ref: GroupRef | CollectionRef) -> NotFound:
    """The refusal of a change to something that is not there."""
    return NotFound(message="It does not exist, or no longer.", about=ref)


def _unsure(message: str, json_path: str) -> Malformed:
    """The error for a write whose answer does not tell whether it was made."""
    error = Malformed(ProviderKey.AXIM, message, json_path=json_path)
    error.outcome = WriteOutcome.UNKNOWN
    return error


def _group_page(page: int, product_page: int, limit: int) -> list[tuple[str, str | int]]:
    return [
        ("page", page),
        ("limit", limit),
        ("productPage", product_page),
        ("productLimit", limit),
    ]


def _page(page: int) -> Params:
    return [("page", page), ("limit", PAGE_SIZE)]


def _sheet(envelope: wire.Envelope[tuple[DataT, ...]]) -> RawPage[DataT]:
    rows = _data(envelope)
    return RawPage(rows=rows, total=envelope.pagination.total if envelope.pagination else None)


def _data(envelope: wire.Envelope[DataT]) -> DataT:
    """What was asked for; raise Malformed where the vendor says that it failed, or says nothing."""
    if not envelope.success:
        raise Malformed(ProviderKey.AXIM, _FAILED_WITH_200, json_path="$.success")
    if envelope.data is None:
        raise Malformed(ProviderKey.AXIM, "Its answer has no data.", json_path="$.data")
    return envelope.data
