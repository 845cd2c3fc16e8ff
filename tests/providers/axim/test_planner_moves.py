"""Plans that move products: two writes, and the rollback if one of them fails."""

from dataclasses import dataclass
from typing import Any

import pytest

from groupgate.commands.memberships import move_products
from groupgate.commands.runner import MutationResult
from groupgate.domain.errors import (
    Denied,
    Refused,
    Throttled,
    Unavailable,
    Unreachable,
    WriteOutcome,
)
from groupgate.domain.planner import Plan
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Incomplete, InvalidInput, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.seed import (
    KITCHEN,
    UNKNOWN_GROUP,
    changed_groups,
    group_named,
    group_path,
    product_ids,
    product_refs,
)
from tests.providers.conftest import FailWith
from tests.providers.faults import (
    BROKEN,
    DENIED,
    LOST_CALL,
    LOST_RESPONSE,
    THROTTLED,
    UNREACHABLE,
    Fault,
    Faults,
)
from tests.providers.mutations import executed_writes, planned_writes, run_plan, runner
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

STAFF = "Staff picks"
ROLLED_BACK = "Earlier writes were rolled back; nothing has changed."
UNKNOWN_PLACE = "The gateway could not find out which of the two groups contains the product now."


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move of two products from the kitchen to the staff picks, which contain one of them."""

    simulator: AximSimulator
    fail_with: FailWith
    source: GroupRef
    target: GroupRef
    new: str
    shared: str

    @property
    def products(self) -> list[ProductRef]:
        """Both products."""
        return product_refs([self.new, self.shared])

    @property
    def change_target(self) -> str:
        """The kind of call that changes the target."""
        return f"PUT /productGroup/{self.target.native_id}"

    @property
    def change_source(self) -> str:
        """The kind of call that changes the source."""
        return f"PUT /productGroup/{self.source.native_id}"

    @property
    def read_source(self) -> str:
        """The kind of call that reads the source."""
        return f"GET /productGroup/{self.source.native_id}"

    @property
    def is_untouched(self) -> bool:
        """True if no group has changed."""
        return changed_groups(self.simulator) == {}

    @property
    def is_done(self) -> bool:
        """True if both products have moved and nothing else has changed."""
        seed = AximSimulator()
        moved = {self.new, self.shared}
        return product_ids(self.simulator, KITCHEN) == [
            each for each in product_ids(seed, KITCHEN) if each not in moved
        ] and product_ids(self.simulator, STAFF) == [*product_ids(seed, STAFF), self.new]

    async def plan(self, faults: Faults | None = None) -> Plan:
        """Plan the move."""
        planner = self.fail_with(faults or {}).planner
        return await planner.move(self.source, self.target, self.products, None)

    async def run(self, faults: Faults) -> MutationResult:
        """Run the mutation with these faults."""
        with request_scope():
            return await move_products(
                runner(self.fail_with(faults)), self.source, self.target, self.products, None
            )

    def incomplete(self, *messages: str, is_retryable: bool = True) -> tuple[Incomplete, ...]:
        """Return the refusals that report where each product is."""
        fields = [("productIds", "0"), ("productIds", "1")]
        return tuple(
            Incomplete(message=message, about=product, field=field, is_retryable=is_retryable)
            for message, product, field in zip(messages, self.products, fields, strict=True)
        )


@pytest.fixture
def move(simulator: AximSimulator, fail_with: FailWith) -> Move:
    """A move that has not started."""
    kitchen, staff = product_ids(simulator, KITCHEN), product_ids(simulator, STAFF)
    return Move(
        simulator=simulator,
        fail_with=fail_with,
        source=group_named(simulator, KITCHEN),
        target=group_named(simulator, STAFF),
        new=next(native_id for native_id in kitchen if native_id not in staff),
        shared=next(native_id for native_id in kitchen if native_id in staff),
    )


def read(ref: GroupRef) -> tuple[str, str, None]:
    """Return the call that reads this group."""
    return ("GET", group_path(ref.native_id), None)


def written(ref: GroupRef, **body: Any) -> tuple[str, str, Any]:
    """Return the call that changes this group."""
    return ("PUT", f"/productGroup/{ref.native_id}", body)


async def test_products_are_added_to_the_target_before_they_are_removed_from_the_source(
    move: Move,
) -> None:
    plan = await move.plan()
    source, target = move.source.native_id, move.target.native_id
    assert planned_writes(plan) == [
        ("PUT", f"/productGroup/{target}", f"In the group {target}, add 1 product."),
        ("PUT", f"/productGroup/{source}", f"In the group {source}, remove 2 products."),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [
        [()],
        [tuple(move.products)],
    ]
    assert take_calls(move.simulator) == [read(move.target)]
    await run_plan(plan)
    assert take_calls(move.simulator) == [
        written(move.target, products=[move.new]),
        written(move.source, productsToRemove=[move.new, move.shared]),
    ]
    assert move.is_done


async def test_a_product_that_is_in_the_target_is_only_removed_from_the_source(
    provider: Provider, move: Move
) -> None:
    plan = await provider.planner.move(move.source, move.target, product_refs([move.shared]), None)
    await run_plan(plan)
    assert plan.rollback is None
    assert take_calls(move.simulator) == [
        read(move.target),
        written(move.source, productsToRemove=[move.shared]),
    ]
    assert product_ids(move.simulator, STAFF) == product_ids(AximSimulator(), STAFF)


async def test_an_unknown_target_is_found_before_any_write(provider: Provider, move: Move) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.move(move.source, UNKNOWN_GROUP, move.products, None)
    missing = NotFound(message="The group does not exist.", about=UNKNOWN_GROUP)
    assert caught.value.refusals == (missing,)
    assert [method for method, _, _ in take_calls(move.simulator)] == ["GET"]


async def test_a_first_write_that_was_not_applied_needs_no_rollback(move: Move) -> None:
    with pytest.raises(Unreachable) as caught:
        await move.run({move.change_target: UNREACHABLE})
    assert caught.value.message == "Axim Commerce could not be reached."
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert take_calls(move.simulator) == [read(move.source), read(move.target)]
    assert move.is_untouched


async def test_a_first_write_that_is_rejected_needs_no_rollback(move: Move) -> None:
    result = await move.run({move.change_target: [Fault(status=404)]})
    message = "The group does not exist."
    missing = NotFound(message=message, about=move.target, field=("toGroupId",))
    assert (executed_writes(result), result.refusals) == ([], (missing,))
    assert move.is_untouched


@pytest.mark.parametrize("fault", [LOST_CALL, LOST_RESPONSE, BROKEN])
async def test_a_first_write_without_a_response_is_rolled_back(move: Move, fault: Fault) -> None:
    with pytest.raises(Unavailable) as caught:
        await move.run({move.change_target: [fault]})
    assert caught.value.message.endswith(ROLLED_BACK)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert take_calls(move.simulator)[-2:] == [
        read(move.source),
        written(move.target, productsToRemove=[move.new]),
    ]
    assert move.is_untouched


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (UNREACHABLE, Unreachable),
        ([THROTTLED] * 3, Throttled),
        ([DENIED], Denied),
        ([BROKEN], Unavailable),
        ([LOST_CALL], Unavailable),
    ],
)
async def test_if_the_second_write_fails_the_first_is_rolled_back(
    move: Move, faults: list[Fault], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await move.run({move.change_source: faults})
    assert str(getattr(caught.value, "message", "")).endswith(ROLLED_BACK)
    assert getattr(caught.value, "outcome", None) is WriteOutcome.NOT_APPLIED
    assert take_calls(move.simulator)[2:] == [
        written(move.target, products=[move.new]),
        read(move.source),
        written(move.target, productsToRemove=[move.new]),
    ]
    assert move.is_untouched


async def test_if_the_second_write_is_rejected_the_first_is_rolled_back(move: Move) -> None:
    result = await move.run({move.change_source: [Fault(status=400)]})
    message = "Axim Commerce does not accept this change."
    invalid = InvalidInput(message=message, code=UserErrorCode.INVALID)
    assert (executed_writes(result), result.refusals) == ([], (invalid,))
    assert result.unconfirmed_products == frozenset(move.products)
    assert move.is_untouched


async def test_if_the_source_is_deleted_during_the_move_the_first_write_is_rolled_back(
    move: Move, provider: Provider
) -> None:
    plan = await move.plan()
    (first,), (second,) = plan.stages
    await first.send()
    await run_plan(await provider.planner.delete_group(move.source))
    with pytest.raises(Refused):
        await second.send()
    assert plan.rollback is not None
    assert list(await plan.rollback()) == []
    assert changed_groups(move.simulator) == {KITCHEN: {}}


async def test_a_second_write_that_was_applied_without_a_response_completes_the_move(
    move: Move,
) -> None:
    result = await move.run({move.change_source: [LOST_RESPONSE]})
    assert take_calls(move.simulator)[3:] == [
        written(move.source, productsToRemove=[move.new, move.shared]),
        read(move.source),
    ]
    assert (len(result.calls), result.refusals, result.unconfirmed_products) == (2, (), frozenset())
    assert move.is_done


async def test_a_rollback_that_was_applied_without_a_response_is_complete(move: Move) -> None:
    with pytest.raises(Unavailable) as caught:
        await move.run({move.change_source: [LOST_CALL], move.change_target: [None, LOST_RESPONSE]})
    assert caught.value.message.endswith(ROLLED_BACK)
    assert move.is_untouched


async def test_if_the_rollback_fails_each_product_is_reported_with_its_groups(move: Move) -> None:
    result = await move.run(
        {move.change_source: [LOST_CALL], move.change_target: [None, LOST_CALL]}
    )
    both = "The product is in both groups now."
    assert result.refusals == move.incomplete(both, both)
    assert executed_writes(result) == [("PUT", f"/productGroup/{move.target.native_id}")]
    assert result.unconfirmed_products == frozenset(move.products)
    assert product_ids(move.simulator, KITCHEN) == product_ids(AximSimulator(), KITCHEN)
    assert product_ids(move.simulator, STAFF) == [*product_ids(AximSimulator(), STAFF), move.new]


async def test_products_in_both_groups_can_be_moved_by_the_same_mutation(move: Move) -> None:
    result = await move.run(
        {move.change_source: [LOST_CALL], move.change_target: [None, LOST_CALL]}
    )
    assert {getattr(refusal, "is_retryable", None) for refusal in result.refusals} == {True}
    assert (await move.run({})).refusals == ()
    assert move.is_done


async def test_a_product_that_was_not_added_is_reported_in_the_source(move: Move) -> None:
    result = await move.run({move.change_target: [LOST_CALL, *UNREACHABLE]})
    still = "The product is still in the source group."
    assert result.refusals == move.incomplete(still, "The product is in both groups now.")
    assert move.is_untouched


async def test_if_the_source_cannot_be_read_nothing_is_rolled_back(move: Move) -> None:
    result = await move.run({move.change_source: [LOST_RESPONSE], move.read_source: [None, BROKEN]})
    assert result.refusals == move.incomplete(UNKNOWN_PLACE, UNKNOWN_PLACE)
    assert move.is_done


async def test_a_product_that_the_source_has_lost_stays_in_the_target(
    move: Move, provider: Provider
) -> None:
    plan = await move.plan({move.change_source: [LOST_CALL]})
    (first,), (second,) = plan.stages
    await first.send()
    await run_plan(await provider.planner.unassign(move.source, product_refs([move.new])))
    with pytest.raises(Unavailable):
        await second.send()
    assert plan.rollback is not None
    assert tuple(await plan.rollback()) == (
        Incomplete(
            message="The product is in the target group as requested.",
            about=move.products[0],
            is_retryable=False,
        ),
        Incomplete(
            message="The product is in both groups now.", about=move.products[1], is_retryable=False
        ),
    )
    assert product_ids(move.simulator, STAFF)[-1] == move.new
