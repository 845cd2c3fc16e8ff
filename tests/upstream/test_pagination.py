"""Walks: pages of a long list, and when they are cheaper than single reads."""

import pytest

from groupgate.domain.errors import Malformed
from groupgate.domain.paging import PageRequest
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.pagination import KnownSize, Paginator, RawPage

pytestmark = pytest.mark.anyio


class Vendor:
    """A list of numbers, in pages of ten; notes which pages were read."""

    def __init__(self, length: int, *, tells_total: bool) -> None:
        self.numbers = list(range(length))
        self.tells_total = tells_total
        self.read: list[int] = []

    async def page(self, number: int) -> RawPage[int]:
        self.read.append(number)
        rows = self.numbers[number * 10 : number * 10 + 10]
        return RawPage(rows=rows, total=len(self.numbers) if self.tells_total else None)

    def walk(self, size: KnownSize | None = None) -> Paginator[int]:
        return Paginator(ProviderKey.AXIM, self.page, 10, size)


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 20, 25])
async def test_excerpts_of_seven_show_every_row_once(length: int, *, tells_total: bool) -> None:
    """Walking a list by excerpts neither repeats nor drops a row, whatever its length."""
    walk = Vendor(length, tells_total=tells_total).walk()
    seen: list[int] = []
    while True:
        page_slice = await walk.slice(PageRequest(first=7, offset=len(seen)))
        seen += [row for _, row in page_slice.rows]
        if page_slice.has_next is False or not page_slice.rows:
            break
    assert seen == list(range(length))


async def test_a_total_makes_the_end_known_without_a_further_page() -> None:
    """With a total the last excerpt knows that it is the last."""
    vendor = Vendor(20, tells_total=True)
    page_slice = await vendor.walk().slice(PageRequest(first=10, offset=10))
    assert (page_slice.has_next, page_slice.total, vendor.read) == (False, 20, [1])


async def test_without_a_total_a_full_last_page_leaves_the_end_open() -> None:
    """Only a further call could tell, so nothing is claimed and no call is made."""
    vendor = Vendor(20, tells_total=False)
    page_slice = await vendor.walk().slice(PageRequest(first=10, offset=10))
    assert (page_slice.has_next, page_slice.total, vendor.read) == (None, None, [1])


async def test_a_short_page_tells_the_total() -> None:
    """A page that is not full is the last."""
    page_slice = await Vendor(14, tells_total=False).walk().slice(PageRequest(first=3, offset=10))
    assert (page_slice.has_next, page_slice.total) == (True, 14)


async def test_a_filtered_excerpt_keeps_the_offsets_of_the_whole_list() -> None:
    """A filter does not change what an offset means."""
    vendor = Vendor(25, tells_total=True)
    page_slice = await vendor.walk().slice(PageRequest(first=2, offset=1), lambda row: row % 8 == 0)
    assert page_slice.rows == ((8, 8), (16, 16))
    assert (page_slice.has_next, page_slice.total, vendor.read) == (None, None, [0, 1])


async def test_a_filtered_list_read_from_end_to_end_tells_how_many_there_are() -> None:
    """Three of nine rows are wanted; the one page was read anyway."""
    vendor = Vendor(9, tells_total=False)
    page_slice = await vendor.walk().slice(PageRequest(first=2, offset=1), lambda row: row % 3 == 0)
    assert page_slice.rows == ((3, 3), (6, 6))
    assert (page_slice.has_next, page_slice.total, vendor.read) == (False, 3, [0])


async def test_all_reads_every_page_once() -> None:
    """The whole list, with and without a total."""
    for tells_total in (True, False):
        vendor = Vendor(25, tells_total=tells_total)
        walk = Paginator(ProviderKey.AXIM, vendor.page, 10)
        assert await walk.all() == list(range(25))
        assert sorted(set(vendor.read)) == [0, 1, 2]


async def _found(vendor: Vendor, keys: set[int], size: KnownSize | None = None) -> set[int]:
    found, _ = await vendor.walk(size).find(keys, lambda row: row, worth_from=5)
    return set(found)


async def test_few_keys_are_not_worth_a_page_of_unknown_length() -> None:
    """Four keys are left to single reads where nothing is known and a walk begins at five."""
    vendor = Vendor(25, tells_total=False)
    assert await _found(vendor, {1, 2, 3, 4}) == set()
    assert vendor.read == []


async def test_a_known_size_makes_few_keys_worth_a_page() -> None:
    """One page costs less than two single reads, once it is known that there is but one."""
    vendor = Vendor(8, tells_total=False)
    assert await _found(vendor, {1, 2}, KnownSize(rows=8)) == {1, 2}
    assert vendor.read == [0]


async def test_a_walk_of_unknown_length_ends_when_pages_cost_more_than_the_open_keys() -> None:
    """It goes on while fewer pages have been read than keys are open."""
    vendor = Vendor(1_000, tells_total=False)
    assert await _found(vendor, {1, 2, 3, 991, 992}) == {1, 2, 3}
    assert vendor.read == [0, 1]


async def test_a_walk_of_known_length_goes_on_only_where_it_pays() -> None:
    """The first page tells three pages; one open key is cheaper by itself."""
    vendor = Vendor(25, tells_total=True)
    assert await _found(vendor, {1, 2, 3, 4, 24}) == {1, 2, 3, 4}
    assert vendor.read == [0]


async def test_a_walk_stops_when_all_is_found() -> None:
    """Nothing is read for nothing."""
    vendor = Vendor(40, tells_total=True)
    keys = set(range(15))
    assert await _found(vendor, keys) == keys
    assert vendor.read == [0, 1]


@pytest.mark.parametrize("offset", [0, 10])
async def test_a_page_with_fewer_rows_than_there_must_be_is_an_error(offset: int) -> None:
    """A vendor that gives five where ten were asked for would make the list lose every second."""

    async def page(number: int) -> RawPage[int]:
        return RawPage(rows=range(number * 5, number * 5 + 5), total=30)

    with pytest.raises(Malformed) as caught:
        await Paginator(ProviderKey.AXIM, page, 10).slice(PageRequest(first=1, offset=offset))
    assert caught.value.message == (
        "Axim Commerce returned a page of 5 rows instead of up to 10, of a list of 30."
    )
