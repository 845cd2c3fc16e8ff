"""The provider of Dodo Payments: answers each read with the fewest calls."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import attrgetter
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
from groupgate.domain.provider import BatchResult, ProviderStatus
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import PAGE_SIZE, DodoClient
from groupgate.providers.dodo.collections import CollectionsInUse
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner import CAPABILITIES, DodoPlanner
from groupgate.upstream.pagination import KnownSize, PageSize, Paginator
from groupgate.upstream.results import find_stale, gather_by_key, gather_found, slice_page

KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")

PRODUCTS_WORTH_A_LIST: Final = 5
"""From this many products on, a page of their list is read before any single product."""

PRODUCTS_WORTH_ALL_COLLECTIONS: Final = 4
"""From this many products on, all collections are read to find their groups, if there are few."""


class DodoProvider:
    """Reads whole collections: no other call returns groups and the products in them."""

    name = ProviderKey.DODO.display_name
    capabilities = CAPABILITIES

    def __init__(self, client: DodoClient) -> None:
        self.planner = DodoPlanner(client, self)
        self._client = client
        self._mapper = Mapper(client.account)
        collection_pages, product_pages = PageSize(PAGE_SIZE), PageSize(PAGE_SIZE)
        self._collections = Paginator(
            client.list_product_collections, collection_pages, lambda row: row.id
        )
        self._collections_in_use = CollectionsInUse(client, self._collections)
        self._archived_collections = Paginator(
            partial(client.list_product_collections, archived=True),
            collection_pages,
            lambda row: row.id,
            is_cached=client.has_cached_archived_collections,
        )
        self._products = Paginator(
            client.list_products,
            product_pages,
            lambda row: row.product_id,
            size=KnownSize(),
            is_cached=client.has_cached_products,
        )
        self._archived_products = Paginator(
            partial(client.list_products, archived=True),
            product_pages,
            lambda row: row.product_id,
        )

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
        """Read one collection."""
        await self._client.list_product_collections(0, page_size=1)

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Read pages of the live or of the archived collections."""

        async def read(request: CollectionsRequest) -> Page[ProductCollection]:
            pages = self._archived_collections if request.archived else self._collections
            return (await pages.slice(request.page)).page(self._mapper.collection)

        return await gather_by_key(requests, read)

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Read the collections, and return pages of their groups."""
        own = {each: each.collection for each in requests if each.collection is not None}
        others = [each for each in requests if each.collection is None]
        read = self._from_collections(list(own), own.__getitem__, self._group_page)
        if not others:
            return await read
        pages, pages_of_all = await asyncio.gather(read, self._list_groups_of_all(others))
        return {**pages, **pages_of_all}

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Read the groups' collections, and return pages of the groups' products."""
        read = partial(self._membership_page, await self._cached_archived_ids())
        return await self._from_groups(requests, attrgetter("group"), read)

    async def list_products(
        self, requests: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Read pages of the products on sale or archived; the vendor has no other filter."""

        async def read(request: ProductsRequest) -> Page[Product]:
            status = request.status or ProductStatus.ACTIVE
            is_archived = status is ProductStatus.INACTIVE
            pages = self._archived_products if is_archived else self._products
            page_slice = await pages.slice(request.page, await self._product_filter(request))
            return page_slice.page(lambda row: self._mapper.listed_product(row, status))

        return await gather_by_key(requests, read)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Read each collection in a call of its own."""
        return await self._from_collections(
            refs, lambda ref: ref, lambda parent, _ref: self._mapper.own_collection(parent)
        )

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Read the groups' collections, and return the groups."""
        return await self._from_groups(
            refs, lambda ref: ref, lambda parent, group, _ref: self._mapper.group(parent, group)
        )

    async def get_groups_by_native_id(self, native_ids: Sequence[str]) -> BatchResult[str, Group]:
        """Read the collections in use until the groups are found."""
        return await self._collections_in_use.find_groups(native_ids)

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """Read the groups' collections, and return all products of the groups."""

        def read(
            parent: wire.ProductCollection, group: wire.ProductCollectionGroup, _ref: GroupRef
        ) -> tuple[Membership, ...]:
            status = mapping.member_status(parent, archived_ids)
            return tuple(self._mapper.memberships(parent, group, status))

        archived_ids = await self._cached_archived_ids()
        return await self._from_groups(refs, lambda ref: ref, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Read many products from pages of their list, and the rest one by one."""
        ids = dict.fromkeys(ref.native_id for ref in refs)
        rows, _ = await self._products.find(
            ids, lambda row: row.product_id, worth_from=PRODUCTS_WORTH_A_LIST
        )
        listed = {ref: rows[ref.native_id] for ref in refs if ref.native_id in rows}
        found = await gather_found((ref for ref in refs if ref not in listed), self._get_product)
        listed |= await find_stale(
            found, self._products.cached_rows, lambda row: self._mapper.product_ref(row.product_id)
        )
        return found | {ref: self._mapper.listed_product(row) for ref, row in listed.items()}

    async def get_products_by_sku(self, _skus: Sequence[str]) -> BatchResult[str, Product]:
        """Return nothing: the vendor's products have no SKU."""
        return {}

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Look in the list of archived products: no other read shows the status (documented)."""
        ids = {ref.native_id for ref in refs}
        page_slice = await self._archived_products.slice(
            PageRequest(first=len(ids)), lambda row: row.product_id in ids
        )
        archived = {row.product_id for _, row in page_slice.rows}
        return {ref: mapping.product_status(is_archived=ref.native_id in archived) for ref in refs}

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """Read each product and its collection, or all collections if that is cheaper."""
        uncached = {ref for ref in refs if not self._client.has_cached_product(ref.native_id)}
        if len(uncached) >= PRODUCTS_WORTH_ALL_COLLECTIONS:
            collections = await self._all_collections(at_most=len(uncached))
            if collections is not None:
                return {ref: _find_groups(ref, collections) for ref in refs}
        return await gather_found(refs, self._groups_of)

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Read the groups' collections, and look for the products in the groups."""

        def read(parent: wire.ProductCollection, pair: tuple[GroupRef, ProductRef]) -> bool:
            group, product = pair
            return group.native_id in parent.groups_by_product.get(product.native_id, [])

        found = await self._from_collections(pairs, lambda pair: pair[0].collection, read)
        return {pair: found.get(pair, False) for pair in pairs}

    async def _list_groups_of_all(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        try:
            return await self._collections_in_use.list_groups(requests)
        except UpstreamError as error:
            return dict.fromkeys(requests, error)

    async def _product_filter(
        self, request: ProductsRequest
    ) -> Callable[[wire.ProductListItem], bool] | None:
        """Return the filter for rows of a list; None if all rows are wanted."""
        filters: list[Callable[[wire.ProductListItem], bool]] = []
        if request.search is not None:
            filters.append(mapping.matches_search(request.search))
        if request.is_ungrouped:
            grouped = await self._collections_in_use.product_ids()
            filters.append(lambda row: row.product_id not in grouped)
        return (lambda row: all(matches(row) for matches in filters)) if filters else None

    async def _from_groups(
        self,
        keys: Sequence[KeyT],
        group_of: Callable[[KeyT], GroupRef],
        read: Callable[[wire.ProductCollection, wire.ProductCollectionGroup, KeyT], FoundT],
    ) -> dict[KeyT, FoundT | UpstreamError]:
        """Read the collection of each group once, and call `read` with the group of each key."""
        parents = await self._read_collections(group_of(key).collection_id for key in keys)
        results: dict[KeyT, FoundT | UpstreamError] = {}
        for key in keys:
            ref = group_of(key)
            parent = parents.get(ref.collection_id)
            if isinstance(parent, wire.ProductCollection):
                group = parent.groups_by_id.get(ref.native_id)
                if group is not None:
                    results[key] = read(parent, group, key)
            elif parent is not None:
                results[key] = parent
        return results

    async def _from_collections(
        self,
        keys: Sequence[KeyT],
        collection_of: Callable[[KeyT], CollectionRef],
        read: Callable[[wire.ProductCollection, KeyT], FoundT | None],
    ) -> dict[KeyT, FoundT | UpstreamError]:
        """Read each collection once, and call `read` with the collection of each key."""
        parents = await self._read_collections(collection_of(key).native_id for key in keys)
        results: dict[KeyT, FoundT | UpstreamError] = {}
        for key in keys:
            parent = parents.get(collection_of(key).native_id)
            found = read(parent, key) if isinstance(parent, wire.ProductCollection) else parent
            if found is not None:
                results[key] = found
        return results

    async def _read_collections(
        self, native_ids: Iterable[str | None]
    ) -> dict[str | None, wire.ProductCollection | UpstreamError]:
        """Read each collection once; those in memory without a coroutine for each."""
        missing: list[str | None] = []
        parents: dict[str | None, wire.ProductCollection | UpstreamError] = {}
        for native_id in dict.fromkeys(native_ids):
            parent = self._client.find_product_collection(native_id) if native_id else None
            if parent is not None:
                parents[native_id] = parent
            elif native_id:
                missing.append(native_id)
        if missing:
            parents |= await gather_found(missing, self._client.get_product_collection)
        return parents

    def _group_page(self, parent: wire.ProductCollection, request: GroupsRequest) -> Page[Group]:
        if not request.is_filtered:
            return self._mapper.group_page(parent, request.page)
        groups = self._mapper.groups(parent)
        return slice_page(groups, request.page, request.filter)

    def _membership_page(
        self,
        archived_ids: set[str],
        parent: wire.ProductCollection,
        group: wire.ProductCollectionGroup,
        request: MembershipsRequest,
    ) -> Page[Membership]:
        status = mapping.member_status(parent, archived_ids)
        return self._mapper.membership_page(parent, group, status, request.page)

    async def _all_collections(
        self, *, at_most: int
    ) -> list[wire.ProductCollection | UpstreamError] | None:
        """Read all collections, live and archived; None if there are more than `at_most`."""
        # One collection more than allowed shows that there are more.
        page = PageRequest(first=at_most + 1)
        page_slices = await asyncio.gather(
            self._collections.slice(page), self._archived_collections.slice(page)
        )
        ids = dict.fromkeys(row.id for page_slice in page_slices for _, row in page_slice.rows)
        if len(ids) > at_most:
            return None
        found = await gather_found(ids, self._client.get_product_collection)
        return list(found.values())

    async def _cached_archived_ids(self) -> set[str]:
        """Return the ids on the cached pages of the list of archived collections."""
        return {row.id for row in await self._archived_collections.cached_rows()}

    async def _get_product(self, ref: ProductRef) -> Product | None:
        record = await self._client.get_product(ref.native_id)
        return None if record is None else self._mapper.product(record)

    async def _groups_of(self, ref: ProductRef) -> tuple[GroupRef, ...] | None:
        record = await self._client.get_product(ref.native_id)
        if record is None:
            return None
        parent = await self._client.get_product_collection(record.product_collection_id or "")
        return () if parent is None else self._mapper.groups_of(parent, record.product_id)


def _find_groups(
    ref: ProductRef, collections: Iterable[wire.ProductCollection | UpstreamError]
) -> tuple[GroupRef, ...] | UpstreamError:
    """Return the groups of a product; if none is found, the error of a collection if one failed."""
    failure: UpstreamError | None = None
    for parent in collections:
        if isinstance(parent, UpstreamError):
            failure = parent
        elif groups := Mapper(ref.provider).groups_of(parent, ref.native_id):
            return groups
    return failure or ()
