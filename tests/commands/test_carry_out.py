"""What a plan has done when the vendor fails or refuses halfway is told exactly."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from groupgate.commands.execution import PlanReport, execute_plan
from groupgate.domain.errors import Refused, Unavailable, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, Step
from groupgate.domain.refusals import Conflict, Incomplete, NotFound, Refusal, UserErrorCode
from tests.fake_planner import Writes, call, failure
from tests.little_shop import GROUP, A, B, C, D

pytestmark = pytest.mark.anyio

NO_A = NotFound(message="No such product.", about=A)
NO_GROUP = NotFound(message="No such group.", about=GROUP)
STANDS = Incomplete(message="It stands there.", about=A, is_retryable=False)

NOT_DONE = "This was not done: It failed."
NOBODY_KNOWS = "Nobody knows whether this was done: It failed."
NOT_TRIED = "This was not tried: a call before it was not done."
REFUSED_WITH_OTHERS = "This was not done: the vendor refused the call that it was a part of."


class RollbackFunction:
    """Takes back what was done as it is told to, and counts."""

    def __init__(self, *stands: Refusal, failure: UpstreamError | None = None) -> None:
        self._stands = stands
        self._failure = failure
        self.times = 0

    async def __call__(self) -> Sequence[Refusal]:
        self.times += 1
        if self._failure is not None:
            raise self._failure
        return self._stands


async def carried_out(*steps: Step, rollback: RollbackFunction | None = None) -> PlanReport:
    """Carry out a plan of these steps, each a stage of its own."""
    plan = Plan(stages=tuple((step,) for step in steps), rollback=rollback)
    return await execute_plan(plan, is_repeatable=True)


async def test_a_plan_of_nothing_is_complete() -> None:
    report = await carried_out()

    assert (report.is_complete, report.calls, report.refusals) == (True, (), ())


async def test_a_plan_that_is_done_tells_its_calls_in_their_order() -> None:
    writes = Writes()

    report = await carried_out(writes.step("/1", A), writes.step("/2"))

    assert report.is_complete
    assert report.calls == (call("/1"), call("/2"))
    assert (report.refusals, report.undone) == ((), frozenset())


@pytest.mark.parametrize(
    ("outcome", "told"),
    [(WriteOutcome.NOT_APPLIED, NOT_DONE), (WriteOutcome.UNKNOWN, NOBODY_KNOWS)],
)
async def test_every_product_left_undone_is_told_once_in_the_order_of_the_plan(
    outcome: WriteOutcome, told: str
) -> None:
    writes = Writes()
    report = await carried_out(
        writes.step("/1", A),
        writes.step("/2", B, fails=failure(outcome)),
        writes.step("/3", D, C),
        writes.step("/4", B, C),
    )

    assert writes.sent == ["/1", "/2"]
    assert report.calls == (call("/1"),)
    assert report.undone == {B, C, D}
    assert report.refusals == (
        Incomplete(message=told, about=B, is_retryable=True),
        Incomplete(message=NOT_TRIED, about=D, is_retryable=True),
        Incomplete(message=NOT_TRIED, about=C, is_retryable=True),
    )


async def test_a_step_of_no_product_that_is_left_undone_is_told_by_its_description() -> None:
    writes = Writes()
    broken = writes.step("/2", fails=failure(WriteOutcome.NOT_APPLIED))
    plan = Plan(stages=((writes.step("/1"),), (broken,)))

    report = await execute_plan(plan, is_repeatable=False)

    message = "This was not done: It failed. This was to be done: Send /2."
    assert report.refusals == (Incomplete(message=message, is_retryable=False),)


async def test_a_refused_product_is_told_as_the_vendor_did_and_those_beside_it_as_undone() -> None:
    writes = Writes()

    report = await carried_out(writes.step("/1", C), writes.step("/2", A, B, fails=Refused(NO_A)))

    left = Incomplete(message=REFUSED_WITH_OTHERS, about=B, is_retryable=True)
    assert report.refusals == (NO_A, left)
    assert report.undone == {A, B}


async def test_what_was_refused_of_no_product_needs_no_more_words_than_the_vendors() -> None:
    writes = Writes()

    report = await carried_out(writes.step("/1"), writes.step("/2", fails=Refused(NO_GROUP)))

    assert report.refusals == (NO_GROUP,)


async def test_where_all_was_refused_and_nothing_done_each_reason_is_told_once() -> None:
    writes = Writes()
    stage = (
        writes.step("/1", A, fails=Refused(NO_A, NO_GROUP)),
        writes.step("/2", B, fails=Refused(NO_GROUP)),
    )

    report = await execute_plan(Plan(stages=(stage,)), is_repeatable=True)

    assert report.refusals == (NO_A, NO_GROUP)
    assert (report.calls, report.undone) == ((), frozenset({A, B}))


async def test_where_nothing_was_done_the_failure_that_leaves_most_open_is_raised() -> None:
    writes = Writes()
    lost = failure(WriteOutcome.UNKNOWN)
    stage = (
        writes.step("/1", A, fails=failure(WriteOutcome.NOT_APPLIED)),
        writes.step("/2", B, fails=lost),
        writes.step("/3", C, fails=Refused(NO_GROUP)),
    )

    with pytest.raises(Unavailable) as caught:
        await execute_plan(Plan(stages=(stage,)), is_repeatable=True)

    assert caught.value is lost


async def test_a_failure_that_tells_no_outcome_leaves_it_unknown() -> None:
    with pytest.raises(Unavailable) as caught:
        await carried_out(Writes().step("/1", fails=failure(None)))

    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_a_failure_that_only_a_payload_tells_has_its_line_in_the_log() -> None:
    writes, broken = Writes(), failure(WriteOutcome.UNKNOWN)
    with capture_logs() as lines:
        await carried_out(writes.step("/1"), writes.step("/2", fails=broken))

    assert lines == [
        {
            "event": "write_failed",
            "log_level": "warning",
            "provider": "DODO",
            "error": "Unavailable",
            "message": "It failed.",
            "cause": broken.cause,
        }
    ]


@pytest.mark.parametrize("outcome", list(WriteOutcome))
async def test_a_half_that_is_taken_back_is_a_failure_that_has_changed_nothing(
    outcome: WriteOutcome,
) -> None:
    writes, rollback = Writes(), RollbackFunction()
    with capture_logs() as lines, pytest.raises(Unavailable) as caught:
        await carried_out(
            writes.step("/1", A),
            writes.step("/2", A, fails=failure(outcome)),
            rollback=rollback,
        )

    assert rollback.times == 1
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert caught.value.message == (
        "It failed. What was done before was taken back: nothing has changed."
    )
    assert lines == []


async def test_a_refusal_whose_first_half_is_taken_back_leaves_no_call_and_no_product() -> None:
    writes, rollback = Writes(), RollbackFunction()

    report = await carried_out(
        writes.step("/1", A), writes.step("/2", A, fails=Refused(NO_GROUP)), rollback=rollback
    )

    assert rollback.times == 1
    assert report.refusals == (NO_GROUP,)
    assert (report.calls, report.undone) == ((), frozenset({A}))


@pytest.mark.parametrize("fails", [failure(WriteOutcome.NOT_APPLIED), Refused(NO_A)])
async def test_what_never_began_is_not_taken_back(fails: UpstreamError | Refused) -> None:
    rollback = RollbackFunction()
    step = Writes().step("/1", A, fails=fails)

    if isinstance(fails, Refused):
        assert (await carried_out(step, rollback=rollback)).refusals == (NO_A,)
    else:
        with pytest.raises(Unavailable):
            await carried_out(step, rollback=rollback)

    assert rollback.times == 0


async def test_what_may_have_begun_is_taken_back() -> None:
    rollback = RollbackFunction()
    with pytest.raises(Unavailable):
        await carried_out(
            Writes().step("/1", A, fails=failure(WriteOutcome.UNKNOWN)), rollback=rollback
        )

    assert rollback.times == 1


async def test_what_could_not_be_taken_back_is_told_after_why_the_rest_was_refused() -> None:
    writes = Writes()
    taken = Conflict(message="It is in another group.", code=UserErrorCode.IN_ANOTHER_GROUP)

    report = await carried_out(
        writes.step("/1", A),
        writes.step("/2", A, fails=Refused(taken)),
        rollback=RollbackFunction(STANDS),
    )

    assert report.refusals == (taken, STANDS)
    assert report.calls == (call("/1"),)


async def test_a_vendor_that_fails_while_it_is_taken_back_leaves_each_call_that_stands() -> None:
    writes = Writes()
    with capture_logs() as lines:
        report = await carried_out(
            writes.step("/1", A),
            writes.step("/2", A, fails=failure(WriteOutcome.UNKNOWN)),
            writes.step("/3", A),
            rollback=RollbackFunction(failure=failure(WriteOutcome.NOT_APPLIED)),
        )

    done = "This was done, and could not be taken back: Send /1."
    lost = "This may have been done, and could not be taken back: Send /2."
    assert report.refusals == (
        Incomplete(message=done, is_retryable=False),
        Incomplete(message=lost, is_retryable=False),
    )
    assert [line["event"] for line in lines] == ["write_failed"]
