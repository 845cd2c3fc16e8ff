"""run_steps: stages in order, at most eight concurrent writes, none started after a failure."""

import pytest

from groupgate.commands.execution import MAX_CONCURRENT_WRITES, run_steps
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import not_found
from tests.fake_planner import StepRecorder, failure
from tests.sample_catalog import A

pytestmark = pytest.mark.anyio

REFUSED = Refused(not_found(A))


async def test_stages_run_one_after_another() -> None:
    writes = StepRecorder()
    first = tuple(writes.step(path) for path in ("/1", "/2"))
    second = (writes.step("/3", on_send=lambda: writes.sent.append("end")),)

    results = await run_steps(Plan(stages=(first, second)))

    assert writes.sent == ["/1", "/2", "/3", "end"]
    assert writes.most_running == 2
    assert [result.is_done for result in results] == [True, True, True]


async def test_at_most_eight_steps_of_a_stage_run_concurrently() -> None:
    writes = StepRecorder()
    paths = [f"/{number}" for number in range(20)]

    await run_steps(Plan(stages=(tuple(map(writes.step, paths)),)))

    assert writes.sent == paths
    assert writes.most_running == MAX_CONCURRENT_WRITES == 8


async def test_after_a_failure_running_steps_finish_and_no_further_step_starts() -> None:
    writes = StepRecorder()
    paths = [f"/{number}" for number in range(20)]
    error = failure(WriteOutcome.NOT_APPLIED)
    stage = [writes.step(path, error=error if path == "/2" else None) for path in paths]

    results = await run_steps(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert writes.sent == paths[:8]
    done = [result.step.call.path for result in results if result.is_done]
    assert done == ["/0", "/1", "/3", "/4", "/5", "/6", "/7"]
    assert [result.failure for result in results if result.failure] == [error]
    assert [result.step.call.path for result in results] == [*paths, "/next"]


async def test_a_refused_step_does_not_stop_the_other_steps_of_its_stage() -> None:
    writes = StepRecorder()
    stage = [writes.step(f"/{number}", error=None if number else REFUSED) for number in range(12)]

    results = await run_steps(Plan(stages=(tuple(stage), (writes.step("/next"),))))

    assert len(writes.sent) == 12
    assert [result.is_done for result in results] == [False, *[True] * 11, False]
    assert results[0].refusals == REFUSED.refusals


async def test_a_failed_step_may_be_done_unless_its_outcome_is_not_applied() -> None:
    writes = StepRecorder()
    outcomes = (WriteOutcome.NOT_APPLIED, WriteOutcome.UNKNOWN, None)
    stage = tuple(writes.step("/", error=failure(outcome)) for outcome in outcomes)

    results = await run_steps(Plan(stages=(stage,)))

    assert [result.may_be_done for result in results] == [False, True, True]


async def test_an_unexpected_exception_in_a_step_ends_the_others_and_is_raised() -> None:
    writes = StepRecorder()

    def divide_by_zero() -> None:
        raise ZeroDivisionError

    stage = (writes.step("/1", on_send=divide_by_zero), writes.step("/2"))
    with pytest.raises(ExceptionGroup) as caught:
        await run_steps(Plan(stages=(stage,)))

    assert caught.group_contains(ZeroDivisionError)
