"""Reading 2Checkout's groups: exact answers, and the calls they take."""

from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupStatus, ProductCollection
from groupgate.domain.errors import Denied
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
)
from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from groupgate.providers.two_checkout import KEY, Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.reading import (
    IMPLICIT,
    all_pages,
    codes,
    group_ref,
    paths,
    product_ref,
    told,
)

pytestmark = pytest.mark.anyio

OFFICE = group_ref("DBA13A4268")
TESTING = group_ref("E5D4C3B2A1")
EDUCATION = group_ref("3A5B7C9D1F")
GONE = group_ref("FFFFFFFFFF")
IN_A_COLLECTION = GroupRef(
    provider=ProviderKey.TWO_CHECKOUT, collection_id="x", native_id="DBA13A4268"
)
ELSEWHERE = CollectionRef(provider=ProviderKey.TWO_CHECKOUT, native_id="x")

WALK = ["/products/?Limit=200&Page=1", "/products/?Limit=200&Page=2"]
HOMELESS = "/products/PTR-TEA-1Y/productgroups/"
"""What it takes to place the one product that does not carry its group."""


def test_it_is_what_it_says(provider: Provider) -> None:
    assert (KEY, provider.key, provider.name) == (
        ProviderKey.TWO_CHECKOUT,
        ProviderKey.TWO_CHECKOUT,
        "2Checkout",
    )
    assert provider.capabilities == {
        Capability.GROUP_CREATE,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_ASSIGN_MOVES,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }


async def test_a_ping_is_one_call(provider: Provider, simulator: TwoCheckoutSimulator) -> None:
    await provider.ping()
    assert paths(simulator) == ["/productgroups/"]
    assert provider.status.state is ProviderState.AVAILABLE


async def test_a_wrong_key_is_denied(settings: Settings, simulator: TwoCheckoutSimulator) -> None:
    wrong = settings.model_copy(update={"secret_key": SecretStr("another")})
    transport = httpx.ASGITransport(app=simulator)
    provider = build(wrong, httpx.AsyncClient(transport=transport))
    with pytest.raises(Denied):
        await provider.ping()


@pytest.mark.parametrize("algorithm", ["sha256", "sha3-256"])
async def test_both_algorithms_are_accepted(
    settings: Settings, simulator: TwoCheckoutSimulator, algorithm: str
) -> None:
    hashed = settings.model_copy(update={"hash_algorithm": algorithm})
    transport = httpx.ASGITransport(app=simulator)
    await build(hashed, httpx.AsyncClient(transport=transport)).ping()


async def test_the_one_collection_takes_no_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    used, archived, beyond = (
        CollectionsRequest(page=PageRequest(first=5)),
        CollectionsRequest(page=PageRequest(first=5), archived=True),
        CollectionsRequest(page=PageRequest(first=5, offset=1)),
    )
    collection = ProductCollection(ref=IMPLICIT, name="2Checkout")
    assert await provider.list_collections([used, archived, beyond]) == {
        used: Page(items=(collection,), ends=(1,), has_next=False, total=1),
        archived: Page(items=(), ends=(), has_next=False, total=0),
        beyond: Page(items=(), ends=(), has_next=False, total=1),
    }
    assert await provider.get_collections([IMPLICIT, ELSEWHERE]) == {IMPLICIT: collection}
    assert paths(simulator) == []


async def test_groups_come_in_pages_of_one_list(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    async def read(page: PageRequest) -> Page[Group]:
        ask = GroupsRequest(collection=IMPLICIT, page=page)
        found = told((await provider.list_groups([ask]))[ask])
        assert found.total == 10
        return found

    with request_scope():
        groups = await all_pages(7, read)
    assert groups == [
        Group(
            ref=group_ref(row["Code"]),
            name=row["Name"],
            description=row["Description"],
            template_name=row["TemplateName"],
        )
        for row in simulator.snapshot()["groups"]
    ]
    assert len(groups) == 10
    assert paths(simulator) == ["/productgroups/"]


async def test_all_groups_are_active(provider: Provider) -> None:
    page = PageRequest(first=3)
    active, inactive, elsewhere = (
        GroupsRequest(collection=IMPLICIT, page=page, status=GroupStatus.ACTIVE),
        GroupsRequest(collection=IMPLICIT, page=page, status=GroupStatus.INACTIVE),
        GroupsRequest(collection=ELSEWHERE, page=page),
    )
    pages = await provider.list_groups([active, inactive, elsewhere])
    assert pages.keys() == {active, inactive}
    assert [group.name for group in told(pages[active]).items] == ["General", "Antivirus", "Office"]
    assert told(pages[active]).has_next
    assert pages[inactive] == Page(items=(), ends=(), has_next=False, total=0)


async def test_fifty_groups_take_one_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    known = [group_ref(row["Code"]) for row in simulator.snapshot()["groups"]]
    refs = [*known, *(group_ref(f"{number:010}") for number in range(40))]
    with request_scope():
        found = await provider.get_groups(refs)
        assert await provider.get_groups([OFFICE]) == {OFFICE: found[OFFICE]}
    assert found.keys() == set(known)
    assert paths(simulator) == ["/productgroups/"]


@pytest.mark.parametrize("missing_status", [400, 404])
async def test_one_group_is_read_by_itself(settings: Settings, missing_status: int) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    provider = build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))
    found = await provider.get_groups([OFFICE, OFFICE, IN_A_COLLECTION])
    assert {ref: told(group).name for ref, group in found.items()} == {OFFICE: "Office"}
    assert await provider.get_groups([GONE]) == {}
    assert await provider.get_groups([IN_A_COLLECTION]) == {}
    assert paths(simulator) == ["/productgroups/DBA13A4268/", "/productgroups/FFFFFFFFFF/"]


async def test_the_products_of_all_groups_take_one_walk(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    ask = GroupsRequest(collection=IMPLICIT, page=PageRequest(first=10))
    with request_scope():
        groups = told((await provider.list_groups([ask]))[ask]).items
        members = await provider.get_memberships([group.ref for group in groups])
    assert {ref.native_id: codes(told(found)) for ref, found in members.items()} == {
        row["Code"]: row["products"] for row in simulator.snapshot()["groups"]
    }
    assert paths(simulator) == ["/productgroups/", *WALK, HOMELESS]


async def test_the_products_of_one_group_are_asked_for_by_its_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """The name is free text; the product that does not carry its group is there all the same."""
    ask = MembershipsRequest(group=TESTING, page=PageRequest(first=2, offset=1))
    with request_scope():
        page = told((await provider.list_memberships([ask]))[ask])
        members = told((await provider.get_memberships([TESTING]))[TESTING])
    assert codes(page.items) == ["PTR-TEA-1Y", "PTR-TEA-2Y"]
    assert (page.ends, page.has_next, page.total) == ((2, 3), True, 12)
    assert len(members) == 12
    assert members[1:3] == page.items
    assert paths(simulator) == [
        "/productgroups/E5D4C3B2A1/",
        "/products/?GroupName=R%26D%20%2B%20QA%20%2F%2050%25&Limit=200&Page=1",
    ]


@pytest.mark.parametrize("row", range(10))
async def test_a_group_pages_to_its_end_in_sevens(
    provider: Provider, simulator: TwoCheckoutSimulator, row: int
) -> None:
    expected = simulator.snapshot()["groups"][row]

    async def read(page: PageRequest) -> Page[str]:
        ask = MembershipsRequest(group=group_ref(expected["Code"]), page=page)
        found = told((await provider.list_memberships([ask]))[ask])
        assert found.total == len(expected["products"])
        return Page(
            items=tuple(codes(found.items)),
            ends=found.ends,
            has_next=found.has_next,
            total=found.total,
        )

    with request_scope():
        assert await all_pages(7, read) == expected["products"]
    assert len(paths(simulator)) == 2


async def test_two_groups_page_alike_whether_walked_or_asked_for_by_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """A cursor that one request gave is good in the next, which may take the other way."""
    office, education = (
        MembershipsRequest(group=ref, page=PageRequest(first=7, offset=7))
        for ref in (OFFICE, EDUCATION)
    )
    with request_scope():
        walked = await provider.list_memberships([office, education])
    assert paths(simulator) == ["/productgroups/", *WALK, HOMELESS]
    for ask in (office, education):
        with request_scope():
            assert await provider.list_memberships([ask]) == {ask: walked[ask]}
    assert [path.partition("&")[0] for path in paths(simulator)] == [
        "/productgroups/DBA13A4268/",
        "/products/?GroupName=Office",
        "/productgroups/3A5B7C9D1F/",
        "/products/?GroupName=%C3%89ducation",
    ]


async def test_a_walk_that_is_there_already_answers_for_one_group_too(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.get_products([product_ref(str(number)) for number in range(100)])
        assert paths(simulator) == WALK
        members = told((await provider.get_memberships([OFFICE]))[OFFICE])
    assert len(members) == 48
    assert paths(simulator) == ["/productgroups/DBA13A4268/", HOMELESS, "/productgroups/"]


async def test_a_group_that_is_gone_has_no_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    asks = [
        MembershipsRequest(group=ref, page=PageRequest(first=7))
        for ref in (GONE, IN_A_COLLECTION, GONE)
    ]
    with request_scope():
        assert await provider.list_memberships(asks) == {}
        assert await provider.get_memberships([GONE]) == {}
    assert paths(simulator) == ["/productgroups/FFFFFFFFFF/"]


async def test_an_empty_group_is_not_a_group_that_is_gone(provider: Provider) -> None:
    legacy = group_ref("F00DBABE42")
    assert await provider.get_memberships([legacy]) == {legacy: ()}


async def test_what_is_forgotten_is_asked_again(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.ping()
        await provider.ping()
        provider.forget()
        await provider.ping()
    assert paths(simulator) == ["/productgroups/", "/productgroups/"]


async def test_a_signature_is_of_the_moment(settings: Settings) -> None:
    """A server whose clock is an hour late refuses what is signed now."""
    now = datetime.now(UTC).timestamp()
    simulator = TwoCheckoutSimulator(prefix="/6.0", clock=lambda: now - 3600)
    provider = build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))
    with pytest.raises(Denied):
        await provider.ping()
