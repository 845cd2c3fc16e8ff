"""One call for each of several asks, at the same time; where one fails, only that one fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import ceil
from typing import Generic, TypeVar

from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import Page, PageRequest
from groupgate.domain.refs import ProviderKey

KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")


async def gather_by_key(
    asks: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Return what `find` gives for each different ask, or the UpstreamError it raised."""
    unique = list(dict.fromkeys(asks))
    answers = await asyncio.gather(*map(find, unique), return_exceptions=True)
    found: dict[KeyT, FoundT | UpstreamError] = {}
    for ask, answer in zip(unique, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, UpstreamError):
            raise answer
        found[ask] = answer
    return found


RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSlice(Generic[RowT]):
    """Rows with their offsets. `has_next` and `total` are None where only a call could tell."""

    rows: tuple[tuple[int, RowT], ...]
    has_next: bool | None
    total: int | None

    def once(self, key_of: Callable[[RowT], Hashable]) -> "PageSlice[RowT]":
        """Without rows that come again: a vendor's order may change between two of its pages."""
        seen: dict[Hashable, tuple[int, RowT]] = {}
        for offset, row in self.rows:
            seen.setdefault(key_of(row), (offset, row))
        return replace(self, rows=tuple(seen.values()))

    def page(self, to_item: Callable[[RowT], ItemT]) -> Page[ItemT]:
        """What clients get of it."""
        return Page(
            items=tuple(to_item(row) for _, row in self.rows),
            ends=tuple(offset + 1 for offset, _ in self.rows),
            has_next=self.has_next,
            total=self.total,
        )


def slice_page(
    rows: Sequence[RowT], ask: PageRequest, wanted: Callable[[RowT], bool] = lambda _row: True
) -> PageSlice[RowT]:
    """Cut a page out of a list that is there as a whole; with `wanted`, out of such rows."""
    all_wanted = [(offset, row) for offset, row in enumerate(rows) if wanted(row)]
    behind = [(offset, row) for offset, row in all_wanted if offset >= ask.offset]
    return PageSlice(
        rows=tuple(behind[: ask.first]), has_next=len(behind) > ask.first, total=len(all_wanted)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage(Generic[RowT]):
    """One page as the vendor gives it; `total` is None where it does not tell."""

    rows: Sequence[RowT]
    total: int | None = None


@dataclass(slots=True)
class KnownSize:
    """What is known of a list's length. Kept as long as the process lives, and only ever a hint."""

    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read(Generic[RowT]):
    start: int
    rows: Sequence[RowT]
    total: int | None
    is_last: bool


class Paginator(Generic[RowT]):
    """The pages of one list, counted from 0.

    `fetch` reads a page; the memo of the request makes it free to ask twice, and `is_remembered`
    tells which pages are free already. `size` is what earlier requests have learned of the list.
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
        self._is_remembered = is_cached

    async def slice(
        self, ask: PageRequest, wanted: Callable[[RowT], bool] | None = None
    ) -> PageSlice[RowT]:
        """Cut out `first` rows from `offset` on; with `wanted`, the next `first` such rows."""
        wanted_rows: list[tuple[int, RowT]] = []
        first = ask.offset // self._page_size
        async for page in self._pages(first):
            wanted_rows += [
                (offset, row)
                for offset, row in enumerate(page.rows, page.start)
                if wanted is None or wanted(row)
            ]
            rows = [row for row in wanted_rows if row[0] >= ask.offset]
            if len(rows) >= ask.first:
                break
        total = page.total
        if wanted is not None:
            total = len(wanted_rows) if page.is_last and first == 0 else None
        has_next = None if wanted or total is None else ask.offset + ask.first < total
        if page.is_last or len(rows) > ask.first:
            has_next = len(rows) > ask.first
        return PageSlice(rows=tuple(rows[: ask.first]), has_next=has_next, total=total)

    async def all(self) -> list[RowT]:
        """Read the whole list; where the first page tells the total, the others at once."""
        first = await self._read(0)
        if first.total is None:
            return [row async for page in self._pages(0) for row in page.rows]
        others = range(1, ceil(first.total / self._page_size))
        pages = [first, *await asyncio.gather(*map(self._read, others))]
        return [row for page in pages for row in page.rows]

    async def cached_rows(self) -> list[RowT]:
        """The rows of all pages that are free; of unknown size, up to the first that is not."""
        rows: list[RowT] = []
        for number in count():
            known = self._size.rows
            if known is not None and number * self._page_size >= known:
                break
            if self._is_remembered(number):
                rows += (await self._read(number)).rows
            elif known is None:
                break
        return rows

    async def find(
        self, keys: Iterable[KeyT], key_of: Callable[[RowT], KeyT], *, worth_from: int
    ) -> tuple[dict[KeyT, RowT], bool]:
        """Look for rows by key for as long as a page costs less than reading the open ones singly.

        Pages that are free come first. With nothing known of the list's size, `worth_from` keys
        are worth a first page. Returns what was found, and whether the list was read to its end.
        """
        open_keys = set(keys)
        free = await self.cached_rows() if open_keys else []
        found = {key: row for row in free if (key := key_of(row)) in open_keys}
        open_keys -= found.keys()
        number, ended = 0, False
        while open_keys and not ended and self._is_worth(number, len(open_keys), worth_from):
            page = await self._read(number)
            found |= {key: row for row in page.rows if (key := key_of(row)) in open_keys}
            open_keys -= found.keys()
            number, ended = number + 1, page.is_last
        return found, ended

    def _is_worth(self, number: int, singles: int, worth_from: int) -> bool:
        if self._is_remembered(number):
            return True
        known = self._size.rows
        if known is not None and known > number * self._page_size:
            return ceil(known / self._page_size) - number < singles
        return singles >= worth_from if number == 0 else number < singles

    async def _pages(self, number: int) -> AsyncIterator[_Read[RowT]]:
        while True:
            page = await self._read(number)
            yield page
            if page.is_last:
                return
            number += 1

    async def _read(self, number: int) -> _Read[RowT]:
        sheet = await self._fetch(number)
        start = number * self._page_size
        self._check(sheet, start)
        total, is_last = sheet.total, len(sheet.rows) < self._page_size
        if total is not None:
            is_last = not sheet.rows or start + self._page_size >= total
        elif is_last and (sheet.rows or number == 0):
            total = start + len(sheet.rows)
        if total is not None:
            self._size.rows = total
        return _Read(start=start, rows=sheet.rows, total=total, is_last=is_last)

    def _check(self, sheet: RawPage[RowT], start: int) -> None:
        """Raise Malformed for a page with gaps: a vendor that gives smaller ones than asked for."""
        if sheet.total is not None and len(sheet.rows) < min(self._page_size, sheet.total - start):
            raise Malformed(
                self._provider,
                f"A page of its list has {len(sheet.rows)} rows and should have up to "
                f"{self._page_size}, for it says that there are {sheet.total}.",
            )
