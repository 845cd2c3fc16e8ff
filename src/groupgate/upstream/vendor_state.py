"""Writes under way: one that was sent is seen through, even if nobody waits for it any longer."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import structlog

from groupgate.domain.errors import Denied, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline
from groupgate.upstream.breaker import CircuitBreaker, HealthTracker
from groupgate.upstream.cache import Cache, SingleFlight
from groupgate.upstream.policy import Policy
from groupgate.upstream.rate_limit.limiter import RateLimiter
from groupgate.upstream.retry import RetryBudget
from groupgate.upstream.transport import TIMED_OUT, UpstreamRequest

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


class PendingWrites:
    """The writes to one vendor that have not ended."""

    def __init__(self, provider: ProviderKey) -> None:
        self._provider = provider
        self._running: set[asyncio.Task[Any]] = set()

    async def run(
        self, call: UpstreamRequest, work: Coroutine[Any, Any, ResultT], deadline: Deadline
    ) -> ResultT:
        """Do the work of a write; raise TimeoutError if it has not ended at the deadline.

        Where the caller leaves before the end, a write that was not sent is not sent any more,
        and one that was sent goes on, and its end is logged.
        """
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await deadline.bound(asyncio.shield(task))
        except (TimeoutError, asyncio.CancelledError) as left:
            if isinstance(left, TimeoutError) and task.done():
                # It ended in the very turn of the event loop in which the time was up.
                return task.result()
            call.is_wanted = False
            if call.is_in_flight:
                task.add_done_callback(partial(self._log_end, call))
            else:
                task.cancel()
            raise

    async def settle(self) -> None:
        """Wait for the end of all of them."""
        if self._running:
            await asyncio.wait(self._running)

    def _log_end(self, call: UpstreamRequest, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        _log.warning(
            "write_ended_unheard",
            provider=self._provider.value,
            method=call.method,
            path=call.target,
            outcome=_outcome(task, error),
        )


def _outcome(task: asyncio.Task[Any], error: BaseException | None) -> str:
    if isinstance(error, UpstreamError) and error.outcome is not None:
        return error.outcome.value
    return "UNKNOWN" if error is not None or task.cancelled() else "APPLIED"


class VendorState:
    """One vendor's limits, breaker, cache and so on; they live as long as the process."""

    def __init__(self, provider: ProviderKey, policy: Policy | None = None) -> None:
        policy = policy or Policy()
        self.provider = provider
        self.rate_limiter = RateLimiter(provider, policy)
        self.breaker = CircuitBreaker(provider)
        self.health = HealthTracker(provider, self.breaker)
        self.retries = RetryBudget()
        self.cache = Cache(policy)
        self.single_flight = SingleFlight()
        self.writes = PendingWrites(provider)

    def changed(self) -> None:
        """Drop what is known of the vendor's data, and what is just being read."""
        self.cache.drop()
        self.single_flight.detach_all()

    @contextmanager
    def watched(self, deadline: Deadline) -> Iterator[None]:
        """Let one call pass, or raise Unsent; see how it ends.

        A call that is cancelled when the time is up has failed; one that is cancelled before,
        because nobody wants it any longer, tells nothing.
        """
        is_probe = self.breaker.admit()
        try:
            yield
        except UpstreamError as error:
            self._ended(error, is_probe=is_probe)
            raise
        except BaseException:
            if deadline.left > 0:
                self.breaker.abandoned(is_probe=is_probe)
            else:
                self._ended(Unavailable(self.provider, TIMED_OUT), is_probe=is_probe)
            raise
        else:
            self._ended(None, is_probe=is_probe)

    def _ended(self, error: UpstreamError | None, *, is_probe: bool) -> None:
        if isinstance(error, Unavailable):
            self.breaker.failed(error.cause, is_probe=is_probe)
            if self.breaker.is_open:
                self.rate_limiter.reject_waiters(self.breaker.refusal)
        else:
            self.breaker.answered(is_probe=is_probe)
        if isinstance(error, Unavailable | Throttled | Denied):
            self.health.troubled()
        else:
            self.health.review()
