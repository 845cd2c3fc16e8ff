"""The calls that each mutation makes at Dodo, and its result."""

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
from groupgate.commands.runner import MutationRunner
from groupgate.commands.validation import Move
from groupgate.domain.catalog import GroupProductStatus, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.seed import (
    COLLECTIONS_PATH,
    CRM,
    CRM_2024,
    EDGE,
    GERMANY,
    ICONS,
    MONTHLY,
    STARTER,
    YEARLY,
    collection_record,
    group_ref,
    members,
    new_rows,
    path_of,
    product_ref,
    row_id,
    ungrouped,
)
from tests.providers.mutations import executed_writes, runner
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ACADEMY = path_of(GERMANY.collection)


async def read_back(simulator: DodoSimulator, ref: GroupRef) -> list[ProductRef]:
    """Return the products of a group as the vendor's own SDK reads them."""
    async with AsyncDodoPayments(
        bearer_token="sk_test_sandbox",
        base_url="http://dodo.test",
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)),
    ) as sdk:
        found = await sdk.product_collections.retrieve(ref.collection_id or "")
    (group,) = (each for each in found.groups if each.group_id == ref.native_id)
    return [product_ref(row.product_id) for row in group.products]


async def name_of(mutation: MutationRunner, ref: GroupRef) -> str | None:
    """Return the group's name that a selection would return after the mutation."""
    group = await mutation.provider_loaders.groups.load(ref)
    return None if group is None else group.name


async def test_an_update_is_one_patch_and_a_read_if_the_group_is_selected(
    provider: Provider, simulator: DodoSimulator
) -> None:
    mutation = runner(provider)
    with request_scope():
        change = GroupChange(name=None, status=GroupStatus.INACTIVE)
        result = await update_group(mutation, MONTHLY, change)
        body = {"group_name": None, "status": False}
        assert take_calls(simulator) == [("PATCH", path_of(MONTHLY), body)]
        assert (executed_writes(result), result.refusals) == ([("PATCH", path_of(MONTHLY))], ())
        assert await name_of(mutation, MONTHLY) is None
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]


async def test_an_empty_update_makes_no_call(provider: Provider, simulator: DodoSimulator) -> None:
    with request_scope():
        assert executed_writes(await update_group(runner(provider), MONTHLY, GroupChange())) == []
        assert (
            executed_writes(await update_collection(runner(provider), CRM, CollectionChange()))
            == []
        )
    assert take_calls(simulator) == []


async def test_reordering_twenty_products_is_one_read_and_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    order = members(simulator, GERMANY)[::-1]
    row_ids = [row_id(simulator, GERMANY, each) for each in order]
    with request_scope():
        result = await reorder_products(runner(provider), GERMANY, order)
    assert take_calls(simulator) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
    ]
    assert (len(order), result.refusals) == (20, ())
    assert await read_back(simulator, GERMANY) == order


async def test_moves_of_products_and_of_groups_are_one_read_and_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    first, *others = members(simulator, GERMANY)
    order = [*others, first]
    row_ids = [row_id(simulator, GERMANY, each) for each in order]
    group_ids = [each["id"] for each in collection_record(simulator, CRM)["groups"]]
    with request_scope():
        moves = [Move(ref=first, new_position=0), Move(ref=first, new_position=99)]
        products = await reorder_products(runner(provider), GERMANY, None, moves)
        moves = [Move(ref=group_ref(CRM.native_id, group_ids[-1]), new_position=0)]
        groups = await reorder_groups(runner(provider), CRM, None, moves)
    assert take_calls(simulator) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        ("GET", path_of(CRM), None),
        ("PATCH", path_of(CRM), {"group_order": [group_ids[-1], *group_ids[:-1]]}),
    ]
    assert (products.refusals, groups.refusals) == ((), ())
    assert await read_back(simulator, GERMANY) == order


async def test_assigning_twenty_products_is_one_read_and_one_post(
    provider: Provider, simulator: DodoSimulator
) -> None:
    twenty = ungrouped(simulator, 20)
    with request_scope():
        result = await assign_products(runner(provider), EDGE, twenty)
    items = f"{path_of(EDGE)}/items"
    assert take_calls(simulator) == [
        ("GET", path_of(EDGE.collection), None),
        ("POST", items, new_rows(*twenty)),
    ]
    assert (len(twenty), executed_writes(result), result.unconfirmed_products) == (
        20,
        [("POST", items)],
        frozenset(),
    )
    assert await read_back(simulator, EDGE) == twenty


async def test_unassigning_twenty_products_is_one_read_and_twenty_deletes(
    provider: Provider, simulator: DodoSimulator
) -> None:
    twenty = members(simulator, GERMANY)
    paths = [f"{path_of(GERMANY)}/items/{row_id(simulator, GERMANY, each)}" for each in twenty]
    with request_scope():
        result = await unassign_products(runner(provider), GERMANY, twenty)
    first, *deletes = take_calls(simulator)
    assert first == ("GET", ACADEMY, None)
    assert sorted(deletes) == sorted(("DELETE", path, None) for path in paths)
    assert (len(paths), executed_writes(result)) == (20, [("DELETE", path) for path in paths])
    assert await read_back(simulator, GERMANY) == []


async def test_setting_the_present_products_is_one_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        result = await set_products(runner(provider), GERMANY, members(simulator, GERMANY))
    assert take_calls(simulator) == [("GET", ACADEMY, None)]
    assert (executed_writes(result), result.was_executed) == ([], True)


async def test_setting_and_moving_products_read_a_collection_once(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await set_products(runner(provider), MONTHLY, [STARTER, *ICONS])
        assert [m for m, _, _ in take_calls(simulator)] == ["GET", "POST", *["DELETE"] * 3]
        await move_products(runner(provider), MONTHLY, YEARLY, ICONS, 0)
        assert [m for m, _, _ in take_calls(simulator)] == [
            "GET",
            "DELETE",
            "DELETE",
            "POST",
            "PATCH",
        ]
    assert await read_back(simulator, MONTHLY) == [STARTER]
    assert (await read_back(simulator, YEARLY))[:2] == ICONS


async def test_a_new_group_is_returned_without_a_read(
    provider: Provider, simulator: DodoSimulator
) -> None:
    mutation = runner(provider)
    with request_scope():
        result = await create_group(mutation, CRM, GroupChange(name="Icons"), ICONS)
        assert result.result.group is not None
        assert await name_of(mutation, result.result.group) == "Icons"
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST"]
    assert await read_back(simulator, result.result.group) == ICONS


async def test_every_other_mutation_is_one_write(
    provider: Provider, simulator: DodoSimulator
) -> None:
    groups = [each["id"] for each in simulator.snapshot()["collections"][CRM.native_id]["groups"]]
    order = [group_ref(CRM.native_id, each) for each in groups[::-1]]
    shop, off = CollectionChange(name="Icons"), GroupProductStatus.INACTIVE
    row = row_id(simulator, MONTHLY, STARTER)
    mutation = runner(provider)
    with request_scope():
        results = [
            await create_collection(mutation, shop, GroupChange(), ICONS),
            await update_collection(mutation, CRM, CollectionChange(description=None)),
            await update_membership(mutation, MONTHLY, STARTER, off),
            await reorder_groups(mutation, CRM, order),
            await archive_collection(mutation, CRM),
            await unarchive_collection(mutation, CRM_2024),
            await delete_group(mutation, GERMANY),
        ]
    assert [result.refusals for result in results] == [()] * 7
    assert [call for result in results for call in executed_writes(result)] == [
        ("POST", COLLECTIONS_PATH),
        ("PATCH", path_of(CRM)),
        ("PATCH", f"{path_of(MONTHLY)}/items/{row}"),
        ("PATCH", path_of(CRM)),
        ("DELETE", path_of(CRM)),
        ("POST", f"{path_of(CRM_2024)}/unarchive"),
        ("DELETE", path_of(GERMANY)),
    ]
    reads = [path for method, path, _ in take_calls(simulator) if method == "GET"]
    assert reads == [path_of(CRM), path_of(CRM), ACADEMY]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_dry_run_plans_and_does_not_write(
    provider: Provider, simulator: DodoSimulator, *, dry_run: bool
) -> None:
    before = simulator.snapshot()
    with request_scope():
        mutation = runner(provider, dry_run=dry_run)
        result = await set_products(mutation, MONTHLY, [ICONS[0], STARTER])
    assert [method for method, _ in executed_writes(result)] == ["POST", *["DELETE"] * 3, "PATCH"]
    assert {method for method, _, _ in take_calls(simulator)} == (
        {"GET"} if dry_run else {"GET", "POST", "DELETE", "PATCH"}
    )
    assert (simulator.snapshot() == before) is dry_run
