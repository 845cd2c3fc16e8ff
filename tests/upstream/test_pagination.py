"""Paginator: pages of a long list, and when they cost fewer calls than single reads."""

import pytest

from groupgate.domain.errors import Malformed
from groupgate.domain.paging import PageRequest
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.pagination import KnownSize, Paginator, RawPage

pytestmark = pytest.mark.anyio


class NumberList:
    """A vendor's list of the numbers from 0, in pages of ten; records which pages were read."""

    def __init__(self, length: int, *, reports_total: bool) -> None:
        self.numbers = list(range(length))
        self.reports_total = reports_total
        self.pages_read: list[int] = []

    async def read_page(self, number: int) -> RawPage[int]:
        self.pages_read.append(number)
        rows = self.numbers[number * 10 : number * 10 + 10]
        return RawPage(rows=rows, total=len(self.numbers) if self.reports_total else None)

    def paginator(self, size: KnownSize | None = None) -> Paginator[int]:
        return Paginator(ProviderKey.AXIM, self.read_page, 10, size)


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


@pytest.mark.parametrize("offset", [0, 10])
async def test_a_page_with_fewer_rows_than_requested_is_malformed(offset: int) -> None:
    """The vendor returns five rows per page; pages of ten would leave out every second five."""

    async def read_page(number: int) -> RawPage[int]:
        return RawPage(rows=range(number * 5, number * 5 + 5), total=30)

    with pytest.raises(Malformed) as caught:
        await Paginator(ProviderKey.AXIM, read_page, 10).slice(PageRequest(first=1, offset=offset))
    assert caught.value.message == (
        "Axim Commerce returned a page of 5 rows instead of up to 10, of a list of 30."
    )
