"""What the Axim provider reads of the collection and its groups, and the calls it takes."""

import httpx
import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupAccess, GroupStatus, ProductCollection
from groupgate.domain.errors import Denied, Malformed, Unavailable
from groupgate.domain.paging import CollectionsRequest, GroupsRequest, Page, PageRequest
from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
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
    one_group,
    paths,
    told,
    twisted,
)

pytestmark = pytest.mark.anyio

IMPLICIT = ProductCollection(ref=COLLECTION, name="Axim Commerce")


def groups_ask(first: int, offset: int = 0, status: GroupStatus | None = None) -> GroupsRequest:
    """Ask for groups."""
    page = PageRequest(first=first, offset=offset)
    return GroupsRequest(collection=COLLECTION, page=page, status=status)


def group_ids(simulator: AximSimulator) -> list[str]:
    """Return the ids of the simulator's groups in its order."""
    return [group["id"] for group in simulator.snapshot()["groups"]]


async def grown(simulator: AximSimulator, groups: int) -> list[str]:
    """Make the simulator have so many groups; return their ids in its order."""
    transport = httpx.ASGITransport(app=simulator)
    headers = {"accessToken": "axim-sandbox-token"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as http:
        for number in range(len(group_ids(simulator)), groups):
            await http.post(
                "http://axim.test/open-api/api/productGroup/create",
                json={"name": f"Group {number}"},
            )
    simulator.calls.clear()
    return group_ids(simulator)


async def list_groups(provider: Provider, ask: GroupsRequest) -> Page[Group]:
    """Return the page that is the answer to one ask."""
    return told((await provider.list_groups([ask]))[ask])


async def test_it_can_what_axim_can(provider: Provider) -> None:
    assert provider.key is ProviderKey.AXIM
    assert provider.name == "Axim Commerce"
    assert provider.capabilities == {
        Capability.GROUP_CREATE,
        Capability.GROUP_UPDATE,
        Capability.GROUP_DELETE,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_STATUS,
        Capability.GROUP_ACCESS,
        Capability.PRODUCT_IN_MANY_GROUPS,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }


async def test_a_ping_asks_for_one_group_with_one_product(
    provider: Provider, simulator: AximSimulator
) -> None:
    await provider.ping()
    assert paths(simulator) == ["/productGroup/all?page=1&limit=1&productPage=1&productLimit=1"]
    assert provider.status.state is ProviderState.AVAILABLE


async def test_a_token_the_vendor_does_not_know_is_denied(settings: Settings) -> None:
    provider = twisted(settings, AximSimulator(access_token="another"), lambda _path, body: body)
    with pytest.raises(Denied):
        await provider.ping()
    assert provider.status.state is ProviderState.DEGRADED


@pytest.mark.parametrize(
    ("ask", "page"),
    [
        (
            CollectionsRequest(page=PageRequest(first=1)),
            Page(items=(IMPLICIT,), ends=(1,), has_next=False, total=1),
        ),
        (
            CollectionsRequest(page=PageRequest(first=7, offset=1)),
            Page(items=(), ends=(), has_next=False, total=1),
        ),
        (
            CollectionsRequest(page=PageRequest(first=7), archived=True),
            Page(items=(), ends=(), has_next=False, total=0),
        ),
    ],
)
async def test_the_implicit_collection_is_listed_without_a_call(
    provider: Provider,
    simulator: AximSimulator,
    ask: CollectionsRequest,
    page: Page[ProductCollection],
) -> None:
    assert await provider.list_collections([ask]) == {ask: page}
    assert paths(simulator) == []


async def test_there_is_no_collection_but_the_implicit_one(
    provider: Provider, simulator: AximSimulator
) -> None:
    other = CollectionRef(provider=ProviderKey.AXIM, native_id="c1")
    assert await provider.get_collections([other, COLLECTION]) == {COLLECTION: IMPLICIT}
    assert (
        await provider.list_groups([GroupsRequest(collection=other, page=PageRequest(first=7))])
        == {}
    )
    elsewhere = GroupRef(provider=ProviderKey.AXIM, collection_id="c1", native_id=UNKNOWN)
    assert await provider.get_groups([elsewhere]) == {}
    assert await provider.get_memberships([elsewhere]) == {}
    assert paths(simulator) == []


async def test_all_groups_come_in_pages_of_seven_for_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        groups = await all_pages(
            7, lambda page: list_groups(provider, groups_ask(page.first, page.offset))
        )
    assert [
        {
            "id": group.ref.native_id,
            "name": group.name,
            "status": group.status is GroupStatus.ACTIVE,
            "restrictAccess": group.access is GroupAccess.RESTRICTED,
            "createdAt": _written(group.created_at),
            "updatedAt": _written(group.updated_at),
        }
        for group in groups
    ] == [
        {key: value for key, value in group.items() if key != "products"}
        for group in simulator.snapshot()["groups"]
    ]
    assert paths(simulator) == [group_list(1)]


def _written(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("000+00:00", "Z")


async def test_a_page_of_groups_tells_its_place_and_the_total(provider: Provider) -> None:
    first = await list_groups(provider, groups_ask(7))
    assert (first.ends, first.has_next, first.total) == ((1, 2, 3, 4, 5, 6, 7), True, 14)
    second = await list_groups(provider, groups_ask(7, 7))
    assert (second.ends, second.has_next, second.total) == ((8, 9, 10, 11, 12, 13, 14), False, 14)
    behind = await list_groups(provider, groups_ask(7, 14))
    assert (behind.items, behind.has_next, behind.total) == ((), False, 14)


async def test_groups_of_one_status_are_picked_out_of_the_list(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        inactive = await list_groups(provider, groups_ask(7, status=GroupStatus.INACTIVE))
        active = await list_groups(provider, groups_ask(12, status=GroupStatus.ACTIVE))
    assert [group.name for group in inactive.items] == ["Summer 2025"]
    assert (inactive.ends, inactive.has_next, inactive.total) == ((13,), False, 1)
    assert active.ends == (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    assert (active.has_next, active.total) == (True, 13)
    assert paths(simulator) == [group_list(1)]


async def test_a_window_over_two_pages_costs_two_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await grown(simulator, 120)
    with request_scope():
        page = await list_groups(provider, groups_ask(30, 40))
        assert [group.ref.native_id for group in page.items] == ids[40:70]
        assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (41, 70, True, 120)
        assert paths(simulator) == [group_list(1), group_list(2)]
        await list_groups(provider, groups_ask(30, 70))
    assert paths(simulator) == []


async def test_a_page_without_a_total_is_read_to_its_end(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(
        settings, simulator, lambda _path, body: {"success": True, "data": body["data"]}
    )
    page = await list_groups(provider, groups_ask(7))
    assert (len(page.items), page.has_next, page.total) == (7, True, 14)


async def test_fifty_groups_cost_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ids = (await grown(simulator, 60))[:50]
    refs = [group_ref(native_id) for native_id in reversed(ids)]
    with request_scope():
        groups = await provider.get_groups(refs)
    assert {ref: told(group).ref for ref, group in groups.items()} == {ref: ref for ref in refs}
    assert paths(simulator) == [group_list(1)]


async def test_one_group_is_read_by_itself(provider: Provider, simulator: AximSimulator) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    with request_scope():
        groups = await provider.get_groups([group_ref(women), group_ref(women)])
    assert told(groups[group_ref(women)]).name == "Women"
    assert paths(simulator) == [one_group(women)]


async def test_a_group_that_was_listed_is_not_read_again(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await grown(simulator, 120)
    with request_scope():
        await list_groups(provider, groups_ask(50, 50))
        paths(simulator)
        refs = [group_ref(native_id) for native_id in ids[50:100]]
        assert list(await provider.get_groups(refs)) == refs
    assert paths(simulator) == []


async def test_two_groups_of_a_long_list_are_read_singly(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await grown(simulator, 120)
    await provider.get_groups([group_ref(native_id) for native_id in ids[:2]])
    assert paths(simulator) == [group_list(1)]
    refs = [group_ref(ids[60]), group_ref(ids[110])]
    assert list(await provider.get_groups(refs)) == refs
    assert paths(simulator) == [one_group(ids[60]), one_group(ids[110])]


async def test_unknown_groups_are_not_found(provider: Provider, simulator: AximSimulator) -> None:
    refs = [group_ref(native_id) for native_id in (UNKNOWN, "", "..", "all", "a/b")]
    assert await provider.get_groups(refs) == {}
    assert paths(simulator) == [group_list(1)]
    for ref in refs:
        assert await provider.get_groups([ref]) == {}
    assert paths(simulator) == [one_group(UNKNOWN), one_group("a%2Fb")]


async def test_groups_are_found_by_id_in_an_answer_of_another_order(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, body: body | {"data": body["data"][::-1]})
    refs = list(map(group_ref, group_ids(simulator)))
    groups = await provider.get_groups(refs)
    assert list(groups) == refs[::-1]
    assert all(told(group).ref == ref for ref, group in groups.items())


async def test_another_group_than_the_one_asked_for_is_not_it(
    settings: Settings, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]["id"]

    def renamed(_path: str, body: dict[str, dict[str, dict[str, str]]]) -> object:
        body["data"]["productGroup"]["id"] = UNKNOWN
        return body

    assert await twisted(settings, simulator, renamed).get_groups([group_ref(women)]) == {}


async def test_a_group_that_fails_does_not_take_the_others_along(
    settings: Settings, simulator: AximSimulator
) -> None:
    ids = await grown(simulator, 120)
    provider = twisted(
        settings, simulator, lambda path, body: 500 if path == one_group(ids[60]) else body
    )
    await list_groups(provider, groups_ask(1))
    groups = await provider.get_groups([group_ref(ids[60]), group_ref(ids[110])])
    assert isinstance(groups[group_ref(ids[60])], Unavailable)
    assert told(groups[group_ref(ids[110])]).ref == group_ref(ids[110])


async def test_a_list_that_fails_fails_what_was_asked_of_it(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, _body: {"success": False})
    ask = groups_ask(7)
    failure = (await provider.list_groups([ask]))[ask]
    assert isinstance(failure, Malformed)
    assert failure.json_path == "$.success"
    with pytest.raises(Malformed):
        await provider.get_groups([group_ref(native_id) for native_id in group_ids(simulator)])


async def test_what_is_forgotten_is_read_afresh(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        await list_groups(provider, groups_ask(7))
        provider.forget()
        await list_groups(provider, groups_ask(7))
    assert paths(simulator) == [group_list(1), group_list(1)]
