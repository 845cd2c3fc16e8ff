"""Makes the writes of a plan, and remembers of each what became of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, Step
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import Incomplete, Refusal

WRITES_AT_ONCE: Final = 8
"""Of one mutation, so that it leaves room for the vendor's other callers."""


@dataclass(slots=True, kw_only=True)
class StepResult:
    """A step and what became of it; one that is not done and has no error was not tried."""

    step: Step
    is_done: bool = False
    error: UpstreamError | Refused | None = None

    @property
    def failure(self) -> UpstreamError | None:
        """How the vendor failed."""
        return self.error if isinstance(self.error, UpstreamError) else None

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Why the vendor said no."""
        return self.error.refusals if isinstance(self.error, Refused) else ()

    @property
    def may_be_done(self) -> bool:
        """Whether it is done, or failed without telling."""
        return self.is_done or (
            self.failure is not None and self.failure.outcome is not WriteOutcome.NOT_APPLIED
        )


StepResults = Sequence[StepResult]


async def run_steps(plan: Plan) -> StepResults:
    """Make stage after stage, up to the first that is not done as a whole."""
    stages = [[StepResult(step=step) for step in stage] for stage in plan.stages]
    for stage in stages:
        await _run_stage(stage)
        if not all(step_result.is_done for step_result in stage):
            break
    return [step_result for stage in stages for step_result in stage]


async def _run_stage(stage: StepResults) -> None:
    """Make steps at the same time; begin no more of them once the vendor has failed one."""
    slots = asyncio.Semaphore(WRITES_AT_ONCE)

    async def make(step_result: StepResult) -> None:
        async with slots:
            if any(other.failure for other in stage):
                return
            try:
                await step_result.step.send()
            except (UpstreamError, Refused) as error:
                step_result.error = error
            else:
                step_result.is_done = True

    async with asyncio.TaskGroup() as tasks:
        for step_result in stage:
            tasks.create_task(make(step_result))


def partial_failure(step_results: StepResults, *, is_repeatable: bool) -> list[Refusal]:
    """Why each step that is not done is not, in the order of the plan; each product once."""
    told: dict[object, Refusal] = {}
    for step_result in step_results:
        if not step_result.is_done:
            for refusal in _of_step(step_result, is_repeatable=is_repeatable):
                told.setdefault(refusal.about or refusal.message, refusal)
    return list(told.values())


def _of_step(step_result: StepResult, *, is_repeatable: bool) -> Iterator[Refusal]:
    yield from step_result.refusals
    why = _why(step_result)
    for product in step_result.step.products:
        yield Incomplete(message=why, about=product, is_retryable=is_repeatable)
    if not step_result.step.products and not step_result.refusals:
        message = f"{why} This was to be done: {step_result.step.call.description}"
        yield Incomplete(message=message, is_retryable=is_repeatable)


def _why(step_result: StepResult) -> str:
    if step_result.refusals:
        return "This was not done: the vendor refused the call that it was a part of."
    if step_result.failure is None:
        return "This was not tried: a call before it was not done."
    if step_result.may_be_done:
        return f"Nobody knows whether this was done: {step_result.failure.message}"
    return f"This was not done: {step_result.failure.message}"


RollbackFunction = Callable[[], Awaitable[Sequence[Refusal]]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReport:
    """What became of each step, in the order of the plan, and why some were not done."""

    step_results: StepResults
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every step was done."""
        return all(step_result.is_done for step_result in self.step_results)

    @property
    def calls(self) -> tuple[PlannedWrite, ...]:
        """The writes that were made, and stand."""
        return tuple(
            step_result.step.call for step_result in self.step_results if step_result.is_done
        )

    @property
    def undone(self) -> frozenset[ProductRef]:
        """The products of steps that are not known to be done."""
        left = (step_result.step for step_result in self.step_results if not step_result.is_done)
        return frozenset(product for step in left for product in step.products)


async def execute_plan(plan: Plan, *, is_repeatable: bool) -> PlanReport:
    """Make the writes, as far as the vendor lets them happen.

    `is_repeatable` is whether the same mutation may be sent again after a part of it was done.
    Raises UpstreamError if the vendor failed and no write is known to have been made and to stand.
    """
    step_results = await run_steps(plan)
    if all(step_result.is_done for step_result in step_results):
        return PlanReport(step_results=step_results)
    if plan.rollback is not None and any(step_result.may_be_done for step_result in step_results):
        refusals = await _rolled_back(plan.rollback, step_results)
    elif any(step_result.is_done for step_result in step_results):
        refusals = partial_failure(step_results, is_repeatable=is_repeatable)
        _note(step_results)
    else:
        refusals = _refused(step_results)
    return PlanReport(step_results=step_results, refusals=tuple(refusals))


def _refused(step_results: StepResults) -> list[Refusal]:
    """What the vendor said no to; if it failed, that is raised instead."""
    error = _worst(step_results)
    if error is not None:
        error.outcome = error.outcome or WriteOutcome.UNKNOWN
        raise error
    return _told(step_results)


def _told(step_results: StepResults) -> list[Refusal]:
    """Why the vendor said no; calls that were refused for the same reason tell it once."""
    return list(dict.fromkeys(refusal for one in step_results for refusal in one.refusals))


async def _rolled_back(rollback: RollbackFunction, step_results: StepResults) -> list[Refusal]:
    """Undo what was done; return why it was not done, and what could not be undone."""
    try:
        stands = await rollback()
    except UpstreamError:
        stands = [
            _rollback_failed(step_result) for step_result in step_results if step_result.may_be_done
        ]
    if stands:
        _note(step_results)
        return [*_told(step_results), *stands]
    for step_result in step_results:
        step_result.is_done = False
    error = _worst(step_results)
    if error is not None:
        error.message += " What was done before was taken back: nothing has changed."
        error.outcome = WriteOutcome.NOT_APPLIED
        raise error
    return _told(step_results)


def _rollback_failed(step_result: StepResult) -> Refusal:
    known = "This was done" if step_result.is_done else "This may have been done"
    message = f"{known}, and could not be taken back: {step_result.step.call.description}"
    return Incomplete(message=message, is_retryable=False)


def _worst(step_results: StepResults) -> UpstreamError | None:
    """The failure that leaves most open."""
    failed = [step_result for step_result in step_results if step_result.failure]
    failed.sort(key=lambda step_result: step_result.may_be_done, reverse=True)
    return failed[0].failure if failed else None


def _note(step_results: StepResults) -> None:
    """Log the failures that are told in a payload: no top-level error brings them to the log."""
    for failure in (step_result.failure for step_result in step_results):
        if failure is not None:
            _log.warning(
                "write_failed",
                provider=failure.provider.value,
                error=type(failure).__name__,
                message=failure.message,
                cause=failure.cause,
            )
