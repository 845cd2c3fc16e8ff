"""Toy Vendor as a provider. It reads collections, groups and products, and changes nothing."""

from collections.abc import Sequence
from typing import Any, TypeVar

import httpx
import msgspec

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
)
from groupgate.domain.provider import BatchResult, ProviderStatus
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef
from groupgate.upstream.client import JsonClient
from groupgate.upstream.results import gather_by_key
from groupgate.upstream.vendor_state import VendorState

from .settings import Settings

RowT = TypeVar("RowT")


class _Toy(msgspec.Struct, frozen=True):
    id: str
    name: str


class _Shelf(msgspec.Struct, frozen=True):
    id: str
    name: str
    toys: tuple[_Toy, ...]


class _Room(msgspec.Struct, frozen=True):
    id: str
    name: str
    shelves: tuple[_Shelf, ...]


class _Rooms(msgspec.Struct, frozen=True):
    rooms: tuple[_Room, ...]


class ToyProvider:
    """Toy Vendor: a room is a collection, a shelf is a group, a toy is a product."""

    def __init__(
        self,
        key: AccountKey,
        settings: Settings,
        transport: httpx.AsyncBaseTransport,
        vendor_state: VendorState | None,
    ) -> None:
        token = settings.api_key.get_secret_value() if settings.api_key else ""
        self.key = key
        self.name = key.display_name
        self.capabilities = frozenset({Capability.COLLECTIONS})
        self._client = JsonClient(
            key, transport, settings.base_url, lambda: {"Authorization": token}, vendor_state
        )

    @property
    def status(self) -> ProviderStatus:
        return self._client.status

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        async def find(request: CollectionsRequest) -> Page[ProductCollection]:
            rooms = await self._rooms()
            collections = [
                ProductCollection(
                    ref=CollectionRef(provider=self.key, native_id=room.id), name=room.name
                )
                for room in rooms
            ]
            return _page(collections, request.page)

        return await gather_by_key(requests, find)

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        async def find(request: GroupsRequest) -> Page[Group]:
            own = request.collection
            rooms = [r for r in await self._rooms() if own is None or r.id == own.native_id]
            groups = [
                Group(
                    ref=GroupRef(provider=self.key, collection_id=room.id, native_id=shelf.id),
                    name=shelf.name,
                )
                for room in rooms
                for shelf in room.shelves
            ]
            return _page(groups, request.page)

        return await gather_by_key(requests, find)

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        async def find(request: MembershipsRequest) -> Page[Membership]:
            shelves = [shelf for room in await self._rooms() for shelf in room.shelves]
            (shelf,) = [shelf for shelf in shelves if shelf.id == request.group.native_id]
            members = [
                Membership(
                    product=Product(
                        ref=ProductRef(provider=self.key, native_id=toy.id), name=toy.name
                    )
                )
                for toy in shelf.toys
            ]
            return _page(members, request.page)

        return await gather_by_key(requests, find)

    async def _rooms(self) -> tuple[_Room, ...]:
        return (await self._client.get("/rooms", _Rooms)).rooms

    def __getattr__(self, name: str) -> Any:
        """Stand in for the methods of a provider that the query does not need."""

        async def unused(*_arguments: object) -> Any:
            raise AssertionError(name)

        return unused


def _page(rows: Sequence[RowT], request: PageRequest) -> Page[RowT]:
    end = request.offset + request.first
    items = tuple(rows[request.offset : end])
    ends = tuple(range(request.offset + 1, request.offset + len(items) + 1))
    return Page(items=items, ends=ends, has_next=end < len(rows), total=len(rows))
