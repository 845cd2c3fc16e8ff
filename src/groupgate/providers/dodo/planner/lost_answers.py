"""A write whose answer was lost may have been made: looking is better than not knowing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from groupgate.domain.errors import UpstreamError, WriteOutcome
from groupgate.domain.planner import Step


def verify_if_unknown(step: Step, is_done: Callable[[], Awaitable[bool]]) -> Step:
    """The same step, which counts as done if its answer is lost and `is_done` finds it made."""

    async def send() -> None:
        try:
            await step.send()
        except UpstreamError as error:
            if error.outcome is not WriteOutcome.UNKNOWN or not await _can_be_seen(is_done):
                raise

    return replace(step, send=send)


async def _can_be_seen(is_done: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await is_done()
    except UpstreamError:
        return False
