"""Tells what a change that stopped halfway has left undone, product by product."""

from collections.abc import Iterator

from groupgate.commands.attempts import Attempt, Attempts
from groupgate.domain.refusals import Incomplete, Refusal


def unfinished(attempts: Attempts, *, is_repeatable: bool) -> list[Refusal]:
    """Why each step that is not done is not, in the order of the plan; each product once."""
    told: dict[object, Refusal] = {}
    for attempt in attempts:
        if not attempt.is_done:
            for refusal in _of_step(attempt, is_repeatable=is_repeatable):
                told.setdefault(refusal.about or refusal.message, refusal)
    return list(told.values())


def _of_step(attempt: Attempt, *, is_repeatable: bool) -> Iterator[Refusal]:
    yield from attempt.refusals
    why = _why(attempt)
    for product in attempt.step.products:
        yield Incomplete(message=why, about=product, is_retryable=is_repeatable)
    if not attempt.step.products and not attempt.refusals:
        message = f"{why} This was to be done: {attempt.step.call.description}"
        yield Incomplete(message=message, is_retryable=is_repeatable)


def _why(attempt: Attempt) -> str:
    if attempt.refusals:
        return "This was not done: the vendor refused the call that it was a part of."
    if attempt.failure is None:
        return "This was not tried: a call before it was not done."
    if attempt.may_be_done:
        return f"Nobody knows whether this was done: {attempt.failure.message}"
    return f"This was not done: {attempt.failure.message}"
