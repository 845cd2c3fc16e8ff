"""Axim Commerce as a provider: which calls answer what is asked, and for the fewest of them."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

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
from groupgate.domain.provider import BatchResult, ProviderStatus
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import mapping, wire
from groupgate.providers.axim.client import PAGE_SIZE, AximClient
from groupgate.providers.axim.planner import CAPABILITIES, AximPlanner
from groupgate.upstream.cache import find_stale
from groupgate.upstream.pagination import KnownSize, Paginator, RawPage, gather_by_key, slice_page

GROUPS_WORTH_A_LIST: Final = 2
"""From so many groups on, their list is read before any of them singly: it shows their products."""

_ALL: Final = PageRequest(first=sys.maxsize)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A group and its first products; `list_page` is None if it was read by itself."""

    group: wire.ProductGroup
    first: RawPage[wire.GroupMemberProduct]
    list_page: int | None = None


class AximProvider:
    """Reads groups with their products off the list, and products in batches by their ids."""

    key = ProviderKey.AXIM
    name = "Axim Commerce"
    capabilities = CAPABILITIES

    def __init__(self, client: AximClient) -> None:
        self._client = client
        self._planner = AximPlanner(client, self)
        # The vendor counts its pages from 1.
        self._groups = Paginator(
            self.key,
            self._list_groups,
            PAGE_SIZE,
            KnownSize(),
            lambda number: client.has_cached_product_groups(number + 1),
        )
        self._products = Paginator(
            self.key,
            lambda number: client.list_products(number + 1),
            PAGE_SIZE,
            KnownSize(),
            lambda number: client.has_cached_products(number + 1),
        )

    @property
    def status(self) -> ProviderStatus:
        """How its calls went of late."""
        return self._client.status

    @property
    def planner(self) -> Planner:
        """What it must be sent for a change."""
        return self._planner

    def forget(self) -> None:
        """Make what is read next in this request fresh."""
        self._client.forget()

    async def ping(self) -> None:
        """Ask for one group with one product."""
        await self._client.list_product_groups(1, limit=1)

    async def list_collections(
        self, asks: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """The implicit collection; none is ever archived."""
        return {
            ask: slice_page(() if ask.archived else (mapping.COLLECTION,), ask.page).page(
                lambda it: it
            )
            for ask in asks
        }

    async def list_groups(
        self, asks: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Pages of groups; the vendor does not filter by status, so that reads on until filled."""

        async def read(ask: GroupsRequest) -> Page[Group]:
            wanted = None if ask.status is None else _has_status(ask)
            page_slice = await self._groups.slice(ask.page, wanted)
            return page_slice.page(lambda entry: mapping.group(entry.group))

        return await gather_by_key(
            (ask for ask in asks if ask.collection == mapping.COLLECTION.ref), read
        )

    async def list_memberships(
        self, asks: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Pages of products of groups; the first 50 come with the group."""

        async def read(ask: MembershipsRequest) -> Page[Membership]:
            page_slice = await walks[ask.group].slice(ask.page)
            return page_slice.once(lambda row: row.id).page(mapping.membership)

        walks = await self._members_of([(ask.group, ask.page) for ask in asks])
        return await gather_by_key((ask for ask in asks if ask.group in walks), read)

    async def list_products(
        self, asks: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Pages of products; the vendor searches one field at a time, so a search reads on."""

        async def read(ask: ProductsRequest) -> Page[Product]:
            wanted = None if ask.search is None else _has_in_name_or_sku(ask.search)
            return (await self._products.slice(ask.page, wanted)).page(mapping.product)

        return await gather_by_key(asks, read)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """The implicit collection; there is no other."""
        return {ref: mapping.COLLECTION for ref in refs if ref == mapping.COLLECTION.ref}

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Groups off the list, as long as that costs less than reading them singly."""
        return {
            ref: entry if isinstance(entry, UpstreamError) else mapping.group(entry.group)
            for ref, entry in (await self._find(refs)).items()
        }

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """All products of groups."""

        async def read(ref: GroupRef) -> tuple[Membership, ...]:
            rows = {row.id: row for row in await walks[ref].all()}
            return tuple(map(mapping.membership, rows.values()))

        walks = await self._members_of([(ref, _ALL) for ref in refs])
        return await gather_by_key(walks, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Products off the pages that are read already, the others in batches of 50 ids."""
        found: dict[str, wire.Product | UpstreamError] = {
            row.id: row for row in await self._products.cached_rows()
        }
        ids = list(dict.fromkeys(ref.native_id for ref in refs if ref.native_id not in found))
        for batch, answer in (await gather_by_key(_batches(ids), self._read_batch)).items():
            found |= dict.fromkeys(batch, answer) if isinstance(answer, UpstreamError) else answer
        known = await find_stale(found, self._products.cached_rows, lambda row: row.id)
        found |= known
        return {
            ref: row if isinstance(row, UpstreamError) else mapping.product(row)
            for ref in refs
            if (row := found.get(ref.native_id)) is not None
        }

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Statuses, as the products themselves tell."""
        products = await self.get_products(refs)
        told = {
            ref: product if isinstance(product, UpstreamError) else product.status
            for ref, product in products.items()
        }
        return {ref: status for ref, status in told.items() if status is not None}

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """The groups that the products name; one that names none at all is looked for in them."""
        products = await self.get_products(refs)
        told = {
            ref: product if isinstance(product, UpstreamError) else product.groups
            for ref, product in products.items()
        }
        holders = await self._holders() if None in told.values() else {}
        return {
            ref: tuple(holders.get(ref, ())) if groups is None else groups
            for ref, groups in told.items()
        }

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Whether a group is one of those that the product is in."""
        told = await self.groups_of([product for _, product in pairs])
        answers: dict[tuple[GroupRef, ProductRef], bool | UpstreamError] = {}
        for group, product in pairs:
            groups = told.get(product, ())
            answers[group, product] = (
                groups if isinstance(groups, UpstreamError) else group in groups
            )
        return answers

    async def _list_groups(self, number: int) -> RawPage[_Entry]:
        page = number + 1
        sheet = await self._client.list_product_groups(page)
        entries = [_Entry(group=row, first=_listed(row), list_page=page) for row in sheet.rows]
        return RawPage(rows=entries, total=sheet.total)

    async def _find(self, refs: Iterable[GroupRef]) -> dict[GroupRef, _Entry | UpstreamError]:
        """Find groups on the list or singly; what is on neither is left out."""
        ids = dict.fromkeys(ref.native_id for ref in refs if ref.collection_id is None)
        listed, ended = await self._groups.find(
            ids, lambda entry: entry.group.id, worth_from=GROUPS_WORTH_A_LIST
        )
        singles = [] if ended else [native_id for native_id in ids if native_id not in listed]
        found = listed | await gather_by_key(singles, self._read_alone)
        known = await find_stale(found, self._groups.cached_rows, lambda entry: entry.group.id)
        return {
            mapping.group_ref(native_id): entry
            for native_id, entry in (found | known).items()
            if entry is not None
        }

    async def _read_alone(self, native_id: str) -> _Entry | None:
        page = await self._client.get_product_group(native_id)
        if page is None or page.product_group.id != native_id:
            return None
        return _Entry(group=page.product_group, first=_alone(page))

    async def _members_of(
        self, asks: Sequence[tuple[GroupRef, PageRequest]]
    ) -> dict[GroupRef, Paginator[wire.GroupMemberProduct]]:
        entries = await self._find(ref for ref, _ in asks)
        shared = _shared_pages(entries, asks)
        return {ref: self._members(entry, shared) for ref, entry in entries.items()}

    def _members(
        self, entry: _Entry | UpstreamError, shared: Container[tuple[int | None, int]]
    ) -> Paginator[wire.GroupMemberProduct]:
        async def fetch(number: int) -> RawPage[wire.GroupMemberProduct]:
            if isinstance(entry, UpstreamError):
                raise entry
            if number == 0:
                return entry.first
            is_shared = (entry.list_page, number) in shared
            return await self._read_later(entry, number + 1, is_shared=is_shared)

        return Paginator(self.key, fetch, PAGE_SIZE)

    async def _read_later(
        self, entry: _Entry, page: int, *, is_shared: bool
    ) -> RawPage[wire.GroupMemberProduct]:
        """A later page of a group's products: off the list if other groups need it too."""
        if is_shared and entry.list_page is not None:
            sheet = await self._client.list_product_groups(entry.list_page, page)
            for row in sheet.rows:
                if row.id == entry.group.id:
                    return _listed(row)
        alone = await self._client.get_product_group(entry.group.id, page)
        return RawPage(rows=()) if alone is None else _alone(alone)

    async def _read_batch(self, ids: Sequence[str]) -> dict[str, wire.Product | UpstreamError]:
        sheet = await self._client.list_products_by_id(ids)
        rows = () if sheet is None else sheet.rows
        found: dict[str, wire.Product | UpstreamError] = {
            row.id: row for row in rows if row.id in ids
        }
        # That entityId takes product ids is assumed. An answer that is not about them, or about
        # only some of them, does not tell that the others are gone.
        if sheet is not None and len(found) == len(rows) and (sheet.total or 0) <= len(rows):
            return found
        singles = [native_id for native_id in ids if native_id not in found]
        return found | {
            native_id: row
            for native_id, row in (await gather_by_key(singles, self._client.get_product)).items()
            if isinstance(row, UpstreamError) or (row and row.id == native_id)
        }

    async def _holders(self) -> dict[ProductRef, list[GroupRef]]:
        """The groups of every product that is in one, from the groups' side."""
        entries = await self._groups.all()
        groups = await self.get_memberships(
            [mapping.group_ref(entry.group.id) for entry in entries]
        )
        holders: dict[ProductRef, list[GroupRef]] = defaultdict(list)
        for ref, members in groups.items():
            if isinstance(members, UpstreamError):
                raise members
            for member in members:
                holders[member.product.ref].append(ref)
        return holders


def _listed(row: wire.ProductGroupWithProducts) -> RawPage[wire.GroupMemberProduct]:
    return RawPage(rows=row.products, total=row.product_count)


def _alone(page: wire.ProductGroupPage) -> RawPage[wire.GroupMemberProduct]:
    return RawPage(rows=page.products, total=page.pagination.total if page.pagination else None)


def _shared_pages(
    entries: Mapping[GroupRef, _Entry | UpstreamError], asks: Iterable[tuple[GroupRef, PageRequest]]
) -> set[tuple[int | None, int]]:
    """The later product pages, by list page, that several groups need: one call reads them all."""
    needed = {
        (entry.list_page, number, ref)
        for ref, ask in asks
        if isinstance(entry := entries.get(ref), _Entry)
        for number in _later_pages(entry, ask)
    }
    groups = Counter((list_page, number) for list_page, number, _ in needed)
    return {place for place, count in groups.items() if count > 1}


def _later_pages(entry: _Entry, ask: PageRequest) -> range:
    end = min(ask.offset + ask.first, entry.first.total or 0)
    return range(max(1, ask.offset // PAGE_SIZE), ceil(end / PAGE_SIZE))


def _batches(ids: Sequence[str]) -> list[tuple[str, ...]]:
    # A comma cannot be told from the one between two ids.
    sendable = [native_id for native_id in ids if native_id and "," not in native_id]
    starts = range(0, len(sendable), PAGE_SIZE)
    return [tuple(sendable[start : start + PAGE_SIZE]) for start in starts]


def _has_status(ask: GroupsRequest) -> Callable[[_Entry], bool]:
    return lambda entry: mapping.group_status(entry.group) is ask.status


def _has_in_name_or_sku(search: str) -> Callable[[wire.Product], bool]:
    needle = search.casefold()
    return lambda row: any(needle in text.casefold() for text in (row.name, row.sku) if text)
