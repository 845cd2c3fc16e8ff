"""Plans for the products of a group: exact calls, and the vendor's state afterwards."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused, Unavailable, WriteOutcome
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef
from groupgate.domain.refusals import Conflict, NotFound, UserErrorCode
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    ADD_ONS,
    BUSINESS,
    CRM,
    ENTERPRISE,
    ICONS,
    MONTHLY,
    SIGNING,
    STARTER,
    TEAM,
    UNKNOWN_GROUP,
    YEARLY,
    create_icon_shop,
    in_another_group,
    members,
    new_rows,
    path_of,
    row_id,
    rows,
)
from tests.providers.faults import BROKEN, LOST_RESPONSE, REFUSED_CONNECTION, THROTTLED, Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ITEMS = f"{path_of(MONTHLY)}/items"
PLANS: list[Callable[[Planner], Awaitable[Plan]]] = [
    lambda planner: planner.assign(UNKNOWN_GROUP, ICONS),
    lambda planner: planner.unassign(UNKNOWN_GROUP, ICONS),
    lambda planner: planner.set_products(UNKNOWN_GROUP, ICONS),
    lambda planner: planner.reorder_products(UNKNOWN_GROUP, ICONS),
    lambda planner: planner.update_membership(UNKNOWN_GROUP, ICONS[0], GroupProductStatus.ACTIVE),
]


def last_product(ref: GroupRef) -> Conflict:
    """Return the refusal to remove all products of a collection."""
    return Conflict(
        message="Dodo Payments does not allow a collection without products.",
        code=UserErrorCode.LAST_PRODUCT,
        field=("productIds",),
        conflicting_ref=ref.collection,
    )


@pytest.mark.parametrize("make_plan", PLANS)
async def test_nothing_is_planned_for_an_unknown_group(
    provider: Provider, simulator: DodoSimulator, make_plan: Callable[[Planner], Awaitable[Plan]]
) -> None:
    with pytest.raises(Refused) as caught:
        await make_plan(provider.planner)
    missing = NotFound(message="The group does not exist.", about=UNKNOWN_GROUP)
    assert caught.value.refusals == (missing,)
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]


async def test_assigning_is_a_read_and_one_post_of_the_missing_products(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = members(simulator, MONTHLY)
    plan = await provider.planner.assign(MONTHLY, [ICONS[1], STARTER, ICONS[0]])
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]
    assert planned_writes(plan) == [("POST", ITEMS, 'Add 2 products to the group "Monthly".')]
    assert [step.products for (step,) in plan.stages] == [(ICONS[1], ICONS[0])]
    await run_plan(plan)
    assert take_calls(simulator) == [("POST", ITEMS, new_rows(ICONS[1], ICONS[0]))]
    assert members(simulator, MONTHLY) == [*before, ICONS[1], ICONS[0]]


async def test_assigning_present_products_needs_no_write(provider: Provider) -> None:
    assert (await provider.planner.assign(MONTHLY, [TEAM, STARTER])).calls == ()


async def test_a_product_of_another_group_is_refused_before_any_write(
    provider: Provider, simulator: DodoSimulator
) -> None:
    for plan in (
        provider.planner.assign(YEARLY, [ICONS[0], STARTER, SIGNING]),
        provider.planner.set_products(YEARLY, [ICONS[0], STARTER, SIGNING]),
    ):
        with pytest.raises(Refused) as caught:
            await plan
        assert caught.value.refusals == (
            in_another_group(STARTER, MONTHLY),
            in_another_group(SIGNING, ADD_ONS),
        )
    assert {method for method, _, _ in take_calls(simulator)} == {"GET"}


@pytest.mark.parametrize("fault", [LOST_RESPONSE, BROKEN])
async def test_assigning_without_a_response_has_an_unknown_outcome(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = fail_with({"POST": [fault]})
    plan = await provider.planner.assign(MONTHLY, ICONS)
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    is_there = fault is LOST_RESPONSE
    assert (ICONS[0] in members(simulator, MONTHLY)) is is_there


@pytest.mark.usefixtures("with_retries")
@pytest.mark.parametrize("fault", [REFUSED_CONNECTION, THROTTLED])
async def test_a_write_that_was_not_applied_is_retried(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = fail_with({"POST": [fault, fault]})
    await run_plan(await provider.planner.assign(MONTHLY, ICONS))
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST"]
    assert members(simulator, MONTHLY)[-2:] == ICONS


async def test_unassigning_is_a_read_and_a_delete_for_each_present_product(
    provider: Provider, simulator: DodoSimulator
) -> None:
    paths = [f"{ITEMS}/{row_id(simulator, MONTHLY, each)}" for each in (TEAM, STARTER)]
    plan = await provider.planner.unassign(MONTHLY, [TEAM, ICONS[0], STARTER])
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]
    assert planned_writes(plan) == [
        ("DELETE", paths[0], 'Remove "CRM Team, monthly" from the group "Monthly".'),
        ("DELETE", paths[1], 'Remove "CRM Starter, monthly" from the group "Monthly".'),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [[(TEAM,), (STARTER,)]]
    await run_plan(plan)
    assert take_calls(simulator) == [("DELETE", path, None) for path in paths]
    assert members(simulator, MONTHLY) == [BUSINESS, ENTERPRISE]


async def test_unassigning_absent_products_needs_no_write(provider: Provider) -> None:
    assert (await provider.planner.unassign(MONTHLY, ICONS)).calls == ()


async def test_a_product_removed_by_others_counts_as_removed(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.unassign(MONTHLY, [TEAM])
    await run_plan(plan)
    await run_plan(plan)
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "DELETE", "DELETE"]


async def test_the_last_products_of_a_collection_cannot_be_removed(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    for plan in (
        provider.planner.unassign(shop, [*ICONS, TEAM]),
        provider.planner.set_products(shop, []),
    ):
        with pytest.raises(Refused) as caught:
            await plan
        assert caught.value.refusals == (last_product(shop),)
    assert {method for method, _, _ in take_calls(simulator)} == {"GET"}
    assert members(simulator, shop) == ICONS


async def test_a_product_that_became_the_last_one_is_not_removed(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    first = await provider.planner.unassign(shop, ICONS[:1])
    second = await provider.planner.unassign(shop, ICONS[1:])
    await run_plan(first)
    with pytest.raises(Refused) as caught:
        await run_plan(second)
    assert caught.value.refusals == (
        Conflict(
            message="Dodo Payments does not allow a collection without products.",
            code=UserErrorCode.LAST_PRODUCT,
            about=ICONS[1],
        ),
    )


async def test_a_status_is_set_by_a_read_and_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    statuses = GroupProductStatus
    path = f"{ITEMS}/{row_id(simulator, MONTHLY, TEAM)}"
    off = await provider.planner.update_membership(MONTHLY, TEAM, statuses.INACTIVE)
    assert planned_writes(off) == [
        ("PATCH", path, 'Deactivate "CRM Team, monthly" in the group "Monthly".')
    ]
    await run_plan(off)
    assert take_calls(simulator) == [
        ("GET", path_of(CRM), None),
        ("PATCH", path, {"status": False}),
    ]
    assert [row["status"] for row in rows(simulator, MONTHLY)] == [True, False, True, True]
    on = await provider.planner.update_membership(MONTHLY, TEAM, statuses.ACTIVE)
    assert planned_writes(on) == [
        ("PATCH", path, 'Activate "CRM Team, monthly" in the group "Monthly".')
    ]
    await run_plan(on)
    assert take_calls(simulator)[1:] == [("PATCH", path, {"status": True})]
    assert [row["status"] for row in rows(simulator, MONTHLY)] == [True] * 4


async def test_setting_the_present_status_needs_no_write(provider: Provider) -> None:
    off, on = GroupProductStatus.INACTIVE, GroupProductStatus.ACTIVE
    assert (await provider.planner.update_membership(ADD_ONS, SIGNING, off)).calls == ()
    assert (await provider.planner.update_membership(MONTHLY, TEAM, on)).calls == ()


async def test_the_status_of_a_removed_product_cannot_be_set(provider: Provider) -> None:
    plan = await provider.planner.update_membership(MONTHLY, TEAM, GroupProductStatus.INACTIVE)
    await run_plan(await provider.planner.unassign(MONTHLY, [TEAM]))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    missing = NotFound(message="The product does not exist, or is archived.", about=TEAM)
    assert caught.value.refusals == (missing,)


async def test_in_an_archived_collection_the_refusal_is_about_the_group(provider: Provider) -> None:
    planner = provider.planner
    await run_plan(await planner.archive_collection(CRM))
    archived = NotFound(message="The group does not exist, or is archived.", about=MONTHLY)
    for plan in (
        await planner.update_membership(MONTHLY, TEAM, GroupProductStatus.INACTIVE),
        await planner.unassign(MONTHLY, [TEAM]),
    ):
        with pytest.raises(Refused) as caught:
            await run_plan(plan)
        assert caught.value.refusals == (archived,)


async def test_the_status_of_an_absent_product_cannot_be_set(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.update_membership(MONTHLY, SIGNING, GroupProductStatus.ACTIVE)
    missing = NotFound(message="The product is not in the group.", about=SIGNING)
    assert caught.value.refusals == (missing,)
