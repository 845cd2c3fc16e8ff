"""Which products a group holds: exact calls, and what Dodo then holds."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused, Unavailable, WriteOutcome
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo import Settings
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.changing import (
    ADD_ONS,
    CRM,
    EDGE,
    ICONS,
    MONTHLY,
    NO_GROUP,
    YEARLY,
    asked,
    carry,
    entries,
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
    NO_ROWS,
    REFUSED_CONNECTION,
    THROTTLED,
    Fault,
    failing,
)

pytestmark = pytest.mark.anyio

ITEMS = f"{path_of(MONTHLY)}/items"
STARTER = product("CRM Starter, monthly")
TEAM = product("CRM Team, monthly")
BUSINESS = product("CRM Business, monthly")
ENTERPRISE = product("CRM Enterprise, monthly")
SIGNING = product("Document signing for CRM")
GONE_CASES: list[Callable[[Planner], Awaitable[Plan]]] = [
    lambda plans: plans.assign(NO_GROUP, ICONS),
    lambda plans: plans.unassign(NO_GROUP, ICONS),
    lambda plans: plans.set_products(NO_GROUP, ICONS),
    lambda plans: plans.reorder_products(NO_GROUP, ICONS),
    lambda plans: plans.update_membership(NO_GROUP, ICONS[0], GroupProductStatus.ACTIVE),
]


def last_product(ref: GroupRef) -> Conflict:
    """What tells that a collection would be left empty."""
    return Conflict(
        message="The collection would be left without products, which the vendor does not allow.",
        code=UserErrorCode.LAST_PRODUCT,
        field=("productIds",),
        conflicting_ref=ref.collection,
    )


@pytest.mark.parametrize("planning", GONE_CASES)
async def test_nothing_can_be_planned_for_a_group_that_is_not_there(
    provider: Provider, simulator: DodoSimulator, planning: Callable[[Planner], Awaitable[Plan]]
) -> None:
    with pytest.raises(Refused) as caught:
        await planning(provider.planner)
    gone = NotFound(message="It does not exist, or no longer.", about=NO_GROUP)
    assert caught.value.refusals == (gone,)
    assert asked(simulator) == [("GET", path_of(CRM), None)]


async def test_assigning_is_a_read_and_one_post_of_what_is_missing(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = held(simulator, MONTHLY)
    plan = await provider.planner.assign(MONTHLY, [ICONS[1], STARTER, ICONS[0]])
    assert asked(simulator) == [("GET", path_of(CRM), None)]
    assert told(plan) == [("POST", ITEMS, 'Add 2 products to the group "Monthly".')]
    assert [step.products for (step,) in plan.stages] == [(ICONS[1], ICONS[0])]
    await carry(plan)
    assert asked(simulator) == [("POST", ITEMS, entries(ICONS[1], ICONS[0]))]
    assert held(simulator, MONTHLY) == [*before, ICONS[1], ICONS[0]]


async def test_assigning_what_is_there_takes_no_write(provider: Provider) -> None:
    assert (await provider.planner.assign(MONTHLY, [TEAM, STARTER])).calls == ()


async def test_a_product_of_another_group_is_refused_before_any_write(
    provider: Provider, simulator: DodoSimulator
) -> None:
    for planning in (
        provider.planner.assign(YEARLY, [ICONS[0], STARTER, SIGNING]),
        provider.planner.set_products(YEARLY, [ICONS[0], STARTER, SIGNING]),
    ):
        with pytest.raises(Refused) as caught:
            await planning
        assert caught.value.refusals == tuple(
            Conflict(
                message="This product is in another group; take it out there first, or move it.",
                code=UserErrorCode.IN_ANOTHER_GROUP,
                about=about,
                conflicting_ref=conflicting_ref,
            )
            for about, conflicting_ref in ((STARTER, MONTHLY), (SIGNING, ADD_ONS))
        )
    assert {method for method, _, _ in asked(simulator)} == {"GET"}


@pytest.mark.parametrize("fault", [LOST_ANSWER, BROKEN])
async def test_assigning_whose_answer_is_lost_is_unknown(
    settings: Settings, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = failing(settings, simulator, POST=[fault])
    plan = await provider.planner.assign(MONTHLY, ICONS)
    with pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    is_there = fault is LOST_ANSWER
    assert (ICONS[0] in held(simulator, MONTHLY)) is is_there


@pytest.mark.usefixtures("retried")
@pytest.mark.parametrize("fault", [REFUSED_CONNECTION, THROTTLED])
async def test_a_write_that_did_not_reach_the_vendor_is_repeated(
    settings: Settings, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = failing(settings, simulator, POST=[fault, fault])
    await carry(await provider.planner.assign(MONTHLY, ICONS))
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST"]
    assert held(simulator, MONTHLY)[-2:] == ICONS


async def test_taking_out_is_a_read_and_a_delete_for_each_product_that_is_there(
    provider: Provider, simulator: DodoSimulator
) -> None:
    paths = [f"{ITEMS}/{row_id(simulator, MONTHLY, each)}" for each in (TEAM, STARTER)]
    plan = await provider.planner.unassign(MONTHLY, [TEAM, ICONS[0], STARTER])
    assert asked(simulator) == [("GET", path_of(CRM), None)]
    assert told(plan) == [
        ("DELETE", paths[0], 'Take "CRM Team, monthly" out of the group "Monthly".'),
        ("DELETE", paths[1], 'Take "CRM Starter, monthly" out of the group "Monthly".'),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [[(TEAM,), (STARTER,)]]
    await carry(plan)
    assert asked(simulator) == [("DELETE", path, None) for path in paths]
    assert held(simulator, MONTHLY) == [BUSINESS, ENTERPRISE]


async def test_taking_out_what_is_not_there_takes_no_write(provider: Provider) -> None:
    assert (await provider.planner.unassign(MONTHLY, ICONS)).calls == ()


async def test_a_product_that_went_meanwhile_counts_as_taken_out(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.unassign(MONTHLY, [TEAM])
    await carry(plan)
    await carry(plan)
    assert [method for method, _, _ in asked(simulator)] == ["GET", "DELETE", "DELETE"]


async def test_the_last_products_of_a_collection_have_to_stay(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await icon_shop(provider, simulator)
    for planning in (
        provider.planner.unassign(shop, [*ICONS, TEAM]),
        provider.planner.set_products(shop, []),
    ):
        with pytest.raises(Refused) as caught:
            await planning
        assert caught.value.refusals == (last_product(shop),)
    assert {method for method, _, _ in asked(simulator)} == {"GET"}
    assert held(simulator, shop) == ICONS


async def test_a_product_that_became_the_last_one_meanwhile_has_to_stay(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await icon_shop(provider, simulator)
    first = await provider.planner.unassign(shop, ICONS[:1])
    second = await provider.planner.unassign(shop, ICONS[1:])
    await carry(first)
    with pytest.raises(Refused) as caught:
        await carry(second)
    assert caught.value.refusals == (
        Conflict(
            message="A collection has to keep at least one product.",
            code=UserErrorCode.LAST_PRODUCT,
            about=ICONS[1],
        ),
    )


async def test_setting_adds_first_takes_out_then_and_puts_in_order_last(
    provider: Provider, simulator: DodoSimulator
) -> None:
    old = {each: row_id(simulator, MONTHLY, each) for each in held(simulator, MONTHLY)}
    wanted = [ICONS[0], ENTERPRISE, ICONS[1], STARTER]
    plan = await provider.planner.set_products(MONTHLY, wanted)
    assert asked(simulator) == [("GET", path_of(CRM), None)]
    assert told(plan) == [
        ("POST", ITEMS, 'Add 2 products to the group "Monthly".'),
        ("DELETE", f"{ITEMS}/{old[TEAM]}", 'Take "CRM Team, monthly" out of the group "Monthly".'),
        (
            "DELETE",
            f"{ITEMS}/{old[BUSINESS]}",
            'Take "CRM Business, monthly" out of the group "Monthly".',
        ),
        ("PATCH", path_of(MONTHLY), 'Put the products of the group "Monthly" in order.'),
    ]
    assert [len(stage) for stage in plan.stages] == [1, 2, 1]
    await carry(plan)
    order = [row_id(simulator, MONTHLY, each) for each in wanted]
    assert asked(simulator) == [
        ("POST", ITEMS, entries(*ICONS)),
        ("DELETE", f"{ITEMS}/{old[TEAM]}", None),
        ("DELETE", f"{ITEMS}/{old[BUSINESS]}", None),
        ("PATCH", path_of(MONTHLY), {"product_order": order}),
    ]
    assert held(simulator, MONTHLY) == wanted
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
async def test_setting_makes_only_the_writes_that_are_needed(
    provider: Provider, simulator: DodoSimulator, wanted: list[ProductRef], methods: list[str]
) -> None:
    plan = await provider.planner.set_products(MONTHLY, wanted)
    await carry(plan)
    assert [method for method, _, _ in asked(simulator)] == ["GET", *methods]
    assert held(simulator, MONTHLY) == wanted


async def test_all_products_of_a_collection_can_be_set_for_others(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await icon_shop(provider, simulator)
    others = [product("Invoice template pack"), product("Onboarding email pack")]
    await carry(await provider.planner.set_products(shop, others))
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST", "DELETE", "DELETE"]
    assert held(simulator, shop) == others


async def test_rows_that_the_answer_leaves_out_are_read(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[NO_ROWS])
    wanted = [ICONS[0], STARTER, TEAM, BUSINESS, ENTERPRISE]
    with request_scope():
        await carry(await provider.planner.set_products(MONTHLY, wanted))
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST", "GET", "PATCH"]
    assert held(simulator, MONTHLY) == wanted


async def test_an_order_is_not_sent_if_the_rows_cannot_be_read(
    settings: Settings, simulator: DodoSimulator
) -> None:
    provider = failing(settings, simulator, POST=[NO_ROWS], GET=[None, BROKEN])
    plan = await provider.planner.set_products(MONTHLY, [ICONS[0], *held(simulator, MONTHLY)])
    with request_scope(), pytest.raises(Unavailable) as caught:
        await carry(plan)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert [method for method, _, _ in asked(simulator)] == ["GET", "POST"]


async def test_products_are_put_in_order_by_the_ids_of_their_rows(
    provider: Provider, simulator: DodoSimulator
) -> None:
    switched_off = [row["product_id"] for row in rows(simulator, ADD_ONS) if not row["status"]]
    order = held(simulator, ADD_ONS)[::-1]
    plan = await provider.planner.reorder_products(ADD_ONS, order)
    assert told(plan) == [
        ("PATCH", path_of(ADD_ONS), 'Put the products of the group "Add-ons" in order.')
    ]
    row_ids = [row_id(simulator, ADD_ONS, each) for each in order]
    await carry(plan)
    assert asked(simulator) == [
        ("GET", path_of(CRM), None),
        ("PATCH", path_of(ADD_ONS), {"product_order": row_ids}),
    ]
    assert held(simulator, ADD_ONS) == order
    assert [r["product_id"] for r in rows(simulator, ADD_ONS) if not r["status"]] == switched_off


@pytest.mark.parametrize("order", [[STARTER], [STARTER, TEAM, BUSINESS, ENTERPRISE, ICONS[0]]])
async def test_an_order_of_other_products_than_the_groups_is_refused(
    provider: Provider, order: list[ProductRef]
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.reorder_products(MONTHLY, order)
    assert caught.value.refusals == (
        InvalidInput(
            message="The list must name every product of the group once.",
            code=UserErrorCode.NOT_A_PERMUTATION,
            field=("productIds",),
        ),
    )


async def test_an_order_that_became_stale_is_not_accepted(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.reorder_products(MONTHLY, held(simulator, MONTHLY)[::-1])
    await carry(await provider.planner.assign(MONTHLY, ICONS))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.INVALID]


async def test_a_product_is_switched_by_a_read_and_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    statuses = GroupProductStatus
    path = f"{ITEMS}/{row_id(simulator, MONTHLY, TEAM)}"
    off = await provider.planner.update_membership(MONTHLY, TEAM, statuses.INACTIVE)
    assert told(off) == [
        ("PATCH", path, 'Stop offering "CRM Team, monthly" in the group "Monthly".')
    ]
    await carry(off)
    assert asked(simulator) == [("GET", path_of(CRM), None), ("PATCH", path, {"status": False})]
    assert [row["status"] for row in rows(simulator, MONTHLY)] == [True, False, True, True]
    on = await provider.planner.update_membership(MONTHLY, TEAM, statuses.ACTIVE)
    assert told(on) == [("PATCH", path, 'Offer "CRM Team, monthly" in the group "Monthly".')]
    await carry(on)
    assert asked(simulator)[1:] == [("PATCH", path, {"status": True})]
    assert [row["status"] for row in rows(simulator, MONTHLY)] == [True] * 4


async def test_a_product_that_is_switched_so_already_takes_no_write(provider: Provider) -> None:
    off, on = GroupProductStatus.INACTIVE, GroupProductStatus.ACTIVE
    assert (await provider.planner.update_membership(ADD_ONS, SIGNING, off)).calls == ()
    assert (await provider.planner.update_membership(MONTHLY, TEAM, on)).calls == ()


async def test_a_product_that_went_meanwhile_cannot_be_switched(provider: Provider) -> None:
    plan = await provider.planner.update_membership(MONTHLY, TEAM, GroupProductStatus.INACTIVE)
    await carry(await provider.planner.unassign(MONTHLY, [TEAM]))
    with pytest.raises(Refused) as caught:
        await carry(plan)
    gone = NotFound(message="It does not exist, or is archived.", about=TEAM)
    assert caught.value.refusals == (gone,)


async def test_in_an_archived_collection_the_group_is_to_blame(provider: Provider) -> None:
    plans = provider.planner
    await carry(await plans.archive_collection(CRM))
    archived = NotFound(message="It does not exist, or is archived.", about=MONTHLY)
    for plan in (
        await plans.update_membership(MONTHLY, TEAM, GroupProductStatus.INACTIVE),
        await plans.unassign(MONTHLY, [TEAM]),
    ):
        with pytest.raises(Refused) as caught:
            await carry(plan)
        assert caught.value.refusals == (archived,)


async def test_a_product_that_is_not_in_the_group_cannot_be_switched(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.update_membership(MONTHLY, SIGNING, GroupProductStatus.ACTIVE)
    missing = NotFound(message="This product is not in the group.", about=SIGNING)
    assert caught.value.refusals == (missing,)


async def test_a_group_can_be_filled_and_emptied_while_its_collection_has_others(
    provider: Provider, simulator: DodoSimulator
) -> None:
    await carry(await provider.planner.set_products(EDGE, ICONS))
    assert held(simulator, EDGE) == ICONS
    await carry(await provider.planner.set_products(EDGE, []))
    assert held(simulator, EDGE) == []
