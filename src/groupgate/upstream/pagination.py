"""Paging through a vendor's lists, and one call per key for reads that take a single key."""

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
from dataclasses import dataclass, replace
from itertools import count
from math import ceil
from typing import Generic, TypeVar

from groupgate.domain.catalog import ProductCollection
from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import CollectionsRequest, Page, PageRequest
from groupgate.domain.refs import ProviderKey

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")
RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage(Generic[RowT]):
    """One page as the vendor returned it; `total` is None if the vendor does not report it."""

    rows: Sequence[RowT]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSlice(Generic[RowT]):
    """Rows of a vendor's list with their offsets in the whole list.

    `has_next` and `total` are None if only another call could tell.
    """

    rows: tuple[tuple[int, RowT], ...]
    has_next: bool | None
    total: int | None

    def once(self, key_of: Callable[[RowT], Hashable]) -> "PageSlice[RowT]":
        """Return the slice without repeated rows: rows may move between two reads of pages."""
        seen: dict[Hashable, tuple[int, RowT]] = {}
        for offset, row in self.rows:
            seen.setdefault(key_of(row), (offset, row))
        return replace(self, rows=tuple(seen.values()))

    def page(self, to_item: Callable[[RowT], ItemT]) -> Page[ItemT]:
        """Return the slice as a page of domain objects."""
        return Page(
            items=tuple(to_item(row) for _, row in self.rows),
            ends=tuple(offset + 1 for offset, _ in self.rows),
            has_next=self.has_next,
            total=self.total,
        )


def slice_page(
    rows: Sequence[RowT],
    request: PageRequest,
    is_wanted: Callable[[RowT], bool] = lambda _row: True,
) -> PageSlice[RowT]:
    """Return one page of a list that is in memory, counting only the wanted rows."""
    wanted = [(offset, row) for offset, row in enumerate(rows) if is_wanted(row)]
    rest = [(offset, row) for offset, row in wanted if offset >= request.offset]
    return PageSlice(
        rows=tuple(rest[: request.first]), has_next=len(rest) > request.first, total=len(wanted)
    )


@dataclass(slots=True)
class KnownSize:
    """The last known length of a list. Kept as long as the process lives; only a hint."""

    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberedPage(Generic[RowT]):
    start: int
    rows: Sequence[RowT]
    total: int | None
    is_last: bool


class Paginator(Generic[RowT]):
    """Reads one list of a vendor page by page.

    `fetch` reads a page, counted from 0; the request's memo makes repeated reads free.
    `is_cached` returns True for a page that costs no call. `size` is shared between requests.
    """

    def __init__(
        self,
        provider: ProviderKey,
        fetch: Callable[[int], Awaitable[RawPage[RowT]]],
        page_size: int,
        size: KnownSize | None = None,
        is_cached: Callable[[int], bool] = lambda _number: False,
    ) -> None:
        self._provider = provider
        self._fetch = fetch
        self._page_size = page_size
        self._size = size or KnownSize()
        self._is_cached = is_cached

    async def slice(
        self, request: PageRequest, is_wanted: Callable[[RowT], bool] | None = None
    ) -> PageSlice[RowT]:
        """Read on from the offset until `first` rows, or `first` wanted rows, are found."""
        found: list[tuple[int, RowT]] = []
        first_page = request.offset // self._page_size
        async for page in self._pages(first_page):
            found += [
                (offset, row)
                for offset, row in enumerate(page.rows, page.start)
                if is_wanted is None or is_wanted(row)
            ]
            rows = [row for row in found if row[0] >= request.offset]
            if len(rows) >= request.first:
                break
        total = page.total
        if is_wanted is not None:
            total = len(found) if page.is_last and first_page == 0 else None
        has_next = None if is_wanted or total is None else request.offset + request.first < total
        if page.is_last or len(rows) > request.first:
            has_next = len(rows) > request.first
        return PageSlice(rows=tuple(rows[: request.first]), has_next=has_next, total=total)

    async def all(self) -> list[RowT]:
        """Read the whole list; if the first page reports the total, the other pages at once."""
        first = await self._read(0)
        if first.total is None:
            return [row async for page in self._pages(0) for row in page.rows]
        others = range(1, ceil(first.total / self._page_size))
        pages = [first, *await asyncio.gather(*map(self._read, others))]
        return [row for page in pages for row in page.rows]

    async def cached_rows(self) -> list[RowT]:
        """Return the rows of all cached pages; without a known size, up to the first gap."""
        rows: list[RowT] = []
        for number in count():
            known = self._size.rows
            if known is not None and number * self._page_size >= known:
                break
            if self._is_cached(number):
                rows += (await self._read(number)).rows
            elif known is None:
                break
        return rows

    async def find(
        self, keys: Iterable[KeyT], key_of: Callable[[RowT], KeyT], *, worth_from: int
    ) -> tuple[dict[KeyT, RowT], bool]:
        """Find rows by key, as long as reading pages costs fewer calls than single reads.

        Cached pages come first. If the list's size is unknown, the first page is read for
        `worth_from` keys or more. Returns the rows found, and True if the whole list was read.
        """
        missing = set(keys)
        cached = await self.cached_rows() if missing else []
        found = {key: row for row in cached if (key := key_of(row)) in missing}
        missing -= found.keys()
        number, is_complete = 0, False
        while missing and not is_complete and self._is_worth(number, len(missing), worth_from):
            page = await self._read(number)
            found |= {key: row for row in page.rows if (key := key_of(row)) in missing}
            missing -= found.keys()
            number, is_complete = number + 1, page.is_last
        return found, is_complete

    def _is_worth(self, number: int, singles: int, worth_from: int) -> bool:
        if self._is_cached(number):
            return True
        known = self._size.rows
        if known is not None and known > number * self._page_size:
            return ceil(known / self._page_size) - number < singles
        return singles >= worth_from if number == 0 else number < singles

    async def _pages(self, number: int) -> AsyncIterator[_NumberedPage[RowT]]:
        while True:
            page = await self._read(number)
            yield page
            if page.is_last:
                return
            number += 1

    async def _read(self, number: int) -> _NumberedPage[RowT]:
        raw = await self._fetch(number)
        start = number * self._page_size
        self._check(raw, start)
        total, is_last = raw.total, len(raw.rows) < self._page_size
        if total is not None:
            is_last = not raw.rows or start + self._page_size >= total
        elif is_last and (raw.rows or number == 0):
            total = start + len(raw.rows)
        if total is not None:
            self._size.rows = total
        return _NumberedPage(start=start, rows=raw.rows, total=total, is_last=is_last)

    def _check(self, page: RawPage[RowT], start: int) -> None:
        """Raise Malformed for a page with gaps: the vendor returned fewer rows than requested."""
        if page.total is not None and len(page.rows) < min(self._page_size, page.total - start):
            raise Malformed(
                self._provider,
                f"{self._provider.display_name} returned a page of {len(page.rows)} rows instead "
                f"of up to {self._page_size}, of a list of {page.total}.",
            )


async def gather_by_key(
    keys: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Call `find` once for each different key, all at the same time.

    Returns for each key the result, or the UpstreamError that was raised for it.
    """
    unique = list(dict.fromkeys(keys))
    answers = await asyncio.gather(*map(find, unique), return_exceptions=True)
    found: dict[KeyT, FoundT | UpstreamError] = {}
    for key, answer in zip(unique, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, UpstreamError):
            raise answer
        found[key] = answer
    return found


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
