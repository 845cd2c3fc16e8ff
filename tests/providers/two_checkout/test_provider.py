"""Reads of the collection, its groups and their products, and the calls they make."""

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
from groupgate.domain.refs import ProviderKey
from groupgate.providers.two_checkout import KEY, Settings, build
from groupgate.request import request_scope
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.upstream.results import unwrap
from tests.providers.reads import all_pages, take_paths
from tests.providers.two_checkout.seed import (
    COLLECTION,
    GROUP_OF_OTHER_COLLECTION,
    OFFICE,
    OTHER_COLLECTION,
    UNKNOWN_GROUP,
    codes,
    group_ref,
    product_ref,
)

pytestmark = pytest.mark.anyio

TESTING = group_ref("E5D4C3B2A1")
EDUCATION = group_ref("3A5B7C9D1F")

ALL_PRODUCTS = ["/products/?Limit=200&Page=1", "/products/?Limit=200&Page=2"]
UNGROUPED = "/products/PTR-TEA-1Y/productgroups/"
"""The read of the group of the only product whose record names none."""


def test_the_provider_has_the_key_name_and_capabilities_of_2checkout(provider: Provider) -> None:
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
    assert take_paths(simulator) == ["/productgroups/"]
    assert provider.status.state is ProviderState.AVAILABLE


async def test_a_wrong_key_is_denied(settings: Settings, simulator: TwoCheckoutSimulator) -> None:
    wrong = settings.model_copy(update={"secret_key": SecretStr("another")})
    transport = httpx.ASGITransport(app=simulator)
    provider = build(wrong, transport)
    with pytest.raises(Denied):
        await provider.ping()


@pytest.mark.parametrize("algorithm", ["sha256", "sha3-256"])
async def test_both_algorithms_are_accepted(
    settings: Settings, simulator: TwoCheckoutSimulator, algorithm: str
) -> None:
    hashed = settings.model_copy(update={"hash_algorithm": algorithm})
    transport = httpx.ASGITransport(app=simulator)
    await build(hashed, transport).ping()


async def test_the_implicit_collection_needs_no_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    live, archived, beyond = (
        CollectionsRequest(page=PageRequest(first=5)),
        CollectionsRequest(page=PageRequest(first=5), archived=True),
        CollectionsRequest(page=PageRequest(first=5, offset=1)),
    )
    collection = ProductCollection(ref=COLLECTION, name="2Checkout")
    assert await provider.list_collections([live, archived, beyond]) == {
        live: Page(items=(collection,), ends=(1,), has_next=False, total=1),
        archived: Page(items=(), ends=(), has_next=False, total=0),
        beyond: Page(items=(), ends=(), has_next=False, total=1),
    }
    assert await provider.get_collections([COLLECTION, OTHER_COLLECTION]) == {
        COLLECTION: collection
    }
    assert take_paths(simulator) == []


async def test_pages_of_groups_are_slices_of_one_list(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    async def read(page: PageRequest) -> Page[Group]:
        request = GroupsRequest(collection=COLLECTION, page=page)
        found = unwrap((await provider.list_groups([request]))[request])
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
    assert take_paths(simulator) == ["/productgroups/"]


async def test_all_groups_are_active(provider: Provider) -> None:
    page = PageRequest(first=3)
    active, inactive, elsewhere = (
        GroupsRequest(collection=COLLECTION, page=page, status=GroupStatus.ACTIVE),
        GroupsRequest(collection=COLLECTION, page=page, status=GroupStatus.INACTIVE),
        GroupsRequest(collection=OTHER_COLLECTION, page=page),
    )
    pages = await provider.list_groups([active, inactive, elsewhere])
    assert pages.keys() == {active, inactive}
    assert [group.name for group in unwrap(pages[active]).items] == [
        "General",
        "Antivirus",
        "Office",
    ]
    assert unwrap(pages[active]).has_next
    assert pages[inactive] == Page(items=(), ends=(), has_next=False, total=0)


async def test_fifty_groups_need_one_call(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    known = [group_ref(row["Code"]) for row in simulator.snapshot()["groups"]]
    refs = [*known, *(group_ref(f"{number:010}") for number in range(40))]
    with request_scope():
        found = await provider.get_groups(refs)
        assert await provider.get_groups([OFFICE]) == {OFFICE: found[OFFICE]}
    assert found.keys() == set(known)
    assert take_paths(simulator) == ["/productgroups/"]


@pytest.mark.parametrize("missing_status", [400, 404])
async def test_one_group_is_read_alone(settings: Settings, missing_status: int) -> None:
    simulator = TwoCheckoutSimulator(prefix="/6.0", missing_status=missing_status)
    provider = build(settings, httpx.ASGITransport(app=simulator))
    found = await provider.get_groups([OFFICE, OFFICE, GROUP_OF_OTHER_COLLECTION])
    assert {ref: unwrap(group).name for ref, group in found.items()} == {OFFICE: "Office"}
    assert await provider.get_groups([UNKNOWN_GROUP]) == {}
    assert await provider.get_groups([GROUP_OF_OTHER_COLLECTION]) == {}
    assert take_paths(simulator) == ["/productgroups/DBA13A4268/", "/productgroups/FFFFFFFFFF/"]


async def test_the_products_of_all_groups_need_one_read_of_all_products(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    request = GroupsRequest(collection=COLLECTION, page=PageRequest(first=10))
    with request_scope():
        groups = unwrap((await provider.list_groups([request]))[request]).items
        members = await provider.get_memberships([group.ref for group in groups])
    assert {ref.native_id: codes(unwrap(found)) for ref, found in members.items()} == {
        row["Code"]: row["products"] for row in simulator.snapshot()["groups"]
    }
    assert take_paths(simulator) == ["/productgroups/", *ALL_PRODUCTS, UNGROUPED]


async def test_the_products_of_one_group_are_read_by_its_name(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """The name is free text; the response contains the product whose record names no group too."""
    request = MembershipsRequest(group=TESTING, page=PageRequest(first=2, offset=1))
    with request_scope():
        page = unwrap((await provider.list_memberships([request]))[request])
        members = unwrap((await provider.get_memberships([TESTING]))[TESTING])
    assert codes(page.items) == ["PTR-TEA-1Y", "PTR-TEA-2Y"]
    assert (page.ends, page.has_next, page.total) == ((2, 3), True, 12)
    assert len(members) == 12
    assert members[1:3] == page.items
    assert take_paths(simulator) == [
        "/productgroups/E5D4C3B2A1/",
        "/products/?GroupName=R%26D%20%2B%20QA%20%2F%2050%25&Limit=200&Page=1",
    ]


@pytest.mark.parametrize("row", range(10))
async def test_pages_of_seven_contain_every_product_of_a_group(
    provider: Provider, simulator: TwoCheckoutSimulator, row: int
) -> None:
    expected = simulator.snapshot()["groups"][row]

    async def read(page: PageRequest) -> Page[str]:
        request = MembershipsRequest(group=group_ref(expected["Code"]), page=page)
        found = unwrap((await provider.list_memberships([request]))[request])
        assert found.total == len(expected["products"])
        return Page(
            items=tuple(codes(found.items)),
            ends=found.ends,
            has_next=found.has_next,
            total=found.total,
        )

    with request_scope():
        assert await all_pages(7, read) == expected["products"]
    assert len(take_paths(simulator)) == 2


async def test_pages_of_two_groups_do_not_depend_on_the_kind_of_read(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    """A cursor of one request is valid in the next, which may use the other kind of read."""
    office, education = (
        MembershipsRequest(group=ref, page=PageRequest(first=7, offset=7))
        for ref in (OFFICE, EDUCATION)
    )
    with request_scope():
        from_all = await provider.list_memberships([office, education])
    assert take_paths(simulator) == ["/productgroups/", *ALL_PRODUCTS, UNGROUPED]
    for request in (office, education):
        with request_scope():
            assert await provider.list_memberships([request]) == {request: from_all[request]}
    assert [path.partition("&")[0] for path in take_paths(simulator)] == [
        "/productgroups/DBA13A4268/",
        "/products/?GroupName=Office",
        "/productgroups/3A5B7C9D1F/",
        "/products/?GroupName=%C3%89ducation",
    ]


async def test_cached_pages_of_all_products_are_used_for_one_group_too(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.get_products([product_ref(str(number)) for number in range(100)])
        assert take_paths(simulator) == ALL_PRODUCTS
        members = unwrap((await provider.get_memberships([OFFICE]))[OFFICE])
    assert len(members) == 48
    assert take_paths(simulator) == ["/productgroups/DBA13A4268/", UNGROUPED, "/productgroups/"]


async def test_an_unknown_group_has_no_result(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    requests = [
        MembershipsRequest(group=ref, page=PageRequest(first=7))
        for ref in (UNKNOWN_GROUP, GROUP_OF_OTHER_COLLECTION, UNKNOWN_GROUP)
    ]
    with request_scope():
        assert await provider.list_memberships(requests) == {}
        assert await provider.get_memberships([UNKNOWN_GROUP]) == {}
    assert take_paths(simulator) == ["/productgroups/FFFFFFFFFF/"]


async def test_an_empty_group_has_no_products(provider: Provider) -> None:
    legacy = group_ref("F00DBABE42")
    assert await provider.get_memberships([legacy]) == {legacy: ()}


async def test_after_forget_groups_are_read_again(
    provider: Provider, simulator: TwoCheckoutSimulator
) -> None:
    with request_scope():
        await provider.ping()
        await provider.ping()
        provider.forget()
        await provider.ping()
    assert take_paths(simulator) == ["/productgroups/", "/productgroups/"]


async def test_a_signature_has_the_current_time(settings: Settings) -> None:
    """A server whose clock is an hour behind denies a signature with the current time."""
    now = datetime.now(UTC).timestamp()
    simulator = TwoCheckoutSimulator(prefix="/6.0", clock=lambda: now - 3600)
    provider = build(settings, httpx.ASGITransport(app=simulator))
    with pytest.raises(Denied):
        await provider.ping()
