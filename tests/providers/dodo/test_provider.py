"""What the Dodo provider reads of collections and groups, and the calls it takes."""

from functools import partial
from typing import Any

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import (
    Group,
    GroupProductStatus,
    GroupStatus,
    Membership,
    ProductCollection,
    ProductStatus,
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
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo import records
from tests.providers.dodo.reading import (
    all_pages,
    collection_ref,
    group_ref,
    paths,
    playing,
    product_ref,
    told,
    twisted,
)

pytestmark = pytest.mark.anyio

LIVE = "/product-collections?page_number=0&page_size=100"
ARCHIVED = "/product-collections?page_number=0&page_size=100&archived=true"
WHOLE = PageRequest(first=100)


def collections(simulator: DodoSimulator, *, archived: bool = False) -> dict[str, Any]:
    """Return the simulator's collections by id."""
    every = simulator.snapshot()["collections"]
    return {key: each for key, each in every.items() if each["archived"] is archived}


def named(simulator: DodoSimulator, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Return id and groups of the simulator's collection of this name."""
    every = simulator.snapshot()["collections"]
    return next((key, each["groups"]) for key, each in every.items() if each["name"] == name)


def product_ids(memberships: tuple[Membership, ...]) -> list[str]:
    """Return the ids of their products."""
    return [each.product.ref.native_id for each in memberships]


async def test_it_says_who_it_is_and_what_it_can_do(provider: Provider) -> None:
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


async def test_ping_asks_for_one_collection(provider: Provider, simulator: DodoSimulator) -> None:
    await provider.ping()
    assert paths(simulator) == ["/product-collections?page_number=0&page_size=1"]


async def test_its_status_follows_its_calls(settings: Settings, simulator: DodoSimulator) -> None:
    provider = twisted(settings, simulator, lambda _path, _body: None)
    with pytest.raises(Unavailable):
        await provider.ping()
    assert provider.status.state is ProviderState.DEGRADED


async def test_what_is_forgotten_is_asked_for_again(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.ping()
        await provider.ping()
        assert len(paths(simulator)) == 1
        provider.forget()
        await provider.ping()
    assert len(paths(simulator)) == 1


async def test_collections_in_use_and_archived_ones_are_two_lists(
    provider: Provider, simulator: DodoSimulator
) -> None:
    live, archived = CollectionsRequest(page=WHOLE), CollectionsRequest(page=WHOLE, archived=True)
    with request_scope():
        answers = await provider.list_collections([live, archived])
    for ask in (live, archived):
        page = told(answers[ask])
        expected = collections(simulator, archived=ask.archived)
        assert [each.ref.native_id for each in page.items] == list(expected)
        assert [each.name for each in page.items] == [each["name"] for each in expected.values()]
        assert (page.total, page.has_next) == (len(expected), False)
    assert sorted(paths(simulator)) == [LIVE, ARCHIVED]


async def test_pages_of_collections_are_cut_from_one_answer(
    provider: Provider, simulator: DodoSimulator
) -> None:
    first = CollectionsRequest(page=PageRequest(first=2))
    second = CollectionsRequest(page=PageRequest(first=3, offset=2))
    beyond = CollectionsRequest(page=PageRequest(first=2, offset=5))
    with request_scope():
        answers = await provider.list_collections([first, second, beyond])
    ends = {ask: (told(page).ends, told(page).has_next) for ask, page in answers.items()}
    assert ends == {first: ((1, 2), True), second: ((3, 4, 5), False), beyond: ((), False)}
    assert {told(page).total for page in answers.values()} == {5}
    assert paths(simulator) == [LIVE]


async def test_a_collection_is_read_by_id_archived_or_not_if_it_is_there(
    provider: Provider, simulator: DodoSimulator
) -> None:
    (live, *_), (archived,) = collections(simulator), collections(simulator, archived=True)
    refs = [collection_ref(each) for each in (live, archived, "pdc_unknown", "..", None)]
    with request_scope():
        answers = await provider.get_collections([*refs, *refs])
    assert {ref.native_id: told(each).name for ref, each in answers.items()} == {
        live: "Kestrel CRM",
        archived: "Kestrel CRM 2024",
    }
    assert sorted(paths(simulator)) == sorted(
        f"/product-collections/{each}" for each in (live, archived, "pdc_unknown")
    )


async def test_groups_are_told_with_name_and_status(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, groups = named(simulator, "Marginalia for writers")
    ask = GroupsRequest(collection=collection_ref(native_id), page=WHOLE)
    page = told((await provider.list_groups([ask]))[ask])
    assert [each.ref for each in page.items] == [group_ref(native_id, g["id"]) for g in groups]
    assert [each.name for each in page.items] == ["Desktop licences", None, "Updates"]
    assert page == Page(items=page.items, ends=(1, 2, 3), has_next=False, total=3)


async def test_groups_of_a_status_keep_their_places_in_the_whole_list(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = collection_ref(named(simulator, "Kestrel CRM")[0])
    inactive = GroupsRequest(collection=ref, page=WHOLE, status=GroupStatus.INACTIVE)
    two = GroupsRequest(collection=ref, page=PageRequest(first=2), status=GroupStatus.ACTIVE)
    third = GroupsRequest(
        collection=ref, page=PageRequest(first=2, offset=2), status=GroupStatus.ACTIVE
    )
    with request_scope():
        answers = await provider.list_groups([inactive, two, third])
    names = {ask: [each.name for each in told(page).items] for ask, page in answers.items()}
    assert names == {
        inactive: ["Partners only"],
        two: ["Monthly", "Yearly"],
        third: ["Add-ons"],
    }
    ends = {ask: (told(page).ends, told(page).has_next) for ask, page in answers.items()}
    assert ends == {inactive: ((4,), False), two: ((1, 2), True), third: ((3,), False)}
    totals = {ask: told(page).total for ask, page in answers.items()}
    assert totals == {inactive: 1, two: 3, third: 3}
    assert len(paths(simulator)) == 1


async def test_five_groups_of_twenty_products_are_one_call(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, groups = named(simulator, "Kestrel Academy")
    ask = GroupsRequest(collection=collection_ref(native_id), page=WHOLE)
    with request_scope():
        listed = told((await provider.list_groups([ask]))[ask]).items
        asks = [MembershipsRequest(group=each.ref, page=WHOLE) for each in listed]
        answers = await provider.list_memberships(asks)
    found = [told(answers[each]).items for each in asks]
    assert [product_ids(each) for each in found] == [
        [item["product_id"] for item in group["items"]] for group in groups
    ]
    products = [each.product for items in found for each in items]
    assert len(products) == 100
    assert all(each.name and each.price and each.groups for each in products)
    assert paths(simulator) == [f"/product-collections/{native_id}"]


async def test_a_membership_knows_row_status_and_group(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        for native_id, collection in collections(simulator).items():
            for group in collection["groups"]:
                ref = group_ref(native_id, group["id"])
                found = told((await provider.get_memberships([ref]))[ref])
                assert [each.row_id for each in found] == [item["id"] for item in group["items"]]
                assert [each.status is GroupProductStatus.ACTIVE for each in found] == [
                    item["status"] for item in group["items"]
                ]
                assert {each.product.groups for each in found} <= {(ref,)}
                assert {each.product.detail for each in found} <= {None}
                assert {each.product.status for each in found} <= {ProductStatus.ACTIVE}
    assert len(paths(simulator)) == 5


async def collections_page(provider: Provider, page: PageRequest) -> Page[ProductCollection]:
    """Read a page of the collections in use."""
    ask = CollectionsRequest(page=page)
    return told((await provider.list_collections([ask]))[ask])


async def groups_page(provider: Provider, ref: CollectionRef, page: PageRequest) -> Page[Group]:
    """Read a page of the groups of a collection."""
    ask = GroupsRequest(collection=ref, page=page)
    return told((await provider.list_groups([ask]))[ask])


async def members_page(provider: Provider, ref: GroupRef, page: PageRequest) -> Page[Membership]:
    """Read a page of the products of a group."""
    ask = MembershipsRequest(group=ref, page=page)
    return told((await provider.list_memberships([ask]))[ask])


async def test_a_walk_in_pages_of_seven_finds_everything_once(
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
    assert paths(simulator) == [LIVE, *single]


async def test_fifty_groups_by_id_are_a_call_for_each_of_their_collections(
    settings: Settings,
) -> None:
    bodies = {
        f"/product-collections/pdc_{c}": records.collection(
            f"pdc_{c}", *[records.group(f"g{c}-{g}", group_name=f"{c}.{g}") for g in range(20)]
        )
        for c in range(3)
    }
    provider, seen = playing(settings, bodies)
    refs = [group_ref(f"pdc_{n % 3}", f"g{n % 3}-{n // 3}") for n in range(50)]
    with request_scope():
        answers = await provider.get_groups(refs)
    assert {ref: told(each).name for ref, each in answers.items()} == {
        ref: f"{n % 3}.{n // 3}" for n, ref in enumerate(refs)
    }
    assert sorted(seen) == sorted(bodies)


async def test_what_is_not_there_has_no_answer(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (group, *_) = named(simulator, "Kestrel CRM")
    item = product_ref(group["items"][0]["product_id"])
    elsewhere, _ = named(simulator, "Kestrel Cloud")
    refs = [
        group_ref(native_id, "unknown"),
        group_ref(elsewhere, group["id"]),
        group_ref("pdc_unknown", group["id"]),
        group_ref(None, group["id"]),
    ]
    gone = GroupsRequest(collection=collection_ref("pdc_unknown"), page=WHOLE)
    with request_scope():
        assert await provider.get_groups(refs) == {}
        assert await provider.get_memberships(refs) == {}
        assert (
            await provider.list_memberships(
                [MembershipsRequest(group=ref, page=WHOLE) for ref in refs]
            )
            == {}
        )
        assert await provider.list_groups([gone]) == {}
        held = await provider.contains([(ref, item) for ref in refs])
    assert held == {(ref, item): False for ref in refs}
    assert sorted(paths(simulator)) == sorted(
        f"/product-collections/{each}" for each in (native_id, elsewhere, "pdc_unknown")
    )


async def test_whether_a_group_holds_a_product_is_told_by_its_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (monthly, yearly, *_) = named(simulator, "Kestrel CRM")
    item = product_ref(monthly["items"][0]["product_id"])
    pairs = [
        (group_ref(native_id, monthly["id"]), item),
        (group_ref(native_id, yearly["id"]), item),
        (group_ref(native_id, monthly["id"]), product_ref("pdt_unknown")),
    ]
    with request_scope():
        answers = await provider.contains(pairs)
    assert [answers[pair] for pair in pairs] == [True, False, False]
    assert paths(simulator) == [f"/product-collections/{native_id}"]


async def test_a_failed_collection_fails_its_own_asks_only(
    settings: Settings, simulator: DodoSimulator
) -> None:
    good, (good_group, *_) = named(simulator, "Kestrel CRM")
    bad, (bad_group, *_) = named(simulator, "Kestrel Cloud")
    provider = twisted(settings, simulator, lambda path, body: None if bad in path else body)
    fine, failed = group_ref(good, good_group["id"]), group_ref(bad, bad_group["id"])
    with request_scope():
        groups = await provider.get_groups([fine, failed])
        held = await provider.contains([(failed, product_ref("pdt_1"))])
    assert told(groups[fine]).name == "Monthly"
    failure, other = groups[failed], held[failed, product_ref("pdt_1")]
    assert isinstance(failure, Unavailable)
    assert isinstance(other, Unavailable)
    assert failure.cause == other.cause
    assert len(paths(simulator)) == 2


async def test_groups_and_rows_are_matched_by_id_whatever_their_order(
    settings: Settings, simulator: DodoSimulator
) -> None:
    def reverse(_path: str, body: Any) -> Any:
        groups = [{**each, "products": each["products"][::-1]} for each in body["groups"][:0:-1]]
        return {**body, "groups": groups}

    native_id, (first, *others) = named(simulator, "Kestrel Academy")
    provider = twisted(settings, simulator, reverse)
    refs = {each["id"]: group_ref(native_id, each["id"]) for each in (first, *others)}
    with request_scope():
        groups = await provider.get_groups(list(refs.values()))
        members = await provider.get_memberships(list(refs.values()))
    assert {ref: told(each).name for ref, each in groups.items()} == {
        refs[each["id"]]: each["name"] for each in others
    }
    assert {ref: product_ids(told(each)) for ref, each in members.items()} == {
        refs[each["id"]]: [item["product_id"] for item in each["items"]][::-1] for each in others
    }


async def test_products_of_a_collection_known_to_be_archived_tell_no_status(
    provider: Provider, simulator: DodoSimulator
) -> None:
    native_id, (monthly, *_) = named(simulator, "Kestrel CRM 2024")
    ref = group_ref(native_id, monthly["id"])
    archived = CollectionsRequest(page=WHOLE, archived=True)
    with request_scope():
        await provider.list_collections([archived])
        page = await members_page(provider, ref, WHOLE)
        every = told((await provider.get_memberships([ref]))[ref])
        statuses = await provider.get_statuses([each.product.ref for each in every])
    assert page.items == every
    assert {each.product.status for each in every} == {None}
    products = simulator.snapshot()["products"]
    assert [status is ProductStatus.INACTIVE for status in statuses.values()] == [
        products[ref.native_id]["archived"] for ref in statuses
    ]
    assert paths(simulator) == [
        ARCHIVED,
        f"/product-collections/{native_id}",
        "/products?page_number=0&page_size=100&archived=true",
    ]
