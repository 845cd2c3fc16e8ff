"""Which calls are made once more, after how long, and how many of all calls may be such."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

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
from groupgate.request import Deadline, now
from groupgate.upstream.transport import UpstreamRequest

TRIES: Final = 3
FIRST_WAIT: Final = 0.2
"""Seconds; the wait doubles with every try, and is cut by chance by up to a half."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a call without a deadline waits for its next try."""

BUSY_FROM: Final = 10
"""Calls in the window from which on retries are counted."""
WINDOW: Final = 10.0
RETRIES_PER_CALL: Final = 0.1

_log = structlog.get_logger()


def never_applied(error: UpstreamError) -> bool:
    """Whether a write that failed so cannot have been applied: not sent, or refused before work."""
    return isinstance(error, Unsent | Throttled | TooManyCalls | Denied | Rejected)


def is_worth_another_read(error: UpstreamError) -> bool:
    """Whether a read may succeed the next time: the vendor failed, or had too much to do."""
    was_held_back = isinstance(error, Unsent) and not isinstance(error, Unreachable)
    return isinstance(error, Unavailable | Throttled) and not was_held_back


def is_worth_another_write(error: UpstreamError) -> bool:
    """Whether a write cannot have reached the vendor, or was turned away by it unread."""
    return isinstance(error, Unreachable | Throttled)


class RetryBudget:
    """Keeps retries to a tenth of a busy vendor's calls: more would not help one that is down."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, bool]] = deque()
        self._retries = 0

    def note_call(self) -> None:
        """Count a call that is no retry."""
        self._forget_old()
        self._calls.append((now(), False))

    def claim_retry(self) -> bool:
        """Count a retry, if there may be one; return whether there may."""
        self._forget_old()
        made = len(self._calls)
        if made >= BUSY_FROM and self._retries + 1 > (made + 1) * RETRIES_PER_CALL:
            return False
        self._calls.append((now(), True))
        self._retries += 1
        return True

    def _forget_old(self) -> None:
        while self._calls and self._calls[0][0] <= now() - WINDOW:
            self._retries -= self._calls.popleft()[1]


@dataclass(slots=True, kw_only=True)
class RetryState:
    """Decides for one call, after each failure, whether and when it is made again.

    A retry library would make some fifty objects for every call, most of which never fail
    (measured in benchmarks/garbage.py).
    """

    call: UpstreamRequest
    deadline: Deadline
    may_retry: Callable[[UpstreamError], bool]
    failures: int = 0

    def wait_after(self, error: UpstreamError) -> float | None:
        """How many seconds to wait for the next try; None if there is to be none."""
        self.failures += 1
        if self.failures >= TRIES or not self._is_worth_another(error):
            return None
        wait = max(_backoff(self.failures), error.retry_after or 0)
        longest = self.deadline.left if self.deadline.is_set else LONGEST_WAIT
        if wait > longest or not self.may_retry(error):
            return None
        _log.info(
            "upstream_retry",
            provider=error.provider.value,
            error=type(error).__name__,
            message=error.message,
            seconds=round(wait, 3),
        )
        return wait

    def _is_worth_another(self, error: UpstreamError) -> bool:
        if self.call.is_read:
            return is_worth_another_read(error)
        return self.call.is_wanted and is_worth_another_write(error)


async def pause(seconds: float) -> None:
    """Wait for the next try."""
    await asyncio.sleep(seconds)


def _backoff(failures: int) -> float:
    longest = FIRST_WAIT * 2 ** (failures - 1)
    return random.uniform(longest / 2, longest)  # noqa: S311 - chance need not be secret here
