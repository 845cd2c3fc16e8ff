"""Makes the writes of a plan, and remembers of each what became of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from groupgate.domain.errors import Outcome, Refused, UpstreamError
from groupgate.domain.plan import Plan, Step
from groupgate.domain.refusals import Refusal

WRITES_AT_ONCE: Final = 8
"""Of one mutation, so that it leaves room for the vendor's other callers."""


@dataclass(slots=True, kw_only=True)
class Attempt:
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
            self.failure is not None and self.failure.outcome is not Outcome.NOT_APPLIED
        )


Attempts = Sequence[Attempt]


async def attempt_all(plan: Plan) -> Attempts:
    """Make stage after stage, up to the first that is not done as a whole."""
    stages = [[Attempt(step=step) for step in stage] for stage in plan.stages]
    for stage in stages:
        await _attempt_stage(stage)
        if not all(attempt.is_done for attempt in stage):
            break
    return [attempt for stage in stages for attempt in stage]


async def _attempt_stage(stage: Attempts) -> None:
    """Make steps at the same time; begin no more of them once the vendor has failed one."""
    slots = asyncio.Semaphore(WRITES_AT_ONCE)

    async def make(attempt: Attempt) -> None:
        async with slots:
            if any(other.failure for other in stage):
                return
            try:
                await attempt.step.send()
            except (UpstreamError, Refused) as error:
                attempt.error = error
            else:
                attempt.is_done = True

    async with asyncio.TaskGroup() as tasks:
        for attempt in stage:
            tasks.create_task(make(attempt))
