"""The provider of Axim Commerce: answers each read with the fewest calls."""

import sys
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from groupgate.domain.catalog import (
    Group,
    Membership,
    Product,
    ProductCollection,
    ProductStatus,
    implicit_collection,
)
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
    ProductsRequest,
)
from groupgate.domain.provider import BatchResult, ProviderStatus
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import wire
from groupgate.providers.axim.client import PAGE_SIZE, AximClient, ListPage
from groupgate.providers.axim.mapping import Mapper
from groupgate.providers.axim.planner import CAPABILITIES, AximPlanner
from groupgate.providers.axim.products import ProductReader
from groupgate.upstream.pagination import KnownSize, PageSize, Paginator, RawPage
from groupgate.upstream.results import (
    find_stale,
    gather_by_key,
    gather_found,
    list_implicit_collection,
    map_found,
    unwrap,
)

GROUPS_WORTH_A_LIST: Final = 2
"""From this many groups on, a page of their list is read first: it includes their products."""

_ALL: Final = PageRequest(first=sys.maxsize)


@dataclass(frozen=True, slots=True, kw_only=True)
class _GroupEntry:
    """A group and its first products; `list_page` is None for a group that was read alone."""

    group: wire.ProductGroup
    first: RawPage[wire.GroupMemberProduct]
    list_page: ListPage | None = None


class AximProvider:
    """Reads groups with their products from one list, and products in batches by their ids."""

    name = ProviderKey.AXIM.display_name
    capabilities = CAPABILITIES

    def __init__(self, client: AximClient) -> None:
        self.planner = AximPlanner(client, self)
        self._client = client
        self._mapper = Mapper(client.account)
        self._collection = implicit_collection(client.account)
        self._member_pages = PageSize(PAGE_SIZE)
        # The vendor counts its pages from 1, a Paginator from 0.
        self._groups = Paginator(
            self._list_groups,
            PageSize(PAGE_SIZE),
            lambda entry: entry.group.id,
            size=KnownSize(),
            is_cached=lambda number, size: client.has_cached_product_groups(
                ListPage(number + 1, size)
            ),
        )
        self._products = ProductReader(client, self._groups_by_product)

    @property
    def key(self) -> AccountKey:
        """The key of the account."""
        return self._client.account

    @property
    def status(self) -> ProviderStatus:
        """The vendor's health, derived from recent calls."""
        return self._client.status

    def forget(self) -> None:
        """Bypass the cache for the rest of this request."""
        self._client.forget()

    async def ping(self) -> None:
        """Read one group with one product."""
        one = ListPage(1, size=1)
        await self._client.list_product_groups(one, one)

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Return the implicit collection without a call."""
        return list_implicit_collection(self._collection, requests)

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Read pages of groups until the requested page is full.

        The vendor has no filter for the status, and it is not documented how it compares names.
        """

        async def read(request: GroupsRequest) -> Page[Group]:
            def matches(entry: _GroupEntry) -> bool:
                return request.matches(self._mapper.group(entry.group))

            page_slice = await self._groups.slice(
                request.page, matches if request.is_filtered else None
            )
            return page_slice.page(lambda entry: self._mapper.group(entry.group))

        own = {None, self._collection.ref}
        return await gather_by_key((each for each in requests if each.collection in own), read)

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Read pages of the products of groups; the first 50 are read with the group."""
        members = await self._members_of([(request.group, request.page) for request in requests])

        async def read(request: MembershipsRequest) -> Page[Membership]:
            page_slice = await unwrap(members[request.group]).slice(request.page)
            return page_slice.page(self._mapper.membership)

        return await gather_by_key((one for one in requests if one.group in members), read)

    async def list_products(
        self, requests: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Read pages of products until the requested page is full."""
        return await gather_by_key(requests, self._products.list_page)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Return the implicit collection without a call."""
        return {ref: self._collection for ref in refs if ref == self._collection.ref}

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Read groups from pages of their list, or one by one if that is cheaper."""
        return map_found(
            await self._find_groups(refs), lambda entry: self._mapper.group(entry.group)
        )

    async def get_groups_by_native_id(self, native_ids: Sequence[str]) -> BatchResult[str, Group]:
        """Do the same as `get_groups`: ids are unique without a collection."""
        groups = await self.get_groups([self._mapper.group_ref(each) for each in native_ids])
        return {ref.native_id: group for ref, group in groups.items()}

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """Read all products of groups."""
        members = await self._members_of([(ref, _ALL) for ref in refs])

        async def read(ref: GroupRef) -> tuple[Membership, ...]:
            rows = {row.id: row for row in await unwrap(members[ref]).all()}
            return tuple(map(self._mapper.membership, rows.values()))

        return await gather_by_key(members, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Take products from cached pages, and read the others in batches of 50 ids."""
        return await self._products.get(refs)

    async def get_products_by_sku(self, skus: Sequence[str]) -> BatchResult[str, Product]:
        """Take products from cached pages, and read the others in batches of 50 SKUs."""
        return await self._products.get_by_sku(skus)

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Read the products, which have a status."""
        statuses = map_found(await self.get_products(refs), lambda product: product.status)
        return {ref: status for ref, status in statuses.items() if status is not None}

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """Read the products, which name their groups; read all groups if one names none at all."""
        groups_of = map_found(await self.get_products(refs), lambda product: product.groups)
        by_product = await self._groups_by_product() if None in groups_of.values() else {}
        return {
            ref: tuple(by_product.get(ref, ())) if groups is None else groups
            for ref, groups in groups_of.items()
        }

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Read the products' groups."""
        groups_of = await self.groups_of([product for _group, product in pairs])

        async def read(pair: tuple[GroupRef, ProductRef]) -> bool:
            group, product = pair
            return group in unwrap(groups_of.get(product, ()))

        return await gather_by_key(pairs, read)

    async def _list_groups(self, number: int, size: int) -> RawPage[_GroupEntry]:
        list_page = ListPage(number + 1, size)
        page = await self._client.list_product_groups(list_page)
        rows = [
            _GroupEntry(group=row, first=_listed_members(row), list_page=list_page)
            for row in page.rows
        ]
        return RawPage(rows=rows, total=page.total, left_out=page.left_out)

    async def _find_groups(
        self, refs: Iterable[GroupRef]
    ) -> dict[GroupRef, _GroupEntry | UpstreamError]:
        """Read groups from the list or one by one, and leave out those that do not exist."""
        ids = dict.fromkeys(ref.native_id for ref in refs if ref.collection_id is None)
        listed, is_complete = await self._groups.find(
            ids, lambda entry: entry.group.id, worth_from=GROUPS_WORTH_A_LIST
        )
        rest = [] if is_complete else [native_id for native_id in ids if native_id not in listed]
        found = listed | await gather_found(rest, self._get_group)
        stale = await find_stale(found, self._groups.cached_rows, lambda entry: entry.group.id)
        return {
            self._mapper.group_ref(native_id): entry for native_id, entry in (found | stale).items()
        }

    async def _get_group(self, native_id: str) -> _GroupEntry | None:
        page = await self._client.get_product_group(native_id)
        if page is None or page.product_group.id != native_id:
            return None
        return _GroupEntry(group=page.product_group, first=_single_members(page))

    async def _members_of(
        self, requests: Sequence[tuple[GroupRef, PageRequest]]
    ) -> dict[GroupRef, Paginator[wire.GroupMemberProduct] | UpstreamError]:
        """Read groups; return for each a paginator of its products."""
        entries = await self._find_groups(ref for ref, _ in requests)
        shared = _shared_pages(entries, requests, self._member_pages.rows)
        return map_found(entries, lambda entry: self._members(entry, shared))

    def _members(
        self, entry: _GroupEntry, shared: Container[tuple[ListPage | None, int]]
    ) -> Paginator[wire.GroupMemberProduct]:
        async def fetch(number: int, size: int) -> RawPage[wire.GroupMemberProduct]:
            if number == 0:
                return entry.first
            is_shared = (entry.list_page, number) in shared
            page = ListPage(number + 1, size)
            return await self._read_later_page(entry, page, is_shared=is_shared)

        return Paginator(fetch, self._member_pages, lambda row: row.id)

    async def _read_later_page(
        self, entry: _GroupEntry, page: ListPage, *, is_shared: bool
    ) -> RawPage[wire.GroupMemberProduct]:
        """Read a later page of a group's products, from the list if other groups need it too."""
        if is_shared and entry.list_page is not None:
            listed = await self._client.list_product_groups(entry.list_page, page)
            for row in listed.rows:
                if row.id == entry.group.id:
                    return _listed_members(row)
        single = await self._client.get_product_group(entry.group.id, page)
        return RawPage(rows=()) if single is None else _single_members(single)

    async def _groups_by_product(self) -> dict[ProductRef, list[GroupRef]]:
        """Read all groups with their products; raise UpstreamError if one of them fails."""
        entries = await self._groups.all()
        groups = await self.get_memberships(
            [self._mapper.group_ref(entry.group.id) for entry in entries]
        )
        by_product: dict[ProductRef, list[GroupRef]] = defaultdict(list)
        for ref, members in groups.items():
            for member in unwrap(members):
                by_product[member.product.ref].append(ref)
        return by_product


def _listed_members(row: wire.ProductGroupWithProducts) -> RawPage[wire.GroupMemberProduct]:
    return RawPage.of(row.products, row.product_count)


def _single_members(page: wire.ProductGroupPage) -> RawPage[wire.GroupMemberProduct]:
    return RawPage.of(page.products, page.pagination.total if page.pagination else None)


def _shared_pages(
    entries: Mapping[GroupRef, _GroupEntry | UpstreamError],
    requests: Iterable[tuple[GroupRef, PageRequest]],
    page_size: int,
) -> set[tuple[ListPage | None, int]]:
    """Return the later product pages, by list page, that several groups need from one call."""
    needed = {
        (entry.list_page, number, ref)
        for ref, page in requests
        if isinstance(entry := entries.get(ref), _GroupEntry)
        for number in _later_pages(entry, page, page_size)
    }
    counts = Counter((list_page, number) for list_page, number, _ in needed)
    return {page for page, count in counts.items() if count > 1}


def _later_pages(entry: _GroupEntry, page: PageRequest, page_size: int) -> range:
    end = min(page.offset + page.first, entry.first.total or 0)
    return range(max(1, page.offset // page_size), ceil(end / page_size))
