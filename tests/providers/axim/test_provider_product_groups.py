"""Reads of the statuses and the groups of products, and the calls they make."""

from typing import Any

import pytest

from groupgate.domain.catalog import ProductStatus
from groupgate.domain.errors import Malformed, Unavailable
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProviderKey
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from groupgate.upstream.results import unwrap
from tests.providers.axim.seed import (
    UNKNOWN_ID,
    all_product_ids,
    all_products,
    batch_path,
    group_path,
    group_ref,
    groups_by_name,
    groups_path,
    product_ref,
    product_refs,
)
from tests.providers.conftest import AlterResponses
from tests.providers.reads import take_paths

pytestmark = pytest.mark.anyio


async def test_statuses_are_those_of_the_products(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = all_products(simulator)[:50]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        statuses = await provider.get_statuses([*refs, product_ref(UNKNOWN_ID)])
    assert {ref.native_id: status for ref, status in statuses.items()} == {
        product["id"]: ProductStatus[product["status"].upper()] for product in products
    }
    assert len(take_paths(simulator)) == 2


async def test_a_product_without_a_status_has_no_result(alter_responses: AlterResponses) -> None:
    provider = alter_responses(lambda _path, _body: {"data": [{"id": "p1"}]})
    assert await provider.get_statuses([product_ref("p1")]) == {}


async def test_groups_of_products_are_read_in_the_same_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = all_products(simulator)[:50]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        await provider.get_products(refs)
        groups = await provider.groups_of(refs)
    assert {ref.native_id: unwrap(found) for ref, found in groups.items()} == {
        product["id"]: tuple(map(group_ref, product["productGroups"])) for product in products
    }
    assert take_paths(simulator) == [batch_path([product["id"] for product in products])]


def _without_groups(path: str, body: Any) -> Any:
    if path.startswith("/products"):
        for product in body["data"]:
            del product["productGroups"]
    return body


async def test_products_that_name_no_groups_are_searched_in_all_groups(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    products = all_products(simulator)[:50]
    clothing = groups_by_name(simulator)["Clothing"]["id"]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        groups = await alter_responses(_without_groups).groups_of([*refs, product_ref(UNKNOWN_ID)])
    assert {ref.native_id: unwrap(found) for ref, found in groups.items()} == {
        product["id"]: tuple(map(group_ref, product["productGroups"])) for product in products
    }
    assert take_paths(simulator)[-2:] == [groups_path(1), group_path(clothing, 2)]


async def test_a_group_that_cannot_be_read_completely_fails_the_search(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]["id"]

    def broken(path: str, body: Any) -> Any:
        return (
            {"success": False} if path == group_path(clothing, 2) else _without_groups(path, body)
        )

    with pytest.raises(Malformed):
        await alter_responses(broken).groups_of(product_refs(all_product_ids(simulator)[:1]))


async def test_a_group_contains_the_products_that_name_it(
    provider: Provider, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    women, men = groups["Women"], groups["Men"]
    of_women, of_men = women["products"][0], men["products"][0]
    other_group = GroupRef(provider=ProviderKey.AXIM, collection_id="c1", native_id=women["id"])
    expected = {
        (group_ref(women["id"]), product_ref(of_women)): True,
        (group_ref(women["id"]), product_ref(of_men)): False,
        (group_ref(men["id"]), product_ref(of_men)): True,
        (group_ref(groups["Clothing"]["id"]), product_ref(of_men)): True,
        (group_ref(UNKNOWN_ID), product_ref(of_men)): False,
        (group_ref(women["id"]), product_ref(UNKNOWN_ID)): False,
        (other_group, product_ref(of_women)): False,
    }
    assert await provider.contains(list(expected)) == expected
    assert take_paths(simulator) == [batch_path([of_women, of_men, UNKNOWN_ID])]


async def test_contains_returns_the_error_if_the_product_cannot_be_read(
    alter_responses: AlterResponses,
) -> None:
    provider = alter_responses(lambda _path, _body: 500)
    pair = (group_ref(UNKNOWN_ID), product_ref(UNKNOWN_ID))
    assert isinstance((await provider.contains([pair]))[pair], Unavailable)
