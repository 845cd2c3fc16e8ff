"""Moves that fail: lost responses, the rollback, and what it reports."""

import httpx
import pytest

from groupgate.commands.execution import execute_plan
from groupgate.domain.errors import Unavailable, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import (
    Incomplete,
    InvalidInput,
    Refusal,
    UserErrorCode,
)
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    ADD_ONS,
    BUSINESS,
    EDGE,
    ENTERPRISE,
    GERMANY,
    ICONS,
    MONTHLY,
    MOVED,
    NO_ROWS,
    NOT_ACCEPTED,
    SEATS,
    SIGNING,
    STARTER,
    TEAM,
    YEARLY,
    create_two_groups,
    members,
    path_of,
    rows,
)
from tests.providers.faults import BROKEN, LOST_CALL, LOST_RESPONSE, Fault
from tests.providers.mutations import run_plan
from tests.providers.reads import take_calls, take_methods

pytestmark = pytest.mark.anyio

NOTHING_HAS_CHANGED = " Earlier writes were rolled back; nothing has changed."


def all_rows(simulator: DodoSimulator) -> list[tuple[object, bool]]:
    """Return product and status of each row of these groups in order, without the rows' ids."""
    return [
        (row["product_id"], row["status"])
        for ref in (ADD_ONS, MONTHLY, YEARLY, GERMANY, EDGE)
        for row in rows(simulator, ref)
    ]


def removed(about: ProductRef, where: str) -> Incomplete:
    """Return the refusal that reports a product that was not added back."""
    message = (
        "The product was removed from the source group, could not be added back, and is now "
        f"{where}."
    )
    return Incomplete(message=message, about=about, is_retryable=False)


async def archive(simulator: DodoSimulator, of: ProductRef) -> None:
    """Archive a product at the vendor, where it stays in its group."""
    transport = httpx.ASGITransport(app=simulator)
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as vendor:
        response = await vendor.delete(f"http://dodo.test/products/{of.native_id}")
    assert response.status_code == 200


async def execute(plan: Plan) -> tuple[Refusal, ...]:
    """Execute a plan as the commands do; return the refusals."""
    return (await execute_plan(plan, is_retryable=False)).refusals


async def test_products_added_without_a_response_are_reordered(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [LOST_RESPONSE]})
    others = members(simulator, YEARLY)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        assert await execute(plan) == ()
    assert take_methods(simulator) == ["GET", "DELETE", "DELETE", "POST", "GET", "PATCH"]
    assert members(simulator, YEARLY) == [*MOVED, *others]


async def test_an_order_applied_without_a_response_is_complete(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"PATCH": [LOST_RESPONSE], "POST": [NO_ROWS]})
    others = members(simulator, YEARLY)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        assert await execute(plan) == ()
    calls = ["GET", "DELETE", "DELETE", "POST", "GET", "PATCH", "GET"]
    assert take_methods(simulator) == calls
    assert members(simulator, YEARLY) == [*MOVED, *others]


@pytest.mark.parametrize(
    ("target", "fault"), [(YEARLY, LOST_CALL), (YEARLY, BROKEN), (EDGE, BROKEN)]
)
async def test_a_move_whose_addition_fails_is_rolled_back(
    fail_with: FailWith, simulator: DodoSimulator, target: GroupRef, fault: Fault
) -> None:
    provider = fail_with({"POST": [fault]})
    before = all_rows(simulator)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, target, MOVED, 0)
        with pytest.raises(Unavailable) as caught:
            await execute(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert caught.value.message.endswith(NOTHING_HAS_CHANGED)
    assert all_rows(simulator) == before
    writes = [call for call in take_calls(simulator) if call[0] != "GET"]
    assert [call[:2] for call in writes[2:]] == [
        ("POST", f"{path_of(MONTHLY)}/items"),
        ("PATCH", path_of(MONTHLY)),
    ]


async def test_the_rollback_restores_inactive_statuses(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [BROKEN]})
    before = all_rows(simulator)
    plan = await provider.planner.move(ADD_ONS, YEARLY, [SIGNING, SEATS], None)
    with pytest.raises(Unavailable):
        await execute(plan)
    assert all_rows(simulator) == before


@pytest.mark.parametrize("faults", [[BROKEN], [None, BROKEN], [LOST_RESPONSE], [LOST_CALL]])
async def test_a_move_whose_removal_fails_is_rolled_back(
    fail_with: FailWith, simulator: DodoSimulator, faults: list[Fault | None]
) -> None:
    provider = fail_with({"DELETE": faults})
    before = all_rows(simulator)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    with pytest.raises(Unavailable) as caught:
        await execute(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert all_rows(simulator) == before


async def test_products_stay_in_the_target_if_only_the_reorder_fails(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"PATCH": [BROKEN]})
    others = members(simulator, YEARLY)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    message = "The products are in the target group, but not at this position."
    assert await execute(plan) == (
        Incomplete(message=message, field=("position",), is_retryable=False),
    )
    assert members(simulator, YEARLY) == [*others, *MOVED]


async def test_products_found_in_the_target_by_the_rollback_stay_there(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [LOST_RESPONSE], "GET": [None, BROKEN]})
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
        message = (
            "Dodo Payments reported a failure, but the products are in the target group as "
            "requested."
        )
        assert await execute(plan) == (Incomplete(message=message, is_retryable=False),)
    assert members(simulator, YEARLY)[-2:] == MOVED


async def test_a_product_archived_during_the_move_is_reported_and_the_others_come_back(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({})
    await archive(simulator, BUSINESS)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    assert await execute(plan) == (
        InvalidInput(
            message="The product is archived and cannot be added to a group.",
            code=UserErrorCode.INVALID,
            about=BUSINESS,
        ),
        removed(BUSINESS, "in neither group"),
    )
    assert members(simulator, MONTHLY) == [STARTER, TEAM, ENTERPRISE]


async def test_products_that_cannot_be_added_back_are_reported_one_by_one(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [BROKEN, BROKEN]})
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    assert await execute(plan) == tuple(removed(each, "in neither group") for each in MOVED)
    assert members(simulator, MONTHLY) == [TEAM, ENTERPRISE]


async def test_if_the_last_read_fails_the_groups_of_the_products_are_unknown(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    """They are in fact back in the source group."""
    provider = fail_with({"POST": [BROKEN], "GET": [*[None] * 3, *[BROKEN] * 6]})
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        message = (
            "The gateway could not find out where the product is now: in the source group, in "
            "the target group or in neither."
        )
        assert await execute(plan) == tuple(
            Incomplete(message=message, about=each, is_retryable=False) for each in MOVED
        )
    assert set(members(simulator, MONTHLY)) == {*MOVED, TEAM, ENTERPRISE}


async def test_the_first_of_two_batches_is_rolled_back_from_the_target(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    """The second batch fails: one product has moved, the other is in neither group."""
    shop, other = await create_two_groups(fail_with({}), simulator)
    provider = fail_with({"POST": [None, BROKEN]})
    with request_scope():
        plan = await provider.planner.move(shop, other, ICONS, None)
        with pytest.raises(Unavailable) as caught:
            await execute(plan)
    assert caught.value.message.endswith(NOTHING_HAS_CHANGED)
    assert (members(simulator, shop), members(simulator, other)) == (ICONS, [])
    writes = [call[:2] for call in take_calls(simulator) if call[0] != "GET"]
    assert [method for method, _ in writes] == [
        *("DELETE", "POST", "DELETE"),
        *("POST", "DELETE", "POST", "PATCH"),
    ]


async def test_a_product_that_stays_in_the_target_is_reported(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    shop, other = await create_two_groups(fail_with({}), simulator)
    provider = fail_with({"POST": [None, BROKEN], "DELETE": [None, None, BROKEN]})
    plan = await provider.planner.move(shop, other, ICONS, None)
    assert await execute(plan) == (removed(ICONS[0], "in the target group"),)
    assert (members(simulator, shop), members(simulator, other)) == (ICONS[1:], ICONS[:1])


async def test_an_order_that_is_not_restored_is_reported(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [BROKEN], "PATCH": [BROKEN]})
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
    message = "The products are back in the source group, but not in their previous order."
    assert await execute(plan) == (Incomplete(message=message, about=MONTHLY, is_retryable=False),)
    assert members(simulator, MONTHLY) == [TEAM, ENTERPRISE, *MOVED]


async def test_products_added_by_others_stay_after_the_restored_ones(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [None, BROKEN]})
    before = members(simulator, MONTHLY)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
    await run_plan(await provider.planner.assign(MONTHLY, ICONS))
    with pytest.raises(Unavailable):
        await execute(plan)
    assert members(simulator, MONTHLY) == [*before, *ICONS]


async def test_a_move_that_the_vendor_rejects_is_rolled_back(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [NOT_ACCEPTED]})
    before = all_rows(simulator)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    message = "Dodo Payments does not accept this change."
    assert await execute(plan) == (InvalidInput(message=message, code=UserErrorCode.INVALID),)
    assert all_rows(simulator) == before
