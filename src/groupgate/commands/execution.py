"""Execution of a plan: sends its writes and reports which of them were applied."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, RollbackFunction, Step
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import Incomplete, Refusal
from groupgate.request import current_scope
from groupgate.timeline import WriteState

MAX_CONCURRENT_WRITES: Final = 8
"""Concurrent writes of one mutation; fewer than the vendor allows, for its other callers."""

_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class StepResult:
    """The result of one step; a step that is not done and has no error was not sent."""

    step: Step
    is_done: bool = False
    error: UpstreamError | Refused | None = None

    @property
    def failure(self) -> UpstreamError | None:
        """The error, if the vendor failed."""
        return self.error if isinstance(self.error, UpstreamError) else None

    @property
    def refusals(self) -> Sequence[Refusal]:
        """The refusals, if the vendor refused the write."""
        return self.error.refusals if isinstance(self.error, Refused) else ()

    @property
    def may_be_done(self) -> bool:
        """True if the write was applied, or it is unknown if it was."""
        return self.is_done or (
            self.failure is not None and self.failure.outcome is not WriteOutcome.NOT_APPLIED
        )


StepResults = Sequence[StepResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """The results of a plan's steps, in the order of the plan, and the refusals they lead to."""

    step_results: StepResults
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_complete(self) -> bool:
        """True if every step is done."""
        return all(result.is_done for result in self.step_results)

    @property
    def calls(self) -> tuple[PlannedWrite, ...]:
        """The writes that are in effect at the vendor."""
        return tuple(result.step.call for result in self.step_results if result.is_done)

    @property
    def unconfirmed_products(self) -> frozenset[ProductRef]:
        """The products of steps that are not known to be done."""
        steps = (result.step for result in self.step_results if not result.is_done)
        return frozenset(product for step in steps for product in step.products)


async def execute_plan(plan: Plan, *, is_retryable: bool) -> PlanReport:
    """Send the writes of a plan; after a failure, roll back or report the partial failure.

    `is_retryable` is True if a client may send the mutation again after a partial failure.
    Raises UpstreamError if the vendor failed and no write is known to be in effect.
    """
    results = await run_steps(plan)
    applied = [result for result in results if result.is_done]
    try:
        return await _report(plan, results, is_retryable=is_retryable)
    finally:
        if (timeline := current_scope().timeline) is not None:
            timeline.writes += [(each.step.call, _state(each, applied)) for each in results]


async def _report(plan: Plan, results: StepResults, *, is_retryable: bool) -> PlanReport:
    if all(result.is_done for result in results):
        return PlanReport(step_results=results)
    if plan.rollback is not None and any(result.may_be_done for result in results):
        refusals = await _roll_back(plan.rollback, results)
    elif any(result.is_done for result in results):
        _log_failures(results)
        refusals = _partial_failure(results, is_retryable=is_retryable)
    else:
        refusals = _total_failure(results)
    return PlanReport(step_results=results, refusals=tuple(refusals))


async def run_steps(plan: Plan) -> StepResults:
    """Run the stages in order; stop after the first stage that is not completely done."""
    stages = [[StepResult(step=step) for step in stage] for stage in plan.stages]
    for stage in stages:
        await _run_stage(stage)
        if not all(result.is_done for result in stage):
            break
    return [result for stage in stages for result in stage]


async def _run_stage(stage: StepResults) -> None:
    """Run the steps concurrently; after the vendor failed one of them, send no further ones."""
    slots = asyncio.Semaphore(MAX_CONCURRENT_WRITES)

    async def run(result: StepResult) -> None:
        async with slots:
            if any(other.failure for other in stage):
                return
            try:
                await result.step.send()
            except (UpstreamError, Refused) as error:
                result.error = error
            else:
                result.is_done = True

    async with asyncio.TaskGroup() as tasks:
        for result in stage:
            tasks.create_task(run(result))


def _state(result: StepResult, applied: Collection[StepResult]) -> WriteState:
    """Return what became of a write; `applied` are those that were applied before a rollback."""
    if result.is_done:
        return WriteState.APPLIED
    if result in applied:
        return WriteState.UNDONE
    if result.refusals:
        return WriteState.REFUSED
    if result.failure is None:
        return WriteState.NOT_SENT
    return WriteState.UNKNOWN if result.may_be_done else WriteState.NOT_APPLIED


def _partial_failure(results: StepResults, *, is_retryable: bool) -> list[Refusal]:
    """Return why steps are not done, in the order of the plan; one refusal per product."""
    refusals: dict[object, Refusal] = {}
    for result in results:
        if not result.is_done:
            for refusal in _step_refusals(result, is_retryable=is_retryable):
                refusals.setdefault(refusal.about or refusal.message, refusal)
    return list(refusals.values())


def _step_refusals(result: StepResult, *, is_retryable: bool) -> Iterator[Refusal]:
    yield from result.refusals
    reason = _reason(result)
    for product in result.step.products:
        yield Incomplete(message=reason, about=product, is_retryable=is_retryable)
    if not result.step.products and not result.refusals:
        message = f"{reason} Planned write: {result.step.call.description}"
        yield Incomplete(message=message, is_retryable=is_retryable)


def _reason(result: StepResult) -> str:
    if result.refusals:
        return "The write was not applied: the vendor refused the call as a whole."
    if result.failure is None:
        return "The write was not sent: an earlier write failed."
    if result.may_be_done:
        return f"The write may have been applied: {result.failure.message}"
    return f"The write was not applied: {result.failure.message}"


def _total_failure(results: StepResults) -> list[Refusal]:
    """Return the vendor's refusals if no write was applied; raise the error if it failed."""
    error = _least_certain_failure(results)
    if error is not None:
        error.outcome = error.outcome or WriteOutcome.UNKNOWN
        raise error
    return _vendor_refusals(results)


async def _roll_back(rollback: RollbackFunction, results: StepResults) -> list[Refusal]:
    """Undo the writes; return the vendor's refusals and those of writes that are still in effect.

    Raises the vendor's failure, with an outcome of NOT_APPLIED, if everything was undone.
    """
    try:
        remaining = await rollback()
    except UpstreamError:
        remaining = [_not_rolled_back(result) for result in results if result.may_be_done]
    if remaining:
        _log_failures(results)
        return [*_vendor_refusals(results), *remaining]
    for result in results:
        result.is_done = False
    error = _least_certain_failure(results)
    if error is not None:
        error.message += " Earlier writes were rolled back; nothing has changed."
        error.outcome = WriteOutcome.NOT_APPLIED
        raise error
    return _vendor_refusals(results)


def _not_rolled_back(result: StepResult) -> Refusal:
    state = "was applied" if result.is_done else "may have been applied"
    message = f"The write {state} and could not be rolled back: {result.step.call.description}"
    return Incomplete(message=message, is_retryable=False)


def _vendor_refusals(results: StepResults) -> list[Refusal]:
    """Return the vendor's refusals of all steps, each only once."""
    return list(dict.fromkeys(refusal for result in results for refusal in result.refusals))


def _least_certain_failure(results: StepResults) -> UpstreamError | None:
    """Return a failure whose write may have been applied, if there is one; else the first."""
    failed = [result for result in results if result.failure]
    failed.sort(key=lambda result: result.may_be_done, reverse=True)
    return failed[0].failure if failed else None


def _log_failures(results: StepResults) -> None:
    """Log failures that are reported in a payload only: top-level errors are logged elsewhere."""
    for failure in (result.failure for result in results):
        if failure is not None:
            _log.warning(
                "write_failed",
                **failure.provider.labels,
                error=type(failure).__name__,
                message=failure.message,
                cause=failure.cause,
            )
