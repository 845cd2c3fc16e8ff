"""Reads of the products of groups, and the calls they make."""

from functools import partial
from typing import Any

import pytest

from groupgate.domain.catalog import (
    Group,
    GroupProductStatus,
    Membership,
    ProductCollection,
    ProductStatus,
)
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
)
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.upstream.results import unwrap
from tests.providers.conftest import AlterResponses
from tests.providers.dodo.seed import (
    collection_named,
    collection_ref,
    collections,
    group_ref,
    product_ref,
)
from tests.providers.reads import all_pages, take_paths

pytestmark = pytest.mark.anyio

LIVE = "/product-collections?page_number=0&page_size=100"
ARCHIVED = "/product-collections?page_number=0&page_size=100&archived=true"
WHOLE = PageRequest(first=100)


def product_ids(memberships: tuple[Membership, ...]) -> list[str]:
    """Return the ids of the products."""
    return [each.product.ref.native_id for each in memberships]


async def members_page(provider: Provider, ref: GroupRef, page: PageRequest) -> Page[Membership]:
    """Read a page of the products of a group."""
    request = MembershipsRequest(group=ref, page=page)
    return unwrap((await provider.list_memberships([request]))[request])


async def test_five_groups_of_twenty_products_need_one_call(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, groups = collection_named(simulator, "Kestrel Academy")
    request = GroupsRequest(collection=collection_ref(native_id), page=WHOLE)
    with request_scope():
        listed = unwrap((await provider.list_groups([request]))[request]).items
        requests = [MembershipsRequest(group=each.ref, page=WHOLE) for each in listed]
        results = await provider.list_memberships(requests)
    found = [unwrap(results[each]).items for each in requests]
    assert [product_ids(each) for each in found] == [
        [item["product_id"] for item in group["items"]] for group in groups
    ]
    products = [each.product for items in found for each in items]
    assert len(products) == 100
    assert all(each.name and each.price and each.groups for each in products)
    assert take_paths(simulator) == [f"/product-collections/{native_id}"]


async def test_a_membership_has_its_row_status_and_group(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        for native_id, collection in collections(simulator).items():
            for group in collection["groups"]:
                ref = group_ref(native_id, group["id"])
                found = unwrap((await provider.get_memberships([ref]))[ref])
                assert [each.row_id for each in found] == [item["id"] for item in group["items"]]
                assert [each.status is GroupProductStatus.ACTIVE for each in found] == [
                    item["status"] for item in group["items"]
                ]
                assert {each.product.groups for each in found} <= {(ref,)}
                assert {each.product.detail for each in found} <= {None}
                assert {each.product.status for each in found} <= {ProductStatus.ACTIVE}
    assert len(take_paths(simulator)) == 5


async def test_one_collection_shows_which_groups_contain_a_product(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (monthly, yearly, *_) = collection_named(simulator, "Kestrel CRM")
    item = product_ref(monthly["items"][0]["product_id"])
    pairs = [
        (group_ref(native_id, monthly["id"]), item),
        (group_ref(native_id, yearly["id"]), item),
        (group_ref(native_id, monthly["id"]), product_ref("pdt_unknown")),
    ]
    with request_scope():
        results = await provider.contains(pairs)
    assert [results[pair] for pair in pairs] == [True, False, False]
    assert take_paths(simulator) == [f"/product-collections/{native_id}"]


async def test_products_of_a_collection_known_to_be_archived_have_no_status(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (monthly, *_) = collection_named(simulator, "Kestrel CRM 2024")
    ref = group_ref(native_id, monthly["id"])
    archived = CollectionsRequest(page=WHOLE, archived=True)
    with request_scope():
        await provider.list_collections([archived])
        page = await members_page(provider, ref, WHOLE)
        every = unwrap((await provider.get_memberships([ref]))[ref])
        statuses = await provider.get_statuses([each.product.ref for each in every])
    assert page.items == every
    assert {each.product.status for each in every} == {None}
    products = simulator.snapshot()["products"]
    assert [status is ProductStatus.INACTIVE for status in statuses.values()] == [
        products[ref.native_id]["archived"] for ref in statuses
    ]
    assert take_paths(simulator) == [
        ARCHIVED,
        f"/product-collections/{native_id}",
        "/products?page_number=0&page_size=100&archived=true",
    ]


async def collections_page(provider: Provider, page: PageRequest) -> Page[ProductCollection]:
    """Read a page of the live collections."""
    request = CollectionsRequest(page=page)
    return unwrap((await provider.list_collections([request]))[request])


async def groups_page(provider: Provider, ref: CollectionRef, page: PageRequest) -> Page[Group]:
    """Read a page of the groups of a collection."""
    request = GroupsRequest(collection=ref, page=page)
    return unwrap((await provider.list_groups([request]))[request])


async def test_pages_of_seven_contain_everything_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    found = {}
    with request_scope():
        for collection in await all_pages(7, partial(collections_page, provider)):
            for group in await all_pages(7, partial(groups_page, provider, collection.ref)):
                rows = await all_pages(7, partial(members_page, provider, group.ref))
                found[group.ref] = [row.row_id for row in rows]
    assert found == {
        group_ref(native_id, group["id"]): [item["id"] for item in group["items"]]
        for native_id, collection in collections(simulator).items()
        for group in collection["groups"]
    }
    single = [f"/product-collections/{each}" for each in collections(simulator)]
    assert take_paths(simulator) == [LIVE, *single]


async def test_groups_and_rows_are_matched_by_id_in_any_order(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    def reverse(_path: str, body: Any) -> Any:
        groups = [{**each, "products": each["products"][::-1]} for each in body["groups"][:0:-1]]
        return {**body, "groups": groups}

    native_id, (first, *others) = collection_named(simulator, "Kestrel Academy")
    provider = alter_responses(reverse)
    refs = {each["id"]: group_ref(native_id, each["id"]) for each in (first, *others)}
    with request_scope():
        groups = await provider.get_groups(list(refs.values()))
        members = await provider.get_memberships(list(refs.values()))
    assert {ref: unwrap(each).name for ref, each in groups.items()} == {
        refs[each["id"]]: each["name"] for each in others
    }
    assert {ref: product_ids(unwrap(each)) for ref, each in members.items()} == {
        refs[each["id"]]: [item["product_id"] for item in each["items"]][::-1] for each in others
    }
