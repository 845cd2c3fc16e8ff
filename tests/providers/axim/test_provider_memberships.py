"""Reads of the products of groups, and the calls they make."""

from functools import partial
from typing import Any

import httpx
import pytest

from groupgate.domain.catalog import Membership, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, Page, PageRequest
from groupgate.domain.provider import Provider
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from groupgate.upstream.results import unwrap
from tests.providers.axim.seed import (
    COLLECTION,
    UNKNOWN_ID,
    group_path,
    group_ref,
    groups_by_name,
    groups_path,
    members_request,
)
from tests.providers.conftest import AlterResponses
from tests.providers.reads import all_pages, take_paths

pytestmark = pytest.mark.anyio


def ids_of(members: tuple[Membership, ...] | list[Membership]) -> list[str]:
    """Return the ids of the products."""
    return [member.product.ref.native_id for member in members]


async def list_members(provider: Provider, request: MembershipsRequest) -> Page[Membership]:
    """Return the page for one request."""
    return unwrap((await provider.list_memberships([request]))[request])


async def page_of_members(
    provider: Provider, native_id: str, page: PageRequest
) -> Page[Membership]:
    """Return a page of a group's products."""
    return await list_members(provider, members_request(native_id, page.first, page.offset))


async def fill(simulator: AximSimulator, *names: str) -> None:
    """Add all products to groups, so that these have several pages of products."""
    products = [product["id"] for product in simulator.snapshot()["products"]]
    transport = httpx.ASGITransport(app=simulator)
    headers = {"accessToken": "axim-sandbox-token"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as http:
        for name in names:
            group = groups_by_name(simulator)[name]["id"]
            await http.put(
                f"http://axim.test/open-api/api/productGroup/{group}", json={"products": products}
            )
    simulator.calls.clear()


async def test_every_group_is_read_completely_in_pages_of_seven(
    provider: Provider, simulator: AximSimulator
) -> None:
    for group in simulator.snapshot()["groups"]:
        with request_scope():
            members = await all_pages(7, partial(page_of_members, provider, group["id"]))
        assert ids_of(members) == group["products"]
        later = [group_path(group["id"], 2)] if len(group["products"]) > 50 else []
        assert take_paths(simulator) == [group_path(group["id"]), *later]


async def test_listed_groups_and_their_products_need_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        request = GroupsRequest(collection=COLLECTION, page=PageRequest(first=5))
        groups = unwrap((await provider.list_groups([request]))[request]).items
        requests = [members_request(group.ref.native_id, 20) for group in groups]
        pages = await provider.list_memberships(requests)
    assert [len(unwrap(pages[request]).items) for request in requests] == [20, 20, 20, 20, 20]
    assert [unwrap(pages[request]).total for request in requests] == [20, 24, 20, 40, 24]
    assert [unwrap(pages[request]).has_next for request in requests] == [
        False,
        True,
        False,
        True,
        True,
    ]
    assert take_paths(simulator) == [groups_path(1)]


async def test_all_products_of_all_groups_need_one_call_and_one_for_the_large_group(
    provider: Provider, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]
    with request_scope():
        members = await provider.get_memberships(refs)
        again = await provider.get_memberships(refs[::-1])
    assert {ref.native_id: ids_of(unwrap(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }
    assert again == members
    assert take_paths(simulator) == [groups_path(1), group_path(groups["Clothing"]["id"], 2)]


async def test_a_page_of_products_has_offsets_and_the_total(
    provider: Provider, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]["id"]
    with request_scope():
        page = await list_members(provider, members_request(clothing, 50))
        assert (page.ends[-1], page.has_next, page.total) == (50, True, 64)
        assert take_paths(simulator) == [group_path(clothing)]
        page = await list_members(provider, members_request(clothing, 20, 45))
        assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (46, 64, False, 64)
    assert take_paths(simulator) == [group_path(clothing, 2)]


async def test_an_empty_group_has_no_products(provider: Provider, simulator: AximSimulator) -> None:
    christmas = groups_by_name(simulator)["Christmas 2026"]["id"]
    page = await list_members(provider, members_request(christmas, 7))
    assert page == Page(items=(), ends=(), has_next=False, total=0)
    assert await provider.get_memberships([group_ref(christmas)]) == {group_ref(christmas): ()}


async def test_later_pages_of_several_groups_share_their_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women", "Men")
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]
    with request_scope():
        members = await provider.get_memberships(refs)
    assert {ref.native_id: ids_of(unwrap(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }
    assert len(groups["Women"]["products"]) == 201
    assert sorted(take_paths(simulator)) == [groups_path(1, page) for page in range(1, 6)]


async def test_only_pages_that_several_groups_need_are_shared(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women")
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]
    with request_scope():
        requests = [
            members_request(women, 100, 20),
            members_request(clothing, 100),
            members_request(women, 30, 110),
        ]
        pages = await provider.list_memberships(requests)
    assert ids_of(unwrap(pages[requests[0]]).items) == groups["Women"]["products"][20:120]
    assert ids_of(unwrap(pages[requests[1]]).items) == groups["Clothing"]["products"]
    assert ids_of(unwrap(pages[requests[2]]).items) == groups["Women"]["products"][110:140]
    assert sorted(take_paths(simulator)) == sorted(
        [groups_path(1), groups_path(1, 2), group_path(women, 3)]
    )


async def test_different_pages_of_several_groups_are_not_shared(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women", "Men")
    groups = groups_by_name(simulator)
    women, men = groups["Women"]["id"], groups["Men"]["id"]
    with request_scope():
        await provider.list_memberships(
            [members_request(women, 100), members_request(men, 30, 110)]
        )
    assert sorted(take_paths(simulator)) == sorted(
        [groups_path(1), group_path(women, 2), group_path(men, 3)]
    )


async def test_a_group_missing_from_a_shared_page_is_read_alone(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women")
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]

    def without_women(path: str, body: Any) -> Any:
        if path == groups_path(1, 2):
            body["data"] = [group for group in body["data"] if group["id"] != women]
        return body

    provider = alter_responses(without_women)
    requests = [members_request(women, 100), members_request(clothing, 100)]
    with request_scope():
        pages = await provider.list_memberships(requests)
    assert ids_of(unwrap(pages[requests[0]]).items) == groups["Women"]["products"][:100]
    assert ids_of(unwrap(pages[requests[1]]).items) == groups["Clothing"]["products"]
    assert sorted(take_paths(simulator)) == sorted(
        [groups_path(1), groups_path(1, 2), group_path(women, 2)]
    )


async def test_a_group_deleted_between_two_pages_ends_with_the_first(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]
    provider = alter_responses(
        lambda path, body: 404 if path == group_path(clothing["id"], 2) else body
    )
    page = await list_members(provider, members_request(clothing["id"], 100))
    assert ids_of(page.items) == clothing["products"][:50]
    assert page.has_next is False


async def test_a_product_on_two_pages_is_returned_once(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]
    first = clothing["products"][0]

    def with_repeated_product(path: str, body: Any) -> Any:
        if path == group_path(clothing["id"], 2):
            body["data"]["products"][0]["id"] = first
        return body

    provider = alter_responses(with_repeated_product)
    kept = clothing["products"][:50] + clothing["products"][51:]
    page = await list_members(provider, members_request(clothing["id"], 64))
    assert ids_of(page.items) == kept
    assert page.ends == (*range(1, 51), *range(52, 65))
    ref = group_ref(clothing["id"])
    assert ids_of(unwrap((await provider.get_memberships([ref]))[ref])) == kept


async def test_groups_without_product_counts_are_read_completely(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]

    def without_counts(_path: str, body: Any) -> Any:
        for group in body["data"] if isinstance(body["data"], list) else []:
            del group["productCount"], group["productPagination"]
        return body

    members = await alter_responses(without_counts).get_memberships(refs)
    assert {ref.native_id: ids_of(unwrap(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }


async def test_a_membership_has_the_fields_of_the_embedded_product(
    provider: Provider, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]
    (member,) = (await list_members(provider, members_request(women["id"], 1))).items
    product = next(
        product
        for product in simulator.snapshot()["products"]
        if product["id"] == women["products"][0]
    )
    assert (member.product.name, member.product.sku) == (product["name"], product["sku"])
    assert member.product.price is not None
    assert str(member.product.price.amount) == product["price"]
    assert member.product.description == product["description"]["text"]
    assert member.product.status is ProductStatus.ACTIVE
    assert (member.product.detail, member.product.groups) == (None, None)


async def test_unknown_groups_have_no_result(provider: Provider, simulator: AximSimulator) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    requests = [members_request(UNKNOWN_ID, 7), members_request(women, 7)]
    assert list(await provider.list_memberships(requests)) == [requests[1]]
    assert list(await provider.get_memberships([request.group for request in requests])) == [
        group_ref(women)
    ]


async def test_a_later_page_that_fails_fails_its_group_only(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]
    provider = alter_responses(lambda path, body: 500 if path == group_path(clothing, 2) else body)
    members = await provider.get_memberships([group_ref(women), group_ref(clothing)])
    assert ids_of(unwrap(members[group_ref(women)])) == groups["Women"]["products"]
    assert isinstance(members[group_ref(clothing)], Unavailable)


async def test_a_group_that_fails_has_the_error_as_its_result(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    provider = alter_responses(lambda _path, _body: 500)
    request = members_request(women, 7)
    assert isinstance((await provider.list_memberships([request]))[request], Unavailable)
    assert isinstance((await provider.get_memberships([request.group]))[request.group], Unavailable)
