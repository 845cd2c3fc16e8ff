"""Makes the writes of a plan, and tells exactly what was done when a vendor fails halfway."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from groupgate.domain.errors import Outcome, Refused, UpstreamError
from groupgate.domain.plan import Plan, PlannedCall, Step
from groupgate.domain.refusals import Incomplete, Refusal

WRITES_AT_ONCE: Final = 8
"""Of one mutation, so that it leaves room for the vendor's other callers."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of each step."""

    done: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, UpstreamError]] = field(default_factory=list)
    refused: list[tuple[Step, Refused]] = field(default_factory=list)
    skipped: list[Step] = field(default_factory=list)

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """The writes that were made."""
        return tuple(step.call for step in self.done)

    @property
    def undone(self) -> list[Step]:
        """The steps that are not known to be done."""
        return [step for step, _ in self.failed] + [step for step, _ in self.refused] + self.skipped

    @property
    def is_complete(self) -> bool:
        """Whether every step was done."""
        return not self.undone


async def carry_out(plan: Plan, *, is_repeatable: bool) -> tuple[Report, list[Refusal]]:
    """Make the writes; return what was done and why the rest was not.

    `is_repeatable` is whether the same mutation may be sent again after a part of it was done.
    Raises UpstreamError or Refused if nothing was done, or if all that was done was taken back.
    """
    report = await _stages(plan)
    if report.is_complete:
        return report, []
    if plan.take_back is not None and not _never_began(report):
        return report, await _take_back(plan, report)
    if not report.done:
        raise _worst(report)
    refusals = [refusal for _, refused in report.refused for refusal in refused.refusals]
    return report, refusals + _incomplete(report, is_repeatable=is_repeatable)


async def _stages(plan: Plan) -> Report:
    report = Report()
    for stage in plan.stages:
        if report.is_complete:
            await _stage(stage, report)
        else:
            report.skipped += stage
    order = {id(step): at for at, step in enumerate(s for stage in plan.stages for s in stage)}
    report.done.sort(key=lambda step: order[id(step)])
    return report


async def _stage(stage: Iterable[Step], report: Report) -> None:
    slots = asyncio.Semaphore(WRITES_AT_ONCE)

    async def make(step: Step) -> None:
        async with slots:
            if report.failed:
                report.skipped.append(step)
                return
            try:
                await step.send()
            except UpstreamError as error:
                report.failed.append((step, error))
            except Refused as refused:
                report.refused.append((step, refused))
            else:
                report.done.append(step)

    await asyncio.gather(*map(make, stage))


def _never_began(report: Report) -> bool:
    return not report.done and all(
        error.outcome is Outcome.NOT_APPLIED for _, error in report.failed
    )


def _worst(report: Report) -> UpstreamError | Refused:
    if not report.failed:
        return Refused(*(refusal for _, one in report.refused for refusal in one.refusals))
    unknown = (error for _, error in report.failed if error.outcome is Outcome.UNKNOWN)
    return next(unknown, report.failed[0][1])


def _incomplete(report: Report, *, is_repeatable: bool) -> list[Refusal]:
    left = [step for step, _ in report.failed] + report.skipped
    products = dict.fromkeys(product for step in left for product in step.products)
    told: list[Refusal] = [
        Incomplete(
            message="The vendor failed before this product was done.",
            about=product,
            is_retryable=is_repeatable,
        )
        for product in products
    ]
    told += [
        Incomplete(message=f"Not done: {step.call.description}", is_retryable=is_repeatable)
        for step in left
        if not step.products
    ]
    return told


async def _take_back(plan: Plan, report: Report) -> list[Refusal]:
    stands = [] if plan.take_back is None else await plan.take_back()
    if stands:
        return list(stands)
    error = _worst(report)
    if isinstance(error, UpstreamError):
        error.message += " What was done before it failed was taken back: nothing has changed."
        error.outcome = Outcome.NOT_APPLIED
    raise error
