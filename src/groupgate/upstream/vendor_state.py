"""The state of one vendor account that lives as long as the process: limits, breaker, cache."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from groupgate.domain.errors import Unsent, UpstreamError, WriteOutcome
from groupgate.domain.refs import AccountKey
from groupgate.observer import LogObserver, LogThrottle, Observer, VendorLevels, Write
from groupgate.request import Deadline, RequestScope, UnreadableValues, current_scope
from groupgate.stores import Stores
from groupgate.upstream.breaker import HealthTracker
from groupgate.upstream.cache import ResponseCache, SharedResponses, SingleFlight
from groupgate.upstream.rate_limit.limiter import RateLimiter
from groupgate.upstream.rate_limit.limits import UNLIMITED, Rate
from groupgate.upstream.transport import MEBIBYTE, UpstreamRequest, timed_out

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How calls to a vendor are limited, cached and named; by default nothing is cached."""

    concurrency: int = 16
    """Calls that run at the same time."""
    per_second: Rate = UNLIMITED
    per_minute: Rate = UNLIMITED
    cache_ttl: float = 0
    """Seconds for which a response is also used for other requests; 0 for none."""
    cache_stale_if_error: float = 0
    """Seconds for which a response is served if the vendor fails; 0 for none."""
    cache_bytes: int = 64 * MEBIBYTE
    """The size of the vendor's cache."""
    path_words: Collection[str] = ()
    """The segments of the vendor's paths that are no ids, for the names of operations."""


class VendorState:
    """Everything that calls to one vendor share across requests.

    The rate limiter is made from the policy, unless one is given that other processes share.
    """

    def __init__(
        self,
        provider: AccountKey,
        policy: Policy | None = None,
        observer: Observer | None = None,
        stores: Stores | None = None,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        policy = policy or Policy()
        self.provider = provider
        self.path_words = policy.path_words
        self.observer: Final[Observer] = observer or LogObserver()
        self.rate_limiter = rate_limiter or RateLimiter(
            provider,
            concurrency=policy.concurrency,
            per_second=policy.per_second,
            per_minute=policy.per_minute,
        )
        self.health = HealthTracker(provider, self.observer, self.rate_limiter.reject_waiters)
        self.cache = ResponseCache(
            ttl=policy.cache_ttl,
            stale_if_error=policy.cache_stale_if_error,
            max_bytes=policy.cache_bytes,
        )
        self.shared_responses: SharedResponses | None = None
        if stores is not None and stores.cache is not None:
            self.shared_responses = SharedResponses(provider, self.cache, stores.cache)
        self._unconfirmed = 0
        self.single_flight = SingleFlight()
        self.writes = PendingWrites(provider)
        self._notices = None if stores is None else stores.notices
        self.may_use_memory: Callable[[AccountKey], bool] | None = None
        """Returns False if another process may have written to the vendor unheard."""
        if self._notices is not None:
            self._notices.listen(provider, self._drop)
            self.may_use_memory = self._notices.may_use_memory
        self._log_throttle = LogThrottle()

    def levels(self) -> VendorLevels:
        """Return the present state, for metrics."""
        return VendorLevels(
            provider=self.provider,
            state=self.health.status.state,
            is_breaker_open=self.health.breaker.is_open,
            calls_running=self.rate_limiter.running,
            calls_waiting=self.rate_limiter.waiting,
            budgets=self.rate_limiter.budgets(),
            cache_entries=self.cache.entries,
            cache_bytes=self.cache.bytes,
            cache_bytes_limit=self.cache.max_bytes,
        )

    @property
    def usable_shared_responses(self) -> SharedResponses | None:
        """The cache of all processes; None until they know of the writes of this process."""
        return None if self._unconfirmed else self.shared_responses

    async def begin_write(self) -> str:
        """Announce a write that is about to be sent to the vendor."""
        return "" if self._notices is None else await self._notices.begin(self.provider)

    def end_write(self, write: str, scope: RequestScope, *, is_unchanged: bool) -> None:
        """Drop cached responses and those of running reads, unless nothing has changed.

        `scope` gets what it waits for until all processes have done so.
        """
        if not is_unchanged:
            self._drop()
        if self._notices is not None:
            confirmed = self._notices.end(self.provider, write, is_unchanged=is_unchanged)
            self._unconfirmed += 1
            confirmed.add_done_callback(self._note_confirmed)
            scope.unconfirmed.append(confirmed)

    def _note_confirmed(self, _confirmed: object) -> None:
        self._unconfirmed -= 1

    def _drop(self) -> None:
        self.cache.clear()
        self.single_flight.clear()

    def log_unreadable(self, unreadable: UnreadableValues) -> None:
        """Report the values of a response that could not be decoded; log a path once a minute."""
        nulls, rows = sum(unreadable.nulls.values()), sum(unreadable.rows.values())
        self.observer.values_unreadable(self.provider, nulls, rows)
        for json_path, number in {**unreadable.nulls, **unreadable.rows}.items():
            if self._log_throttle.allows(json_path):
                _log.warning(
                    "unreadable_values",
                    **self.provider.labels,
                    json_path=json_path,
                    count=number,
                )


class PendingWrites:
    """The writes to one vendor that are running; one that was sent is always awaited."""

    def __init__(self, provider: AccountKey) -> None:
        self._provider = provider
        self._running: set[asyncio.Task[Any]] = set()

    async def run(
        self, request: UpstreamRequest, work: Coroutine[Any, Any, ResultT], deadline: Deadline
    ) -> ResultT:
        """Await a write; raise UpstreamError if it has not ended at the deadline.

        If the caller leaves before the end, a write that was not sent is cancelled. One that was
        sent continues, and its end is logged.
        """
        task = asyncio.ensure_future(work)
        write = Write(provider=self._provider, method=request.method, path=request.target)
        current_scope().writes.append(write)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(partial(_note_outcome, write))
        try:
            return await deadline.wait_for(asyncio.shield(task))
        except (TimeoutError, asyncio.CancelledError) as error:
            if isinstance(error, TimeoutError) and task.done():
                # The write ended in the same iteration of the event loop as the deadline.
                return task.result()
            request.is_wanted = False
            if request.is_in_flight:
                task.add_done_callback(partial(self._log_end, request))
            else:
                task.cancel()
                write.outcome = WriteOutcome.NOT_APPLIED.value
            if isinstance(error, TimeoutError):
                raise self._deadline_error(request) from None
            raise

    def _deadline_error(self, request: UpstreamRequest) -> UpstreamError:
        error: UpstreamError
        if request.is_in_flight:
            error = timed_out(self._provider)
            error.outcome = WriteOutcome.UNKNOWN
        else:
            error = Unsent(
                self._provider,
                f"The write was not sent to {self._provider.display_name} before the deadline.",
            )
            error.outcome = WriteOutcome.NOT_APPLIED
        return error

    async def wait_all(self) -> None:
        """Wait until no write is running."""
        if self._running:
            await asyncio.wait(self._running)

    def _log_end(self, request: UpstreamRequest, task: asyncio.Task[Any]) -> None:
        _log.warning(
            "write_ended_without_client",
            **self._provider.labels,
            method=request.method,
            path=request.target,
            outcome=_outcome(task),
        )


def _note_outcome(write: Write, task: asyncio.Task[Any]) -> None:
    # One that was cancelled before it was sent is noted as not applied.
    if not task.cancelled():
        write.outcome = _outcome(task)


def _outcome(task: asyncio.Task[Any]) -> str:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, UpstreamError) and error.outcome is not None:
        return error.outcome.value
    return "UNKNOWN" if error is not None or task.cancelled() else "APPLIED"
