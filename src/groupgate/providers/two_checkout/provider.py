"""2Checkout as a provider: which calls answer what is asked, and for the fewest of them."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import TypeVar

from groupgate.domain.catalog import (
    Group,
    Membership,
    Product,
    ProductCollection,
    ProductStatus,
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
from groupgate.domain.planner import Planner
from groupgate.domain.provider import BatchResult, ProviderStatus
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.two_checkout import mapping, wire
from groupgate.providers.two_checkout.client import PAGE_SIZE, TwoCheckoutClient
from groupgate.providers.two_checkout.planner import CAPABILITIES, TwoCheckoutPlanner
from groupgate.upstream.cache import find_stale
from groupgate.upstream.pagination import KnownSize, Paginator, RawPage, gather_by_key, slice_page

KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")

ProductPaginator = Paginator[wire.ProductRecord]
ProductsByGroup = Mapping[GroupRef, Sequence[wire.ProductRecord]]


class TwoCheckoutProvider:
    """Reads the groups from their one list, and products by group or all at once.

    The vendor lists the products of one group at a time, by the group's name; but each product
    carries its group, so that a walk through all of them answers for any number of groups.
    """

    key = ProviderKey.TWO_CHECKOUT
    name = mapping.COLLECTION.name
    capabilities = CAPABILITIES

    def __init__(self, client: TwoCheckoutClient) -> None:
        self._client = client
        self._planner = TwoCheckoutPlanner(client, self)
        self._size = KnownSize()
        self._products = Paginator(
            self.key,
            self._sheet,
            PAGE_SIZE,
            self._size,
            lambda number: client.has_cached_products(number + 1),
        )

    @property
    def planner(self) -> Planner:
        """What it takes to change its groups."""
        return self._planner

    @property
    def status(self) -> ProviderStatus:
        """How its calls went of late."""
        return self._client.status

    def forget(self) -> None:
        """Make what is read next in this request fresh."""
        self._client.forget()

    async def ping(self) -> None:
        """Ask for the groups; no documented call is cheaper."""
        await self._client.list_product_groups()

    async def list_collections(
        self, asks: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Pages of the one collection there is, which nobody can archive."""
        return {
            ask: slice_page(() if ask.archived else (mapping.COLLECTION,), ask.page).page(
                lambda it: it
            )
            for ask in asks
        }

    async def list_groups(
        self, asks: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Pages of the list of groups, all of which are active."""
        valid = [ask for ask in asks if ask.collection == mapping.COLLECTION.ref]
        groups = await self._groups() if valid else ()
        return {ask: _groups_page(groups, ask) for ask in valid}

    async def list_memberships(
        self, asks: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Pages of the products of groups."""
        walks = await self._walks([ask.group for ask in asks])

        async def read(ask: MembershipsRequest) -> Page[Membership]:
            page_slice = await _unwrap(walks[ask.group]).slice(ask.page)
            return page_slice.once(_code).page(mapping.membership)

        return await gather_by_key((ask for ask in asks if ask.group in walks), read)

    async def list_products(
        self, asks: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Pages of all products, searched here: the vendor's search knows names only."""

        async def read(ask: ProductsRequest) -> Page[Product]:
            wanted = mapping.has_in_name_or_code(ask.search) if ask.search else None
            page_slice = await self._products.slice(ask.page, wanted)
            return page_slice.once(_code).page(mapping.product)

        return await gather_by_key(asks, read)

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """The one collection there is."""
        return {ref: mapping.COLLECTION for ref in refs if ref == mapping.COLLECTION.ref}

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Groups out of their list; a single one by itself unless the list is there already."""
        valid = {ref for ref in refs if ref.collection == mapping.COLLECTION.ref}
        if len(valid) == 1 and not self._client.has_cached_product_groups():
            found = await gather_by_key(valid, self._group)
            known = await find_stale(found, self._groups, lambda group: group.ref)
            return _found(found | known)
        groups = await self._groups() if valid else ()
        return {group.ref: group for group in groups if group.ref in valid}

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """All products of groups."""
        walks = await self._walks(refs)

        async def read(ref: GroupRef) -> tuple[Membership, ...]:
            rows = mapping.by_code(await _unwrap(walks[ref]).all())
            return tuple(map(mapping.membership, rows.values()))

        return await gather_by_key(walks, read)

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Products out of pages already read, then out of all or singly, as is cheaper."""
        rows, ended = await self._products.find(
            (ref.native_id for ref in refs), _code, worth_from=2
        )

        async def read(ref: ProductRef) -> Product | None:
            row = rows.get(ref.native_id)
            if row is None and not ended:
                row = await self._client.get_product(ref.native_id)
            found = row and mapping.product(row)
            return found if found and found.ref == ref else None

        answers = await gather_by_key(refs, read)
        known = await find_stale(answers, self._products.cached_rows, mapping.product_ref)
        shown = {ref: mapping.product(row) for ref, row in known.items()}
        return _found(answers | shown)

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Statuses of products, which any reading of them tells."""
        products = await self.get_products(refs)

        async def read(ref: ProductRef) -> ProductStatus | None:
            return _unwrap(products[ref]).status

        return _found(await gather_by_key(products, read))

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """The group that a product carries, else the one that the vendor names for it."""
        products = await self.get_products(refs)

        async def read(ref: ProductRef) -> tuple[GroupRef, ...]:
            told = _unwrap(products[ref]).groups
            return await self._groups_named_for(ref.native_id) if told is None else told

        return await gather_by_key(products, read)

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Whether the product carries the group."""
        holders = await self.groups_of([product for _group, product in pairs])

        async def read(pair: tuple[GroupRef, ProductRef]) -> bool:
            group, product = pair
            return group in _unwrap(holders.get(product, ()))

        return await gather_by_key(pairs, read)

    async def _groups(self) -> tuple[Group, ...]:
        return mapping.groups(await self._client.list_product_groups())

    async def _group(self, ref: GroupRef) -> Group | None:
        record = await self._client.get_product_group(ref.native_id)
        found = mapping.groups([record] if record else [])
        return next((group for group in found if group.ref == ref), None)

    async def _groups_named_for(self, code: str) -> tuple[GroupRef, ...]:
        name = await self._client.get_product_group_of_product(code)
        groups = await self._groups() if name else ()
        return tuple(group.ref for group in groups if group.name == name)

    async def _walks(
        self, refs: Sequence[GroupRef]
    ) -> Mapping[GroupRef, ProductPaginator | UpstreamError]:
        """The lists of the products of groups, not read yet."""
        groups = await self.get_groups(refs)
        products_by_group = await self._shelves_if_cheaper(len(groups))
        return {
            ref: group if isinstance(group, UpstreamError) else self._walk(group, products_by_group)
            for ref, group in groups.items()
        }

    def _walk(self, group: Group, products_by_group: ProductsByGroup | None) -> ProductPaginator:
        async def sheet(number: int) -> RawPage[wire.ProductRecord]:
            if products_by_group is not None:
                return _sheet_of_shelf(products_by_group, group.ref, number)
            page = await self._client.list_products(number + 1, group.name)
            # Nobody documents that the vendor compares names exactly.
            if all(mapping.group_of(row) in {None, group.ref} for row in page.Items):
                return _sheet(page)
            return _sheet_of_shelf(await self._products_by_group(), group.ref, number)

        return Paginator(self.key, sheet, PAGE_SIZE)

    async def _shelves_if_cheaper(self, groups: int) -> ProductsByGroup | None:
        """All products by group, if that costs no more calls than one for each group."""
        if not await self._is_walk_cheaper(groups):
            return None
        ungrouped = [row for row in await self._products.all() if mapping.group_of(row) is None]
        return await self._products_by_group() if len(ungrouped) <= groups else None

    async def _is_walk_cheaper(self, groups: int) -> bool:
        if self._size.rows is None and groups > 1:
            await self._products.slice(PageRequest(first=1))
        if self._size.rows is None:
            return False
        unread = [
            number for number in self._numbers() if not self._client.has_cached_products(number)
        ]
        return len(unread) <= groups if groups > 1 else not unread

    async def _products_by_group(self) -> ProductsByGroup:
        rows = mapping.by_code(await self._products.all())
        ungrouped = [code for code, row in rows.items() if mapping.group_of(row) is None]
        named = await gather_by_key(ungrouped, self._groups_named_for)
        products_by_group: dict[GroupRef, list[wire.ProductRecord]] = {}
        for code, row in rows.items():
            carried = mapping.group_of(row)
            for ref in (carried,) if carried else _unwrap(named[code]):
                products_by_group.setdefault(ref, []).append(row)
        return products_by_group

    def _numbers(self) -> range:
        """The pages of all products, as far as is known."""
        return range(1, ceil((self._size.rows or 1) / PAGE_SIZE) + 1)

    async def _sheet(self, number: int) -> RawPage[wire.ProductRecord]:
        return _sheet(await self._client.list_products(number + 1))


def _groups_page(groups: Sequence[Group], ask: GroupsRequest) -> Page[Group]:
    page_slice = slice_page(groups, ask.page, lambda group: ask.status in {None, group.status})
    return page_slice.page(lambda group: group)


def _sheet(page: wire.ProductPage) -> RawPage[wire.ProductRecord]:
    return RawPage(rows=page.Items, total=page.Pagination.Count if page.Pagination else None)


def _sheet_of_shelf(
    products_by_group: ProductsByGroup, ref: GroupRef, number: int
) -> RawPage[wire.ProductRecord]:
    shelf = products_by_group.get(ref, ())
    start = number * PAGE_SIZE
    return RawPage(rows=shelf[start : start + PAGE_SIZE], total=len(shelf))


def _code(row: wire.ProductRecord) -> str:
    return row.ProductCode


def _unwrap(answer: FoundT | UpstreamError) -> FoundT:
    if isinstance(answer, UpstreamError):
        raise answer
    return answer


def _found(answers: Mapping[KeyT, FoundT | UpstreamError | None]) -> BatchResult[KeyT, FoundT]:
    return {ask: answer for ask, answer in answers.items() if answer is not None}
