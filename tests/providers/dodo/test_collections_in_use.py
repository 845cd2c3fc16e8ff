"""Reads of all collections in use, and the calls they make."""

import asyncio
from typing import Any

import httpx
import pytest

from groupgate.domain.catalog import GroupStatus, ProductStatus
from groupgate.domain.errors import Malformed, Unavailable
from groupgate.domain.paging import CollectionsRequest, GroupsRequest, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo import Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.upstream.results import unwrap
from groupgate.upstream.vendor_state import Policy, VendorState
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.dodo import records
from tests.providers.dodo.seed import (
    CRM,
    CRM_2024,
    MONTHLY,
    collection_ref,
    collections,
    group_ref,
    path_of,
)
from tests.providers.reads import FixedResponses, take_paths

pytestmark = pytest.mark.anyio

WHOLE = PageRequest(first=100)
LISTS = [f"/product-collections?page_number={number}&page_size=100" for number in range(3)]
ARCHIVED_PRODUCTS = "/products?page_number=0&page_size=100&archived=true"


def many_collections(count: int) -> dict[str, Any]:
    """Return the responses for this many collections, each with one group of two products."""
    ids = [f"pdc_{number}" for number in range(count)]
    lists = {
        path: {"items": [records.listed_collection(each) for each in ids[start : start + 100]]}
        for path, start in zip(LISTS, range(0, 300, 100), strict=True)
    }
    return lists | {
        f"/product-collections/{each}": records.collection(
            each,
            records.group(
                f"g_{each}",
                records.item(f"pdt_{each}_a"),
                records.item(f"pdt_{each}_b"),
                group_name=f"Group of {each}",
            ),
        )
        for each in ids
    }


class ConcurrencyRecorder(httpx.AsyncBaseTransport):
    """Passes calls on to a vendor, and records how many run at the same time."""

    def __init__(self, vendor: httpx.MockTransport) -> None:
        self.most = 0
        self._running = 0
        self._vendor = vendor

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._running += 1
        self.most = max(self.most, self._running)
        for _ in range(20):
            await asyncio.sleep(0)
        self._running -= 1
        return await self._vendor.handle_async_request(request)


def search_for(text: str, first: int = 20) -> GroupsRequest:
    """Return the request for the groups whose name contains the text."""
    return GroupsRequest(page=PageRequest(first=first), search=text)


async def test_a_search_reads_all_collections_eight_at_the_same_time(connect: Connect) -> None:
    vendor = FixedResponses(many_collections(21))
    transport = ConcurrencyRecorder(vendor)
    provider = connect(transport)
    requests = [search_for("GROUP OF PDC_1"), search_for("pdc_20"), search_for("pdc", 3)]
    with request_scope():
        pages = await provider.list_groups(requests)
    names = [[group.name for group in unwrap(pages[each]).items] for each in requests]
    assert names == [
        ["Group of pdc_1", *(f"Group of pdc_{number}" for number in range(10, 20))],
        ["Group of pdc_20"],
        ["Group of pdc_0", "Group of pdc_1", "Group of pdc_2"],
    ]
    totals = [(unwrap(pages[each]).total, unwrap(pages[each]).has_next) for each in requests]
    assert totals == [(11, False), (1, False), (21, True)]
    assert transport.most == 8
    assert len(vendor.targets) == len(set(vendor.targets)) == 1 + 21


async def test_more_than_a_hundred_collections_are_listed_in_pages(connect: Connect) -> None:
    vendor = FixedResponses(many_collections(130))
    provider = connect(vendor)
    request = search_for("pdc_129")
    with request_scope():
        page = unwrap((await provider.list_groups([request]))[request])
        found = await provider.get_groups_by_native_id(["g_pdc_129"])
    assert [group.ref for group in page.items] == [group_ref("pdc_129", "g_pdc_129")]
    assert unwrap(found["g_pdc_129"]) == page.items[0]
    assert vendor.targets[:2] == LISTS[:2]
    assert len(vendor.targets) == 2 + 130


async def test_without_a_search_no_more_collections_are_read_than_the_page_needs(
    connect: Connect,
) -> None:
    """Whether more groups follow, and how many, is then unknown."""
    vendor = FixedResponses(many_collections(21))
    provider = connect(vendor)
    first, second = (GroupsRequest(page=PageRequest(first=8, offset=offset)) for offset in (0, 10))
    with request_scope():
        page = unwrap((await provider.list_groups([first]))[first])
        assert [group.ref.native_id for group in page.items] == [f"g_pdc_{n}" for n in range(8)]
        assert (page.ends, page.has_next, page.total) == (tuple(range(1, 9)), None, None)
        assert len(vendor.targets) == 1 + 8
        page = unwrap((await provider.list_groups([second]))[second])
    assert [group.ref.native_id for group in page.items] == [f"g_pdc_{n}" for n in range(10, 18)]
    assert (page.ends[-1], page.has_next, page.total) == (18, True, 21)
    assert len(vendor.targets) == 1 + 21


async def test_a_longer_list_follows_if_more_groups_were_read_than_wanted(
    connect: Connect,
) -> None:
    request = GroupsRequest(page=PageRequest(first=3), status=GroupStatus.ACTIVE)
    page = unwrap(
        (await connect(FixedResponses(many_collections(21))).list_groups([request]))[request]
    )
    assert (len(page.items), page.has_next, page.total) == (3, True, None)


async def test_an_account_without_collections_has_no_groups(connect: Connect) -> None:
    vendor = FixedResponses(many_collections(0))
    provider = connect(vendor)
    request = GroupsRequest(page=WHOLE)
    with request_scope():
        page = unwrap((await provider.list_groups([request]))[request])
        assert await provider.get_groups_by_native_id(["g"]) == {}
    assert (page.items, page.has_next, page.total) == ((), False, 0)
    assert vendor.targets == LISTS[:1]


async def test_a_collection_deleted_meanwhile_is_left_out(connect: Connect) -> None:
    bodies = many_collections(3)
    del bodies["/product-collections/pdc_1"]
    request = GroupsRequest(page=WHOLE)
    page = unwrap((await connect(FixedResponses(bodies)).list_groups([request]))[request])
    assert [group.ref.native_id for group in page.items] == ["g_pdc_0", "g_pdc_2"]


async def test_a_collection_that_fails_fails_the_lists_of_all_collections_only(
    alter_responses: AlterResponses,
) -> None:
    own = GroupsRequest(collection=CRM, page=WHOLE)
    across, ungrouped = GroupsRequest(page=WHOLE), ProductsRequest(page=WHOLE, is_ungrouped=True)
    bad = path_of(collection_ref(list(collections(DodoSimulator()))[1]))
    provider = alter_responses(lambda path, body: 500 if path == bad else body)
    with request_scope():
        pages = await provider.list_groups([own, across])
        products = await provider.list_products([ungrouped, ProductsRequest(page=WHOLE)])
    assert len(unwrap(pages[own]).items) == 4
    failure, other = pages[across], products[ungrouped]
    assert isinstance(failure, Unavailable)
    assert isinstance(other, Unavailable)
    assert failure.cause == other.cause
    assert len(unwrap(products[ProductsRequest(page=WHOLE)]).items) == 100


async def test_a_group_is_searched_in_one_collection_after_another(
    provider: Provider, simulator: DodoSimulator
) -> None:
    in_use = list(collections(simulator))
    with request_scope():
        found = await provider.get_groups_by_native_id([MONTHLY.native_id])
    assert unwrap(found[MONTHLY.native_id]).ref == MONTHLY
    assert take_paths(simulator) == [LISTS[0], path_of(collection_ref(in_use[0]))]
    assert in_use[0] == CRM.native_id


async def test_cached_collections_are_searched_first(
    provider: Provider, simulator: DodoSimulator
) -> None:
    *_, last = collections(simulator).items()
    ref = group_ref(last[0], last[1]["groups"][0]["id"])
    with request_scope():
        await provider.get_collections([collection_ref(last[0])])
        take_paths(simulator)
        found = await provider.get_groups_by_native_id([ref.native_id])
    assert unwrap(found[ref.native_id]).ref == ref
    assert take_paths(simulator) == [LISTS[0]]


async def test_the_search_ends_when_all_groups_are_found(connect: Connect) -> None:
    vendor = FixedResponses(many_collections(21))
    with request_scope():
        found = await connect(vendor).get_groups_by_native_id(["g_pdc_4", "g_pdc_2", "g_pdc_2"])
    assert {each: unwrap(group).name for each, group in found.items()} == {
        "g_pdc_2": "Group of pdc_2",
        "g_pdc_4": "Group of pdc_4",
    }
    assert vendor.targets == [LISTS[0], *(f"/product-collections/pdc_{n}" for n in range(5))]


async def test_a_malformed_collection_does_not_end_the_search(connect: Connect) -> None:
    bodies = many_collections(3) | {"/product-collections/pdc_0": {"id": 7}}
    found = await connect(FixedResponses(bodies)).get_groups_by_native_id(["g_pdc_1", "unknown"])
    assert unwrap(found["g_pdc_1"]).name == "Group of pdc_1"
    assert isinstance(found["unknown"], Malformed)


async def test_a_vendor_that_fails_ends_the_search_and_keeps_what_was_found(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    first, second, third, *_ = map(collection_ref, collections(simulator))
    provider = alter_responses(lambda path, body: 500 if path == path_of(second) else body)
    later = collections(simulator)[third.native_id or ""]["groups"][0]["id"]
    found = await provider.get_groups_by_native_id([later, MONTHLY.native_id])
    assert unwrap(found[MONTHLY.native_id]).ref == MONTHLY
    assert isinstance(found[later], Unavailable)
    assert take_paths(simulator) == [LISTS[0], path_of(first), path_of(second)]


async def test_a_group_is_found_in_a_cached_collection_while_the_vendor_fails(
    settings: Settings,
) -> None:
    """The collections before it were never read."""
    vendor = FixedResponses(many_collections(4))
    state = VendorState(ProviderKey.DODO, Policy(cache_stale_if_error=300))
    provider = build(settings, vendor, state)
    with request_scope():
        await provider.list_collections([CollectionsRequest(page=WHOLE)])
        await provider.get_collections([collection_ref("pdc_2")])
    vendor.handler = lambda _request: httpx.Response(503)
    with request_scope() as scope:
        found = await provider.get_groups_by_native_id(["g_pdc_2", "g_pdc_3"])
    assert unwrap(found["g_pdc_2"]).name == "Group of pdc_2"
    failure = found["g_pdc_3"]
    assert isinstance(failure, Unavailable)
    assert isinstance(scope.stale[ProviderKey.DODO].reason, Unavailable)


async def test_a_group_of_an_archived_collection_is_not_found(
    provider: Provider, simulator: DodoSimulator
) -> None:
    archived = collections(simulator, archived=True)[CRM_2024.native_id or ""]
    with request_scope():
        assert await provider.get_groups_by_native_id([archived["groups"][0]["id"], ""]) == {}
    paths = take_paths(simulator)
    assert path_of(CRM_2024) not in paths
    assert len(paths) == 1 + len(collections(simulator))


async def test_no_product_has_a_sku(provider: Provider, simulator: DodoSimulator) -> None:
    assert await provider.get_products_by_sku(["A-1", "pdt_1"]) == {}
    assert take_paths(simulator) == []


async def test_two_lists_of_ungrouped_products_share_the_calls(
    provider: Provider, simulator: DodoSimulator
) -> None:
    archived = ProductsRequest(page=WHOLE, is_ungrouped=True, status=ProductStatus.INACTIVE)
    on_sale = ProductsRequest(page=PageRequest(first=1), is_ungrouped=True)
    with request_scope():
        pages = await provider.list_products([archived, on_sale])
    assert {each.status for each in unwrap(pages[archived]).items} == {ProductStatus.INACTIVE}
    assert (len(unwrap(pages[archived]).items), unwrap(pages[archived]).total) == (5, 5)
    assert [each.name for each in unwrap(pages[on_sale]).items] == ["CRM Solo 2024"]
    paths = take_paths(simulator)
    assert len(paths) == len(set(paths)) == 1 + 5 + 2
    assert ARCHIVED_PRODUCTS in paths
