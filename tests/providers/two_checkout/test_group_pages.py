"""The list of groups in pages: not documented, but the vendor's other lists have them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from groupgate.domain.errors import Malformed, Unavailable
from groupgate.domain.paging import GroupsRequest, PageRequest
from groupgate.request import request_scope
from groupgate.upstream.results import unwrap
from tests.providers.conftest import Connect
from tests.providers.reads import Recorder
from tests.providers.two_checkout.conftest import ConnectClient
from tests.providers.two_checkout.seed import COLLECTION, group_ref

pytestmark = pytest.mark.anyio

FIRST = "/productgroups/"


def codes(count: int, start: int = 0) -> list[str]:
    """Return the codes of this many groups."""
    return [f"CODE{number:02}" for number in range(start, start + count)]


def later(*pages: int, size: int = 10) -> list[str]:
    """Return the paths of pages after the first."""
    return [f"/productgroups/?Limit={size}&Page={page}" for page in pages]


@dataclass(kw_only=True)
class GroupPages:
    """A vendor with these groups, in pages of at most `limit`."""

    rows: Sequence[str]
    limit: int = 10
    pagination: dict[str, Any] = field(default_factory=dict)
    """Replaces parts of the pagination in the responses."""
    ignores_page: bool = False
    is_bare_later: bool = False
    """True if the later pages are arrays without an envelope."""
    failing_page: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def transport(self) -> httpx.MockTransport:
        """A transport to this vendor."""
        return httpx.MockTransport(self._respond)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.raw_path.decode().removeprefix("/6.0"))
        page = int(request.url.params.get("Page", 1))
        limit = min(int(request.url.params.get("Limit", self.limit)), self.limit)
        if page == self.failing_page:
            return httpx.Response(500)
        start = 0 if self.ignores_page else (page - 1) * limit
        items = [{"Name": f"G {code}", "Code": code} for code in self.rows[start : start + limit]]
        if self.is_bare_later and page > 1:
            return httpx.Response(200, json=items)
        pagination = {"Page": page, "Limit": limit, "Count": len(self.rows)} | self.pagination
        body = {"Items": items, "Pagination": pagination}
        return httpx.Response(200, json=body)


async def read(connect_client: ConnectClient, vendor: GroupPages) -> list[str | None]:
    """Return the codes of the groups that are read."""
    with request_scope():
        groups = await connect_client(vendor.transport).list_product_groups()
    return [group.Code for group in groups]


@pytest.mark.parametrize(
    ("count", "pages"),
    [(0, []), (1, []), (9, []), (10, [2]), (11, [2]), (20, [2]), (25, [2, 3]), (101, range(2, 12))],
)
async def test_all_pages_are_read(
    connect_client: ConnectClient, count: int, pages: Sequence[int]
) -> None:
    """A total equal to the rows of a full first page may count that page only."""
    vendor = GroupPages(rows=codes(count))
    assert await read(connect_client, vendor) == codes(count)
    assert vendor.calls == [FIRST, *later(*pages)]


@pytest.mark.parametrize(
    ("pagination", "pages"),
    [
        ({"Count": 0}, [2, 3]),
        ({"Count": -1}, [2, 3]),
        ({"Count": None}, [2, 3]),
        ({"Count": 10}, [2, 3]),
        ({"Limit": None}, [2, 3]),
        ({"Limit": None, "Count": None}, [2, 3]),
        ({"Limit": 200}, [2, 3]),
        ({"Page": None}, [2, 3]),
    ],
    ids=str,
)
async def test_a_pagination_that_is_wrong_is_not_trusted(
    connect_client: ConnectClient, pagination: dict[str, Any], pages: list[int]
) -> None:
    vendor = GroupPages(rows=codes(25), pagination=pagination)
    assert await read(connect_client, vendor) == codes(25)
    assert vendor.calls == [FIRST, *later(*pages)]


async def test_later_pages_have_the_size_of_the_first(connect_client: ConnectClient) -> None:
    vendor = GroupPages(rows=codes(7), limit=3)
    assert await read(connect_client, vendor) == codes(7)
    assert vendor.calls == [FIRST, *later(2, 3, size=3)]


async def test_a_later_page_may_be_an_array(connect_client: ConnectClient) -> None:
    vendor = GroupPages(rows=codes(25), is_bare_later=True)
    assert await read(connect_client, vendor) == codes(25)


async def test_a_group_that_moved_to_the_next_page_is_returned_once(
    connect_client: ConnectClient,
) -> None:
    rows = [*codes(10), *codes(16, start=9)]
    vendor = GroupPages(rows=rows, pagination={"Count": 25})
    assert await read(connect_client, vendor) == codes(25)
    assert vendor.calls == [FIRST, *later(2, 3)]


@pytest.mark.parametrize(
    ("vendor", "message"),
    [
        (
            GroupPages(rows=codes(25), ignores_page=True),
            "2Checkout returned 10 of 25 product groups.",
        ),
        (
            GroupPages(rows=codes(10), pagination={"Count": 25}),
            "2Checkout returned 10 of 25 product groups.",
        ),
        (
            GroupPages(rows=[], pagination={"Count": 25}),
            "2Checkout returned 0 of 25 product groups.",
        ),
    ],
    ids=["always the first page", "no second page", "no rows"],
)
async def test_groups_are_not_left_out_silently(
    connect_client: ConnectClient, vendor: GroupPages, message: str
) -> None:
    with pytest.raises(Malformed) as caught:
        await read(connect_client, vendor)
    assert caught.value.message == message


async def test_a_page_of_ten_groups_is_not_the_whole_list(connect_client: ConnectClient) -> None:
    """The vendor of this response returns the same page for every page number."""
    responses = Path(__file__).parents[2] / "e2e" / "vendor_responses"
    transport = Recorder(content=(responses / "2co-groups-paged.json").read_bytes())
    with pytest.raises(Malformed, match=r"2Checkout returned 10 of 25 product groups\."):
        await connect_client(transport).list_product_groups()
    assert transport.targets == ["/6.0/productgroups/", "/6.0/productgroups/?Limit=10&Page=2"]


async def test_without_a_total_the_first_page_again_is_the_end(
    connect_client: ConnectClient,
) -> None:
    vendor = GroupPages(rows=codes(25), ignores_page=True, pagination={"Count": None})
    assert await read(connect_client, vendor) == codes(10)
    assert vendor.calls == [FIRST, *later(2)]


async def test_a_later_page_that_fails_fails_the_list(connect_client: ConnectClient) -> None:
    with pytest.raises(Unavailable):
        await read(connect_client, GroupPages(rows=codes(25), failing_page=3))


async def test_connections_contain_the_groups_of_all_pages(connect: Connect) -> None:
    vendor = GroupPages(rows=codes(25))
    provider = connect(vendor.transport)
    requests = [
        GroupsRequest(collection=COLLECTION, page=PageRequest(first=first, offset=offset))
        for first, offset in ((100, 0), (7, 18))
    ]
    with request_scope():
        pages = await provider.list_groups(requests)
        groups = await provider.get_groups([group_ref("CODE03"), group_ref("CODE24")])
    all_groups, last = (unwrap(pages[request]) for request in requests)
    assert [group.ref.native_id for group in all_groups.items] == codes(25)
    assert [group.ref.native_id for group in last.items] == codes(7, start=18)
    assert (all_groups.total, last.total, last.has_next) == (25, 25, False)
    assert [ref.native_id for ref in groups] == ["CODE03", "CODE24"]
    assert vendor.calls == [FIRST, *later(2, 3)]
