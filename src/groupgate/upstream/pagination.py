"""Reads of a vendor's lists page by page, and concurrent reads by key."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Generic, TypeVar

from msgspec import Struct

from groupgate.domain.catalog import ProductCollection
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import CollectionsRequest, Page, PageRequest
from groupgate.upstream.page_size import COMMON_LIMITS, KnownSize, PageSize, RawPage

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")
RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")


class PageSlice(Struct, Generic[RowT], frozen=True, kw_only=True):
    """Rows of a vendor's list with their offsets in the whole list.

    `has_next` and `total` are None if only another call could tell.
    """

    rows: tuple[tuple[int, RowT], ...]
    has_next: bool | None
    total: int | None

    def page(self, to_item: Callable[[RowT], ItemT]) -> Page[ItemT]:
        """Return the slice as a page of domain objects."""
        return Page(
            items=tuple([to_item(row) for _, row in self.rows]),
            ends=tuple([offset + 1 for offset, _ in self.rows]),
            has_next=self.has_next,
            total=self.total,
        )


def slice_page(
    rows: Sequence[RowT],
    request: PageRequest,
    is_wanted: Callable[[RowT], bool] | None = None,
) -> PageSlice[RowT]:
    """Return one page of a list that is in memory, counting only the wanted rows."""
    start = request.offset
    if is_wanted is None:
        end = min(start + request.first, len(rows))
        return PageSlice(
            rows=tuple(zip(range(start, end), rows[start:end], strict=True)),
            has_next=len(rows) > start + request.first,
            total=len(rows),
        )
    wanted = [(offset, row) for offset, row in enumerate(rows) if is_wanted(row)]
    rest = [(offset, row) for offset, row in wanted if offset >= start]
    return PageSlice(
        rows=tuple(rest[: request.first]), has_next=len(rest) > request.first, total=len(wanted)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberedPage(Generic[RowT]):
    start: int
    rows: Sequence[RowT]
    total: int | None
    is_last: bool
    is_whole: bool
    """True if no row was left out because it cannot be decoded."""


class Paginator(Generic[RowT]):
    """Reads one list of a vendor page by page.

    `fetch` reads a page, given its number from 0 and the page size; the request's memo makes
    repeated reads free. `is_cached` returns True for a page that costs no call. `key_of` returns
    the key of a row; a row whose key was seen in an earlier page of the same read is skipped,
    because rows move between two reads of pages. `page_size` and `size` are shared between
    requests.
    """

    def __init__(
        self,
        fetch: Callable[[int, int], Awaitable[RawPage[RowT]]],
        page_size: PageSize,
        key_of: Callable[[RowT], Hashable],
        *,
        size: KnownSize | None = None,
        is_cached: Callable[[int, int], bool] = lambda _number, _size: False,
    ) -> None:
        self._fetch = fetch
        self._page_size = page_size
        self._key_of = key_of
        self._size = size or KnownSize()
        self._is_cached = is_cached

    async def slice(
        self, request: PageRequest, is_wanted: Callable[[RowT], bool] | None = None
    ) -> PageSlice[RowT]:
        """Read on from the offset until `first` rows, or `first` wanted rows, are found."""
        found: dict[Hashable, tuple[int, RowT]] = {}
        is_whole = request.offset < self._page_size.rows
        async for page in self._pages(request.offset):
            for offset, row in enumerate(page.rows, page.start):
                if is_wanted is None or is_wanted(row):
                    found.setdefault(self._key_of(row), (offset, row))
            rows = [row for row in found.values() if row[0] >= request.offset]
            if len(rows) >= request.first:
                break
        total = page.total
        if is_wanted is not None:
            total = len(found) if page.is_last and is_whole else None
        has_next = None if is_wanted or total is None else request.offset + request.first < total
        if page.is_last or len(rows) > request.first:
            has_next = len(rows) > request.first
        return PageSlice(rows=tuple(rows[: request.first]), has_next=has_next, total=total)

    async def all(self) -> list[RowT]:
        """Read the whole list; if the first page reports the total, the other pages at once."""
        first = await self._read(0)
        if first.is_last:
            pages = [first]
        elif first.total is None:
            pages = [page async for page in self._pages(0)]
        else:
            others = range(1, ceil(first.total / self._page_size.rows))
            pages = [first, *await asyncio.gather(*map(self._read, others))]
            if not pages[-1].is_last:
                pages += [page async for page in self._pages(len(pages))]
        rows = (row for page in pages for row in page.rows)
        return list({self._key_of(row): row for row in rows}.values())

    async def cached_rows(self) -> list[RowT]:
        """Return the rows of all cached pages; without a known size, up to the first gap."""
        rows: list[RowT] = []
        for number in count():
            known = self._size.rows
            if known is not None and number * self._page_size.rows >= known:
                break
            if self._is_cached(number, self._page_size.rows):
                rows += (await self._read(number)).rows
            elif known is None:
                break
        return rows

    async def find(
        self, keys: Iterable[KeyT], key_of: Callable[[RowT], KeyT], *, worth_from: int
    ) -> tuple[dict[KeyT, RowT], bool]:
        """Find rows by key, as long as reading pages costs fewer calls than single reads.

        Cached pages come first. If the list's size is unknown, the first page is read for
        `worth_from` keys or more. Returns the rows found, and True if the whole list was read, so
        that a row that was not found does not exist.
        """
        missing = set(keys)
        cached = await self.cached_rows() if missing else []
        found = {key: row for row in cached if (key := key_of(row)) in missing}
        missing -= found.keys()
        number, is_last, is_whole = 0, False, True
        while missing and not is_last and self._is_worth(number, len(missing), worth_from):
            page = await self._read(number)
            found |= {key: row for row in page.rows if (key := key_of(row)) in missing}
            missing -= found.keys()
            number, is_last, is_whole = number + 1, page.is_last, is_whole and page.is_whole
        return found, is_last and is_whole

    def _is_worth(self, number: int, singles: int, worth_from: int) -> bool:
        if self._is_cached(number, self._page_size.rows):
            return True
        known = self._size.rows
        if known is not None and known > number * self._page_size.rows:
            return ceil(known / self._page_size.rows) - number < singles
        return singles >= worth_from if number == 0 else number < singles

    async def _pages(self, offset: int) -> AsyncIterator[_NumberedPage[RowT]]:
        """Read page after page, from the one that holds the offset."""
        while True:
            size = self._page_size.rows
            page = await self._read(offset // size)
            if page.start and self._page_size.rows != size:
                continue  # The page was read with a size that the vendor does not support.
            yield page
            if page.is_last:
                return
            offset = page.start + self._page_size.rows

    async def _read(self, number: int) -> _NumberedPage[RowT]:
        """Read one page, and find out whether it is the last."""
        size = self._page_size
        start = number * size.rows
        page = await self._fetch(number, size.rows)
        total: int | None = None
        if page.received == size.rows:
            size.note_full_page()
        if not page.received:
            is_last = True
            total = start if number == 0 or page.total == start else None
            if number == 1:
                size.reject_limit(size.rows)
        elif size.is_total_trusted(page, start):
            total = page.total or 0
            is_last = start + page.received >= total
            is_short = not is_last and page.received < size.rows
            if is_short and (start == 0 or page.received in COMMON_LIMITS):
                size.limit(page.received)
        else:
            is_last = await self._is_last(page, start)
            total = start + page.received if is_last else None
        if total is not None:
            self._size.rows = total
        is_whole = page.left_out == 0
        return _NumberedPage(
            start=start, rows=page.rows, total=total, is_last=is_last, is_whole=is_whole
        )

    async def _is_last(self, page: RawPage[RowT], start: int) -> bool:
        """Return True if a page without a trusted total is the last.

        Where its length does not say so, the next page is read; once for each endpoint and length.
        """
        received, size = page.received, self._page_size
        if start == 0 and page.total == received == size.rows:
            if (await self._fetch(1, received)).received:
                return False
            size.confirm_total()
            return True
        if page.total is None and size.may_be_limited(received) and start % received == 0:
            if (await self._fetch(start // received + 1, received)).received:
                size.limit(received)
                return False
            size.reject_limit(received)
        return received < size.rows


async def gather_by_key(
    keys: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Call `find` once for each different key, all at the same time.

    Returns for each key the result, or the UpstreamError that was raised for it.
    """
    unique = list(dict.fromkeys(keys))
    if len(unique) == 1:
        return {unique[0]: await _result(find(unique[0]))}  # without a task
    answers = await asyncio.gather(*map(find, unique), return_exceptions=True)
    found: dict[KeyT, FoundT | UpstreamError] = {}
    for key, answer in zip(unique, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, UpstreamError):
            raise answer
        found[key] = answer
    return found


async def _result(work: Awaitable[FoundT]) -> FoundT | UpstreamError:
    try:
        return await work
    except UpstreamError as error:
        return error


async def gather_found(
    keys: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT | None]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Do the same as `gather_by_key`, and leave out the keys for which `find` returns None."""
    results = await gather_by_key(keys, find)
    return {key: result for key, result in results.items() if result is not None}


def map_found(
    results: Mapping[KeyT, FoundT | UpstreamError], convert: Callable[[FoundT], ItemT]
) -> dict[KeyT, ItemT | UpstreamError]:
    """Convert each result that is not an error."""
    return {
        key: result if isinstance(result, UpstreamError) else convert(result)
        for key, result in results.items()
    }


def unwrap(result: FoundT | UpstreamError) -> FoundT:
    """Return the result, or raise it if it is an error."""
    if isinstance(result, UpstreamError):
        raise result
    return result


def list_implicit_collection(
    collection: ProductCollection, requests: Iterable[CollectionsRequest]
) -> dict[CollectionsRequest, Page[ProductCollection] | UpstreamError]:
    """Return pages of the only collection of a vendor; it is never archived."""
    return {
        request: slice_page(() if request.archived else (collection,), request.page).page(
            lambda item: item
        )
        for request in requests
    }
