"""Retries: which calls are sent again, and after how long."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from groupgate.domain.errors import (
    Denied,
    Rejected,
    Throttled,
    TooManyCalls,
    Unavailable,
    Unreachable,
    Unsent,
    UpstreamError,
)
from groupgate.request import Deadline
from groupgate.upstream.transport import UpstreamRequest

TRIES: Final = 3
FIRST_WAIT: Final = 0.2
"""Seconds; doubled with every retry, and reduced at random by up to a half."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a call without a deadline may wait for a retry."""


def never_applied(error: UpstreamError) -> bool:
    """Return True if a write with this error was not sent, or rejected before it was applied."""
    return isinstance(error, Unsent | Throttled | TooManyCalls | Denied | Rejected)


def may_retry_read(error: UpstreamError) -> bool:
    """Return True if a read may succeed next time: the vendor failed or was overloaded."""
    was_not_tried = isinstance(error, Unsent) and not isinstance(error, Unreachable)
    return isinstance(error, Unavailable | Throttled) and not was_not_tried


def may_retry_write(error: UpstreamError) -> bool:
    """Return True if a write did not reach the vendor, or was rejected by its rate limit."""
    return isinstance(error, Unreachable | Throttled)


@dataclass(slots=True, kw_only=True)
class RetryState:
    """Decides after each failure of one call whether and when the call is sent again.

    A retry library makes some fifty objects for every call, most of which never fail (measured
    in benchmarks/garbage.py).
    """

    request: UpstreamRequest
    deadline: Deadline
    may_retry: Callable[[UpstreamError], bool]
    failures: int = 0

    def wait_after(self, error: UpstreamError) -> float | None:
        """Return the seconds to wait before the next try; None if there is none."""
        self.failures += 1
        if self.failures >= TRIES or not self._is_retryable(error):
            return None
        wait = max(_backoff(self.failures), error.retry_after or 0)
        longest = self.deadline.left if self.deadline.is_set else LONGEST_WAIT
        return wait if wait <= longest and self.may_retry(error) else None

    def _is_retryable(self, error: UpstreamError) -> bool:
        if self.request.is_read:
            return may_retry_read(error)
        return self.request.is_wanted and may_retry_write(error)


async def pause(seconds: float) -> None:
    """Wait before the next try."""
    await asyncio.sleep(seconds)


def _backoff(failures: int) -> float:
    longest = FIRST_WAIT * 2 ** (failures - 1)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
