"""Reads of the collection and its groups, and the calls they make."""

import httpx
import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupAccess, GroupStatus, ProductCollection
from groupgate.domain.errors import Denied, Malformed, Unavailable
from groupgate.domain.paging import CollectionsRequest, GroupsRequest, Page, PageRequest
from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
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
)
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.reads import all_pages, take_paths

pytestmark = pytest.mark.anyio

IMPLICIT_COLLECTION = ProductCollection(ref=COLLECTION, name="Axim Commerce")


def groups_request(first: int, offset: int = 0, status: GroupStatus | None = None) -> GroupsRequest:
    """Return the request for a page of groups."""
    page = PageRequest(first=first, offset=offset)
    return GroupsRequest(collection=COLLECTION, page=page, status=status)


def group_ids(simulator: AximSimulator) -> list[str]:
    """Return the ids of the simulator's groups in order."""
    return [group["id"] for group in simulator.snapshot()["groups"]]


async def add_groups(simulator: AximSimulator, groups: int) -> list[str]:
    """Create groups until the simulator has this many; return all their ids in order."""
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


async def list_groups(provider: Provider, request: GroupsRequest) -> Page[Group]:
    """Return the page for one request."""
    return unwrap((await provider.list_groups([request]))[request])


async def test_the_provider_has_the_key_name_and_capabilities_of_axim(provider: Provider) -> None:
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


async def test_a_ping_reads_one_group_with_one_product(
    provider: Provider, simulator: AximSimulator
) -> None:
    await provider.ping()
    assert take_paths(simulator) == [
        "/productGroup/all?page=1&limit=1&productPage=1&productLimit=1"
    ]
    assert provider.status.state is ProviderState.AVAILABLE


async def test_an_invalid_token_is_denied(connect: Connect) -> None:
    provider = connect(httpx.ASGITransport(app=AximSimulator(access_token="another")))
    with pytest.raises(Denied):
        await provider.ping()
    assert provider.status.state is ProviderState.DEGRADED


@pytest.mark.parametrize(
    ("collections_request", "page"),
    [
        (
            CollectionsRequest(page=PageRequest(first=1)),
            Page(items=(IMPLICIT_COLLECTION,), ends=(1,), has_next=False, total=1),
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
    collections_request: CollectionsRequest,
    page: Page[ProductCollection],
) -> None:
    assert await provider.list_collections([collections_request]) == {collections_request: page}
    assert take_paths(simulator) == []


async def test_only_the_implicit_collection_exists(
    provider: Provider, simulator: AximSimulator
) -> None:
    other = CollectionRef(provider=ProviderKey.AXIM, native_id="c1")
    assert await provider.get_collections([other, COLLECTION]) == {COLLECTION: IMPLICIT_COLLECTION}
    assert (
        await provider.list_groups([GroupsRequest(collection=other, page=PageRequest(first=7))])
        == {}
    )
    other_group = GroupRef(provider=ProviderKey.AXIM, collection_id="c1", native_id=UNKNOWN_ID)
    assert await provider.get_groups([other_group]) == {}
    assert await provider.get_memberships([other_group]) == {}
    assert take_paths(simulator) == []


async def test_all_groups_in_pages_of_seven_need_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        groups = await all_pages(
            7, lambda page: list_groups(provider, groups_request(page.first, page.offset))
        )
    assert [
        {
            "id": group.ref.native_id,
            "name": group.name,
            "status": group.status is GroupStatus.ACTIVE,
            "restrictAccess": group.access is GroupAccess.RESTRICTED,
            "createdAt": _iso(group.created_at),
            "updatedAt": _iso(group.updated_at),
        }
        for group in groups
    ] == [
        {key: value for key, value in group.items() if key != "products"}
        for group in simulator.snapshot()["groups"]
    ]
    assert take_paths(simulator) == [groups_path(1)]


def _iso(moment: object) -> str:
    return str(moment).replace(" ", "T").replace("000+00:00", "Z")


async def test_a_page_of_groups_has_offsets_and_the_total(provider: Provider) -> None:
    first = await list_groups(provider, groups_request(7))
    assert (first.ends, first.has_next, first.total) == ((1, 2, 3, 4, 5, 6, 7), True, 14)
    second = await list_groups(provider, groups_request(7, 7))
    assert (second.ends, second.has_next, second.total) == ((8, 9, 10, 11, 12, 13, 14), False, 14)
    behind = await list_groups(provider, groups_request(7, 14))
    assert (behind.items, behind.has_next, behind.total) == ((), False, 14)


async def test_groups_of_one_status_are_filtered_from_the_list(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        inactive = await list_groups(provider, groups_request(7, status=GroupStatus.INACTIVE))
        active = await list_groups(provider, groups_request(12, status=GroupStatus.ACTIVE))
    assert [group.name for group in inactive.items] == ["Summer 2025"]
    assert (inactive.ends, inactive.has_next, inactive.total) == ((13,), False, 1)
    assert active.ends == (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    assert (active.has_next, active.total) == (True, 13)
    assert take_paths(simulator) == [groups_path(1)]


async def test_a_page_that_spans_two_pages_of_the_vendor_needs_two_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await add_groups(simulator, 120)
    with request_scope():
        page = await list_groups(provider, groups_request(30, 40))
        assert [group.ref.native_id for group in page.items] == ids[40:70]
        assert (page.ends[0], page.ends[-1], page.has_next, page.total) == (41, 70, True, 120)
        assert take_paths(simulator) == [groups_path(1), groups_path(2)]
        await list_groups(provider, groups_request(30, 70))
    assert take_paths(simulator) == []


async def test_the_total_is_derived_from_a_last_page_without_one(
    alter_responses: AlterResponses,
) -> None:
    provider = alter_responses(lambda _path, body: {"success": True, "data": body["data"]})
    page = await list_groups(provider, groups_request(7))
    assert (len(page.items), page.has_next, page.total) == (7, True, 14)


async def test_fifty_groups_need_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ids = (await add_groups(simulator, 60))[:50]
    refs = [group_ref(native_id) for native_id in reversed(ids)]
    with request_scope():
        groups = await provider.get_groups(refs)
    assert {ref: unwrap(group).ref for ref, group in groups.items()} == {ref: ref for ref in refs}
    assert take_paths(simulator) == [groups_path(1)]


async def test_one_group_is_read_alone(provider: Provider, simulator: AximSimulator) -> None:
    women = groups_by_name(simulator)["Women"]["id"]
    with request_scope():
        groups = await provider.get_groups([group_ref(women), group_ref(women)])
    assert unwrap(groups[group_ref(women)]).name == "Women"
    assert take_paths(simulator) == [group_path(women)]


async def test_a_group_that_was_listed_is_not_read_again(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await add_groups(simulator, 120)
    with request_scope():
        await list_groups(provider, groups_request(50, 50))
        take_paths(simulator)
        refs = [group_ref(native_id) for native_id in ids[50:100]]
        assert list(await provider.get_groups(refs)) == refs
    assert take_paths(simulator) == []


async def test_two_groups_of_a_long_list_are_read_one_by_one(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = await add_groups(simulator, 120)
    await provider.get_groups([group_ref(native_id) for native_id in ids[:2]])
    assert take_paths(simulator) == [groups_path(1)]
    refs = [group_ref(ids[60]), group_ref(ids[110])]
    assert list(await provider.get_groups(refs)) == refs
    assert take_paths(simulator) == [group_path(ids[60]), group_path(ids[110])]


async def test_unknown_groups_are_not_found(provider: Provider, simulator: AximSimulator) -> None:
    refs = [group_ref(native_id) for native_id in (UNKNOWN_ID, "", "..", "all", "a/b")]
    assert await provider.get_groups(refs) == {}
    assert take_paths(simulator) == [groups_path(1)]
    for ref in refs:
        assert await provider.get_groups([ref]) == {}
    assert take_paths(simulator) == [group_path(UNKNOWN_ID), group_path("a%2Fb")]


async def test_groups_are_matched_by_id_in_any_order(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    provider = alter_responses(lambda _path, body: body | {"data": body["data"][::-1]})
    refs = list(map(group_ref, group_ids(simulator)))
    groups = await provider.get_groups(refs)
    assert list(groups) == refs[::-1]
    assert all(unwrap(group).ref == ref for ref, group in groups.items())


async def test_a_response_with_another_group_is_not_used(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    women = groups_by_name(simulator)["Women"]["id"]

    def with_another_id(_path: str, body: dict[str, dict[str, dict[str, str]]]) -> object:
        body["data"]["productGroup"]["id"] = UNKNOWN_ID
        return body

    assert await alter_responses(with_another_id).get_groups([group_ref(women)]) == {}


async def test_a_group_that_fails_does_not_fail_the_others(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    ids = await add_groups(simulator, 120)
    provider = alter_responses(lambda path, body: 500 if path == group_path(ids[60]) else body)
    await list_groups(provider, groups_request(1))
    groups = await provider.get_groups([group_ref(ids[60]), group_ref(ids[110])])
    assert isinstance(groups[group_ref(ids[60])], Unavailable)
    assert unwrap(groups[group_ref(ids[110])]).ref == group_ref(ids[110])


async def test_a_list_that_fails_fails_all_its_requests(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    provider = alter_responses(lambda _path, _body: {"success": False})
    request = groups_request(7)
    failure = (await provider.list_groups([request]))[request]
    assert isinstance(failure, Malformed)
    assert failure.json_path == "$.success"
    with pytest.raises(Malformed):
        await provider.get_groups([group_ref(native_id) for native_id in group_ids(simulator)])


async def test_after_forget_groups_are_read_again(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        await list_groups(provider, groups_request(7))
        provider.forget()
        await list_groups(provider, groups_request(7))
    assert take_paths(simulator) == [groups_path(1), groups_path(1)]
