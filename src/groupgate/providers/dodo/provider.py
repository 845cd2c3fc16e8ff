"""Dodo Payments as a provider: which calls answer what is asked, and for the fewest of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeVar

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
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import PAGE_SIZE, DodoClient
from groupgate.providers.dodo.planner import CAPABILITIES, DodoPlanner
from groupgate.upstream.cache import find_stale
from groupgate.upstream.pagination import KnownSize, Paginator, gather_by_key, slice_page

KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")

PRODUCTS_WORTH_A_LIST: Final = 5
"""From so many products on, their list is read before any of them singly."""

PRODUCTS_WORTH_ALL_COLLECTIONS: Final = 4
"""From so many products on, their groups are looked for in all collections, if these are few."""


class DodoProvider:
    """Reads groups and their products out of collections, for nothing else shows them."""

    key = ProviderKey.DODO
    name = "Dodo Payments"
    capabilities = CAPABILITIES

    def __init__(self, client: DodoClient) -> None:
        self._client = client
        self._products = Paginator(
            self.key, client.list_products, PAGE_SIZE, KnownSize(), client.has_cached_products
        )
        self._archived_products = Paginator(
            self.key, partial(client.list_products, archived=True), PAGE_SIZE
        )
        self._collections = Paginator(self.key, client.list_product_collections, PAGE_SIZE)
        self._archived_collections = Paginator(
            self.key,
            partial(client.list_product_collections, archived=True),
            PAGE_SIZE,
            is_cached=client.has_cached_archived_collections,
        )
        self._planner = DodoPlanner(client, self)

    @property
    def status(self) -> ProviderStatus:
        """How its calls went of late."""
        return self._client.status

    @property
    def planner(self) -> Planner:
        """What the vendor must be sent for a change."""
        return self._planner

    def forget(self) -> None:
        """Make what is read next in this request fresh."""
        self._client.forget()

    async def ping(self) -> None:
        """Ask for one collection."""
        await self._client.list_product_collections(0, page_size=1)

    async def list_collections(
        self, asks: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Pages of the collections in use, or of the archived ones."""

        async def read(ask: CollectionsRequest) -> Page[ProductCollection]:
            walk = self._archived_collections if ask.archived else self._collections
            return (await walk.slice(ask.page)).page(mapping.collection)

        return await gather_by_key(asks, read)

    async def list_groups(
        self, asks: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Pages of groups, cut out of their collections."""

        def read(holder: wire.ProductCollection, ask: GroupsRequest) -> Page[Group]:
            page_slice = slice_page(
                holder.groups,
                ask.page,
                lambda row: ask.status in {None, mapping.group_status(row)},
            )
            return page_slice.page(lambda row: mapping.group(holder, row))

        return await self._from_collections(asks, lambda ask: ask.collection, read)

    async def list_memberships(
        self, asks: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Pages of products of groups, cut out of their collections."""

        def read(
            holder: wire.ProductCollection,
            group: wire.ProductCollectionGroup,
            ask: MembershipsRequest,
        ) -> Page[Membership]:
            status = mapping.status_within(holder, archived)
            return slice_page(group.products, ask.page).page(
                lambda row: mapping.membership(holder, row, status)
            )

        archived = await self._known_archived()
        return await self._from_groups(asks, lambda ask: ask.group, read)

    async def list_products(
        self, asks: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Pages of the products on sale; the vendor does not search, so a search reads them all."""

        async def read(ask: ProductsRequest) -> Page[Product]:
            wanted = None if ask.search is None else _has_in_name(ask.search)
            return (await self._products.slice(ask.page, wanted)).page(mapping.listed_product)

        return await gather_by_key(asks, read)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Collections, a call each."""
        return await self._from_collections(
            refs, lambda ref: ref, lambda holder, _ref: mapping.collection(holder)
        )

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Groups, out of their collections."""
        return await self._from_groups(
            refs, lambda ref: ref, lambda holder, group, _ref: mapping.group(holder, group)
        )

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """All products of groups, out of their collections."""

        def read(
            holder: wire.ProductCollection, group: wire.ProductCollectionGroup, _ref: GroupRef
        ) -> tuple[Membership, ...]:
            status = mapping.status_within(holder, archived)
            return tuple(mapping.membership(holder, row, status) for row in group.products)

        archived = await self._known_archived()
        return await self._from_groups(refs, lambda ref: ref, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Many from pages of the list, which is the vendor's only read of many; the rest singly."""
        ids = dict.fromkeys(ref.native_id for ref in refs)
        rows, _ = await self._products.find(
            ids, lambda row: row.product_id, worth_from=PRODUCTS_WORTH_A_LIST
        )
        listed = {ref: rows[ref.native_id] for ref in refs if ref.native_id in rows}
        found = await _each_found((ref for ref in refs if ref not in listed), self._get_product)
        listed |= await find_stale(
            found, self._products.cached_rows, lambda row: mapping.product_ref(row.product_id)
        )
        return found | {ref: mapping.listed_product(row) for ref, row in listed.items()}

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Inactive is what the archived list has: no read of a product tells it (documented)."""
        ids = {ref.native_id for ref in refs}
        page_slice = await self._archived_products.slice(
            PageRequest(first=len(ids)), lambda row: row.product_id in ids
        )
        archived = {row.product_id for _, row in page_slice.rows}
        return {ref: mapping.product_status(is_archived=ref.native_id in archived) for ref in refs}

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """From each product on to its collection; for many, from all collections if few enough."""
        singles = {ref for ref in refs if not self._client.has_cached_product(ref.native_id)}
        if len(singles) >= PRODUCTS_WORTH_ALL_COLLECTIONS:
            collections = await self._all_collections(at_most=len(singles))
            if collections is not None:
                return {ref: _holders(ref, collections) for ref in refs}
        return await _each_found(refs, self._groups_of)

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Whether a group holds a product, from the group's collection."""

        def read(holder: wire.ProductCollection, pair: tuple[GroupRef, ProductRef]) -> bool:
            group, product = pair
            return group.native_id in holder.groups_by_product.get(product.native_id, [])

        told = await self._from_collections(pairs, lambda pair: pair[0].collection, read)
        return {pair: told.get(pair, False) for pair in pairs}

    async def _get_collection(self, ref: CollectionRef) -> wire.ProductCollection | None:
        return await self._client.get_product_collection(ref.native_id or "")

    async def _get_product(self, ref: ProductRef) -> Product | None:
        record = await self._client.get_product(ref.native_id)
        return None if record is None else mapping.product(record)

    async def _groups_of(self, ref: ProductRef) -> tuple[GroupRef, ...] | None:
        record = await self._client.get_product(ref.native_id)
        if record is None:
            return None
        holder = await self._client.get_product_collection(record.product_collection_id or "")
        return () if holder is None else mapping.groups_of(holder, record.product_id)

    async def _all_collections(
        self, *, at_most: int
    ) -> list[wire.ProductCollection | UpstreamError] | None:
        """All collections, the archived ones included; None if there are more."""
        # Reading one more than allowed tells whether there are more.
        page = PageRequest(first=at_most + 1)
        page_slices = await asyncio.gather(
            self._collections.slice(page), self._archived_collections.slice(page)
        )
        ids = dict.fromkeys(row.id for page_slice in page_slices for _, row in page_slice.rows)
        if len(ids) > at_most:
            return None
        found = await _each_found(ids, self._client.get_product_collection)
        return list(found.values())

    async def _from_groups(
        self,
        asks: Sequence[KeyT],
        group_of: Callable[[KeyT], GroupRef],
        read: Callable[[wire.ProductCollection, wire.ProductCollectionGroup, KeyT], FoundT],
    ) -> dict[KeyT, FoundT | UpstreamError]:
        def find(holder: wire.ProductCollection, ask: KeyT) -> FoundT | None:
            group = holder.groups_by_id.get(group_of(ask).native_id)
            return None if group is None else read(holder, group, ask)

        return await self._from_collections(asks, lambda ask: group_of(ask).collection, find)

    async def _from_collections(
        self,
        asks: Sequence[KeyT],
        collection_of: Callable[[KeyT], CollectionRef],
        read: Callable[[wire.ProductCollection, KeyT], FoundT | None],
    ) -> dict[KeyT, FoundT | UpstreamError]:
        """Read each collection once, and each ask out of its collection."""
        collections = await _each_found(map(collection_of, asks), self._get_collection)
        answers: dict[KeyT, FoundT | UpstreamError] = {}
        for ask in asks:
            holder = collections.get(collection_of(ask))
            found = read(holder, ask) if isinstance(holder, wire.ProductCollection) else holder
            if found is not None:
                answers[ask] = found
        return answers

    async def _known_archived(self) -> set[str]:
        """The ids on the list of archived collections, as far as it has been read already."""
        return {row.id for row in await self._archived_collections.cached_rows()}


async def _each_found(
    asks: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT | None]]
) -> dict[KeyT, FoundT | UpstreamError]:
    answers = await gather_by_key(asks, find)
    return {ask: answer for ask, answer in answers.items() if answer is not None}


def _holders(
    ref: ProductRef, collections: Iterable[wire.ProductCollection | UpstreamError]
) -> tuple[GroupRef, ...] | UpstreamError:
    """The groups of a product; if it is in none that could be read, the failure of one other."""
    failure: UpstreamError | None = None
    for holder in collections:
        if isinstance(holder, UpstreamError):
            failure = holder
        elif groups := mapping.groups_of(holder, ref.native_id):
            return groups
    return failure or ()


def _has_in_name(search: str) -> Callable[[wire.ProductListItem], bool]:
    needle = search.casefold()
    return lambda row: bool(row.name) and needle in (row.name or "").casefold()
