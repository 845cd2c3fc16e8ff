"""The provider of 2Checkout: answers each read with the fewest calls."""

from collections.abc import Callable, Mapping, Sequence
from math import ceil

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
from groupgate.providers.two_checkout import mapping, wire
from groupgate.providers.two_checkout.client import PAGE_SIZE, TwoCheckoutClient
from groupgate.providers.two_checkout.mapping import Mapper
from groupgate.providers.two_checkout.planner import CAPABILITIES, TwoCheckoutPlanner
from groupgate.upstream.pagination import KnownSize, PageSize, Paginator, RawPage
from groupgate.upstream.results import (
    find_stale,
    gather_by_key,
    gather_found,
    list_implicit_collection,
    map_found,
    slice_page,
    unwrap,
)

ProductsByGroup = Mapping[GroupRef, Sequence[wire.ProductRecord]]


class TwoCheckoutProvider:
    """Reads the groups from their only list, and products by group or all at once.

    The vendor lists the products of one group at a time, by the group's name. But each product
    names its group, so that one read of all products is enough for any number of groups.
    """

    name = ProviderKey.TWO_CHECKOUT.display_name
    capabilities = CAPABILITIES

    def __init__(self, client: TwoCheckoutClient) -> None:
        self.planner = TwoCheckoutPlanner(client, self)
        self._client = client
        self._mapper = Mapper(client.account)
        self._collection = implicit_collection(client.account)
        self._size = KnownSize()
        self._page_size = PageSize(PAGE_SIZE)
        # The vendor counts its pages from 1, a Paginator from 0.
        self._products = Paginator(
            lambda number, size: client.list_products(number + 1, size=size),
            self._page_size,
            _code,
            size=self._size,
            is_cached=lambda number, size: client.has_cached_products(number + 1, size),
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
        """Read the groups; no documented call costs less."""
        await self._client.list_product_groups()

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Return the implicit collection without a call."""
        return list_implicit_collection(self._collection, requests)

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Read the groups, all of which are active, and return pages of them."""
        own = {None, self._collection.ref}
        valid = [request for request in requests if request.collection in own]
        groups = await self._list_groups() if valid else ()
        return {each: slice_page(groups, each.page, each.filter) for each in valid}

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Read pages of the products of groups."""
        members = await self._members_of([request.group for request in requests])

        async def read(request: MembershipsRequest) -> Page[Membership]:
            page_slice = await unwrap(members[request.group]).slice(request.page)
            return page_slice.page(self._mapper.membership)

        return await gather_by_key((one for one in requests if one.group in members), read)

    async def list_products(
        self, requests: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Read pages of products; a search may read all: the vendor searches names only."""

        async def read(request: ProductsRequest) -> Page[Product]:
            pages = await self._ungrouped() if request.is_ungrouped else self._products
            page_slice = await pages.slice(request.page, _product_filter(request))
            return page_slice.page(self._mapper.product)

        return await gather_by_key(requests, read)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Return the implicit collection without a call."""
        return {ref: self._collection for ref in refs if ref == self._collection.ref}

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Read the list of groups; read a single group alone unless the list is cached."""
        valid = {ref for ref in refs if ref.collection == self._collection.ref}
        if len(valid) == 1 and not self._client.has_cached_product_groups():
            found = await gather_found(valid, self._get_group)
            return found | await find_stale(found, self._list_groups, lambda group: group.ref)
        groups = await self._list_groups() if valid else ()
        return {group.ref: group for group in groups if group.ref in valid}

    async def get_groups_by_native_id(self, native_ids: Sequence[str]) -> BatchResult[str, Group]:
        """Do the same as `get_groups`: codes are unique without a collection."""
        groups = await self.get_groups([self._mapper.group_ref(code) for code in native_ids])
        return {ref.native_id: group for ref, group in groups.items()}

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """Read all products of groups."""
        members = await self._members_of(refs)

        async def read(ref: GroupRef) -> tuple[Membership, ...]:
            rows = mapping.by_code(await unwrap(members[ref]).all())
            return tuple(map(self._mapper.membership, rows.values()))

        return await gather_by_key(members, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Read products from pages of their list, or one by one if that is cheaper."""
        rows, is_complete = await self._products.find(
            (ref.native_id for ref in refs), _code, worth_from=2
        )

        async def read(ref: ProductRef) -> Product | None:
            row = rows.get(ref.native_id)
            if row is None and not is_complete:
                row = await self._client.get_product(ref.native_id)
            found = row and self._mapper.product(row)
            return found if found and found.ref == ref else None

        found = await gather_found(refs, read)
        stale = await find_stale(found, self._products.cached_rows, self._mapper.product_ref)
        return found | {ref: self._mapper.product(row) for ref, row in stale.items()}

    async def get_products_by_sku(self, skus: Sequence[str]) -> BatchResult[str, Product]:
        """Do the same as `get_products`: the code of a product is its SKU."""
        refs = [ProductRef(provider=self.key, native_id=sku) for sku in skus]
        products = await self.get_products(refs)
        return {ref.native_id: product for ref, product in products.items()}

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Read the products, which have a status."""
        statuses = map_found(await self.get_products(refs), lambda product: product.status)
        return {ref: status for ref, status in statuses.items() if status is not None}

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """Read the products, and the groups of those whose record names none."""
        products = await self.get_products(refs)

        async def read(ref: ProductRef) -> tuple[GroupRef, ...]:
            groups = unwrap(products[ref]).groups
            return await self._groups_of(ref.native_id) if groups is None else groups

        return await gather_by_key(products, read)

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Read the products' groups."""
        groups_of = await self.groups_of([product for _group, product in pairs])

        async def read(pair: tuple[GroupRef, ProductRef]) -> bool:
            group, product = pair
            return group in unwrap(groups_of.get(product, ()))

        return await gather_by_key(pairs, read)

    async def _list_groups(self) -> tuple[Group, ...]:
        return self._mapper.groups(await self._client.list_product_groups())

    async def _get_group(self, ref: GroupRef) -> Group | None:
        record = await self._client.get_product_group(ref.native_id)
        found = self._mapper.groups([record] if record else [])
        return next((group for group in found if group.ref == ref), None)

    async def _groups_of(self, code: str) -> tuple[GroupRef, ...]:
        """Read the name of a product's group, and return the groups with this name."""
        name = await self._client.get_product_group_of_product(code)
        groups = await self._list_groups() if name else ()
        return tuple(group.ref for group in groups if group.name == name)

    async def _members_of(
        self, refs: Sequence[GroupRef]
    ) -> dict[GroupRef, Paginator[wire.ProductRecord] | UpstreamError]:
        """Read groups; return for each a paginator of its products."""
        groups = await self.get_groups(refs)
        by_group = await self._products_by_group_if_cheaper(len(groups))

        def members(group: Group) -> Paginator[wire.ProductRecord]:
            return self._members(group.name, lambda ref: ref == group.ref, by_group)

        return map_found(groups, members)

    def _members(
        self,
        name: str | None,
        is_in: Callable[[GroupRef], bool],
        by_group: ProductsByGroup | None,
    ) -> Paginator[wire.ProductRecord]:
        """Return a paginator of the products of the group `is_in` accepts, which has this name."""

        async def fetch(number: int, size: int) -> RawPage[wire.ProductRecord]:
            known = by_group
            if known is None:
                page = await self._client.list_products(number + 1, name, size=size)
                # It is not documented that the vendor compares the whole name.
                if all(ref is None or is_in(ref) for ref in map(self._mapper.group_of, page.rows)):
                    return page
                known = await self._products_by_group()
            rows = [row for ref, rows in known.items() if is_in(ref) for row in rows]
            return RawPage(rows=rows[number * size : (number + 1) * size], total=len(rows))

        return Paginator(fetch, self._page_size, _code)

    async def _ungrouped(self) -> Paginator[wire.ProductRecord]:
        """Return a paginator of the products in the general group, and so in no other."""
        names = self._client.group_names
        return self._members(
            mapping.GENERAL,
            lambda ref: names.get(ref.native_id) == mapping.GENERAL,
            await self._products_by_group_if_cheaper(1),
        )

    async def _products_by_group_if_cheaper(self, groups: int) -> ProductsByGroup | None:
        """Read all products, unless that needs more calls than one for each of the groups."""
        if not await self._is_reading_all_cheaper(groups):
            return None
        ungrouped = [
            row for row in await self._products.all() if self._mapper.group_of(row) is None
        ]
        return await self._products_by_group() if len(ungrouped) <= groups else None

    async def _is_reading_all_cheaper(self, groups: int) -> bool:
        if self._size.rows is None and groups > 1:
            await self._products.slice(PageRequest(first=1))
        if self._size.rows is None:
            return False
        size = self._page_size.rows
        pages = range(1, ceil((self._size.rows or 1) / size) + 1)
        uncached = [page for page in pages if not self._client.has_cached_products(page, size)]
        return len(uncached) <= groups if groups > 1 else not uncached

    async def _products_by_group(self) -> ProductsByGroup:
        """Read all products, and the groups of those whose record names none."""
        rows = mapping.by_code(await self._products.all())
        ungrouped = [code for code, row in rows.items() if self._mapper.group_of(row) is None]
        groups_of = await gather_by_key(ungrouped, self._groups_of)
        by_group: dict[GroupRef, list[wire.ProductRecord]] = {}
        for code, row in rows.items():
            own = self._mapper.group_of(row)
            for ref in (own,) if own else unwrap(groups_of[code]):
                by_group.setdefault(ref, []).append(row)
        return by_group


def _product_filter(request: ProductsRequest) -> Callable[[wire.ProductRecord], bool] | None:
    """Return the filter for rows of a list; None if all rows are wanted."""
    filters: list[Callable[[wire.ProductRecord], bool]] = []
    if request.search is not None:
        filters.append(mapping.matches_search(request.search))
    if request.status is not None:
        filters.append(lambda row: mapping.product_status(row) is request.status)
    return (lambda row: all(matches(row) for matches in filters)) if filters else None


def _code(row: wire.ProductRecord) -> str:
    return row.ProductCode
