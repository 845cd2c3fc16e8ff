"""execute_plan: the report, the errors raised, and the rollback after a failure or a refusal."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from groupgate.commands.execution import PlanReport, execute_plan
from groupgate.domain.errors import Refused, Unavailable, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, Step
from groupgate.domain.refusals import Conflict, Incomplete, Refusal, UserErrorCode, not_found
from tests.fake_planner import StepRecorder, call, failure
from tests.sample_catalog import GROUP, A, B, C, D

pytestmark = pytest.mark.anyio

NO_PRODUCT = not_found(A)
NO_GROUP = not_found(GROUP)
REMAINING = Incomplete(message="The product is in both groups.", about=A, is_retryable=False)

VENDOR_FAILED = failure(None).message
NOT_APPLIED = f"The write was not applied: {VENDOR_FAILED}"
MAY_BE_APPLIED = f"The write may have been applied: {VENDOR_FAILED}"
NOT_SENT = "The write was not sent: an earlier write failed."
REFUSED_AS_A_WHOLE = "The write was not applied: the vendor refused the call as a whole."


class FakeRollback:
    """Returns the given refusals or raises the given error; counts its calls."""

    def __init__(self, *remaining: Refusal, error: UpstreamError | None = None) -> None:
        self._remaining = remaining
        self._error = error
        self.times = 0

    async def __call__(self) -> Sequence[Refusal]:
        self.times += 1
        if self._error is not None:
            raise self._error
        return self._remaining


async def execute(*steps: Step, rollback: FakeRollback | None = None) -> PlanReport:
    """Execute a plan of these steps, each in its own stage."""
    plan = Plan(stages=tuple((step,) for step in steps), rollback=rollback)
    return await execute_plan(plan, is_retryable=True)


async def test_an_empty_plan_is_complete() -> None:
    report = await execute()

    assert (report.is_complete, report.calls, report.refusals) == (True, (), ())


async def test_the_report_of_a_complete_plan_lists_its_calls_in_order() -> None:
    writes = StepRecorder()

    report = await execute(writes.step("/1", A), writes.step("/2"))

    assert report.is_complete
    assert report.calls == (call("/1"), call("/2"))
    assert (report.refusals, report.unconfirmed_products) == ((), frozenset())


@pytest.mark.parametrize(
    ("outcome", "message"),
    [(WriteOutcome.NOT_APPLIED, NOT_APPLIED), (WriteOutcome.UNKNOWN, MAY_BE_APPLIED)],
)
async def test_each_unconfirmed_product_gets_one_refusal_in_the_order_of_the_plan(
    outcome: WriteOutcome, message: str
) -> None:
    writes = StepRecorder()
    report = await execute(
        writes.step("/1", A),
        writes.step("/2", B, error=failure(outcome)),
        writes.step("/3", D, C),
        writes.step("/4", B, C),
    )

    assert writes.sent == ["/1", "/2"]
    assert report.calls == (call("/1"),)
    assert report.unconfirmed_products == {B, C, D}
    assert report.refusals == (
        Incomplete(message=message, about=B, is_retryable=True),
        Incomplete(message=NOT_SENT, about=D, is_retryable=True),
        Incomplete(message=NOT_SENT, about=C, is_retryable=True),
    )


async def test_a_failed_step_without_products_is_reported_with_its_description() -> None:
    writes = StepRecorder()
    failed = writes.step("/2", error=failure(WriteOutcome.NOT_APPLIED))
    plan = Plan(stages=((writes.step("/1"),), (failed,)))

    report = await execute_plan(plan, is_retryable=False)

    message = f"{NOT_APPLIED} Planned write: Send /2."
    assert report.refusals == (Incomplete(message=message, is_retryable=False),)


async def test_the_other_products_of_a_refused_step_are_reported_as_incomplete() -> None:
    writes = StepRecorder()

    report = await execute(writes.step("/1", C), writes.step("/2", A, B, error=Refused(NO_PRODUCT)))

    other = Incomplete(message=REFUSED_AS_A_WHOLE, about=B, is_retryable=True)
    assert report.refusals == (NO_PRODUCT, other)
    assert report.unconfirmed_products == {A, B}


async def test_a_refused_step_without_products_is_reported_by_its_refusals_only() -> None:
    writes = StepRecorder()

    report = await execute(writes.step("/1"), writes.step("/2", error=Refused(NO_GROUP)))

    assert report.refusals == (NO_GROUP,)


async def test_if_every_step_is_refused_each_refusal_is_reported_once() -> None:
    writes = StepRecorder()
    stage = (
        writes.step("/1", A, error=Refused(NO_PRODUCT, NO_GROUP)),
        writes.step("/2", B, error=Refused(NO_GROUP)),
    )

    report = await execute_plan(Plan(stages=(stage,)), is_retryable=True)

    assert report.refusals == (NO_PRODUCT, NO_GROUP)
    assert (report.calls, report.unconfirmed_products) == ((), frozenset({A, B}))


async def test_if_no_write_was_applied_the_failure_with_an_unknown_outcome_is_raised() -> None:
    writes = StepRecorder()
    unknown = failure(WriteOutcome.UNKNOWN)
    stage = (
        writes.step("/1", A, error=failure(WriteOutcome.NOT_APPLIED)),
        writes.step("/2", B, error=unknown),
        writes.step("/3", C, error=Refused(NO_GROUP)),
    )

    with pytest.raises(Unavailable) as caught:
        await execute_plan(Plan(stages=(stage,)), is_retryable=True)

    assert caught.value is unknown


async def test_a_failure_without_an_outcome_gets_the_outcome_unknown() -> None:
    with pytest.raises(Unavailable) as caught:
        await execute(StepRecorder().step("/1", error=failure(None)))

    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_a_failure_that_is_reported_only_in_the_payload_is_logged() -> None:
    writes, error = StepRecorder(), failure(WriteOutcome.UNKNOWN)
    with capture_logs() as lines:
        await execute(writes.step("/1"), writes.step("/2", error=error))

    assert lines == [
        {
            "event": "write_failed",
            "log_level": "warning",
            "provider": "DODO",
            "error": "Unavailable",
            "message": VENDOR_FAILED,
            "cause": error.cause,
        }
    ]


@pytest.mark.parametrize("outcome", list(WriteOutcome))
async def test_a_failure_followed_by_a_complete_rollback_has_the_outcome_not_applied(
    outcome: WriteOutcome,
) -> None:
    writes, rollback = StepRecorder(), FakeRollback()
    with capture_logs() as lines, pytest.raises(Unavailable) as caught:
        await execute(
            writes.step("/1", A),
            writes.step("/2", A, error=failure(outcome)),
            rollback=rollback,
        )

    assert rollback.times == 1
    assert caught.value.outcome is WriteOutcome.NOT_APPLIED
    assert caught.value.message == (
        f"{VENDOR_FAILED} Earlier writes were rolled back; nothing has changed."
    )
    assert lines == []


async def test_a_refusal_followed_by_a_complete_rollback_reports_no_calls() -> None:
    writes, rollback = StepRecorder(), FakeRollback()

    report = await execute(
        writes.step("/1", A), writes.step("/2", A, error=Refused(NO_GROUP)), rollback=rollback
    )

    assert rollback.times == 1
    assert report.refusals == (NO_GROUP,)
    assert (report.calls, report.unconfirmed_products) == ((), frozenset({A}))


@pytest.mark.parametrize("error", [failure(WriteOutcome.NOT_APPLIED), Refused(NO_PRODUCT)])
async def test_a_plan_without_an_applied_write_is_not_rolled_back(
    error: UpstreamError | Refused,
) -> None:
    rollback = FakeRollback()
    step = StepRecorder().step("/1", A, error=error)

    if isinstance(error, Refused):
        assert (await execute(step, rollback=rollback)).refusals == (NO_PRODUCT,)
    else:
        with pytest.raises(Unavailable):
            await execute(step, rollback=rollback)

    assert rollback.times == 0


async def test_a_plan_whose_first_write_may_have_been_applied_is_rolled_back() -> None:
    rollback = FakeRollback()
    with pytest.raises(Unavailable):
        await execute(
            StepRecorder().step("/1", A, error=failure(WriteOutcome.UNKNOWN)), rollback=rollback
        )

    assert rollback.times == 1


async def test_an_incomplete_rollback_is_reported_after_the_refusals_of_the_vendor() -> None:
    writes = StepRecorder()
    taken = Conflict(
        message="The product is in another group.", code=UserErrorCode.IN_ANOTHER_GROUP
    )

    report = await execute(
        writes.step("/1", A),
        writes.step("/2", A, error=Refused(taken)),
        rollback=FakeRollback(REMAINING),
    )

    assert report.refusals == (taken, REMAINING)
    assert report.calls == (call("/1"),)


async def test_a_failed_rollback_reports_every_write_that_may_be_in_effect() -> None:
    writes = StepRecorder()
    with capture_logs() as lines:
        report = await execute(
            writes.step("/1", A),
            writes.step("/2", A, error=failure(WriteOutcome.UNKNOWN)),
            writes.step("/3", A),
            rollback=FakeRollback(error=failure(WriteOutcome.NOT_APPLIED)),
        )

    applied = "The write was applied and could not be rolled back: Send /1."
    unknown = "The write may have been applied and could not be rolled back: Send /2."
    assert report.refusals == (
        Incomplete(message=applied, is_retryable=False),
        Incomplete(message=unknown, is_retryable=False),
    )
    assert [line["event"] for line in lines] == ["write_failed"]
