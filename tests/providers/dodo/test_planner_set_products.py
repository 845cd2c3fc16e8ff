"""Plans that set, reorder and activate the products of a group."""

import pytest

from groupgate.domain.errors import Refused, Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    ADD_ONS,
    BUSINESS,
    CRM,
    EDGE,
    ENTERPRISE,
    ICONS,
    MONTHLY,
    NO_ROWS,
    STARTER,
    TEAM,
    create_icon_shop,
    members,
    new_rows,
    path_of,
    product,
    row_id,
    rows,
)
from tests.providers.faults import BROKEN
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ITEMS = f"{path_of(MONTHLY)}/items"


async def test_setting_products_adds_first_then_removes_and_reorders_last(
    provider: Provider, simulator: DodoSimulator
) -> None:
    old = {each: row_id(simulator, MONTHLY, each) for each in members(simulator, MONTHLY)}
    wanted = [ICONS[0], ENTERPRISE, ICONS[1], STARTER]
    plan = await provider.planner.set_products(MONTHLY, wanted)
    assert take_calls(simulator) == [("GET", path_of(CRM), None)]
    assert planned_writes(plan) == [
        ("POST", ITEMS, 'Add 2 products to the group "Monthly".'),
        ("DELETE", f"{ITEMS}/{old[TEAM]}", 'Remove "CRM Team, monthly" from the group "Monthly".'),
        (
            "DELETE",
            f"{ITEMS}/{old[BUSINESS]}",
            'Remove "CRM Business, monthly" from the group "Monthly".',
        ),
        ("PATCH", path_of(MONTHLY), 'Reorder the products of the group "Monthly".'),
    ]
    assert [len(stage) for stage in plan.stages] == [1, 2, 1]
    await run_plan(plan)
    order = [row_id(simulator, MONTHLY, each) for each in wanted]
    assert take_calls(simulator) == [
        ("POST", ITEMS, new_rows(*ICONS)),
        ("DELETE", f"{ITEMS}/{old[TEAM]}", None),
        ("DELETE", f"{ITEMS}/{old[BUSINESS]}", None),
        ("PATCH", path_of(MONTHLY), {"product_order": order}),
    ]
    assert members(simulator, MONTHLY) == wanted
    assert (order[1], order[3]) == (old[ENTERPRISE], old[STARTER])


@pytest.mark.parametrize(
    ("wanted", "methods"),
    [
        ([STARTER, TEAM, BUSINESS, ENTERPRISE], []),
        ([STARTER, TEAM, BUSINESS, ENTERPRISE, ICONS[0]], ["POST"]),
        ([STARTER, ENTERPRISE], ["DELETE", "DELETE"]),
        ([ENTERPRISE, TEAM, BUSINESS, STARTER], ["PATCH"]),
        ([TEAM, ICONS[0]], ["POST", "DELETE", "DELETE", "DELETE"]),
        (ICONS, ["POST", *["DELETE"] * 4]),
        ([], ["DELETE"] * 4),
    ],
)
async def test_setting_products_sends_only_the_necessary_writes(
    provider: Provider, simulator: DodoSimulator, wanted: list[ProductRef], methods: list[str]
) -> None:
    plan = await provider.planner.set_products(MONTHLY, wanted)
    await run_plan(plan)
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", *methods]
    assert members(simulator, MONTHLY) == wanted


async def test_all_products_of_a_collection_can_be_replaced(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    others = [product("Invoice template pack"), product("Onboarding email pack")]
    await run_plan(await provider.planner.set_products(shop, others))
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST", "DELETE", "DELETE"]
    assert members(simulator, shop) == others


async def test_rows_missing_from_the_response_are_read(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [NO_ROWS]})
    wanted = [ICONS[0], STARTER, TEAM, BUSINESS, ENTERPRISE]
    with request_scope():
        await run_plan(await provider.planner.set_products(MONTHLY, wanted))
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST", "GET", "PATCH"]
    assert members(simulator, MONTHLY) == wanted


async def test_an_order_is_not_sent_if_the_rows_cannot_be_read(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [NO_ROWS], "GET": [None, BROKEN]})
    plan = await provider.planner.set_products(MONTHLY, [ICONS[0], *members(simulator, MONTHLY)])
    with request_scope(), pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "POST"]


async def test_products_are_reordered_by_the_ids_of_their_rows(
    provider: Provider, simulator: DodoSimulator
) -> None:
    inactive = [row["product_id"] for row in rows(simulator, ADD_ONS) if not row["status"]]
    order = members(simulator, ADD_ONS)[::-1]
    plan = await provider.planner.reorder_products(ADD_ONS, order)
    assert planned_writes(plan) == [
        ("PATCH", path_of(ADD_ONS), 'Reorder the products of the group "Add-ons".')
    ]
    row_ids = [row_id(simulator, ADD_ONS, each) for each in order]
    await run_plan(plan)
    assert take_calls(simulator) == [
        ("GET", path_of(CRM), None),
        ("PATCH", path_of(ADD_ONS), {"product_order": row_ids}),
    ]
    assert members(simulator, ADD_ONS) == order
    assert [r["product_id"] for r in rows(simulator, ADD_ONS) if not r["status"]] == inactive


@pytest.mark.parametrize("order", [[STARTER], [STARTER, TEAM, BUSINESS, ENTERPRISE, ICONS[0]]])
async def test_an_order_that_is_not_a_permutation_is_refused(
    provider: Provider, order: list[ProductRef]
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.reorder_products(MONTHLY, order)
    assert caught.value.refusals == (
        InvalidInput(
            message="The new order does not contain exactly the products of the group.",
            code=UserErrorCode.NOT_A_PERMUTATION,
        ),
    )


async def test_an_outdated_order_is_rejected(provider: Provider, simulator: DodoSimulator) -> None:
    plan = await provider.planner.reorder_products(MONTHLY, members(simulator, MONTHLY)[::-1])
    await run_plan(await provider.planner.assign(MONTHLY, ICONS))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.INVALID]


async def test_a_group_can_be_emptied_while_its_collection_has_other_products(
    provider: Provider, simulator: DodoSimulator
) -> None:
    await run_plan(await provider.planner.set_products(EDGE, ICONS))
    assert members(simulator, EDGE) == ICONS
    await run_plan(await provider.planner.set_products(EDGE, []))
    assert members(simulator, EDGE) == []
