"""Mutations of memberships are validated against an uncached read before they are planned."""

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
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder, call, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    FOREIGN_GROUP,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    C,
    D,
    members,
    product,
    sample_provider,
)

pytestmark = pytest.mark.anyio

Command = Callable[[MutationRunner, GroupRef, Sequence[Ref | None]], Awaitable[MutationResult]]


async def move(
    mutation: MutationRunner, source: GroupRef, products: Sequence[Ref | None]
) -> MutationResult:
    """Move products to the end of the other group."""
    return await memberships.move_products(mutation, source, OTHER_GROUP, products, None)


async def test_products_are_reordered(vendor: PlanningProvider, writes: StepRecorder) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, [C, A, B])

    assert vendor.planner.requests == [("reorder_products", GROUP, (C, A, B))]
    assert (result.refusals, writes.sent) == ((), ["/write"])
    assert vendor.calls == ["forget", "get_memberships"]


async def test_products_already_in_this_order_need_no_write(vendor: PlanningProvider) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, [A, B, C])

    assert (result.was_executed, result.calls, vendor.planner.requests) == (True, (), [])


async def test_all_invalid_ids_of_an_order_are_refused_together(vendor: PlanningProvider) -> None:
    result = await memberships.reorder_products(
        runner(vendor), GROUP, [A, None, FOREIGN_PRODUCT, GROUP, A, D]
    )

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
        (UserErrorCode.INVALID, ("productIds", "3")),
        (UserErrorCode.DUPLICATE, ("productIds", "4")),
        (UserErrorCode.NOT_A_PERMUTATION, ("productIds",)),
    ]
    assert vendor.planner.requests == []


async def test_at_most_a_thousand_products_are_reordered(vendor: PlanningProvider) -> None:
    thousand = [product(str(number)) for number in range(1000)]
    vendor.memberships = {GROUP: members(*thousand)}
    reversed_order = thousand[::-1]

    result = await memberships.reorder_products(runner(vendor), GROUP, reversed_order)
    with pytest.raises(Refused) as caught:
        await memberships.reorder_products(runner(vendor), GROUP, [*reversed_order, A])

    assert result.refusals == ()
    assert vendor.planner.requests == [("reorder_products", GROUP, tuple(reversed_order))]
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.TOO_LONG]


@pytest.mark.parametrize(
    ("command", "name"),
    [(memberships.assign_products, "assign"), (memberships.unassign_products, "unassign")],
)
class TestAssignAndUnassign:
    """Both commands leave it to the planner to find out what the group contains."""

    async def test_products_are_planned_in_the_given_order(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        result = await command(runner(vendor), GROUP, [D, A])

        assert vendor.planner.requests == [(name, GROUP, (D, A))]
        assert result.calls == (call("/write"),)
        assert vendor.calls == ["forget"]

    async def test_an_empty_list_is_not_planned(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        result = await command(runner(vendor), GROUP, [])

        assert (result.refusals, result.was_executed, result.calls) == ((), True, ())
        assert vendor.planner.requests == [], name

    async def test_invalid_ids_are_refused_together_with_those_the_planner_refuses(
        self, vendor: PlanningProvider, writes: StepRecorder, command: Command, name: str
    ) -> None:
        conflict = Conflict(
            message="The product is in another group.",
            code=UserErrorCode.IN_ANOTHER_GROUP,
            about=D,
            conflicting_ref=OTHER_GROUP,
        )
        vendor.planner.failure = Refused(conflict)

        result = await command(runner(vendor), GROUP, [A, None, D, A])

        assert codes_and_fields(result.refusals) == [
            (UserErrorCode.INVALID, ("productIds", "1")),
            (UserErrorCode.DUPLICATE, ("productIds", "3")),
            (UserErrorCode.IN_ANOTHER_GROUP, ("productIds", "2")),
        ]
        assert vendor.planner.requests == [(name, GROUP, (A, D))]
        assert writes.sent == []

    async def test_incomplete_products_are_reported_with_their_index_and_are_retryable(
        self, vendor: PlanningProvider, command: Command, name: str
    ) -> None:
        writes = StepRecorder()
        error = failure(WriteOutcome.NOT_APPLIED)
        stages = ((writes.step("/1", A),), (writes.step("/2", B, error=error),))
        vendor.planner.plan = Plan(stages=(*stages, (writes.step("/3", C),)))

        result = await command(runner(vendor), GROUP, [A, B, C])

        assert codes_and_fields(result.refusals) == [
            (UserErrorCode.INCOMPLETE, ("productIds", "1")),
            (UserErrorCode.INCOMPLETE, ("productIds", "2")),
        ], name
        assert {getattr(refusal, "is_retryable", None) for refusal in result.refusals} == {True}
        assert result.unconfirmed_products == {B, C}


async def test_the_products_of_a_group_are_set(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [D, A])

    assert vendor.planner.requests == [("set_products", GROUP, (D, A))]
    assert (result.refusals, writes.sent) == ((), ["/write"])


async def test_a_group_that_already_contains_exactly_these_products_needs_no_write(
    vendor: PlanningProvider,
) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [A, B, C])

    assert (result.was_executed, result.calls, vendor.planner.requests) == (True, (), [])


async def test_an_order_is_set_only_if_the_vendor_keeps_one() -> None:
    ordering = sample_provider()
    other = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_REORDER_PRODUCTS})
    for vendor in (ordering, other):
        await memberships.set_products(runner(vendor), GROUP, [C, B, A])

    assert ordering.planner.requests == [("set_products", GROUP, (C, B, A))]
    assert other.planner.requests == []


async def test_the_products_of_a_group_can_be_set_to_none(vendor: PlanningProvider) -> None:
    await memberships.set_products(runner(vendor), GROUP, [])

    assert vendor.planner.requests == [("set_products", GROUP, ())]


async def test_setting_the_products_adds_or_removes_at_most_a_hundred(
    vendor: PlanningProvider,
) -> None:
    given = [product(str(number)) for number in range(98)]

    passed = await memberships.set_products(runner(vendor), GROUP, [*given, C])
    result = await memberships.set_products(runner(vendor), GROUP, given)

    assert passed.refusals == ()
    assert codes_and_fields(result.refusals) == [(UserErrorCode.TOO_LONG, ("productIds",))]
    assert [refusal.message for refusal in result.refusals] == [
        "The change adds or removes 101 products; at most 100 are allowed."
    ]
    assert len(vendor.planner.requests) == 1


async def test_setting_the_products_to_invalid_ids_is_not_planned(vendor: PlanningProvider) -> None:
    result = await memberships.set_products(runner(vendor), GROUP, [A, A, FOREIGN_PRODUCT])

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.DUPLICATE, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
    ]
    assert vendor.planner.requests == []


@pytest.mark.parametrize("position", [None, 0, 99])
async def test_products_are_moved(vendor: PlanningProvider, position: int | None) -> None:
    result = await memberships.move_products(runner(vendor), GROUP, OTHER_GROUP, [C, A], position)

    assert vendor.planner.requests == [("move", GROUP, OTHER_GROUP, (C, A), position)]
    assert result.calls == (call("/write"),)


async def test_a_move_of_no_products_is_not_planned(vendor: PlanningProvider) -> None:
    result = await move(runner(vendor), GROUP, [])

    assert (result.refusals, result.was_executed, vendor.planner.requests) == ((), True, [])


async def test_all_invalid_arguments_of_a_move_are_refused_together() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_REORDER_PRODUCTS})

    result = await memberships.move_products(runner(vendor), GROUP, GROUP, [D, None, A, D], -1)

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.DUPLICATE, ("productIds", "3")),
        (UserErrorCode.INVALID, ("toGroupId",)),
        (UserErrorCode.UNSUPPORTED, ("position",)),
        (UserErrorCode.INVALID, ("position",)),
        (UserErrorCode.INVALID, ("productIds", "0")),
    ]
    assert [refusal.message for refusal in result.refusals[2:]] == [
        "The source and the target group of a move must be different.",
        "Sample vendor does not support GROUP_REORDER_PRODUCTS.",
        "The position must be 0 or greater.",
        "The product is not in the source group.",
    ]
    assert vendor.planner.requests == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (None, UserErrorCode.INVALID),
        (A, UserErrorCode.INVALID),
        (FOREIGN_GROUP, UserErrorCode.WRONG_PROVIDER),
    ],
)
async def test_the_target_of_a_move_must_be_a_group_of_the_same_vendor(
    vendor: PlanningProvider, target: Ref | None, code: UserErrorCode
) -> None:
    result = await memberships.move_products(runner(vendor), GROUP, target, [A], None)

    assert codes_and_fields(result.refusals) == [(code, ("toGroupId",))]
    assert vendor.planner.requests == []


@pytest.mark.parametrize("command", [memberships.reorder_products, memberships.set_products, move])
async def test_a_missing_group_is_refused_together_with_invalid_ids(
    vendor: PlanningProvider, command: Command
) -> None:
    result = await command(runner(vendor), UNKNOWN_GROUP, [None, A])

    assert codes_and_fields(result.refusals)[0] == (UserErrorCode.INVALID, ("productIds", "0"))
    assert codes_and_fields(result.refusals)[1][0] is UserErrorCode.NOT_FOUND
    assert vendor.planner.requests == []


async def test_the_status_of_a_product_in_one_group_is_updated(vendor: PlanningProvider) -> None:
    inactive = GroupProductStatus.INACTIVE

    await memberships.update_membership(runner(vendor), GROUP, A, inactive)

    assert vendor.planner.requests == [("update_membership", GROUP, A, inactive)]


async def test_a_membership_update_without_a_status_is_not_planned(
    vendor: PlanningProvider,
) -> None:
    result = await memberships.update_membership(runner(vendor), GROUP, A, UNSET)

    assert (result.refusals, result.was_executed, vendor.planner.requests) == ((), True, [])


async def test_all_invalid_arguments_of_a_membership_are_refused_without_a_call(
    vendor: PlanningProvider,
) -> None:
    with pytest.raises(Refused) as caught:
        await memberships.update_membership(runner(vendor), GROUP, FOREIGN_PRODUCT, None)

    assert codes_and_fields(caught.value.refusals) == [
        (UserErrorCode.WRONG_PROVIDER, ("productId",)),
        (UserErrorCode.INVALID, ("input", "status")),
    ]
    assert vendor.calls == []
