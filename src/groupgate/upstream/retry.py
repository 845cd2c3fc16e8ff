"""When a call is made once more, and after how long."""

from collections.abc import AsyncIterator
from typing import Final

import stamina

from groupgate.domain.errors import Denied, Rejected, Throttled, Unreachable, UpstreamError

TRIES: Final = 3
LONGEST_WAIT: Final = 5.0
"""Seconds; a vendor that wants to be left alone for longer fails the call at once."""


def never_applied(error: UpstreamError) -> bool:
    """Whether a write that failed so cannot have been applied: not sent, or refused before work."""
    return isinstance(error, Unreachable | Throttled | Denied | Rejected)


def unsent_writes() -> AsyncIterator[stamina.Attempt]:
    """Attempts at a write, as long as it cannot have reached the vendor."""
    return aiter(
        stamina.retry_context(
            on=_is_worth_another_write,
            attempts=TRIES,
            wait_initial=0.1,
            wait_max=LONGEST_WAIT,
        )
    )


def _is_worth_another_write(error: Exception) -> bool | float:
    if isinstance(error, Throttled):
        wait = error.retry_after
        return wait is None or (wait <= LONGEST_WAIT and wait)
    return isinstance(error, Unreachable)
