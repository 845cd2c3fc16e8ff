"""Reads of products: pages of their list, by id, and by SKU."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from groupgate.domain.catalog import Product
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import BatchResult
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.providers.axim import mapping, wire
from groupgate.providers.axim.client import PAGE_SIZE, AximClient, ListPage
from groupgate.providers.axim.mapping import Mapper
from groupgate.upstream.pagination import KnownSize, PageSize, Paginator, RawPage
from groupgate.upstream.results import find_stale, gather_by_key, gather_found, map_found

GroupsByProduct = Mapping[ProductRef, Sequence[GroupRef]]

_Batch = tuple[str, ...]
_Rows = dict[str, wire.Product | UpstreamError]
_KeyOf = Callable[[wire.Product], str]


class ProductReader:
    """Takes products from cached pages of their list, and reads the others in batches.

    `read_groups` returns the groups of all products. It is called only if a product's record does
    not name the product's groups.
    """

    def __init__(
        self, client: AximClient, read_groups: Callable[[], Awaitable[GroupsByProduct]]
    ) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._read_groups = read_groups
        self._sku_page_size = PageSize(PAGE_SIZE)
        # The vendor counts its pages from 1, a Paginator from 0.
        self._pages = Paginator(
            lambda number, size: client.list_products(ListPage(number + 1, size)),
            PageSize(PAGE_SIZE),
            _id,
            size=KnownSize(),
            is_cached=lambda number, size: client.has_cached_products(ListPage(number + 1, size)),
        )

    async def list_page(self, request: ProductsRequest) -> Page[Product]:
        """Read on until the page is full; the vendor searches one field only, and no groups."""
        page_slice = await self._pages.slice(request.page, _filter(request, {}, self._mapper))
        if request.is_ungrouped and any(row.product_groups is None for _, row in page_slice.rows):
            groups = await self._read_groups()
            page_slice = await self._pages.slice(
                request.page, _filter(request, groups, self._mapper)
            )
        return page_slice.page(self._mapper.product)

    async def get(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Return products by ref."""
        rows = await self._find((ref.native_id for ref in refs), _id, self._read_batch)
        found = {ref: rows[ref.native_id] for ref in refs if ref.native_id in rows}
        return map_found(found, self._mapper.product)

    async def get_by_sku(self, skus: Sequence[str]) -> BatchResult[str, Product]:
        """Return products by SKU."""
        return map_found(await self._find(skus, _sku, self._read_sku_batch), self._mapper.product)

    async def _find(
        self,
        keys: Iterable[str],
        key_of: _KeyOf,
        read_batch: Callable[[_Batch], Awaitable[_Rows]],
    ) -> _Rows:
        wanted = [key for key in dict.fromkeys(keys) if key]
        found = _first_by_key(await self._pages.cached_rows(), key_of, wanted)
        missing = [key for key in wanted if key not in found]
        for batch, rows in (await gather_by_key(_batches(missing), read_batch)).items():
            found |= dict.fromkeys(batch, rows) if isinstance(rows, UpstreamError) else rows
        return found | await find_stale(found, self._pages.cached_rows, key_of)

    async def _read_batch(self, ids: _Batch) -> _Rows:
        if not _is_sendable(ids):
            return {}
        page = await self._client.list_products_by_id(ids)
        # That entityId accepts product ids is assumed.
        return await self._complete(page, _id, ids, self._read_by_id)

    async def _read_by_id(self, native_id: str) -> wire.Product | None:
        row = await self._client.get_product(native_id)
        return row if row and row.id == native_id else None

    async def _read_sku_batch(self, skus: _Batch) -> _Rows:
        page = await self._client.list_products_by_sku(skus) if _is_sendable(skus) else None
        return await self._complete(page, _sku, skus, self._read_by_sku)

    async def _read_by_sku(self, sku: str) -> wire.Product | None:
        """Search for a part of the SKU, and take the first product with the whole."""
        pages = Paginator(
            lambda number, size: self._client.search_products_by_sku(
                sku, ListPage(number + 1, size)
            ),
            self._sku_page_size,
            _id,
        )
        page_slice = await pages.slice(PageRequest(first=1), lambda row: row.sku == sku)
        return next((row for _, row in page_slice.rows), None)

    async def _complete(
        self,
        page: RawPage[wire.Product] | None,
        key_of: _KeyOf,
        keys: _Batch,
        read: Callable[[str], Awaitable[wire.Product | None]],
    ) -> _Rows:
        """Return the products of a response by key, and read those alone that it may lack.

        A response with other products, or with only some of these, does not show that the others
        do not exist.
        """
        rows = () if page is None else page.rows
        found = _first_by_key(rows, key_of, keys)
        has_others = any(key_of(row) not in keys for row in rows)
        is_whole = page is not None and not page.left_out and (page.total or 0) <= page.received
        if is_whole and not has_others:
            return found
        return found | await gather_found((key for key in keys if key not in found), read)


def _id(row: wire.Product) -> str:
    return row.id


def _sku(row: wire.Product) -> str:
    return row.sku or ""


def _first_by_key(rows: Iterable[wire.Product], key_of: _KeyOf, keys: Sequence[str]) -> _Rows:
    wanted = set(keys)
    found: _Rows = {}
    for row in rows:
        if (key := key_of(row)) in wanted:
            found.setdefault(key, row)
    return found


def _filter(
    request: ProductsRequest, groups: GroupsByProduct, mapper: Mapper
) -> Callable[[wire.Product], bool] | None:
    """Return the filter for rows of the list; None if all rows are wanted.

    `groups` are those of products whose record does not name their groups.
    """
    filters: list[Callable[[wire.Product], bool]] = []
    if request.search is not None:
        filters.append(mapping.matches_search(request.search))
    if request.status is not None:
        filters.append(lambda row: mapping.product_status(row.status) is request.status)
    if request.is_ungrouped:
        filters.append(
            lambda row: not (row.product_groups or groups.get(mapper.product_ref(row.id)))
        )
    return (lambda row: all(matches(row) for matches in filters)) if filters else None


def _is_sendable(keys: _Batch) -> bool:
    # The vendor separates ids and SKUs by commas (documented).
    return not any("," in key for key in keys)


def _batches(keys: Sequence[str]) -> list[_Batch]:
    """Return batches of keys that can be sent together; any other key is a batch of its own."""
    sendable = [key for key in keys if _is_sendable((key,))]
    starts = range(0, len(sendable), PAGE_SIZE)
    batches = [tuple(sendable[start : start + PAGE_SIZE]) for start in starts]
    return batches + [(key,) for key in keys if not _is_sendable((key,))]
