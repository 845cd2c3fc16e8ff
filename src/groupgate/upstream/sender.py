"""Sends calls to one vendor, within its limits and the request's own, and retries them."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
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
from groupgate.domain.refs import AccountKey
from groupgate.observer import Observer, UpstreamCall
from groupgate.request import Deadline, RequestScope, current_scope, now
from groupgate.timeline import TimedCall
from groupgate.upstream.breaker import WINDOW, HealthTracker
from groupgate.upstream.rate_limit.limiter import RateLimiter
from groupgate.upstream.rate_limit.limits import (
    RateLimitHeaders,
    clock_difference,
    parse_rate_limit_headers,
)
from groupgate.upstream.transport import (
    HttpTransport,
    UpstreamRequest,
    UpstreamResponse,
)

LONGEST_CALL: Final = 30.0
"""Seconds from sending a call to the end of its response, even without a deadline."""

TRIES: Final = 3
FIRST_WAIT: Final = 0.2
"""Seconds; doubled with every retry, and reduced at random by up to a half."""
LONGEST_WAIT: Final = 5.0
"""Seconds that a call without a deadline may wait for a retry."""

BUSY_FROM: Final = 10
"""With fewer calls in the window, retries are not limited."""
RETRY_SHARE: Final = 0.1
"""The share of all calls in the window that may be retries."""

MAX_CLOCK_DIFFERENCE: Final = 60.0
"""If the clocks differ by more seconds, the error of a rejected key says so.

2Checkout signs each request with the time (documented).
"""


class RequestSender:
    """Sends requests to one vendor as its rate limiter, breaker and retry budget allow."""

    def __init__(
        self,
        transport: HttpTransport,
        rate_limiter: RateLimiter,
        health: HealthTracker,
        observer: Observer,
        path_words: Collection[str] = (),
    ) -> None:
        self._transport = transport
        self._provider = transport.provider
        self._rate_limiter = rate_limiter
        self._health = health
        self._breaker = health.breaker
        self._observer = observer
        self._path_words = path_words
        self._budget = RetryBudget()

    def begin(self, scope: RequestScope) -> None:
        """Count a call that is about to be sent; raise UpstreamError if none is allowed."""
        self._breaker.check()
        scope.begin_call(self._provider)

    async def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamResponse:
        """Send a request that was begun, and retry it if the failure allows it.

        At the deadline a read is cancelled. No write is sent after the deadline; a write that was
        sent before it is awaited. Raises UpstreamError unless the status is a success.
        """
        scope = current_scope()
        retries: RetryState | None = None  # most calls need none
        while True:
            attempt = 1 if retries is None else retries.failures + 1
            try:
                return await self._try(request, deadline, scope, attempt=attempt)
            except UpstreamError as error:
                if retries is None:
                    may_retry = partial(self._may_retry, scope)
                    retries = RetryState(request=request, deadline=deadline, may_retry=may_retry)
                wait = retries.wait_after(error)
                if wait is None:
                    raise
                self._observer.upstream_call_retried(error, wait)
            await pause(wait)

    def _may_retry(self, scope: RequestScope, error: UpstreamError) -> bool:
        if self._breaker.is_open:
            return False
        # A vendor that throttles is not down, and the rate limiter delays the retry.
        is_throttled = isinstance(error, Throttled)
        return (is_throttled or self._budget.claim_retry()) and scope.count_call()

    async def _try(
        self, request: UpstreamRequest, deadline: Deadline, scope: RequestScope, *, attempt: int
    ) -> UpstreamResponse:
        self._breaker.check()
        timed = self._begin_timed(scope, request, attempt)
        limit = deadline if request.is_read else Deadline()
        waits_since = now()
        try:
            async with self._rate_limiter.permit(scope, deadline) as permit:
                with self._health.recorded(deadline):
                    permit.is_sent = True
                    sent_at = now()
                    if attempt == 1:
                        self._budget.note_call(sent_at)
                    waited = sent_at - waits_since
                    return await self._exchange(request, limit, scope, timed, sent_at, waited)
        except Throttled:
            self._health.record_trouble()
            raise

    async def _exchange(  # noqa: PLR0913, PLR0917 - what is known of the call
        self,
        request: UpstreamRequest,
        limit: Deadline,
        scope: RequestScope,
        timed: TimedCall | None,
        sent_at: float,
        waited: float,
    ) -> UpstreamResponse:
        status = 0
        if timed is not None:
            timed.sent_at = sent_at
        request.is_in_flight, request.connected_at = True, None
        try:
            response = await self._transport.send(request, limit.within(LONGEST_CALL, sent_at))
            status = response.status
        finally:
            request.is_in_flight = False
            self._record(scope, request, status, sent_at, waited)
            if timed is not None:
                timed.status, timed.connected_at = status, request.connected_at
                timed.ended_at = now()
        headers = parse_rate_limit_headers(response.headers)
        self._rate_limiter.update(headers, is_throttled=response.is_throttled)
        if not response.is_success:
            raise error_from(self._provider, response, headers)
        return response

    def _begin_timed(
        self, scope: RequestScope, request: UpstreamRequest, attempt: int
    ) -> TimedCall | None:
        if scope.timeline is None:
            return None
        return scope.timeline.begin_call(
            self._provider, request.method, request.target, attempt=attempt, moment=now()
        )

    def _record(
        self,
        scope: RequestScope,
        request: UpstreamRequest,
        status: int,
        sent_at: float,
        waited: float,
    ) -> None:
        call = UpstreamCall(
            provider=self._provider,
            method=request.method,
            path=request.target,
            operation=operation_of(request, self._path_words),
            status=status,
            milliseconds=(now() - sent_at) * 1000,
            milliseconds_waited=waited * 1000,
        )
        scope.calls.append(call)
        self._observer.upstream_call_ended(call)


def operation_of(request: UpstreamRequest, path_words: Collection[str]) -> str:
    """Return method and path of a request without ids: `GET /products/{id}`.

    `path_words` are the segments of the vendor's paths that are no ids.
    """
    path, _, _ = request.target.partition("?")
    parts = [part if not part or part in path_words else "{id}" for part in path.split("/")]
    return f"{request.method} {'/'.join(parts)}"


def error_from(
    provider: AccountKey, response: UpstreamResponse, headers: RateLimitHeaders
) -> UpstreamError:
    """Return the error that a status other than success means."""
    name, status, wait = provider.display_name, response.status, headers.wait
    if response.is_denied:
        return Denied(provider, _denied_message(provider, response))
    if response.is_throttled:
        return Throttled(provider, f"{name} returned 429 Too Many Requests.", retry_after=wait)
    if response.is_failure:
        return Unavailable(
            provider, f"{name} returned status {status}.", retry_after=headers.retry_in
        )
    return Rejected(provider, status, response.body)


def _denied_message(provider: AccountKey, response: UpstreamResponse) -> str:
    message = f"{provider.display_name} does not accept the gateway's credentials."
    difference = clock_difference(response.headers) or 0
    if abs(difference) <= MAX_CLOCK_DIFFERENCE:
        return message
    return (
        f"{message} The clocks of {provider.display_name} and of this machine differ by "
        f"{abs(difference):.0f} s."
    )


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


class RetryBudget:
    """Limits retries to a tenth of a busy vendor's calls, so as not to flood a failing one."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, bool]] = deque()
        self._retries = 0

    def note_call(self, moment: float | None = None) -> None:
        """Count a call that is not a retry, and is sent at this moment; None means now."""
        if moment is None:
            moment = now()
        self._forget_old(moment)
        self._calls.append((moment, False))

    def claim_retry(self) -> bool:
        """Count a retry if the budget allows one; return whether it does."""
        moment = now()
        self._forget_old(moment)
        calls = len(self._calls)
        if calls >= BUSY_FROM and self._retries + 1 > (calls + 1) * RETRY_SHARE:
            return False
        self._calls.append((moment, True))
        self._retries += 1
        return True

    def _forget_old(self, moment: float) -> None:
        while self._calls and self._calls[0][0] <= moment - WINDOW:
            self._retries -= self._calls.popleft()[1]


async def pause(seconds: float) -> None:
    """Wait before the next try."""
    await asyncio.sleep(seconds)


def _backoff(failures: int) -> float:
    longest = FIRST_WAIT * 2 ** (failures - 1)
    return random.uniform(longest / 2, longest)  # noqa: S311 - jitter is no secret
