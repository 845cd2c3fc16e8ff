"""Moving products at Axim: two writes, and what stands where when one of them goes wrong."""

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
from tests.providers.axim.changing import (
    GONE,
    asked,
    carry,
    changed,
    group_named,
    held,
    made,
    refs,
    runner,
    told,
)
from tests.providers.axim.faults import (
    BROKEN,
    DENIED,
    LOST_ANSWER,
    LOST_CALL,
    OUT_OF_REACH,
    THROTTLED,
    FailWith,
    Fault,
    Faults,
)
from tests.providers.axim.reading import one_group

pytestmark = pytest.mark.anyio

KITCHEN = "Kitchen & dining"
STAFF = "Staff picks"
TAKEN_BACK = "Earlier writes were rolled back; nothing has changed."
NOT_KNOWN = "It is not known in which of the two groups it is."


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Two products of the kitchen to move to the staff picks, of which one is there already."""

    simulator: AximSimulator
    fail_with: FailWith
    source: GroupRef
    target: GroupRef
    new: str
    shared: str

    @property
    def products(self) -> list[ProductRef]:
        """Both products."""
        return refs([self.new, self.shared])

    @property
    def fill(self) -> str:
        """The kind of call that changes the target."""
        return f"PUT /productGroup/{self.target.native_id}"

    @property
    def drain(self) -> str:
        """The kind of call that changes the source."""
        return f"PUT /productGroup/{self.source.native_id}"

    @property
    def look(self) -> str:
        """The kind of call that reads the source."""
        return f"GET /productGroup/{self.source.native_id}"

    @property
    def is_untouched(self) -> bool:
        """Whether all is as it was."""
        return changed(self.simulator) == {}

    @property
    def is_done(self) -> bool:
        """Whether both products have moved, and nothing else."""
        seed = AximSimulator()
        moved = {self.new, self.shared}
        return held(self.simulator, KITCHEN) == [
            each for each in held(seed, KITCHEN) if each not in moved
        ] and held(self.simulator, STAFF) == [*held(seed, STAFF), self.new]

    async def plan(self, faults: Faults | None = None) -> Plan:
        """Plan the move."""
        planner = self.fail_with(faults or {}).planner
        return await planner.move(self.source, self.target, self.products, None)

    async def move(self, faults: Faults) -> MutationResult:
        """Move by command."""
        with request_scope():
            return await move_products(
                runner(self.fail_with(faults)), self.source, self.target, self.products, None
            )

    def incomplete(self, *where: str, is_retryable: bool = True) -> tuple[Incomplete, ...]:
        """What tells where each product stands."""
        fields = [("productIds", "0"), ("productIds", "1")]
        return tuple(
            Incomplete(message=message, about=product, field=field, is_retryable=is_retryable)
            for message, product, field in zip(where, self.products, fields, strict=True)
        )


@pytest.fixture
def scene(simulator: AximSimulator, fail_with: FailWith) -> Scene:
    """The move before it has begun."""
    kitchen, staff = held(simulator, KITCHEN), held(simulator, STAFF)
    return Scene(
        simulator=simulator,
        fail_with=fail_with,
        source=group_named(simulator, KITCHEN),
        target=group_named(simulator, STAFF),
        new=next(native_id for native_id in kitchen if native_id not in staff),
        shared=next(native_id for native_id in kitchen if native_id in staff),
    )


def read(ref: GroupRef) -> tuple[str, str, None]:
    """The call that reads this group."""
    return ("GET", one_group(ref.native_id), None)


def written(ref: GroupRef, **body: Any) -> tuple[str, str, Any]:
    """The call that changes this group so."""
    return ("PUT", f"/productGroup/{ref.native_id}", body)


async def test_products_are_added_before_they_are_taken_out(scene: Scene) -> None:
    plan = await scene.plan()
    source, target = scene.source.native_id, scene.target.native_id
    assert told(plan) == [
        ("PUT", f"/productGroup/{target}", f"In the group {target}, add 1 product."),
        ("PUT", f"/productGroup/{source}", f"In the group {source}, take out 2 products."),
    ]
    assert [[step.products for step in stage] for stage in plan.stages] == [
        [()],
        [tuple(scene.products)],
    ]
    assert asked(scene.simulator) == [read(scene.target)]
    await carry(plan)
    assert asked(scene.simulator) == [
        written(scene.target, products=[scene.new]),
        written(scene.source, productsToRemove=[scene.new, scene.shared]),
    ]
    assert scene.is_done


async def test_what_is_in_the_target_already_only_leaves_the_source(
    provider: Provider, scene: Scene
) -> None:
    plan = await provider.planner.move(scene.source, scene.target, refs([scene.shared]), None)
    await carry(plan)
    assert plan.rollback is None
    assert asked(scene.simulator) == [
        read(scene.target),
        written(scene.source, productsToRemove=[scene.shared]),
    ]
    assert held(scene.simulator, STAFF) == held(AximSimulator(), STAFF)


async def test_a_target_that_is_gone_is_found_before_anything_is_written(
    provider: Provider, scene: Scene
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.move(scene.source, GONE, scene.products, None)
    gone = NotFound(message="It does not exist, or no longer.", about=GONE)
    assert caught.value.refusals == (gone,)
    assert [method for method, _, _ in asked(scene.simulator)] == ["GET"]


async def test_a_first_half_that_was_not_made_needs_no_taking_back(scene: Scene) -> None:
    with pytest.raises(Unreachable) as caught:
        await scene.move({scene.fill: OUT_OF_REACH})
    assert caught.value.message == "It could not be reached."
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert asked(scene.simulator) == [read(scene.source), read(scene.target)]
    assert scene.is_untouched


async def test_a_first_half_that_is_refused_needs_no_taking_back(scene: Scene) -> None:
    result = await scene.move({scene.fill: [Fault(status=404)]})
    message = "It does not exist, or no longer."
    gone = NotFound(message=message, about=scene.target, field=("toGroupId",))
    assert (made(result), result.refusals) == ([], (gone,))
    assert scene.is_untouched


@pytest.mark.parametrize("fault", [LOST_CALL, LOST_ANSWER, BROKEN])
async def test_a_first_half_whose_answer_is_lost_is_taken_back(scene: Scene, fault: Fault) -> None:
    with pytest.raises(Unavailable) as caught:
        await scene.move({scene.fill: [fault]})
    assert caught.value.message.endswith(TAKEN_BACK)
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert asked(scene.simulator)[-2:] == [
        read(scene.source),
        written(scene.target, productsToRemove=[scene.new]),
    ]
    assert scene.is_untouched


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        (OUT_OF_REACH, Unreachable),
        ([THROTTLED] * 3, Throttled),
        ([DENIED], Denied),
        ([BROKEN], Unavailable),
        ([LOST_CALL], Unavailable),
    ],
)
async def test_if_the_second_half_fails_the_first_is_taken_back(
    scene: Scene, faults: list[Fault], error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await scene.move({scene.drain: faults})
    assert str(getattr(caught.value, "message", "")).endswith(TAKEN_BACK)
    assert getattr(caught.value, "outcome", None) is WriteOutcome.NOT_APPLIED
    assert asked(scene.simulator)[2:] == [
        written(scene.target, products=[scene.new]),
        read(scene.source),
        written(scene.target, productsToRemove=[scene.new]),
    ]
    assert scene.is_untouched


async def test_if_the_second_half_is_refused_the_first_is_taken_back(scene: Scene) -> None:
    result = await scene.move({scene.drain: [Fault(status=400)]})
    message = "Axim Commerce does not accept this change."
    invalid = InvalidInput(message=message, code=UserErrorCode.INVALID)
    assert (made(result), result.refusals) == ([], (invalid,))
    assert result.unconfirmed_products == frozenset(scene.products)
    assert scene.is_untouched


async def test_if_the_source_is_deleted_meanwhile_the_first_half_is_taken_back(
    scene: Scene, provider: Provider
) -> None:
    plan = await scene.plan()
    (first,), (second,) = plan.stages
    await first.send()
    await carry(await provider.planner.delete_group(scene.source))
    with pytest.raises(Refused):
        await second.send()
    assert plan.rollback is not None
    assert list(await plan.rollback()) == []
    assert changed(scene.simulator) == {KITCHEN: {}}


async def test_if_the_second_half_was_made_it_does_not_matter_that_its_answer_is_lost(
    scene: Scene,
) -> None:
    result = await scene.move({scene.drain: [LOST_ANSWER]})
    assert asked(scene.simulator)[3:] == [
        written(scene.source, productsToRemove=[scene.new, scene.shared]),
        read(scene.source),
    ]
    assert (len(result.calls), result.refusals, result.unconfirmed_products) == (2, (), frozenset())
    assert scene.is_done


async def test_taking_back_may_lose_its_answer_too(scene: Scene) -> None:
    with pytest.raises(Unavailable) as caught:
        await scene.move({scene.drain: [LOST_CALL], scene.fill: [None, LOST_ANSWER]})
    assert caught.value.message.endswith(TAKEN_BACK)
    assert scene.is_untouched


async def test_if_taking_back_fails_it_is_told_what_stands_where(scene: Scene) -> None:
    result = await scene.move({scene.drain: [LOST_CALL], scene.fill: [None, LOST_CALL]})
    both = "It is in both groups now."
    assert result.refusals == scene.incomplete(both, both)
    assert made(result) == [("PUT", f"/productGroup/{scene.target.native_id}")]
    assert result.unconfirmed_products == frozenset(scene.products)
    assert held(scene.simulator, KITCHEN) == held(AximSimulator(), KITCHEN)
    assert held(scene.simulator, STAFF) == [*held(AximSimulator(), STAFF), scene.new]


async def test_what_stands_in_both_groups_can_be_moved_by_the_same_mutation(scene: Scene) -> None:
    result = await scene.move({scene.drain: [LOST_CALL], scene.fill: [None, LOST_CALL]})
    assert {getattr(refusal, "is_retryable", None) for refusal in result.refusals} == {True}
    assert (await scene.move({})).refusals == ()
    assert scene.is_done


async def test_what_was_not_added_is_told_to_be_where_it_was(scene: Scene) -> None:
    result = await scene.move({scene.fill: [LOST_CALL, *OUT_OF_REACH]})
    was = "It is in the first group, as it was."
    assert result.refusals == scene.incomplete(was, "It is in both groups now.")
    assert scene.is_untouched


async def test_if_nothing_can_be_read_nothing_is_taken_back(scene: Scene) -> None:
    result = await scene.move({scene.drain: [LOST_ANSWER], scene.look: [None, BROKEN]})
    assert result.refusals == scene.incomplete(NOT_KNOWN, NOT_KNOWN)
    assert scene.is_done


async def test_a_product_that_the_source_has_lost_stays_in_the_target(
    scene: Scene, provider: Provider
) -> None:
    plan = await scene.plan({scene.drain: [LOST_CALL]})
    (first,), (second,) = plan.stages
    await first.send()
    await carry(await provider.planner.unassign(scene.source, refs([scene.new])))
    with pytest.raises(Unavailable):
        await second.send()
    assert plan.rollback is not None
    assert tuple(await plan.rollback()) == (
        Incomplete(
            message="It is in the second group, as it was to be.",
            about=scene.products[0],
            is_retryable=False,
        ),
        Incomplete(
            message="It is in both groups now.", about=scene.products[1], is_retryable=False
        ),
    )
    assert held(scene.simulator, STAFF)[-1] == scene.new
