"""Membership and order are checked by the gateway from a fresh read, before a plan is asked for."""

from collections.abc import Awaitable, Callable, Sequence

import pytest

from groupgate.commands import memberships
from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import UNSET
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refs import GroupRef, Ref
from groupgate.domain.refusals import Conflict, UserErrorCode
from tests.commands.runners import runner, shop_with_one_write, told
from tests.fake_planner import PlanningProvider, Writes, call, failure
from tests.little_shop import (
    EVERYTHING,
    FOREIGN,
    FOREIGN_GROUP,
    GONE,
    GROUP,
    OTHER,
    A,
    B,
    C,
    D,
    members,
    product,
    shop,
)

pytestmark = pytest.mark.anyio

Command = Callable[[MutationRunner, GroupRef, Sequence[Ref | None]], Awaitable[MutationResult]]


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor that can do everything."""
    return shop_with_one_write(writes)


async def move(
    at: MutationRunner, source: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Move products to the end of the other group."""
    return await memberships.move_products(at, source, OTHER, products, None)


async def test_products_are_put_in_order(vendor: PlanningProvider, writes: Writes) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, [C, A, B])

    assert vendor.planner.asked == [("reorder_products", GROUP, (C, A, B))]
    assert (result.refusals, writes.sent) == ((), ["/write"])
    assert vendor.calls == ["forget", "get_memberships"]


async def test_products_that_are_in_order_already_take_no_write(vendor: PlanningProvider) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, [A, B, C])

    assert (result.was_executed, result.calls, vendor.planner.asked) == (True, (), [])


async def test_all_that_is_wrong_with_an_order_is_told_at_once(vendor: PlanningProvider) -> None:
    result = await memberships.reorder_products(
        runner(vendor), GROUP, [A, None, FOREIGN, GROUP, A, D]
    )

    assert told(result) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
        (UserErrorCode.INVALID, ("productIds", "3")),
        (UserErrorCode.DUPLICATE, ("productIds", "4")),
        (UserErrorCode.NOT_A_PERMUTATION, ("productIds",)),
    ]
    assert vendor.planner.asked == []


async def test_a_thousand_products_can_be_put_in_order(vendor: PlanningProvider) -> None:
    thousand = [product(str(number)) for number in range(1000)]
    vendor.memberships = {GROUP: members(*thousand)}
    turned = thousand[::-1]

    result = await memberships.reorder_products(runner(vendor), GROUP, turned)
    with pytest.raises(Refused) as caught:
        await memberships.reorder_products(runner(vendor), GROUP, [*turned, A])

    assert result.refusals == ()
    assert vendor.planner.asked == [("reorder_products", GROUP, tuple(turned))]
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.TOO_LONG]


@pytest.mark.parametrize(
    ("command", "name"),
    [(memberships.assign_products, "assign"), (memberships.unassign_products, "unassign")],
)
class TestAdding:
    """Adding and taking out are alike; what is in the group already is the vendor's to say."""

    async def test_products_are_handed_on_in_the_order_asked(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        result = await command(runner(vendor), GROUP, [D, A])

        assert vendor.planner.asked == [(name, GROUP, (D, A))]
        assert result.calls == (call("/write"),)
        assert vendor.calls == ["forget"]

    async def test_nothing_is_done_for_no_products(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        result = await command(runner(vendor), GROUP, [])

        assert (result.refusals, result.was_executed, result.calls) == ((), True, ())
        assert vendor.planner.asked == [], name

    async def test_wrong_ids_are_told_with_what_the_vendor_has_against_the_good_ones(
        self, vendor: PlanningProvider, writes: Writes, command: Command, name: str
    ) -> None:
        elsewhere = Conflict(
            message="Elsewhere.",
            code=UserErrorCode.IN_ANOTHER_GROUP,
            about=D,
            conflicting_ref=OTHER,
        )
        vendor.planner.failure = Refused(elsewhere)

        result = await command(runner(vendor), GROUP, [A, None, D, A])

        assert told(result) == [
            (UserErrorCode.INVALID, ("productIds", "1")),
            (UserErrorCode.DUPLICATE, ("productIds", "3")),
            (UserErrorCode.IN_ANOTHER_GROUP, ("productIds", "2")),
        ]
        assert vendor.planner.asked == [(name, GROUP, (A, D))]
        assert writes.sent == []

    async def test_products_left_undone_are_told_with_their_index_and_may_be_sent_again(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        writes = Writes()
        broken = failure(WriteOutcome.NOT_APPLIED)
        stages = ((writes.step("/1", A),), (writes.step("/2", B, fails=broken),))
        vendor.planner.plan = Plan(stages=(*stages, (writes.step("/3", C),)))

        result = await command(runner(vendor), GROUP, [A, B, C])

        assert told(result) == [
            (UserErrorCode.INCOMPLETE, ("productIds", "1")),
            (UserErrorCode.INCOMPLETE, ("productIds", "2")),
        ], name
        assert {getattr(refusal, "is_retryable", None) for refusal in result.refusals} == {True}
        assert result.undone == {B, C}


async def test_a_group_is_set_to_just_these_products(
    vendor: PlanningProvider, writes: Writes
) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [D, A])

    assert vendor.planner.asked == [("set_products", GROUP, (D, A))]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_a_group_that_is_set_to_what_it_holds_takes_no_write(
    vendor: PlanningProvider,
) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [A, B, C])

    assert (result.was_executed, result.calls, vendor.planner.asked) == (True, (), [])


async def test_an_order_is_set_only_where_the_vendor_keeps_one() -> None:
    ordering = shop()
    other = shop(EVERYTHING - {Capability.GROUP_REORDER_PRODUCTS})
    for vendor in (ordering, other):
        await memberships.set_products(runner(vendor), GROUP, [C, B, A])

    assert ordering.planner.asked == [("set_products", GROUP, (C, B, A))]
    assert other.planner.asked == []


async def test_a_group_can_be_set_to_nothing(vendor: PlanningProvider) -> None:
    await memberships.set_products(runner(vendor), GROUP, [])

    assert vendor.planner.asked == [("set_products", GROUP, ())]


async def test_a_hundred_products_are_added_or_removed_by_one_setting(
    vendor: PlanningProvider,
) -> None:
    given = [product(str(number)) for number in range(98)]

    passed = await memberships.set_products(runner(vendor), GROUP, [*given, C])
    result = await memberships.set_products(runner(vendor), GROUP, given)

    assert passed.refusals == ()
    assert told(result) == [(UserErrorCode.TOO_LONG, ("productIds",))]
    assert result.refusals[0].message == "At most 100 may be added or removed, not 101."
    assert len(vendor.planner.asked) == 1


async def test_a_setting_with_wrong_ids_asks_for_no_plan(vendor: PlanningProvider) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [A, A, FOREIGN])

    assert told(result) == [
        (UserErrorCode.DUPLICATE, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
    ]
    assert vendor.planner.asked == []


@pytest.mark.parametrize("position", [None, 0, 99])
async def test_products_are_moved(vendor: PlanningProvider, position: int | None) -> None:
    result = await memberships.move_products(runner(vendor), GROUP, OTHER, [C, A], position)

    assert vendor.planner.asked == [("move", GROUP, OTHER, (C, A), position)]
    assert result.calls == (call("/write"),)


async def test_a_move_of_nothing_asks_for_no_plan(vendor: PlanningProvider) -> None:
    result = await move(runner(vendor), GROUP, [])

    assert (result.refusals, result.was_executed, vendor.planner.asked) == ((), True, [])


async def test_all_that_is_wrong_with_a_move_is_told_at_once() -> None:
    vendor = shop(EVERYTHING - {Capability.GROUP_REORDER_PRODUCTS})

    result = await memberships.move_products(runner(vendor), GROUP, GROUP, [D, None, A, D], -1)

    assert told(result) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.DUPLICATE, ("productIds", "3")),
        (UserErrorCode.INVALID, ("toGroupId",)),
        (UserErrorCode.UNSUPPORTED, ("position",)),
        (UserErrorCode.INVALID, ("position",)),
        (UserErrorCode.INVALID, ("productIds", "0")),
    ]
    assert vendor.planner.asked == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (None, UserErrorCode.INVALID),
        (A, UserErrorCode.INVALID),
        (FOREIGN_GROUP, UserErrorCode.WRONG_PROVIDER),
    ],
)
async def test_a_move_needs_a_group_of_the_same_vendor_to_go_to(
    vendor: PlanningProvider, target: Ref | None, code: UserErrorCode
) -> None:
    result = await memberships.move_products(runner(vendor), GROUP, target, [A], None)

    assert told(result) == [(code, ("toGroupId",))]
    assert vendor.planner.asked == []


@pytest.mark.parametrize("command", [memberships.reorder_products, memberships.set_products, move])
async def test_what_is_gone_is_told_with_all_that_is_wrong(
    vendor: PlanningProvider, command: Command
) -> None:
    result = await command(runner(vendor), GONE, [None, A])

    assert told(result)[0] == (UserErrorCode.INVALID, ("productIds", "0"))
    assert told(result)[1][0] is UserErrorCode.NOT_FOUND
    assert vendor.planner.asked == []


async def test_a_product_is_offered_in_one_group_only(vendor: PlanningProvider) -> None:
    inactive = GroupProductStatus.INACTIVE

    await memberships.update_membership(runner(vendor), GROUP, A, inactive)

    assert vendor.planner.asked == [("update_membership", GROUP, A, inactive)]


async def test_without_a_status_a_membership_stays_as_it_is(vendor: PlanningProvider) -> None:
    result = await memberships.update_membership(runner(vendor), GROUP, A, UNSET)

    assert (result.refusals, result.was_executed, vendor.planner.asked) == ((), True, [])


async def test_all_that_is_wrong_with_a_membership_is_told_at_once_without_a_call(
    vendor: PlanningProvider,
) -> None:
    with pytest.raises(Refused) as caught:
        await memberships.update_membership(runner(vendor), GROUP, FOREIGN, None)

    assert [(refusal.code, refusal.field) for refusal in caught.value.refusals] == [
        (UserErrorCode.WRONG_PROVIDER, ("productId",)),
        (UserErrorCode.INVALID, ("input", "status")),
    ]
    assert vendor.calls == []
