"""Reads of collections, groups and their products, and the calls they make."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import (
    GroupStatus,
)
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
)
from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.upstream.results import unwrap
from tests.providers.conftest import AlterResponses, Connect
from tests.providers.dodo import records
from tests.providers.dodo.seed import (
    collection_named,
    collection_ref,
    collections,
    group_ref,
    product_ref,
)
from tests.providers.reads import FixedResponses, take_paths

pytestmark = pytest.mark.anyio

WHOLE = PageRequest(first=100)
ARCHIVED = "/product-collections?page_number=0&page_size=100&archived=true"

LIVE = "/product-collections?page_number=0&page_size=100"


async def test_the_provider_has_the_key_name_and_capabilities_of_dodo(provider: Provider) -> None:
    assert provider.key is ProviderKey.DODO
    assert provider.name == "Dodo Payments"
    assert provider.status.state is ProviderState.AVAILABLE
    assert set(Capability) - provider.capabilities == {
        Capability.GROUP_ACCESS,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
        Capability.GROUP_ASSIGN_MOVES,
        Capability.PRODUCT_IN_MANY_GROUPS,
    }


async def test_a_ping_reads_one_collection(provider: Provider, simulator: DodoSimulator) -> None:
    await provider.ping()
    assert take_paths(simulator) == ["/product-collections?page_number=0&page_size=1"]


async def test_a_failed_call_degrades_the_status(alter_responses: AlterResponses) -> None:
    provider = alter_responses(lambda _path, _body: 500)
    with pytest.raises(Unavailable):
        await provider.ping()
    assert provider.status.state is ProviderState.DEGRADED


async def test_after_forget_collections_are_read_again(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.ping()
        await provider.ping()
        assert len(take_paths(simulator)) == 1
        provider.forget()
        await provider.ping()
    assert len(take_paths(simulator)) == 1


async def test_live_and_archived_collections_are_two_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    live, archived = CollectionsRequest(page=WHOLE), CollectionsRequest(page=WHOLE, archived=True)
    with request_scope():
        results = await provider.list_collections([live, archived])
    for request in (live, archived):
        page = unwrap(results[request])
        expected = collections(simulator, archived=request.archived)
        assert [each.ref.native_id for each in page.items] == list(expected)
        assert [each.name for each in page.items] == [each["name"] for each in expected.values()]
        assert (page.total, page.has_next) == (len(expected), False)
    assert sorted(take_paths(simulator)) == [LIVE, ARCHIVED]


async def test_pages_of_collections_are_slices_of_one_response(
    provider: Provider, simulator: DodoSimulator
) -> None:
    first = CollectionsRequest(page=PageRequest(first=2))
    second = CollectionsRequest(page=PageRequest(first=3, offset=2))
    beyond = CollectionsRequest(page=PageRequest(first=2, offset=5))
    with request_scope():
        results = await provider.list_collections([first, second, beyond])
    ends = {
        request: (unwrap(page).ends, unwrap(page).has_next) for request, page in results.items()
    }
    assert ends == {first: ((1, 2), True), second: ((3, 4, 5), False), beyond: ((), False)}
    assert {unwrap(page).total for page in results.values()} == {5}
    assert take_paths(simulator) == [LIVE]


async def test_live_and_archived_collections_are_read_by_id(
    provider: Provider, simulator: DodoSimulator
) -> None:
    (live, *_), (archived,) = collections(simulator), collections(simulator, archived=True)
    refs = [collection_ref(each) for each in (live, archived, "pdc_unknown", "..", None)]
    with request_scope():
        results = await provider.get_collections([*refs, *refs])
    assert {ref.native_id: unwrap(each).name for ref, each in results.items()} == {
        live: "Kestrel CRM",
        archived: "Kestrel CRM 2024",
    }
    assert sorted(take_paths(simulator)) == sorted(
        f"/product-collections/{each}" for each in (live, archived, "pdc_unknown")
    )


async def test_a_page_of_groups_has_names_offsets_and_the_total(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, groups = collection_named(simulator, "Marginalia for writers")
    request = GroupsRequest(collection=collection_ref(native_id), page=WHOLE)
    page = unwrap((await provider.list_groups([request]))[request])
    assert [each.ref for each in page.items] == [group_ref(native_id, g["id"]) for g in groups]
    assert [each.name for each in page.items] == ["Desktop licences", None, "Updates"]
    assert page == Page(items=page.items, ends=(1, 2, 3), has_next=False, total=3)


async def test_groups_of_one_status_keep_their_offsets_in_the_whole_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = collection_ref(collection_named(simulator, "Kestrel CRM")[0])
    inactive = GroupsRequest(collection=ref, page=WHOLE, status=GroupStatus.INACTIVE)
    two = GroupsRequest(collection=ref, page=PageRequest(first=2), status=GroupStatus.ACTIVE)
    third = GroupsRequest(
        collection=ref, page=PageRequest(first=2, offset=2), status=GroupStatus.ACTIVE
    )
    with request_scope():
        results = await provider.list_groups([inactive, two, third])
    names = {
        request: [each.name for each in unwrap(page).items] for request, page in results.items()
    }
    assert names == {
        inactive: ["Partners only"],
        two: ["Monthly", "Yearly"],
        third: ["Add-ons"],
    }
    ends = {
        request: (unwrap(page).ends, unwrap(page).has_next) for request, page in results.items()
    }
    assert ends == {inactive: ((4,), False), two: ((1, 2), True), third: ((3,), False)}
    totals = {request: unwrap(page).total for request, page in results.items()}
    assert totals == {inactive: 1, two: 3, third: 3}
    assert len(take_paths(simulator)) == 1


async def test_fifty_groups_by_id_need_a_call_for_each_of_their_collections(
    connect: Connect,
) -> None:
    bodies = {
        f"/product-collections/pdc_{c}": records.collection(
            f"pdc_{c}", *[records.group(f"g{c}-{g}", group_name=f"{c}.{g}") for g in range(20)]
        )
        for c in range(3)
    }
    vendor = FixedResponses(bodies)
    provider = connect(vendor)
    refs = [group_ref(f"pdc_{n % 3}", f"g{n % 3}-{n // 3}") for n in range(50)]
    with request_scope():
        results = await provider.get_groups(refs)
    assert {ref: unwrap(each).name for ref, each in results.items()} == {
        ref: f"{n % 3}.{n // 3}" for n, ref in enumerate(refs)
    }
    assert sorted(vendor.targets) == sorted(bodies)


async def test_unknown_groups_and_collections_have_no_result(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (group, *_) = collection_named(simulator, "Kestrel CRM")
    item = product_ref(group["items"][0]["product_id"])
    other_collection, _ = collection_named(simulator, "Kestrel Cloud")
    refs = [
        group_ref(native_id, "unknown"),
        group_ref(other_collection, group["id"]),
        group_ref("pdc_unknown", group["id"]),
        group_ref(None, group["id"]),
    ]
    unknown = GroupsRequest(collection=collection_ref("pdc_unknown"), page=WHOLE)
    with request_scope():
        assert await provider.get_groups(refs) == {}
        assert await provider.get_memberships(refs) == {}
        assert (
            await provider.list_memberships(
                [MembershipsRequest(group=ref, page=WHOLE) for ref in refs]
            )
            == {}
        )
        assert await provider.list_groups([unknown]) == {}
        held = await provider.contains([(ref, item) for ref in refs])
    assert held == {(ref, item): False for ref in refs}
    assert sorted(take_paths(simulator)) == sorted(
        f"/product-collections/{each}" for each in (native_id, other_collection, "pdc_unknown")
    )


async def test_a_collection_that_fails_fails_only_its_own_groups(
    alter_responses: AlterResponses, simulator: DodoSimulator
) -> None:
    good, (good_group, *_) = collection_named(simulator, "Kestrel CRM")
    bad, (bad_group, *_) = collection_named(simulator, "Kestrel Cloud")
    provider = alter_responses(lambda path, body: 500 if bad in path else body)
    fine, failed = group_ref(good, good_group["id"]), group_ref(bad, bad_group["id"])
    with request_scope():
        groups = await provider.get_groups([fine, failed])
        held = await provider.contains([(failed, product_ref("pdt_1"))])
    assert unwrap(groups[fine]).name == "Monthly"
    failure, other = groups[failed], held[failed, product_ref("pdt_1")]
    assert isinstance(failure, Unavailable)
    assert isinstance(other, Unavailable)
    assert failure.cause == other.cause
    assert len(take_paths(simulator)) == 2
