"""Moving products: exact calls, what Dodo then holds, and what is taken back when it fails."""

import httpx
import pytest

from groupgate.commands.execution import execute_plan
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, Unavailable, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import (
    Conflict,
    Incomplete,
    InvalidInput,
    NotFound,
    Refusal,
    UserErrorCode,
)
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    ADD_ONS,
    CRM,
    EDGE,
    GERMANY,
    ICONS,
    MONTHLY,
    NO_GROUP,
    YEARLY,
    asked,
    carry,
    entries_as,
    held,
    icon_shop,
    path_of,
    product,
    row_id,
    rows,
    told,
)
from tests.providers.dodo.faults import (
    BROKEN,
    LOST_ANSWER,
    LOST_CALL,
    NO_ROWS,
    NOT_ACCEPTED,
    Fault,
    failing,
)

pytestmark = pytest.mark.anyio

STARTER = product("CRM Starter, monthly")
TEAM = product("CRM Team, monthly")
BUSINESS = product("CRM Business, monthly")
ENTERPRISE = product("CRM Enterprise, monthly")
SEATS = product("Five more CRM seats")
SIGNING = product("Document signing for CRM")
MOVED = [BUSINESS, STARTER]
NOTHING_HAS_CHANGED = " Earlier writes were rolled back; nothing has changed."


def seen(simulator: DodoSimulator) -> list[tuple[object, bool]]:
    """The rows of both groups in order, each with its status, wherever the row's id came from."""
    return [
        (row["product_id"], row["status"])
        for ref in (ADD_ONS, MONTHLY, YEARLY, GERMANY, EDGE)
        for row in rows(simulator, ref)
    ]


def methods(simulator: DodoSimulator) -> list[str]:
    """The methods of what has been asked since the last look."""
    return [method for method, _, _ in asked(simulator)]


def away(about: ProductRef, where: str) -> Incomplete:
    """What tells that a product did not come back."""
    message = f"This product left the first group, could not be put back, and is now {where}."
    return Incomplete(message=message, about=about, is_retryable=False)


def last_product(collection: CollectionRef) -> Conflict:
    """What tells that a collection would be left empty."""
    return Conflict(
        message="The collection would be left without products, which the vendor does not allow.",
        code=UserErrorCode.LAST_PRODUCT,
        field=("productIds",),
        conflicting_ref=collection,
    )


async def two_groups(provider: Provider, simulator: DodoSimulator) -> tuple[GroupRef, GroupRef]:
    """Make a collection with all products in its first group and none in its second."""
    first = await icon_shop(provider, simulator)
    plan = await provider.planner.create_group(first.collection, GroupChange(name="Other"), [])
    await carry(plan)
    simulator.calls.clear()
    assert plan.result.group is not None
    return first, plan.result.group


async def archived(simulator: DodoSimulator, of: ProductRef) -> None:
    """Archive a product at the vendor, which leaves it in its group."""
    transport = httpx.ASGITransport(app=simulator)
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    async with httpx.AsyncClient(transport=transport, headers=headers) as vendor:
        answer = await vendor.delete(f"http://dodo.test/products/{of.native_id}")
    assert answer.status_code == 200


async def carried(plan: Plan) -> tuple[Refusal, ...]:
    """Carry a plan out as the commands do; return what was not done."""
    return (await execute_plan(plan, is_retryable=False)).refusals


async def test_a_move_takes_out_puts_in_and_then_puts_in_order(
    provider: Provider, simulator: DodoSimulator
) -> None:
    others = held(simulator, YEARLY)
    old = [f"{path_of(MONTHLY)}/items/{row_id(simulator, MONTHLY, each)}" for each in MOVED]
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 1)
        assert asked(simulator) == [("GET", path_of(CRM), None)]
        assert told(plan) == [
            ("DELETE", old[0], 'Take "CRM Business, monthly" out of the group "Monthly".'),
            ("DELETE", old[1], 'Take "CRM Starter, monthly" out of the group "Monthly".'),
            ("POST", f"{path_of(YEARLY)}/items", 'Add 2 products to the group "Yearly".'),
            ("PATCH", path_of(YEARLY), 'Put the products of the group "Yearly" in order.'),
        ]
        assert [[step.products for step in stage] for stage in plan.stages] == [
            [(), ()],
            [tuple(MOVED)],
            [()],
        ]
        await carry(plan)
    wanted = [others[0], *MOVED, *others[1:]]
    assert held(simulator, YEARLY) == wanted
    assert held(simulator, MONTHLY) == [TEAM, ENTERPRISE]
    order = [row_id(simulator, YEARLY, each) for each in wanted]
    assert asked(simulator) == [
        ("DELETE", old[0], None),
        ("DELETE", old[1], None),
        ("POST", f"{path_of(YEARLY)}/items", entries_as((BUSINESS, True), (STARTER, True))),
        ("PATCH", path_of(YEARLY), {"product_order": order}),
    ]


@pytest.mark.parametrize("position", [None, 4, 99])
async def test_at_the_end_no_order_needs_to_be_sent(
    provider: Provider, simulator: DodoSimulator, position: int | None
) -> None:
    others = held(simulator, YEARLY)
    await carry(await provider.planner.move(MONTHLY, YEARLY, MOVED, position))
    assert methods(simulator)[2:] == ["DELETE", "DELETE", "POST"]
    assert held(simulator, YEARLY) == [*others, *MOVED]


async def test_a_move_to_the_front_of_an_empty_group_needs_no_order(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await carry(await provider.planner.move(ADD_ONS, EDGE, [SIGNING, SEATS], 0))
    calls = asked(simulator)
    assert [call[:2] for call in calls[:2]] == [
        ("GET", path_of(CRM)),
        ("GET", path_of(EDGE.collection)),
    ]
    assert [method for method, _, _ in calls[2:]] == ["DELETE", "DELETE", "POST"]
    assert calls[-1][2] == entries_as((SIGNING, False), (SEATS, True))
    assert [(row["product_id"], row["status"]) for row in rows(simulator, EDGE)] == [
        (SIGNING.native_id, False),
        (SEATS.native_id, True),
    ]


async def test_a_group_that_is_not_there_is_told(provider: Provider) -> None:
    for source, target in ((NO_GROUP, YEARLY), (MONTHLY, NO_GROUP)):
        with pytest.raises(Refused) as caught:
            await provider.planner.move(source, target, MOVED, None)
        gone = NotFound(message="It does not exist, or no longer.", about=NO_GROUP)
        assert caught.value.refusals == (gone,)


async def test_a_product_that_is_not_in_the_first_group_is_told(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.move(MONTHLY, YEARLY, [STARTER, SEATS, ICONS[0]], None)
    assert caught.value.refusals == tuple(
        NotFound(message="This product is not in the first group.", about=each)
        for each in (SEATS, ICONS[0])
    )


async def test_the_last_products_cannot_leave_their_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await icon_shop(provider, simulator)
    with pytest.raises(Refused) as caught:
        await provider.planner.move(shop, MONTHLY, ICONS, None)
    assert caught.value.refusals == (last_product(shop.collection),)


async def test_the_only_product_of_a_collection_cannot_be_moved_within_it(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop, other = await two_groups(provider, simulator)
    await carry(await provider.planner.unassign(shop, ICONS[:1]))
    with pytest.raises(Refused) as caught:
        await provider.planner.move(shop, other, ICONS[1:], None)
    assert caught.value.refusals == (last_product(shop.collection),)


async def test_all_products_of_a_collection_move_within_it_in_two_parts(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop, other = await two_groups(provider, simulator)
    await carry(await provider.planner.move(shop, other, ICONS, 0))
    assert methods(simulator)[2:] == ["DELETE", "POST", "DELETE", "POST"]
    assert (held(simulator, shop), held(simulator, other)) == ([], ICONS)


async def test_products_that_arrived_although_the_answer_was_lost_are_put_in_order(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[LOST_ANSWER])
    others = held(simulator, YEARLY)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        assert await carried(plan) == ()
    assert methods(simulator) == ["GET", "DELETE", "DELETE", "POST", "GET", "PATCH"]
    assert held(simulator, YEARLY) == [*MOVED, *others]


async def test_an_order_that_was_made_although_the_answer_was_lost_is_fine(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, PATCH=[LOST_ANSWER], POST=[NO_ROWS])
    others = held(simulator, YEARLY)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        assert await carried(plan) == ()
    calls = ["GET", "DELETE", "DELETE", "POST", "GET", "PATCH", "GET"]
    assert methods(simulator) == calls
    assert held(simulator, YEARLY) == [*MOVED, *others]


@pytest.mark.parametrize(
    ("target", "fault"), [(YEARLY, LOST_CALL), (YEARLY, BROKEN), (EDGE, BROKEN)]
)
async def test_a_move_whose_second_half_fails_is_taken_back(
    settings: Settings, simulator: DodoSimulator, target: GroupRef, fault: Fault
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    before = seen(simulator)
    with request_scope():
        plan = await provider.planner.move(MONTHLY, target, MOVED, 0)
        with pytest.raises(Unavailable) as caught:
            await carried(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert caught.value.message.endswith(NOTHING_HAS_CHANGED)
    assert seen(simulator) == before
    writes = [call for call in asked(simulator) if call[0] != "GET"]
    assert [call[:2] for call in writes[2:]] == [
        ("POST", f"{path_of(MONTHLY)}/items"),
        ("PATCH", path_of(MONTHLY)),
    ]


async def test_what_was_switched_off_comes_back_switched_off(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[BROKEN])
    before = seen(simulator)
    plan = await provider.planner.move(ADD_ONS, YEARLY, [SIGNING, SEATS], None)
    with pytest.raises(Unavailable):
        await carried(plan)
    assert seen(simulator) == before


@pytest.mark.parametrize("faults", [[BROKEN], [None, BROKEN], [LOST_ANSWER], [LOST_CALL]])
async def test_a_move_whose_first_half_fails_is_taken_back(
    settings: Settings, simulator: DodoSimulator, faults: list[Fault | None]
) -> None:
    provider = failing(settings, simulator, DELETE=faults)
    before = seen(simulator)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    with pytest.raises(Unavailable) as caught:
        await carried(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert seen(simulator) == before


async def test_products_whose_order_alone_failed_stay_where_they_are(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, PATCH=[BROKEN])
    others = held(simulator, YEARLY)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    message = "The products are in the second group, but not at this position."
    assert await carried(plan) == (
        Incomplete(message=message, field=("position",), is_retryable=False),
    )
    assert held(simulator, YEARLY) == [*others, *MOVED]


async def test_products_that_are_seen_late_stay_where_they_are(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[LOST_ANSWER], GET=[None, BROKEN])
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
        message = "The vendor failed to say so, but the products are in the second group as asked."
        assert await carried(plan) == (Incomplete(message=message, is_retryable=False),)
    assert held(simulator, YEARLY)[-2:] == MOVED


async def test_a_product_that_no_group_takes_any_more_is_told_and_the_others_come_back(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator)
    await archived(simulator, BUSINESS)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    assert await carried(plan) == (
        InvalidInput(
            message="This product is archived; no group can take it.",
            code=UserErrorCode.INVALID,
            about=BUSINESS,
        ),
        away(BUSINESS, "in neither group"),
    )
    assert held(simulator, MONTHLY) == [STARTER, TEAM, ENTERPRISE]


async def test_products_that_cannot_be_put_back_are_told_one_by_one(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[BROKEN, BROKEN])
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    assert await carried(plan) == tuple(away(each, "in neither group") for each in MOVED)
    assert held(simulator, MONTHLY) == [TEAM, ENTERPRISE]


async def test_if_the_last_look_fails_nothing_is_said_of_where_products_are(
    settings: Settings, simulator: DodoSimulator
) -> None:
    """They are back in fact, and were out a moment before."""
    provider = failing(settings, simulator, POST=[BROKEN], GET=[*[None] * 3, *[BROKEN] * 6])
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
        message = "It is not known in which of the two groups it is, if in any."
        assert await carried(plan) == tuple(
            Incomplete(message=message, about=each, is_retryable=False) for each in MOVED
        )
    assert set(held(simulator, MONTHLY)) == {*MOVED, TEAM, ENTERPRISE}


async def test_half_of_a_move_in_two_parts_is_taken_back_from_the_second_group(
    settings: Settings, simulator: DodoSimulator
) -> None:
    """The vendor fails the second part: one product is moved already, the other is nowhere."""
    shop, other = await two_groups(failing(settings, simulator), simulator)
    provider = failing(settings, simulator, POST=[None, BROKEN])
    with request_scope():
        plan = await provider.planner.move(shop, other, ICONS, None)
        with pytest.raises(Unavailable) as caught:
            await carried(plan)
    assert caught.value.message.endswith(NOTHING_HAS_CHANGED)
    assert (held(simulator, shop), held(simulator, other)) == (ICONS, [])
    writes = [call[:2] for call in asked(simulator) if call[0] != "GET"]
    assert [method for method, _ in writes] == [
        *("DELETE", "POST", "DELETE"),
        *("POST", "DELETE", "POST", "PATCH"),
    ]


async def test_a_product_that_stays_in_the_second_group_is_told(
    settings: Settings, simulator: DodoSimulator
) -> None:
    shop, other = await two_groups(failing(settings, simulator), simulator)
    provider = failing(settings, simulator, POST=[None, BROKEN], DELETE=[None, None, BROKEN])
    plan = await provider.planner.move(shop, other, ICONS, None)
    assert await carried(plan) == (away(ICONS[0], "in the second group"),)
    assert (held(simulator, shop), held(simulator, other)) == (ICONS[1:], ICONS[:1])


async def test_an_order_that_does_not_come_back_is_told(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[BROKEN], PATCH=[BROKEN])
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
    message = "The products are back in the first group, but not in the order they had."
    assert await carried(plan) == (Incomplete(message=message, about=MONTHLY, is_retryable=False),)
    assert held(simulator, MONTHLY) == [TEAM, ENTERPRISE, *MOVED]


async def test_what_others_have_added_meanwhile_stays_behind(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[None, BROKEN])
    before = held(simulator, MONTHLY)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, None)
    await carry(await provider.planner.assign(MONTHLY, ICONS))
    with pytest.raises(Unavailable):
        await carried(plan)
    assert held(simulator, MONTHLY) == [*before, *ICONS]


async def test_a_move_that_the_vendor_refuses_is_taken_back(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[NOT_ACCEPTED])
    before = seen(simulator)
    plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 0)
    message = "Dodo Payments does not accept this change."
    assert await carried(plan) == (InvalidInput(message=message, code=UserErrorCode.INVALID),)
    assert seen(simulator) == before
