"""Paginator: pages of a long list, and when they cost fewer calls than single reads."""

from collections.abc import Callable

import pytest

from groupgate.domain.paging import PageRequest
from groupgate.upstream.pagination import KnownSize, PageSize, Paginator, RawPage

pytestmark = pytest.mark.anyio


class NumberList:
    """A vendor's list of the numbers from 0, in pages of ten; records which pages were read."""

    def __init__(self, length: int, *, reports_total: bool) -> None:
        self.numbers = list(range(length))
        self.reports_total = reports_total
        self.pages_read: list[int] = []

    async def read_page(self, number: int, _size: int) -> RawPage[int]:
        self.pages_read.append(number)
        rows = self.numbers[number * 10 : number * 10 + 10]
        return RawPage(rows=rows, total=len(self.numbers) if self.reports_total else None)

    def paginator(self, size: KnownSize | None = None) -> Paginator[int]:
        return Paginator(self.read_page, PageSize(10), lambda row: row, size=size)


@pytest.mark.parametrize("reports_total", [True, False])
@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 25])
async def test_slices_of_seven_rows_return_every_row_once(
    length: int, *, reports_total: bool
) -> None:
    paginator = NumberList(length, reports_total=reports_total).paginator()
    seen: list[int] = []
    while True:
        page_slice = await paginator.slice(PageRequest(first=7, offset=len(seen)))
        seen += [row for _, row in page_slice.rows]
        if page_slice.has_next is False or not page_slice.rows:
            break
    assert seen == list(range(length))


async def test_with_a_total_the_last_slice_is_known_to_be_the_last() -> None:
    numbers = NumberList(20, reports_total=True)
    page_slice = await numbers.paginator().slice(PageRequest(first=10, offset=10))
    assert (page_slice.has_next, page_slice.total, numbers.pages_read) == (False, 20, [1])


async def test_without_a_total_a_full_last_page_leaves_has_next_unknown() -> None:
    """Only another call could return it, and none is made."""
    numbers = NumberList(20, reports_total=False)
    page_slice = await numbers.paginator().slice(PageRequest(first=10, offset=10))
    assert (page_slice.has_next, page_slice.total, numbers.pages_read) == (None, None, [1])


async def test_a_page_that_is_not_full_is_the_last_and_gives_the_total() -> None:
    numbers = NumberList(14, reports_total=False)
    page_slice = await numbers.paginator().slice(PageRequest(first=3, offset=10))
    assert (page_slice.has_next, page_slice.total) == (True, 14)


async def test_a_filtered_slice_keeps_the_offsets_of_the_whole_list() -> None:
    numbers = NumberList(25, reports_total=True)
    request = PageRequest(first=2, offset=1)
    page_slice = await numbers.paginator().slice(request, lambda row: row % 8 == 0)
    assert page_slice.rows == ((8, 8), (16, 16))
    assert (page_slice.has_next, page_slice.total, numbers.pages_read) == (None, None, [0, 1])


async def test_a_filtered_slice_of_a_list_that_was_read_completely_has_a_total() -> None:
    """Three of nine rows are wanted."""
    numbers = NumberList(9, reports_total=False)
    request = PageRequest(first=2, offset=1)
    page_slice = await numbers.paginator().slice(request, lambda row: row % 3 == 0)
    assert page_slice.rows == ((3, 3), (6, 6))
    assert (page_slice.has_next, page_slice.total, numbers.pages_read) == (False, 3, [0])


@pytest.mark.parametrize("reports_total", [True, False])
async def test_all_returns_every_row_and_reads_every_page(*, reports_total: bool) -> None:
    numbers = NumberList(25, reports_total=reports_total)
    assert await numbers.paginator().all() == list(range(25))
    assert sorted(set(numbers.pages_read)) == [0, 1, 2]


async def find(numbers: NumberList, keys: set[int], size: KnownSize | None = None) -> set[int]:
    found, _ = await numbers.paginator(size).find(keys, lambda row: row, worth_from=5)
    return set(found)


async def test_find_reads_no_page_of_an_unknown_size_for_fewer_keys_than_worth_from() -> None:
    numbers = NumberList(25, reports_total=False)
    assert await find(numbers, {1, 2, 3, 4}) == set()
    assert numbers.pages_read == []


async def test_find_reads_the_only_page_of_a_known_size_for_two_keys() -> None:
    numbers = NumberList(8, reports_total=False)
    assert await find(numbers, {1, 2}, KnownSize(rows=8)) == {1, 2}
    assert numbers.pages_read == [0]


async def test_find_of_an_unknown_size_stops_at_one_page_per_missing_key() -> None:
    numbers = NumberList(1_000, reports_total=False)
    assert await find(numbers, {1, 2, 3, 991, 992}) == {1, 2, 3}
    assert numbers.pages_read == [0, 1]


async def test_find_of_a_known_size_stops_when_single_reads_cost_fewer_calls() -> None:
    """The first page reports three pages; then one key is missing, and two pages are unread."""
    numbers = NumberList(25, reports_total=True)
    assert await find(numbers, {1, 2, 3, 4, 24}) == {1, 2, 3, 4}
    assert numbers.pages_read == [0]


async def test_find_stops_when_it_has_found_all_keys() -> None:
    numbers = NumberList(40, reports_total=True)
    keys = set(range(15))
    assert await find(numbers, keys) == keys
    assert numbers.pages_read == [0, 1]


Total = Callable[[int, int, int], int | None]
"""Returns the reported total from the list's length, the page's offset and the page's rows."""

TOTALS: dict[str, Total] = {
    "exact": lambda length, _start, _rows: length,
    "none": lambda _length, _start, _rows: None,
    "zero": lambda _length, _start, _rows: 0,
    "negative": lambda _length, _start, _rows: -1,
    "too small": lambda length, _start, _rows: min(3, length),
    "rows of the page": lambda _length, _start, rows: rows,
}


class LimitedList:
    """A vendor's list that returns at most `limit` rows a page, whatever size is requested."""

    def __init__(self, length: int, limit: int, total: Total) -> None:
        self.numbers = list(range(length))
        self.limit = limit
        self.total = total
        self.calls: list[tuple[int, int]] = []

    async def read_page(self, number: int, size: int) -> RawPage[int]:
        if (number, size) not in self.calls:  # The request's memo makes repeated reads free.
            self.calls.append((number, size))
        size = min(size, self.limit)
        start = number * size
        rows = self.numbers[start : start + size]
        return RawPage(rows=rows, total=self.total(len(self.numbers), start, len(rows)))


@pytest.mark.parametrize(
    ("total", "limit"),
    [
        *((total, limit) for total in ("exact", "none") for limit in (10, 20, 25, 50)),
        *((total, 50) for total in TOTALS),
    ],
)
@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 25, 40, 50, 60, 101])
async def test_every_row_is_returned_once_whatever_the_vendor_reports(
    length: int, limit: int, total: str
) -> None:
    """Pages of fewer rows than requested, and totals that are wrong, lose and repeat nothing."""
    vendor = LimitedList(length, limit, TOTALS[total])
    page_size = PageSize(50)
    seen: list[int] = []
    while True:
        paginator = Paginator(vendor.read_page, page_size, lambda row: row)
        page_slice = await paginator.slice(PageRequest(first=7, offset=len(seen)))
        assert page_slice.total in {None, length}
        seen += [row for _, row in page_slice.rows]
        if page_slice.has_next is False or not page_slice.rows:
            break
    assert seen == list(range(length))
    assert await Paginator(vendor.read_page, page_size, lambda row: row).all() == seen


@pytest.mark.parametrize("total", ["exact", "none"])
@pytest.mark.parametrize("offset", [0, 50, 70])
async def test_a_process_that_starts_in_the_middle_learns_the_page_size_too(
    offset: int, total: str
) -> None:
    vendor = LimitedList(101, 10, TOTALS[total])
    paginator = Paginator(vendor.read_page, PageSize(50), lambda row: row)
    page_slice = await paginator.slice(PageRequest(first=20, offset=offset))
    assert [row for _, row in page_slice.rows] == list(range(offset, offset + 20))


async def test_a_limit_is_learnt_once_and_then_costs_no_extra_call() -> None:
    vendor, page_size = LimitedList(45, 20, TOTALS["exact"]), PageSize(50)
    assert len(await Paginator(vendor.read_page, page_size, lambda row: row).all()) == 45
    assert vendor.calls == [(0, 50), (1, 20), (2, 20)]
    vendor.calls = []
    assert len(await Paginator(vendor.read_page, page_size, lambda row: row).all()) == 45
    assert vendor.calls == [(0, 20), (1, 20), (2, 20)]


@pytest.mark.parametrize(
    ("length", "total", "calls"),
    [
        (7, "none", [(0, 50)]),
        (7, "rows of the page", [(0, 50)]),
        (10, "none", [(0, 50), (1, 10)]),
        (10, "exact", [(0, 50)]),
        (10, "zero", [(0, 50)]),
        (50, "exact", [(0, 50), (1, 50)]),
        (51, "exact", [(0, 50), (1, 50)]),
    ],
)
async def test_only_a_length_that_may_be_a_limit_costs_one_more_call(
    length: int, total: str, calls: list[tuple[int, int]]
) -> None:
    """And only once: the second read knows that such a page is the last."""
    vendor, page_size = LimitedList(length, 50, TOTALS[total]), PageSize(50)
    assert len(await Paginator(vendor.read_page, page_size, lambda row: row).all()) == length
    assert vendor.calls == calls
    if length <= 50:
        vendor.calls = []
        assert len(await Paginator(vendor.read_page, page_size, lambda row: row).all()) == length
        assert vendor.calls == [(0, 50)]


async def test_rows_that_move_between_two_pages_are_returned_once() -> None:
    """A row is inserted at the start between two reads, so that page 1 repeats a row of page 0."""
    numbers = list(range(30))

    async def read_page(number: int, size: int) -> RawPage[int]:
        rows = numbers[number * size : number * size + size]
        if number == 0:
            numbers.insert(0, 99)
        return RawPage(rows=rows, total=30)

    page_slice = await Paginator(read_page, PageSize(10), lambda row: row).slice(
        PageRequest(first=15)
    )
    assert [row for _, row in page_slice.rows] == list(range(15))


async def test_rows_that_could_not_be_decoded_count_as_received() -> None:
    """A page with a row left out is not a short page."""

    async def read_page(number: int, size: int) -> RawPage[int]:
        rows = list(range(number * size, number * size + size))[1:]
        return RawPage(rows=rows if number < 3 else (), left_out=1 if number < 3 else 0)

    rows = await Paginator(read_page, PageSize(10), lambda row: row).all()
    assert rows == [row for row in range(30) if row % 10]
