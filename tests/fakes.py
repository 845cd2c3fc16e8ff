"""A fake provider that serves objects in memory and records the calls of its methods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection, ProductStatus
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
    ProductsRequest,
)
from groupgate.domain.planner import Planner
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef, ProviderKey

ItemT = TypeVar("ItemT")


@dataclass(kw_only=True)
class FakeProvider:
    """A vendor that returns the given objects, or raises `failure`."""

    key: AccountKey = ProviderKey.DODO
    name: str = "Fake"
    capabilities: frozenset[Capability] = frozenset()
    status: ProviderStatus = field(default_factory=ProviderStatus)
    collections: Sequence[ProductCollection] = ()
    groups: Sequence[Group] = ()
    memberships: Mapping[GroupRef, tuple[Membership, ...]] = field(default_factory=dict)
    products: Sequence[Product] = ()
    failure: Exception | None = None
    calls: list[str] = field(default_factory=list)
    planner: Planner = field(init=False)

    def forget(self) -> None:
        self.calls.append("forget")

    async def ping(self) -> None:
        self._record("ping")

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> Mapping[CollectionsRequest, Page[ProductCollection] | UpstreamError]:
        self._record("list_collections")
        return {
            request: page_of([] if request.archived else self.collections, request.page)
            for request in requests
        }

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> Mapping[GroupsRequest, Page[Group] | UpstreamError]:
        self._record("list_groups")
        return {request: page_of(self._groups_in(request), request.page) for request in requests}

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> Mapping[MembershipsRequest, Page[Membership] | UpstreamError]:
        self._record("list_memberships")
        return {
            request: page_of(self.memberships.get(request.group, ()), request.page)
            for request in requests
        }

    async def list_products(
        self, requests: Sequence[ProductsRequest]
    ) -> Mapping[ProductsRequest, Page[Product] | UpstreamError]:
        self._record("list_products")
        return {request: page_of(self.products, request.page) for request in requests}

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> Mapping[CollectionRef, ProductCollection | UpstreamError]:
        self._record("get_collections")
        return {each.ref: each for each in self.collections if each.ref in refs}

    async def get_groups(
        self, refs: Sequence[GroupRef]
    ) -> Mapping[GroupRef, Group | UpstreamError]:
        self._record("get_groups")
        return {each.ref: each for each in self.groups if each.ref in refs}

    async def get_groups_by_native_id(
        self, native_ids: Sequence[str]
    ) -> Mapping[str, Group | UpstreamError]:
        self._record("get_groups_by_native_id")
        return {one.ref.native_id: one for one in self.groups if one.ref.native_id in native_ids}

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> Mapping[GroupRef, tuple[Membership, ...] | UpstreamError]:
        self._record("get_memberships")
        return {ref: self.memberships[ref] for ref in refs if ref in self.memberships}

    async def get_products(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, Product | UpstreamError]:
        self._record("get_products")
        return {each.ref: each for each in self.products if each.ref in refs}

    async def get_products_by_sku(
        self, skus: Sequence[str]
    ) -> Mapping[str, Product | UpstreamError]:
        self._record("get_products_by_sku")
        return {one.sku: one for one in self.products if one.sku in skus and one.sku}

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, ProductStatus | UpstreamError]:
        self._record("get_statuses")
        return dict.fromkeys(refs, ProductStatus.ACTIVE)

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, tuple[GroupRef, ...] | UpstreamError]:
        self._record("groups_of")
        return {
            ref: tuple(group for group in self.memberships if self._contains(group, ref))
            for ref in refs
        }

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> Mapping[tuple[GroupRef, ProductRef], bool | UpstreamError]:
        self._record("contains")
        return {(group, ref): self._contains(group, ref) for group, ref in pairs}

    def _record(self, method: str) -> None:
        self.calls.append(method)
        if self.failure is not None:
            raise self.failure

    def _groups_in(self, request: GroupsRequest) -> Sequence[Group]:
        return [
            group
            for group in self.groups
            if request.collection in {None, group.ref.collection} and request.matches(group)
        ]

    def _contains(self, group: GroupRef, ref: ProductRef) -> bool:
        return any(member.product.ref == ref for member in self.memberships.get(group, ()))


def page_of(rows: Sequence[ItemT], request: PageRequest) -> Page[ItemT]:
    """Return a page of a complete list."""
    end = request.offset + request.first
    items = tuple(rows[request.offset : end])
    return Page(
        items=items,
        ends=tuple(range(request.offset + 1, request.offset + len(items) + 1)),
        has_next=end < len(rows),
        total=len(rows),
    )
