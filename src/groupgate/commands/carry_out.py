"""Carries a plan out, and tells exactly what was done when a vendor fails halfway."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from groupgate.commands.attempts import Attempt, Attempts, attempt_all
from groupgate.commands.unfinished import unfinished
from groupgate.domain.errors import Outcome, UpstreamError
from groupgate.domain.plan import Plan, PlannedCall
from groupgate.domain.refs import ProductRef
from groupgate.domain.refusals import Incomplete, Refusal

TakeBack = Callable[[], Awaitable[Sequence[Refusal]]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What became of each step, in the order of the plan, and why some were not done."""

    attempts: Attempts
    refusals: tuple[Refusal, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every step was done."""
        return all(attempt.is_done for attempt in self.attempts)

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """The writes that were made, and stand."""
        return tuple(attempt.step.call for attempt in self.attempts if attempt.is_done)

    @property
    def undone(self) -> frozenset[ProductRef]:
        """The products of steps that are not known to be done."""
        left = (attempt.step for attempt in self.attempts if not attempt.is_done)
        return frozenset(product for step in left for product in step.products)


async def carry_out(plan: Plan, *, is_repeatable: bool) -> Report:
    """Make the writes, as far as the vendor lets them happen.

    `is_repeatable` is whether the same mutation may be sent again after a part of it was done.
    Raises UpstreamError if the vendor failed and no write is known to have been made and to stand.
    """
    attempts = await attempt_all(plan)
    if all(attempt.is_done for attempt in attempts):
        return Report(attempts=attempts)
    if plan.take_back is not None and any(attempt.may_be_done for attempt in attempts):
        refusals = await _taken_back(plan.take_back, attempts)
    elif any(attempt.is_done for attempt in attempts):
        refusals = unfinished(attempts, is_repeatable=is_repeatable)
        _note(attempts)
    else:
        refusals = _refused(attempts)
    return Report(attempts=attempts, refusals=tuple(refusals))


def _refused(attempts: Attempts) -> list[Refusal]:
    """What the vendor said no to; if it failed, that is raised instead."""
    error = _worst(attempts)
    if error is not None:
        error.outcome = error.outcome or Outcome.UNKNOWN
        raise error
    return _told(attempts)


def _told(attempts: Attempts) -> list[Refusal]:
    """Why the vendor said no; calls that were refused for the same reason tell it once."""
    return list(dict.fromkeys(refusal for one in attempts for refusal in one.refusals))


async def _taken_back(take_back: TakeBack, attempts: Attempts) -> list[Refusal]:
    """Undo what was done; return why it was not done, and what could not be undone."""
    try:
        stands = await take_back()
    except UpstreamError:
        stands = [_cannot_be_undone(attempt) for attempt in attempts if attempt.may_be_done]
    if stands:
        _note(attempts)
        return [*_told(attempts), *stands]
    for attempt in attempts:
        attempt.is_done = False
    error = _worst(attempts)
    if error is not None:
        error.message += " What was done before was taken back: nothing has changed."
        error.outcome = Outcome.NOT_APPLIED
        raise error
    return _told(attempts)


def _cannot_be_undone(attempt: Attempt) -> Refusal:
    known = "This was done" if attempt.is_done else "This may have been done"
    message = f"{known}, and could not be taken back: {attempt.step.call.description}"
    return Incomplete(message=message, is_retryable=False)


def _worst(attempts: Attempts) -> UpstreamError | None:
    """The failure that leaves most open."""
    failed = [attempt for attempt in attempts if attempt.failure]
    failed.sort(key=lambda attempt: attempt.may_be_done, reverse=True)
    return failed[0].failure if failed else None


def _note(attempts: Attempts) -> None:
    """Log the failures that are told in a payload: no top-level error brings them to the log."""
    for failure in (attempt.failure for attempt in attempts):
        if failure is not None:
            _log.warning(
                "write_failed",
                provider=failure.provider.value,
                error=type(failure).__name__,
                message=failure.message,
                cause=failure.cause,
            )
