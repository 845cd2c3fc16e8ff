"""What the Axim provider reads of the products of groups, and the calls it takes."""

from functools import partial
from typing import Any

import httpx
import pytest

from groupgate.domain.catalog import Membership, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import GroupsRequest, MembershipsRequest, Page, PageRequest
from groupgate.domain.provider import Provider
from groupgate.providers.axim import Settings
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.reading import (
    COLLECTION,
    UNKNOWN,
    all_pages,
    group_list,
    group_ref,
    groups_by_name,
    members_ask,
    one_group,
    paths,
    told,
    twisted,
)

pytestmark = pytest.mark.anyio


def ids_of(members: tuple[Membership, ...] | list[Membership]) -> list[str]:
    """Return the ids of the products."""
    return [member.product.ref.native_id for member in members]


async def list_members(provider: Provider, ask: MembershipsRequest) -> Page[Membership]:
    """Return the page that is the answer to one ask."""
    return told((await provider.list_memberships([ask]))[ask])


async def page_of_members(
    provider: Provider, native_id: str, page: PageRequest
) -> Page[Membership]:
    """Return a page of a group."""
    return await list_members(provider, members_ask(native_id, page.first, page.offset))


async def fill(simulator: AximSimulator, *names: str) -> None:
    """Put all products into groups, so that these have more than one page."""
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


async def test_every_group_comes_whole_in_pages_of_seven(
    provider: Provider, simulator: AximSimulator
) -> None:
    for group in simulator.snapshot()["groups"]:
        with request_scope():
            members = await all_pages(7, partial(page_of_members, provider, group["id"]))
        assert ids_of(members) == group["products"]
        later = [one_group(group["id"], 2)] if len(group["products"]) > 50 else []
        assert paths(simulator) == [one_group(group["id"]), *later]


async def test_groups_listed_with_their_products_cost_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        ask = GroupsRequest(collection=COLLECTION, page=PageRequest(first=5))
        groups = told((await provider.list_groups([ask]))[ask]).items
        asks = [members_ask(group.ref.native_id, 20) for group in groups]
        pages = await provider.list_memberships(asks)
    assert [len(told(pages[ask]).items) for ask in asks] == [20, 20, 20, 20, 20]
    assert [told(pages[ask]).total for ask in asks] == [20, 24, 20, 40, 24]
    assert [told(pages[ask]).has_next for ask in asks] == [False, True, False, True, True]
    assert paths(simulator) == [group_list(1)]


async def test_all_groups_whole_cost_one_call_and_one_for_the_large_one(
    provider: Provider, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]
    with request_scope():
        members = await provider.get_memberships(refs)
        again = await provider.get_memberships(refs[::-1])
    assert {ref.native_id: ids_of(told(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }
    assert again == members
    assert paths(simulator) == [group_list(1), one_group(groups["Clothing"]["id"], 2)]


async def test_a_page_of_products_tells_its_place_and_the_total(
    provider: Provider, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]["id"]
    with request_scope():
        page = await list_members(provider, members_ask(clothing, 50))
        assert (page.ends[-1], page.has_next, page.total) == (50, True, 64)
        assert paths(simulator) == [one_group(clothing)]
        page = await list_members(provider, members_ask(clothing, 20, 45))
        assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (46, 64, False, 64)
    assert paths(simulator) == [one_group(clothing, 2)]


async def test_an_empty_group_has_no_products(provider: Provider, simulator: AximSimulator) -> None:
    christmas = groups_by_name(simulator)["Christmas 2026"]["id"]
    page = await list_members(provider, members_ask(christmas, 7))
    assert page == Page(items=(), ends=(), has_next=False, total=0)
    assert await provider.get_memberships([group_ref(christmas)]) == {group_ref(christmas): ()}


async def test_later_products_of_several_groups_share_their_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women", "Men")
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]
    with request_scope():
        members = await provider.get_memberships(refs)
    assert {ref.native_id: ids_of(told(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }
    assert len(groups["Women"]["products"]) == 201
    assert sorted(paths(simulator)) == [group_list(1, page) for page in range(1, 6)]


async def test_only_pages_that_several_groups_need_are_shared(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women")
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]
    with request_scope():
        asks = [
            members_ask(women, 100, 20),
            members_ask(clothing, 100),
            members_ask(women, 30, 110),
        ]
        pages = await provider.list_memberships(asks)
    assert ids_of(told(pages[asks[0]]).items) == groups["Women"]["products"][20:120]
    assert ids_of(told(pages[asks[1]]).items) == groups["Clothing"]["products"]
    assert ids_of(told(pages[asks[2]]).items) == groups["Women"]["products"][110:140]
    assert sorted(paths(simulator)) == sorted(
        [group_list(1), group_list(1, 2), one_group(women, 3)]
    )


async def test_different_pages_of_several_groups_are_not_shared(
    provider: Provider, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women", "Men")
    groups = groups_by_name(simulator)
    women, men = groups["Women"]["id"], groups["Men"]["id"]
    with request_scope():
        await provider.list_memberships([members_ask(women, 100), members_ask(men, 30, 110)])
    assert sorted(paths(simulator)) == sorted(
        [group_list(1), one_group(women, 2), one_group(men, 3)]
    )


async def test_a_group_missing_from_a_shared_page_is_read_by_itself(
    settings: Settings, simulator: AximSimulator
) -> None:
    await fill(simulator, "Women")
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]

    def without_women(path: str, body: Any) -> Any:
        if path == group_list(1, 2):
            body["data"] = [group for group in body["data"] if group["id"] != women]
        return body

    provider = twisted(settings, simulator, without_women)
    asks = [members_ask(women, 100), members_ask(clothing, 100)]
    with request_scope():
        pages = await provider.list_memberships(asks)
    assert ids_of(told(pages[asks[0]]).items) == groups["Women"]["products"][:100]
    assert ids_of(told(pages[asks[1]]).items) == groups["Clothing"]["products"]
    assert sorted(paths(simulator)) == sorted(
        [group_list(1), group_list(1, 2), one_group(women, 2)]
    )


async def test_a_group_that_goes_between_its_pages_ends_there(
    settings: Settings, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]
    provider = twisted(
        settings,
        simulator,
        lambda path, body: 404 if path == one_group(clothing["id"], 2) else body,
    )
    page = await list_members(provider, members_ask(clothing["id"], 100))
    assert ids_of(page.items) == clothing["products"][:50]
    assert page.has_next is False


async def test_a_product_that_comes_twice_is_shown_once(
    settings: Settings, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]
    first = clothing["products"][0]

    def shifted(path: str, body: Any) -> Any:
        if path == one_group(clothing["id"], 2):
            body["data"]["products"][0]["id"] = first
        return body

    provider = twisted(settings, simulator, shifted)
    kept = clothing["products"][:50] + clothing["products"][51:]
    page = await list_members(provider, members_ask(clothing["id"], 64))
    assert ids_of(page.items) == kept
    assert page.ends == (*range(1, 51), *range(52, 65))
    ref = group_ref(clothing["id"])
    assert ids_of(told((await provider.get_memberships([ref]))[ref])) == kept


async def test_a_group_may_not_count_its_products(
    settings: Settings, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    refs = [group_ref(group["id"]) for group in groups.values()]

    def uncounted(_path: str, body: Any) -> Any:
        for group in body["data"] if isinstance(body["data"], list) else []:
            del group["productCount"], group["productPagination"]
        return body

    members = await twisted(settings, simulator, uncounted).get_memberships(refs)
    assert {ref.native_id: ids_of(told(rows)) for ref, rows in members.items()} == {
        group["id"]: group["products"] for group in groups.values()
    }


async def test_a_member_says_what_the_vendor_embeds(
    provider: Provider, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]
    (member,) = (await list_members(provider, members_ask(women["id"], 1))).items
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


async def test_groups_that_are_gone_have_no_answer(
    provider: Provider, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    asks = [members_ask(UNKNOWN, 7), members_ask(women, 7)]
    assert list(await provider.list_memberships(asks)) == [asks[1]]
    assert list(await provider.get_memberships([ask.group for ask in asks])) == [group_ref(women)]


async def test_a_later_page_that_fails_fails_its_group_only(
    settings: Settings, simulator: AximSimulator
) -> None:
    groups = groups_by_name(simulator)
    women, clothing = groups["Women"]["id"], groups["Clothing"]["id"]
    provider = twisted(
        settings, simulator, lambda path, body: 500 if path == one_group(clothing, 2) else body
    )
    members = await provider.get_memberships([group_ref(women), group_ref(clothing)])
    assert ids_of(told(members[group_ref(women)])) == groups["Women"]["products"]
    assert isinstance(members[group_ref(clothing)], Unavailable)


async def test_a_group_that_fails_has_its_failure_for_an_answer(
    settings: Settings, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    provider = twisted(settings, simulator, lambda _path, _body: 500)
    ask = members_ask(women, 7)
    assert isinstance((await provider.list_memberships([ask]))[ask], Unavailable)
    assert isinstance((await provider.get_memberships([ask.group]))[ask.group], Unavailable)
