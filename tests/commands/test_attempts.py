"""Writes are made stage after stage, at most eight at once, and no more once the vendor fails."""

import pytest

from groupgate.commands.execution import WRITES_AT_ONCE, run_steps
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import NotFound
from tests.fake_planner import Writes, failure
from tests.little_shop import A

pytestmark = pytest.mark.anyio

NO_SUCH = Refused(NotFound(message="No such product.", about=A))


async def test_a_stage_begins_when_the_one_before_it_has_ended() -> None:
    writes = Writes()
    first = tuple(writes.step(path) for path in ("/1", "/2"))
    second = (writes.step("/3", does=lambda: writes.sent.append("end")),)

    step_results = await run_steps(Plan(stages=(first, second)))

    assert writes.sent == ["/1", "/2", "/3", "end"]
    assert writes.most_under_way == 2
    assert [step_result.is_done for step_result in step_results] == [True, True, True]


async def test_eight_steps_of_a_stage_are_under_way_at_most() -> None:
    writes = Writes()
    paths = [f"/{number}" for number in range(20)]

    await run_steps(Plan(stages=(tuple(map(writes.step, paths)),)))

    assert writes.sent == paths
    assert writes.most_under_way == WRITES_AT_ONCE == 8


async def test_once_the_vendor_fails_what_is_under_way_ends_and_no_more_begins() -> None:
    writes = Writes()
    paths = [f"/{number}" for number in range(20)]
    broken = failure(WriteOutcome.NOT_APPLIED)
    stage = [writes.step(path, fails=broken if path == "/2" else None) for path in paths]

    step_results = await run_steps(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert writes.sent == paths[:8]
    done = [step_result.step.call.path for step_result in step_results if step_result.is_done]
    assert done == ["/0", "/1", "/3", "/4", "/5", "/6", "/7"]
    assert [step_result.failure for step_result in step_results if step_result.failure] == [broken]
    assert [step_result.step.call.path for step_result in step_results] == [*paths, "/next"]


async def test_a_step_that_is_refused_does_not_keep_others_of_its_stage_from_being_made() -> None:
    writes = Writes()
    stage = [writes.step(f"/{number}", fails=None if number else NO_SUCH) for number in range(12)]

    step_results = await run_steps(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert len(writes.sent) == 12
    assert [step_result.is_done for step_result in step_results] == [False, *[True] * 11, False]
    assert step_results[0].refusals == NO_SUCH.refusals


async def test_a_failed_step_may_be_done_unless_it_is_known_not_to_be() -> None:
    writes = Writes()
    outcomes = (WriteOutcome.NOT_APPLIED, WriteOutcome.UNKNOWN, None)
    stage = tuple(writes.step("/", fails=failure(outcome)) for outcome in outcomes)

    step_results = await run_steps(Plan(stages=(stage,)))

    assert [step_result.may_be_done for step_result in step_results] == [False, True, True]


async def test_a_bug_in_one_step_ends_the_others_before_it_is_told() -> None:
    writes = Writes()

    def blunder() -> None:
        raise ZeroDivisionError

    stage = (writes.step("/1", does=blunder), writes.step("/2"))
    with pytest.raises(ExceptionGroup) as caught:
        await run_steps(Plan(stages=(stage,)))

    assert caught.group_contains(ZeroDivisionError)
