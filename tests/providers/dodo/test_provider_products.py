"""Reads of products, and the calls they make."""

from functools import partial
from typing import Any

import pytest

from groupgate.domain.catalog import Product, ProductDetail, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProductRef
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.upstream.results import unwrap
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.dodo import records
from tests.providers.dodo.seed import groups_by_product, product_path, product_ref
from tests.providers.reads import FixedResponses, all_pages, take_paths

pytestmark = pytest.mark.anyio

LIVE = [f"/products?page_number={number}&page_size=100" for number in range(3)]
ARCHIVED = [f"{page}&archived=true" for page in LIVE]


def products(simulator: DodoSimulator, *, archived: bool = False) -> dict[str, Any]:
    """Return the simulator's products by id."""
    every = simulator.snapshot()["products"]
    return {key: each for key, each in every.items() if each["archived"] is archived}


def refs_of(simulator: DodoSimulator, *, archived: bool = False) -> list[ProductRef]:
    """Return the refs of the simulator's products in the order of its lists."""
    return [product_ref(each) for each in products(simulator, archived=archived)]


async def products_page(provider: Provider, search: str | None, page: PageRequest) -> Page[Product]:
    """Read a page of the products on sale."""
    request = ProductsRequest(page=page, search=search)
    return unwrap((await provider.list_products([request]))[request])


async def test_pages_of_seven_contain_every_product_on_sale_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        found = await all_pages(7, partial(products_page, provider, None))
    assert [each.ref for each in found] == refs_of(simulator)
    assert [each.name for each in found] == [e["name"] for e in products(simulator).values()]
    assert {each.status for each in found} == {ProductStatus.ACTIVE}
    assert {each.groups for each in found} == {None}
    assert all(each.detail and each.detail.created_at for each in found)
    assert take_paths(simulator) == LIVE[:2]


async def test_the_total_is_known_once_the_last_page_is_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    count = len(products(simulator))
    assert 100 < count < 200
    begin = await products_page(provider, None, PageRequest(first=100))
    across = await products_page(provider, None, PageRequest(first=20, offset=90))
    assert (begin.has_next, begin.total, begin.ends[-1]) == (None, None, 100)
    assert (across.has_next, across.total, across.ends[-1]) == (True, count, 110)
    assert take_paths(simulator) == [LIVE[0], LIVE[0], LIVE[1]]


@pytest.mark.parametrize("search", ["crm", "CRM", "日本", "Kestrel", "no such thing"])
async def test_a_search_matches_names_in_any_case(
    provider: Provider, simulator: DodoSimulator, search: str
) -> None:
    with request_scope():
        found = await all_pages(7, partial(products_page, provider, search))
    every = products(simulator).items()
    wanted = [key for key, each in every if search.casefold() in each["name"].casefold()]
    assert [each.ref.native_id for each in found] == wanted
    assert take_paths(simulator) == LIVE[:2]


async def test_a_search_folds_case_and_skips_products_without_a_name(connect: Connect) -> None:
    rows = [
        records.listed_product("pdt_1", name="STRASSE"),
        records.listed_product("pdt_2", name=None, description="Straße"),
        records.listed_product("pdt_3", name=""),
        records.listed_product("pdt_4", name="Hauptstraße 1"),
    ]
    provider = connect(FixedResponses({LIVE[0]: {"items": rows}}))
    found = await products_page(provider, "straße", PageRequest(first=10))
    assert [each.ref.native_id for each in found.items] == ["pdt_1", "pdt_4"]
    assert (found.ends, found.has_next) == ((1, 4), False)
    named = await products_page(provider, "", PageRequest(first=10))
    assert [each.ref.native_id for each in named.items] == ["pdt_1", "pdt_4"]


async def test_one_product_is_read_alone_while_the_length_of_the_list_is_unknown(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        found = unwrap((await provider.get_products([ref]))[ref])
    assert found.name == products(simulator)[ref.native_id]["name"]
    assert found.status is None
    assert found.detail is not None
    assert found.groups is None
    assert take_paths(simulator) == [product_path(ref)]


async def test_a_product_in_no_collection_is_in_no_group(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = next(ref for ref, groups in groups_by_product(simulator).items() if not groups)
    assert unwrap((await provider.get_products([ref]))[ref]).groups == ()


async def test_the_same_product_a_hundred_times_needs_one_call(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        assert list(await provider.get_products([ref] * 100)) == [ref]
    assert take_paths(simulator) == [product_path(ref)]


async def test_four_products_are_read_one_by_one_and_five_from_the_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = refs_of(simulator)[:5]
    with request_scope():
        assert list(await provider.get_products(refs[:4])) == refs[:4]
    assert sorted(take_paths(simulator)) == sorted(map(product_path, refs[:4]))
    with request_scope():
        found = await provider.get_products(refs)
    assert {unwrap(each).status for each in found.values()} == {ProductStatus.ACTIVE}
    assert None not in {unwrap(each).detail for each in found.values()}
    assert take_paths(simulator) == LIVE[:1]


async def test_a_hundred_products_of_two_pages_need_two_calls(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = refs_of(simulator)[-100:][::-1]
    with request_scope():
        found = await provider.get_products(refs)
    assert {ref: unwrap(each).ref for ref, each in found.items()} == {ref: ref for ref in refs}
    assert take_paths(simulator) == LIVE[:2]


async def test_products_missing_from_the_list_are_read_one_by_one(
    provider: Provider, simulator: DodoSimulator
) -> None:
    live, archived = refs_of(simulator)[:10], refs_of(simulator, archived=True)
    unknown = [product_ref("pdt_unknown"), product_ref("..")]
    with request_scope():
        found = await provider.get_products([*unknown, *archived, *live])
    assert set(found) == {*live, *archived}
    assert {unwrap(found[ref]).status for ref in archived} == {None}
    calls = take_paths(simulator)
    assert calls[:2] == LIVE[:2]
    assert sorted(calls[2:]) == sorted(map(product_path, [*archived, unknown[0]]))


async def test_another_page_is_read_only_while_it_saves_calls(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = [*refs_of(simulator)[:5], refs_of(simulator)[-1]]
    with request_scope():
        assert set(await provider.get_products(refs)) == set(refs)
    assert take_paths(simulator) == [LIVE[0], product_path(refs[-1])]


async def test_cached_pages_need_no_call(provider: Provider, simulator: DodoSimulator) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        page = await products_page(provider, None, PageRequest(first=7))
        found = unwrap((await provider.get_products([ref]))[ref])
    assert found == page.items[0]
    assert take_paths(simulator) == LIVE[:1]


async def test_the_length_of_the_list_is_kept_after_the_request(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.get_products(refs_of(simulator)[-100:])
    take_paths(simulator)
    with request_scope():
        await provider.get_products(refs_of(simulator)[:2])
    assert len(take_paths(simulator)) == 2
    with request_scope():
        await provider.get_products(refs_of(simulator)[:3])
    assert take_paths(simulator) == LIVE[:1]


async def test_products_are_matched_by_id_in_any_order_and_with_gaps(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    def reverse_without_first(path: str, body: Any) -> Any:
        return {"items": body["items"][:0:-1]} if path == LIVE[0] else body

    refs = refs_of(simulator)[:20]
    with request_scope():
        found = await alter_responses(reverse_without_first).get_products(refs)
    assert {ref: unwrap(each).name for ref, each in found.items()} == {
        ref: products(simulator)[ref.native_id]["name"] for ref in refs
    }
    assert take_paths(simulator) == [LIVE[0], product_path(refs[0])]


async def test_a_product_that_fails_does_not_fail_the_others(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    bad, good, *_ = refs_of(simulator)
    provider = alter_responses(lambda path, body: 500 if path == product_path(bad) else body)
    with request_scope():
        found = await provider.get_products([bad, good])
        groups = await provider.groups_of([bad, good])
    assert isinstance(found[bad], Unavailable)
    assert isinstance(groups[bad], Unavailable)
    assert unwrap(found[good]).ref == good
    assert unwrap(groups[good]) == groups_by_product(simulator)[good]


async def test_statuses_are_read_from_the_archived_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    live, archived = refs_of(simulator)[:3], refs_of(simulator, archived=True)
    with request_scope():
        first = await provider.get_statuses([*live, *archived])
        again = await provider.get_statuses(live)
    assert first == {
        **dict.fromkeys(live, ProductStatus.ACTIVE),
        **dict.fromkeys(archived, ProductStatus.INACTIVE),
    }
    assert again == dict.fromkeys(live, ProductStatus.ACTIVE)
    assert take_paths(simulator) == ARCHIVED[:1]


async def test_the_archived_list_is_read_until_all_products_are_found(connect: Connect) -> None:
    rows = [records.listed_product(f"pdt_{number}") for number in range(250)]
    pages = {
        page: {"items": rows[number * 100 : number * 100 + 100]}
        for number, page in enumerate(ARCHIVED)
    }
    vendor = FixedResponses(pages)
    provider = connect(vendor)
    with request_scope():
        await provider.get_statuses([product_ref("pdt_150"), product_ref("pdt_3")])
        assert vendor.targets == ARCHIVED[:2]
        await provider.get_statuses([product_ref("pdt_live")])
        assert vendor.targets == ARCHIVED


async def test_the_detail_contains_the_image(connect: Connect) -> None:
    row = records.product("pdt_1", image="https://images.test/1.png")
    provider = connect(FixedResponses({"/products/pdt_1": row}))
    found = unwrap((await provider.get_products([product_ref("pdt_1")]))[product_ref("pdt_1")])
    assert isinstance(found.detail, ProductDetail)
    assert found.detail.image_url == "https://images.test/1.png"
