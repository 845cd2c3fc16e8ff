"""The mutations as commands: how many calls each costs at Dodo, and what it tells."""

import httpx
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.commands.collections import (
    archive_collection,
    create_collection,
    reorder_groups,
    unarchive_collection,
    update_collection,
)
from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    reorder_products,
    set_products,
    unassign_products,
    update_membership,
)
from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.catalog import GroupProductStatus, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import UserErrorCode
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    CRM,
    CRM_2024,
    EDGE,
    GERMANY,
    ICONS,
    MONTHLY,
    NO_COLLECTION,
    NO_GROUP,
    NO_PRODUCT,
    PLACES,
    YEARLY,
    asked,
    entries,
    held,
    icon_shop,
    path_of,
    product,
    row_id,
    runner,
)
from tests.providers.dodo.faults import BROKEN, LOST_ANSWER, LOST_CALL, Fault, failing
from tests.providers.dodo.reading import group_ref, product_ref

pytestmark = pytest.mark.anyio

STARTER = product("CRM Starter, monthly")
ACADEMY = path_of(GERMANY.collection)
WHERE = ("productIds", "1")


def made(result: MutationResult) -> list[tuple[str, str]]:
    """Method and path of the writes that a command says it has made."""
    return [(call.method, call.path) for call in result.calls]


def told(result: MutationResult) -> list[tuple[UserErrorCode, tuple[str, ...] | None]]:
    """Code and field of each refusal."""
    return [(refusal.code, refusal.field) for refusal in result.refusals]


def loose(simulator: DodoSimulator, count: int) -> list[ProductRef]:
    """Products that are on sale and in no collection."""
    free = (
        product_ref(key)
        for key, each in simulator.snapshot()["products"].items()
        if not each["archived"] and each["collection_id"] is None
    )
    return [ref for ref, _ in zip(free, range(count), strict=False)]


async def read_back(simulator: DodoSimulator, ref: GroupRef) -> list[ProductRef]:
    """The products of a group as the vendor's own client reads them."""
    async with AsyncDodoPayments(
        bearer_token="sk_test_sandbox",
        base_url="http://dodo.test",
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)),
    ) as sdk:
        found = await sdk.product_collections.retrieve(ref.collection_id or "")
    (group,) = (each for each in found.groups if each.group_id == ref.native_id)
    return [product_ref(row.product_id) for row in group.products]


async def name_of(at: MutationRunner, ref: GroupRef) -> str | None:
    """The name that a document would be told after the change."""
    group = await at.provider_loaders.groups.load(ref)
    return None if group is None else group.name


async def test_updating_is_one_patch_and_a_read_if_the_group_is_selected(
    provider: Provider, simulator: DodoSimulator
) -> None:
    at = runner(provider)
    with request_scope():
        change = GroupChange(name=None, status=GroupStatus.INACTIVE)
        result = await update_group(at, MONTHLY, change)
        body = {"group_name": None, "status": False}
        assert asked(simulator) == [("PATCH", path_of(MONTHLY), body)]
        assert (made(result), result.refusals) == ([("PATCH", path_of(MONTHLY))], ())
        assert await name_of(at, MONTHLY) is None
    assert asked(simulator) == [("GET", path_of(CRM), None)]


async def test_updating_nothing_asks_nothing(provider: Provider, simulator: DodoSimulator) -> None:
    with request_scope():
        assert made(await update_group(runner(provider), MONTHLY, GroupChange())) == []
        assert made(await update_collection(runner(provider), CRM, CollectionChange())) == []
    assert asked(simulator) == []


async def test_reordering_twenty_is_one_read_and_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    order = held(simulator, GERMANY)[::-1]
    row_ids = [row_id(simulator, GERMANY, each) for each in order]
    with request_scope():
        result = await reorder_products(runner(provider), GERMANY, order)
    assert asked(simulator) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
    ]
    assert (len(order), result.refusals) == (20, ())
    assert await read_back(simulator, GERMANY) == order


async def test_assigning_twenty_is_one_read_and_one_post(
    provider: Provider, simulator: DodoSimulator
) -> None:
    twenty = loose(simulator, 20)
    with request_scope():
        result = await assign_products(runner(provider), EDGE, twenty)
    items = f"{path_of(EDGE)}/items"
    assert asked(simulator) == [
        ("GET", path_of(EDGE.collection), None),
        ("POST", items, entries(*twenty)),
    ]
    assert (len(twenty), made(result), result.unconfirmed_products) == (
        20,
        [("POST", items)],
        frozenset(),
    )
    assert await read_back(simulator, EDGE) == twenty


async def test_unassigning_twenty_is_one_read_and_twenty_deletes(
    provider: Provider, simulator: DodoSimulator
) -> None:
    twenty = held(simulator, GERMANY)
    paths = [f"{path_of(GERMANY)}/items/{row_id(simulator, GERMANY, each)}" for each in twenty]
    with request_scope():
        result = await unassign_products(runner(provider), GERMANY, twenty)
    first, *deletes = asked(simulator)
    assert first == ("GET", ACADEMY, None)
    assert sorted(deletes) == sorted(("DELETE", path, None) for path in paths)
    assert (len(paths), made(result)) == (20, [("DELETE", path) for path in paths])
    assert await read_back(simulator, GERMANY) == []


async def test_setting_what_is_there_is_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        result = await set_products(runner(provider), GERMANY, held(simulator, GERMANY))
    assert asked(simulator) == [("GET", ACADEMY, None)]
    assert (made(result), result.was_executed) == ([], True)


async def test_setting_and_moving_read_a_collection_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await set_products(runner(provider), MONTHLY, [STARTER, *ICONS])
        assert [m for m, _, _ in asked(simulator)] == ["GET", "POST", *["DELETE"] * 3]
        await move_products(runner(provider), MONTHLY, YEARLY, ICONS, 0)
        assert [m for m, _, _ in asked(simulator)] == ["GET", "DELETE", "DELETE", "POST", "PATCH"]
    assert await read_back(simulator, MONTHLY) == [STARTER]
    assert (await read_back(simulator, YEARLY))[:2] == ICONS


async def test_a_new_group_is_told_without_a_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    at = runner(provider)
    with request_scope():
        result = await create_group(at, CRM, GroupChange(name="Icons"), ICONS)
        assert result.result.group is not None
        assert await name_of(at, result.result.group) == "Icons"
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST"]
    assert await read_back(simulator, result.result.group) == ICONS


async def test_every_other_change_is_one_write(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = [each["id"] for each in simulator.snapshot()["collections"][CRM.native_id]["groups"]]
    order = [group_ref(CRM.native_id, each) for each in groups[::-1]]
    shop, off = CollectionChange(name="Icons"), GroupProductStatus.INACTIVE
    row = row_id(simulator, MONTHLY, STARTER)
    at = runner(provider)
    with request_scope():
        results = [
            await create_collection(at, shop, GroupChange(), ICONS),
            await update_collection(at, CRM, CollectionChange(description=None)),
            await update_membership(at, MONTHLY, STARTER, off),
            await reorder_groups(at, CRM, order),
            await archive_collection(at, CRM),
            await unarchive_collection(at, CRM_2024),
            await delete_group(at, GERMANY),
        ]
    assert [result.refusals for result in results] == [()] * 7
    assert [call for result in results for call in made(result)] == [
        ("POST", PLACES),
        ("PATCH", path_of(CRM)),
        ("PATCH", f"{path_of(MONTHLY)}/items/{row}"),
        ("PATCH", path_of(CRM)),
        ("DELETE", path_of(CRM)),
        ("POST", f"{path_of(CRM_2024)}/unarchive"),
        ("DELETE", path_of(GERMANY)),
    ]
    reads = [path for method, path, _ in asked(simulator) if method == "GET"]
    assert reads == [path_of(CRM), path_of(CRM), ACADEMY]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_dry_run_tells_the_writes_and_makes_none(
    provider: Provider, simulator: DodoSimulator, *, dry_run: bool
) -> None:
    before = simulator.snapshot()
    with request_scope():
        at = runner(provider, dry_run=dry_run)
        result = await set_products(at, MONTHLY, [ICONS[0], STARTER])
    assert [method for method, _ in made(result)] == ["POST", *["DELETE"] * 3, "PATCH"]
    assert {method for method, _, _ in asked(simulator)} == (
        {"GET"} if dry_run else {"GET", "POST", "DELETE", "PATCH"}
    )
    assert (simulator.snapshot() == before) is dry_run


async def test_each_refusal_names_the_argument_to_blame(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await icon_shop(provider, simulator)
    new = GroupChange(name="New")
    codes = UserErrorCode
    one = loose(simulator, 1)
    with request_scope():
        at = runner(provider)
        results = [
            (await assign_products(at, YEARLY, [*one, STARTER]), codes.IN_ANOTHER_GROUP, WHERE),
            (await assign_products(at, YEARLY, [*one, NO_PRODUCT]), codes.NOT_FOUND, WHERE),
            (await assign_products(at, YEARLY, [*one, ICONS[0]]), codes.IN_ANOTHER_GROUP, WHERE),
            (await assign_products(at, NO_GROUP, one), codes.NOT_FOUND, ("id",)),
            (await unassign_products(at, shop, ICONS), codes.LAST_PRODUCT, WHERE[:1]),
            (await set_products(at, shop, []), codes.LAST_PRODUCT, WHERE[:1]),
            (await move_products(at, shop, EDGE, ICONS, None), codes.LAST_PRODUCT, WHERE[:1]),
            (
                await move_products(at, MONTHLY, NO_GROUP, [STARTER], 0),
                codes.NOT_FOUND,
                ("toGroupId",),
            ),
            (await delete_group(at, shop), codes.LAST_PRODUCT, ("id",)),
            (
                await create_group(at, CRM, GroupChange(name="Monthly"), []),
                codes.TAKEN,
                ("input", "name"),
            ),
            (await create_group(at, NO_COLLECTION, new, []), codes.NOT_FOUND, ("collectionId",)),
            (await create_group(at, CRM, new, [*one, NO_PRODUCT]), codes.NOT_FOUND, WHERE),
            (
                await update_group(at, YEARLY, GroupChange(name="Monthly")),
                codes.TAKEN,
                ("input", "name"),
            ),
            (await update_group(at, NO_GROUP, new), codes.NOT_FOUND, ("id",)),
            (
                await update_collection(at, NO_COLLECTION, CollectionChange(name="x")),
                codes.NOT_FOUND,
                ("id",),
            ),
            (await archive_collection(at, NO_COLLECTION), codes.NOT_FOUND, ("id",)),
            (
                await create_collection(at, CollectionChange(name="x"), new, []),
                codes.BLANK,
                WHERE[:1],
            ),
            (
                await create_collection(at, CollectionChange(name="x"), new, [*one, STARTER]),
                codes.IN_ANOTHER_GROUP,
                WHERE,
            ),
        ]
    assert [told(result) for result, _, _ in results] == [[each[1:]] for each in results]
    assert [made(result) for result, _, _ in results] == [[]] * len(results)


async def test_a_vendor_that_fails_halfway_leaves_the_rest_to_be_asked_again(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, DELETE=[*[None] * 8, *[BROKEN] * 12])
    twenty = held(simulator, GERMANY)
    with request_scope():
        result = await unassign_products(runner(provider), GERMANY, twenty)
    left = held(simulator, GERMANY)
    assert len(made(result)) == 20 - len(left) >= 8
    assert result.unconfirmed_products == frozenset(left)
    assert {refusal.code for refusal in result.refusals} == {UserErrorCode.INCOMPLETE}
    assert [refusal.about for refusal in result.refusals] == left
    again = failing(settings, simulator)
    with request_scope():
        result = await unassign_products(runner(again), GERMANY, twenty)
    assert (held(simulator, GERMANY), result.refusals, len(made(result))) == ([], (), len(left))


@pytest.mark.parametrize(("fault", "is_made"), [(LOST_ANSWER, True), (LOST_CALL, False)])
async def test_a_lost_assignment_is_unknown_and_may_be_asked_again(
    settings: Settings, simulator: DodoSimulator, fault: Fault, *, is_made: bool
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    with request_scope():
        with pytest.raises(Unavailable) as caught:
            await assign_products(runner(provider), EDGE, ICONS)
        assert caught.value.outcome is WriteOutcome.UNKNOWN
        result = await assign_products(runner(provider), EDGE, ICONS)
    assert len(made(result)) == (0 if is_made else 1)
    assert held(simulator, EDGE) == ICONS


async def test_a_move_that_is_taken_back_says_that_nothing_has_changed(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[BROKEN])
    before = held(simulator, MONTHLY), held(simulator, YEARLY)
    with request_scope(), pytest.raises(Unavailable) as caught:
        await move_products(runner(provider), MONTHLY, YEARLY, [STARTER], 0)
    assert caught.value.message.endswith("nothing has changed.")
    assert (held(simulator, MONTHLY), held(simulator, YEARLY)) == before


async def test_a_move_that_cannot_be_taken_back_names_each_product(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[BROKEN, BROKEN])
    moved = held(simulator, MONTHLY)[:2]
    with request_scope():
        result = await move_products(runner(provider), MONTHLY, YEARLY, moved, 0)
    assert told(result) == [
        (UserErrorCode.INCOMPLETE, ("productIds", "0")),
        (UserErrorCode.INCOMPLETE, ("productIds", "1")),
    ]
    assert result.unconfirmed_products == frozenset(moved)
