"""Plans that move products: exact calls, the vendor's state afterwards, and the rollback."""

import pytest

from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.domain.refusals import (
    Conflict,
    NotFound,
    UserErrorCode,
)
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.dodo.seed import (
    ADD_ONS,
    BUSINESS,
    CRM,
    EDGE,
    ENTERPRISE,
    ICONS,
    MONTHLY,
    MOVED,
    SEATS,
    SIGNING,
    STARTER,
    TEAM,
    UNKNOWN_GROUP,
    YEARLY,
    create_icon_shop,
    create_two_groups,
    members,
    path_of,
    row_id,
    rows,
    rows_with_status,
)
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls, take_methods

pytestmark = pytest.mark.anyio


def last_product(collection: CollectionRef) -> Conflict:
    """Return the refusal to remove all products of a collection."""
    return Conflict(
        message="Dodo Payments does not allow a collection without products.",
        code=UserErrorCode.LAST_PRODUCT,
        field=("productIds",),
        conflicting_ref=collection,
    )


async def test_a_move_removes_adds_and_then_reorders(
    provider: Provider, simulator: DodoSimulator
) -> None:
    others = members(simulator, YEARLY)
    old = [f"{path_of(MONTHLY)}/items/{row_id(simulator, MONTHLY, each)}" for each in MOVED]
    with request_scope():
        plan = await provider.planner.move(MONTHLY, YEARLY, MOVED, 1)
        assert take_calls(simulator) == [("GET", path_of(CRM), None)]
        assert planned_writes(plan) == [
            ("DELETE", old[0], 'Remove "CRM Business, monthly" from the group "Monthly".'),
            ("DELETE", old[1], 'Remove "CRM Starter, monthly" from the group "Monthly".'),
            ("POST", f"{path_of(YEARLY)}/items", 'Add 2 products to the group "Yearly".'),
            ("PATCH", path_of(YEARLY), 'Reorder the products of the group "Yearly".'),
        ]
        assert [[step.products for step in stage] for stage in plan.stages] == [
            [(), ()],
            [tuple(MOVED)],
            [()],
        ]
        await run_plan(plan)
    wanted = [others[0], *MOVED, *others[1:]]
    assert members(simulator, YEARLY) == wanted
    assert members(simulator, MONTHLY) == [TEAM, ENTERPRISE]
    order = [row_id(simulator, YEARLY, each) for each in wanted]
    assert take_calls(simulator) == [
        ("DELETE", old[0], None),
        ("DELETE", old[1], None),
        ("POST", f"{path_of(YEARLY)}/items", rows_with_status((BUSINESS, True), (STARTER, True))),
        ("PATCH", path_of(YEARLY), {"product_order": order}),
    ]


@pytest.mark.parametrize("position", [None, 4, 99])
async def test_a_move_to_the_end_needs_no_reorder(
    provider: Provider, simulator: DodoSimulator, position: int | None
) -> None:
    others = members(simulator, YEARLY)
    await run_plan(await provider.planner.move(MONTHLY, YEARLY, MOVED, position))
    assert take_methods(simulator)[2:] == ["DELETE", "DELETE", "POST"]
    assert members(simulator, YEARLY) == [*others, *MOVED]


async def test_a_move_to_the_start_of_an_empty_group_needs_no_reorder(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await run_plan(await provider.planner.move(ADD_ONS, EDGE, [SIGNING, SEATS], 0))
    calls = take_calls(simulator)
    assert [call[:2] for call in calls[:2]] == [
        ("GET", path_of(CRM)),
        ("GET", path_of(EDGE.collection)),
    ]
    assert [method for method, _, _ in calls[2:]] == ["DELETE", "DELETE", "POST"]
    assert calls[-1][2] == rows_with_status((SIGNING, False), (SEATS, True))
    assert [(row["product_id"], row["status"]) for row in rows(simulator, EDGE)] == [
        (SIGNING.native_id, False),
        (SEATS.native_id, True),
    ]


async def test_an_unknown_group_is_refused(provider: Provider) -> None:
    for source, target in ((UNKNOWN_GROUP, YEARLY), (MONTHLY, UNKNOWN_GROUP)):
        with pytest.raises(Refused) as caught:
            await provider.planner.move(source, target, MOVED, None)
        missing = NotFound(message="The group does not exist.", about=UNKNOWN_GROUP)
        assert caught.value.refusals == (missing,)


async def test_a_product_that_is_not_in_the_source_is_refused(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.move(MONTHLY, YEARLY, [STARTER, SEATS, ICONS[0]], None)
    assert caught.value.refusals == tuple(
        NotFound(message="The product is not in the source group.", about=each)
        for each in (SEATS, ICONS[0])
    )


async def test_the_last_products_cannot_leave_their_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop = await create_icon_shop(provider, simulator)
    with pytest.raises(Refused) as caught:
        await provider.planner.move(shop, MONTHLY, ICONS, None)
    assert caught.value.refusals == (last_product(shop.collection),)


async def test_the_only_product_of_a_collection_cannot_be_moved_within_it(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop, other = await create_two_groups(provider, simulator)
    await run_plan(await provider.planner.unassign(shop, ICONS[:1]))
    with pytest.raises(Refused) as caught:
        await provider.planner.move(shop, other, ICONS[1:], None)
    assert caught.value.refusals == (last_product(shop.collection),)


async def test_all_products_of_a_collection_move_within_it_in_two_batches(
    provider: Provider, simulator: DodoSimulator
) -> None:
    shop, other = await create_two_groups(provider, simulator)
    await run_plan(await provider.planner.move(shop, other, ICONS, 0))
    assert take_methods(simulator)[2:] == ["DELETE", "POST", "DELETE", "POST"]
    assert (members(simulator, shop), members(simulator, other)) == ([], ICONS)
