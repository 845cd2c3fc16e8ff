"""Mutations at a vendor that fails: their results, and how they are completed."""

import pytest

from groupgate.commands.memberships import (
    assign_products,
    move_products,
    unassign_products,
)
from groupgate.domain.errors import Unavailable, WriteOutcome
from groupgate.domain.refusals import UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    EDGE,
    GERMANY,
    ICONS,
    MONTHLY,
    STARTER,
    YEARLY,
    members,
)
from tests.providers.faults import BROKEN, LOST_CALL, LOST_RESPONSE, Fault
from tests.providers.mutations import executed_writes, refused_fields, runner

pytestmark = pytest.mark.anyio


async def test_the_same_mutation_completes_what_a_failing_vendor_left(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"DELETE": [*[None] * 8, *[BROKEN] * 12]})
    twenty = members(simulator, GERMANY)
    with request_scope():
        result = await unassign_products(runner(provider), GERMANY, twenty)
    left = members(simulator, GERMANY)
    assert len(executed_writes(result)) == 20 - len(left) >= 8
    assert result.unconfirmed_products == frozenset(left)
    assert {refusal.code for refusal in result.refusals} == {UserErrorCode.INCOMPLETE}
    assert [refusal.about for refusal in result.refusals] == left
    again = fail_with({})
    with request_scope():
        result = await unassign_products(runner(again), GERMANY, twenty)
    assert (members(simulator, GERMANY), result.refusals, len(executed_writes(result))) == (
        [],
        (),
        len(left),
    )


@pytest.mark.parametrize(("fault", "is_made"), [(LOST_RESPONSE, True), (LOST_CALL, False)])
async def test_an_assignment_without_a_response_can_be_repeated(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault, *, is_made: bool
) -> None:
    provider = fail_with({"POST": [fault]})
    with request_scope():
        with pytest.raises(Unavailable) as caught:
            await assign_products(runner(provider), EDGE, ICONS)
        assert caught.value.outcome is WriteOutcome.UNKNOWN
        result = await assign_products(runner(provider), EDGE, ICONS)
    assert len(executed_writes(result)) == (0 if is_made else 1)
    assert members(simulator, EDGE) == ICONS


async def test_a_move_that_is_rolled_back_reports_that_nothing_has_changed(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [BROKEN]})
    before = members(simulator, MONTHLY), members(simulator, YEARLY)
    with request_scope(), pytest.raises(Unavailable) as caught:
        await move_products(runner(provider), MONTHLY, YEARLY, [STARTER], 0)
    assert caught.value.message.endswith("nothing has changed.")
    assert (members(simulator, MONTHLY), members(simulator, YEARLY)) == before


async def test_a_move_that_cannot_be_rolled_back_reports_each_product(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    provider = fail_with({"POST": [BROKEN, BROKEN]})
    moved = members(simulator, MONTHLY)[:2]
    with request_scope():
        result = await move_products(runner(provider), MONTHLY, YEARLY, moved, 0)
    assert refused_fields(result) == [
        (UserErrorCode.INCOMPLETE, ("productIds", "0")),
        (UserErrorCode.INCOMPLETE, ("productIds", "1")),
    ]
    assert result.unconfirmed_products == frozenset(moved)
