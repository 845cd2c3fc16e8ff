"""FakeProvider: the port over things in memory; every call of a port method is noted."""

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
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey

ItemT = TypeVar("ItemT")


@dataclass(kw_only=True)
class FakeProvider:
    """A vendor that answers from what it is made with, or fails with `failure`."""

    key: ProviderKey = ProviderKey.DODO
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
        self._note("ping")

    async def list_collections(
        self, asks: Sequence[CollectionsRequest]
    ) -> Mapping[CollectionsRequest, Page[ProductCollection] | UpstreamError]:
        self._note("list_collections")
        return {ask: page_of([] if ask.archived else self.collections, ask.page) for ask in asks}

    async def list_groups(
        self, asks: Sequence[GroupsRequest]
    ) -> Mapping[GroupsRequest, Page[Group] | UpstreamError]:
        self._note("list_groups")
        return {ask: page_of(self._groups_in(ask), ask.page) for ask in asks}

    async def list_memberships(
        self, asks: Sequence[MembershipsRequest]
    ) -> Mapping[MembershipsRequest, Page[Membership] | UpstreamError]:
        self._note("list_memberships")
        return {ask: page_of(self.memberships.get(ask.group, ()), ask.page) for ask in asks}

    async def list_products(
        self, asks: Sequence[ProductsRequest]
    ) -> Mapping[ProductsRequest, Page[Product] | UpstreamError]:
        self._note("list_products")
        return {ask: page_of(self.products, ask.page) for ask in asks}

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> Mapping[CollectionRef, ProductCollection | UpstreamError]:
        self._note("get_collections")
        return {each.ref: each for each in self.collections if each.ref in refs}

    async def get_groups(
        self, refs: Sequence[GroupRef]
    ) -> Mapping[GroupRef, Group | UpstreamError]:
        self._note("get_groups")
        return {each.ref: each for each in self.groups if each.ref in refs}

    async def get_groups_by_native_id(
        self, native_ids: Sequence[str]
    ) -> Mapping[str, Group | UpstreamError]:
        self._note("get_groups_by_native_id")
        return {one.ref.native_id: one for one in self.groups if one.ref.native_id in native_ids}

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> Mapping[GroupRef, tuple[Membership, ...] | UpstreamError]:
        self._note("get_memberships")
        return {ref: self.memberships[ref] for ref in refs if ref in self.memberships}

    async def get_products(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, Product | UpstreamError]:
        self._note("get_products")
        return {each.ref: each for each in self.products if each.ref in refs}

    async def get_products_by_sku(
        self, skus: Sequence[str]
    ) -> Mapping[str, Product | UpstreamError]:
        self._note("get_products_by_sku")
        return {one.sku: one for one in self.products if one.sku in skus and one.sku}

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, ProductStatus | UpstreamError]:
        self._note("get_statuses")
        return dict.fromkeys(refs, ProductStatus.ACTIVE)

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> Mapping[ProductRef, tuple[GroupRef, ...] | UpstreamError]:
        self._note("groups_of")
        return {
            ref: tuple(group for group in self.memberships if self._in(group, ref)) for ref in refs
        }

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> Mapping[tuple[GroupRef, ProductRef], bool | UpstreamError]:
        self._note("contains")
        return {(group, ref): self._in(group, ref) for group, ref in pairs}

    def _note(self, method: str) -> None:
        self.calls.append(method)
        if self.failure is not None:
            raise self.failure

    def _groups_in(self, ask: GroupsRequest) -> Sequence[Group]:
        return [
            group
            for group in self.groups
            if ask.collection in {None, group.ref.collection} and ask.matches(group)
        ]

    def _in(self, group: GroupRef, ref: ProductRef) -> bool:
        return any(member.product.ref == ref for member in self.memberships.get(group, ()))


def page_of(rows: Sequence[ItemT], ask: PageRequest) -> Page[ItemT]:
    """Cut a page out of a list that is known as a whole."""
    end = ask.offset + ask.first
    items = tuple(rows[ask.offset : end])
    return Page(
        items=items,
        ends=tuple(range(ask.offset + 1, ask.offset + len(items) + 1)),
        has_next=end < len(rows),
        total=len(rows),
    )
