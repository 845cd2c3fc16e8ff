"""Reads of a vendor's lists page by page, with page sizes learnt from the vendor's pages."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil
from typing import Any, Final, Generic, TypeVar

from groupgate.decoding.lenient_json import PartialRows
from groupgate.domain.paging import Page, PageRequest

KeyT = TypeVar("KeyT", bound=Hashable)
RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")

COMMON_LIMITS: Final = frozenset({10, 20, 25, 50, 100})
"""Page sizes to which APIs limit requests for more.

Without a total, a short first page of this length is checked with one call for the next page, once
for each endpoint and length.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage(Generic[RowT]):
    """One page as the vendor returned it.

    `total` is the length of the list as the vendor reports it, None if it reports none. `left_out`
    counts rows of the page that could not be decoded.
    """

    rows: Sequence[RowT]
    total: int | None = None
    left_out: int = 0

    @classmethod
    def of(cls, rows: Sequence[RowT], total: int | None = None) -> "RawPage[RowT]":
        """Return the page of these decoded rows."""
        left_out = rows.left_out if isinstance(rows, PartialRows) else 0
        return cls(rows=rows, total=total, left_out=left_out)

    @property
    def received(self) -> int:
        """The number of rows that the vendor returned."""
        return len(self.rows) + self.left_out


@dataclass(slots=True)
class KnownSize:
    """The last known length of a list. Kept as long as the process lives; only a hint."""

    rows: int | None = None


class PageSize:
    """The page size of one endpoint: as requested, until the vendor returns smaller pages.

    Kept as long as the process lives.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._requested = rows
        self._is_total_exact = False
        self._is_supported = False
        self._no_limits: set[int] = set()

    def is_total_trusted(self, page: RawPage[Any], start: int) -> bool:
        """Return True unless the reported total contradicts the rows that were received.

        A total below the rows seen is wrong. One that equals the rows of a full first page may
        count the page instead of the list, until it has once been found to be right.
        """
        if page.total is None or page.total < start + page.received or page.total < 0:
            return False
        is_page_count = start == 0 and page.total == page.received == self.rows
        return self._is_total_exact or not is_page_count

    def may_be_limited(self, received: int) -> bool:
        """Return True if a page that is not full may be as long as the vendor allows."""
        is_limit = received < self.rows and received in COMMON_LIMITS
        return is_limit and not self._is_supported and received not in self._no_limits

    def note_full_page(self) -> None:
        """Remember that the vendor returns pages of this size."""
        self._is_supported = True

    def limit(self, rows: int) -> None:
        """Use smaller pages from now on."""
        if rows not in self._no_limits:
            self.rows = rows

    def reject_limit(self, rows: int) -> None:
        """Remember that pages of this length are not limited: the next page was empty."""
        self._no_limits.add(rows)
        if self.rows == rows:
            self.rows = self._requested

    def confirm_total(self) -> None:
        """Remember that a total equal to the rows of the first page was right."""
        self._is_total_exact = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberedPage(Generic[RowT]):
    start: int
    rows: Sequence[RowT]
    total: int | None
    is_last: bool
    is_whole: bool
    """True if no row was left out because it cannot be decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSlice(Generic[RowT]):
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
