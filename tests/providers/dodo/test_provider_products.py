"""What the Dodo provider reads of products, and the calls it takes."""

from functools import partial
from typing import Any

import pytest

from groupgate.domain.catalog import Product, ProductDetail, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo import records
from tests.providers.dodo.reading import (
    all_pages,
    group_ref,
    paths,
    playing,
    product_ref,
    told,
    twisted,
)

pytestmark = pytest.mark.anyio

LIVE = [f"/products?page_number={number}&page_size=100" for number in range(3)]
ARCHIVED = [f"{page}&archived=true" for page in LIVE]
COLLECTIONS = "/product-collections?page_number=0&page_size=100"


def products(simulator: DodoSimulator, *, archived: bool = False) -> dict[str, Any]:
    """Return the simulator's products by id."""
    every = simulator.snapshot()["products"]
    return {key: each for key, each in every.items() if each["archived"] is archived}


def refs_of(simulator: DodoSimulator, *, archived: bool = False) -> list[ProductRef]:
    """Return the refs of the simulator's products, in the order of its lists."""
    return [product_ref(each) for each in products(simulator, archived=archived)]


def homes(simulator: DodoSimulator) -> dict[ProductRef, tuple[GroupRef, ...]]:
    """Return the groups of each product of the simulator."""
    found: dict[ProductRef, tuple[GroupRef, ...]] = {
        product_ref(each): () for each in simulator.snapshot()["products"]
    }
    for native_id, collection in simulator.snapshot()["collections"].items():
        for group in collection["groups"]:
            for item in group["items"]:
                found[product_ref(item["product_id"])] = (group_ref(native_id, group["id"]),)
    return found


def single(ref: ProductRef) -> str:
    """Return the path of a product."""
    return f"/products/{ref.native_id}"


async def products_page(provider: Provider, search: str | None, page: PageRequest) -> Page[Product]:
    """Read a page of the products on sale."""
    ask = ProductsRequest(page=page, search=search)
    return told((await provider.list_products([ask]))[ask])


async def test_the_list_in_pages_of_seven_has_every_product_on_sale_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        found = await all_pages(7, partial(products_page, provider, None))
    assert [each.ref for each in found] == refs_of(simulator)
    assert [each.name for each in found] == [e["name"] for e in products(simulator).values()]
    assert {each.status for each in found} == {ProductStatus.ACTIVE}
    assert {each.groups for each in found} == {None}
    assert all(each.detail and each.detail.created_at for each in found)
    assert paths(simulator) == LIVE[:2]


async def test_the_length_of_the_list_is_told_once_its_end_is_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    count = len(products(simulator))
    assert 100 < count < 200
    begin = await products_page(provider, None, PageRequest(first=100))
    across = await products_page(provider, None, PageRequest(first=20, offset=90))
    assert (begin.has_next, begin.total, begin.ends[-1]) == (None, None, 100)
    assert (across.has_next, across.total, across.ends[-1]) == (True, count, 110)
    assert paths(simulator) == [LIVE[0], LIVE[0], LIVE[1]]


@pytest.mark.parametrize("search", ["crm", "CRM", "日本", "Kestrel", "no such thing"])
async def test_a_search_compares_names_whatever_the_case(
    provider: Provider, simulator: DodoSimulator, search: str
) -> None:
    with request_scope():
        found = await all_pages(7, partial(products_page, provider, search))
    every = products(simulator).items()
    wanted = [key for key, each in every if search.casefold() in each["name"].casefold()]
    assert [each.ref.native_id for each in found] == wanted
    assert paths(simulator) == LIVE[:2]


async def test_a_search_folds_case_and_leaves_out_the_nameless(settings: Settings) -> None:
    rows = [
        records.listed_product("pdt_1", name="STRASSE"),
        records.listed_product("pdt_2", name=None, description="Straße"),
        records.listed_product("pdt_3", name=""),
        records.listed_product("pdt_4", name="Hauptstraße 1"),
    ]
    provider, _ = playing(settings, {LIVE[0]: {"items": rows}})
    found = await products_page(provider, "straße", PageRequest(first=10))
    assert [each.ref.native_id for each in found.items] == ["pdt_1", "pdt_4"]
    assert (found.ends, found.has_next) == ((1, 4), False)
    named = await products_page(provider, "", PageRequest(first=10))
    assert [each.ref.native_id for each in named.items] == ["pdt_1", "pdt_4"]


async def test_one_product_of_a_list_of_unknown_length_is_read_singly(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        found = told((await provider.get_products([ref]))[ref])
    assert found.name == products(simulator)[ref.native_id]["name"]
    assert found.status is None
    assert found.detail is not None
    assert found.groups is None
    assert paths(simulator) == [single(ref)]


async def test_a_product_of_no_collection_tells_that_it_is_in_no_group(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = next(ref for ref, groups in homes(simulator).items() if not groups)
    assert told((await provider.get_products([ref]))[ref]).groups == ()


async def test_the_same_product_a_hundred_times_is_one_call(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        assert list(await provider.get_products([ref] * 100)) == [ref]
    assert paths(simulator) == [single(ref)]


async def test_four_products_are_read_singly_and_five_from_the_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = refs_of(simulator)[:5]
    with request_scope():
        assert list(await provider.get_products(refs[:4])) == refs[:4]
    assert sorted(paths(simulator)) == sorted(map(single, refs[:4]))
    with request_scope():
        found = await provider.get_products(refs)
    assert {told(each).status for each in found.values()} == {ProductStatus.ACTIVE}
    assert None not in {told(each).detail for each in found.values()}
    assert paths(simulator) == LIVE[:1]


async def test_a_hundred_products_of_two_pages_are_two_calls(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = refs_of(simulator)[-100:][::-1]
    with request_scope():
        found = await provider.get_products(refs)
    assert {ref: told(each).ref for ref, each in found.items()} == {ref: ref for ref in refs}
    assert paths(simulator) == LIVE[:2]


async def test_what_the_list_has_not_is_read_singly(
    provider: Provider, simulator: DodoSimulator
) -> None:
    live, archived = refs_of(simulator)[:10], refs_of(simulator, archived=True)
    unknown = [product_ref("pdt_unknown"), product_ref("..")]
    with request_scope():
        found = await provider.get_products([*unknown, *archived, *live])
    assert set(found) == {*live, *archived}
    assert {told(found[ref]).status for ref in archived} == {None}
    asked = paths(simulator)
    assert asked[:2] == LIVE[:2]
    assert sorted(asked[2:]) == sorted(map(single, [*archived, unknown[0]]))


async def test_another_page_is_read_only_while_more_products_than_pages_are_open(
    provider: Provider, simulator: DodoSimulator
) -> None:
    refs = [*refs_of(simulator)[:5], refs_of(simulator)[-1]]
    with request_scope():
        assert set(await provider.get_products(refs)) == set(refs)
    assert paths(simulator) == [LIVE[0], single(refs[-1])]


async def test_pages_read_in_the_same_request_are_free(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = refs_of(simulator)[0]
    with request_scope():
        page = await products_page(provider, None, PageRequest(first=7))
        found = told((await provider.get_products([ref]))[ref])
    assert found == page.items[0]
    assert paths(simulator) == LIVE[:1]


async def test_the_length_of_the_list_is_kept_beyond_the_request(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.get_products(refs_of(simulator)[-100:])
    paths(simulator)
    with request_scope():
        await provider.get_products(refs_of(simulator)[:2])
    assert len(paths(simulator)) == 2
    with request_scope():
        await provider.get_products(refs_of(simulator)[:3])
    assert paths(simulator) == LIVE[:1]


async def test_products_are_matched_by_id_whatever_the_order_and_the_gaps(
    settings: Settings, simulator: DodoSimulator
) -> None:
    def twist(path: str, body: Any) -> Any:
        return {"items": body["items"][:0:-1]} if path == "/products" else body

    refs = refs_of(simulator)[:20]
    with request_scope():
        found = await twisted(settings, simulator, twist).get_products(refs)
    assert {ref: told(each).name for ref, each in found.items()} == {
        ref: products(simulator)[ref.native_id]["name"] for ref in refs
    }
    assert paths(simulator) == [LIVE[0], single(refs[0])]


async def test_one_failed_product_fails_alone(settings: Settings, simulator: DodoSimulator) -> None:
    bad, good, *_ = refs_of(simulator)
    provider = twisted(
        settings, simulator, lambda path, body: None if path == single(bad) else body
    )
    with request_scope():
        found = await provider.get_products([bad, good])
        groups = await provider.groups_of([bad, good])
    assert isinstance(found[bad], Unavailable)
    assert isinstance(groups[bad], Unavailable)
    assert told(found[good]).ref == good
    assert told(groups[good]) == homes(simulator)[good]


async def test_statuses_are_told_by_the_archived_list(
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
    assert paths(simulator) == ARCHIVED[:1]


async def test_the_archived_list_is_read_until_all_are_found(settings: Settings) -> None:
    rows = [records.listed_product(f"pdt_{number}") for number in range(250)]
    pages = {
        page: {"items": rows[number * 100 : number * 100 + 100]}
        for number, page in enumerate(ARCHIVED)
    }
    provider, seen = playing(settings, pages)
    with request_scope():
        await provider.get_statuses([product_ref("pdt_150"), product_ref("pdt_3")])
        assert seen == ARCHIVED[:2]
        await provider.get_statuses([product_ref("pdt_live")])
        assert seen == ARCHIVED


async def test_the_groups_of_a_few_products_are_told_by_product_and_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = homes(simulator)
    free = next(ref for ref, held in groups.items() if not held)
    first, second = [ref for ref, held in groups.items() if held][:2]
    with request_scope():
        found = await provider.groups_of([first, free, second])
    assert found == {first: groups[first], free: (), second: groups[second]}
    collection = f"/product-collections/{groups[first][0].collection_id}"
    assert sorted(paths(simulator)) == sorted(
        [single(first), single(free), single(second), collection]
    )


async def test_an_unknown_product_has_no_groups_to_tell(provider: Provider) -> None:
    assert await provider.groups_of([product_ref("pdt_unknown"), product_ref(".")]) == {}


async def test_a_product_of_a_collection_that_is_gone_is_in_no_group(settings: Settings) -> None:
    ref = product_ref("pdt_1")
    row = records.product("pdt_1", product_collection_id="pdc_gone")
    provider, seen = playing(settings, {single(ref): row})
    assert await provider.groups_of([ref]) == {ref: ()}
    assert seen == [single(ref), "/product-collections/pdc_gone"]


async def test_the_groups_of_all_products_are_read_from_all_collections(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = homes(simulator)
    with request_scope():
        assert await provider.groups_of(list(groups)) == groups
    every = [f"/product-collections/{each}" for each in simulator.snapshot()["collections"]]
    assert sorted(paths(simulator)) == sorted([COLLECTIONS, f"{COLLECTIONS}&archived=true", *every])


async def test_with_more_collections_than_products_the_products_are_asked(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = homes(simulator)
    refs = [ref for ref, held in groups.items() if held][:4]
    with request_scope():
        assert await provider.groups_of(refs) == {ref: groups[ref] for ref in refs}
    asked = paths(simulator)
    assert sorted(asked[:2]) == [COLLECTIONS, f"{COLLECTIONS}&archived=true"]
    assert set(map(single, refs)) < set(asked[2:])


async def test_products_read_already_lead_to_their_groups_without_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = homes(simulator)
    refs = [ref for ref, held in groups.items() if held][:4]
    with request_scope():
        await provider.get_products(refs)
        paths(simulator)
        assert await provider.groups_of(refs) == {ref: groups[ref] for ref in refs}
    assert set(paths(simulator)) == {
        f"/product-collections/{groups[ref][0].collection_id}" for ref in refs
    }


async def test_a_product_not_found_in_the_collections_that_answer_has_their_failure(
    settings: Settings, simulator: DodoSimulator
) -> None:
    groups = homes(simulator)
    bad = next(held[0].collection_id for held in groups.values() if held)
    provider = twisted(
        settings, simulator, lambda path, body: None if path.endswith(str(bad)) else body
    )
    with request_scope():
        found = await provider.groups_of(list(groups))
    for ref, held in groups.items():
        if held and held[0].collection_id != bad:
            assert found[ref] == held
        else:
            assert isinstance(found[ref], Unavailable)


async def test_a_picture_is_told_with_the_detail(settings: Settings) -> None:
    row = records.product("pdt_1", image="https://images.test/1.png")
    provider, _ = playing(settings, {"/products/pdt_1": row})
    found = told((await provider.get_products([product_ref("pdt_1")]))[product_ref("pdt_1")])
    assert isinstance(found.detail, ProductDetail)
    assert found.detail.image_url == "https://images.test/1.png"
