"""Reads of the groups of products, and the calls they make."""

import pytest

from groupgate.domain.errors import Unavailable
from groupgate.domain.provider import Provider
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.dodo import records
from tests.providers.dodo.seed import groups_by_product, product_path, product_ref
from tests.providers.reads import FixedResponses, take_paths

pytestmark = pytest.mark.anyio

COLLECTIONS = "/product-collections?page_number=0&page_size=100"


async def test_the_groups_of_a_few_products_need_the_products_and_their_collections(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = groups_by_product(simulator)
    free = next(ref for ref, held in groups.items() if not held)
    first, second = [ref for ref, held in groups.items() if held][:2]
    with request_scope():
        found = await provider.groups_of([first, free, second])
    assert found == {first: groups[first], free: (), second: groups[second]}
    collection = f"/product-collections/{groups[first][0].collection_id}"
    assert sorted(take_paths(simulator)) == sorted(
        [product_path(first), product_path(free), product_path(second), collection]
    )


async def test_an_unknown_product_has_no_result(provider: Provider) -> None:
    assert await provider.groups_of([product_ref("pdt_unknown"), product_ref(".")]) == {}


async def test_a_product_of_an_unknown_collection_is_in_no_group(connect: Connect) -> None:
    ref = product_ref("pdt_1")
    row = records.product("pdt_1", product_collection_id="pdc_gone")
    vendor = FixedResponses({product_path(ref): row})
    provider = connect(vendor)
    assert await provider.groups_of([ref]) == {ref: ()}
    assert vendor.targets == [product_path(ref), "/product-collections/pdc_gone"]


async def test_the_groups_of_all_products_are_read_from_all_collections(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = groups_by_product(simulator)
    with request_scope():
        assert await provider.groups_of(list(groups)) == groups
    every = [f"/product-collections/{each}" for each in simulator.snapshot()["collections"]]
    assert sorted(take_paths(simulator)) == sorted(
        [COLLECTIONS, f"{COLLECTIONS}&archived=true", *every]
    )


async def test_with_more_collections_than_products_the_products_are_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = groups_by_product(simulator)
    refs = [ref for ref, held in groups.items() if held][:4]
    with request_scope():
        assert await provider.groups_of(refs) == {ref: groups[ref] for ref in refs}
    calls = take_paths(simulator)
    assert sorted(calls[:2]) == [COLLECTIONS, f"{COLLECTIONS}&archived=true"]
    assert set(map(product_path, refs)) < set(calls[2:])


async def test_the_groups_of_cached_products_are_read_without_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = groups_by_product(simulator)
    refs = [ref for ref, held in groups.items() if held][:4]
    with request_scope():
        await provider.get_products(refs)
        take_paths(simulator)
        assert await provider.groups_of(refs) == {ref: groups[ref] for ref in refs}
    assert set(take_paths(simulator)) == {
        f"/product-collections/{groups[ref][0].collection_id}" for ref in refs
    }


async def test_a_product_in_none_of_the_readable_collections_has_the_error_of_the_others(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    groups = groups_by_product(simulator)
    bad = next(held[0].collection_id for held in groups.values() if held)
    provider = alter_responses(lambda path, body: 500 if path.endswith(str(bad)) else body)
    with request_scope():
        found = await provider.groups_of(list(groups))
    for ref, held in groups.items():
        if held and held[0].collection_id != bad:
            assert found[ref] == held
        else:
            assert isinstance(found[ref], Unavailable)
