"""Sends one call with all its tries, within the vendor's limits and the request's own."""

from functools import partial
from typing import Final

from groupgate.domain.errors import Denied, Rejected, Throttled, Unavailable, UpstreamError
from groupgate.domain.refs import AccountKey
from groupgate.observer import UpstreamCall
from groupgate.request import Deadline, RequestScope, current_scope, now
from groupgate.timeline import TimedCall
from groupgate.upstream import retry
from groupgate.upstream.rate_limit.headers import (
    RateLimitHeaders,
    clock_difference,
    parse_rate_limit_headers,
)
from groupgate.upstream.transport import (
    HttpTransport,
    UpstreamRequest,
    UpstreamResponse,
    timed_out,
)
from groupgate.upstream.vendor_state import VendorState

LONGEST_CALL: Final = 30.0
"""Seconds from sending a call to the end of its response, even without a deadline."""

MAX_CLOCK_DIFFERENCE: Final = 60.0
"""If the clocks differ by more seconds, the error of a rejected key says so.

2Checkout signs each request with the time (documented).
"""


class RequestSender:
    """Sends requests to one vendor as its rate limiter, breaker and retry budget allow."""

    def __init__(self, transport: HttpTransport, vendor_state: VendorState) -> None:
        self._transport = transport
        self._vendor_state = vendor_state
        self._provider = vendor_state.provider

    def begin(self, scope: RequestScope) -> None:
        """Count a call that is about to be sent; raise UpstreamError if none is allowed."""
        self._vendor_state.breaker.check()
        scope.begin_call(self._provider)

    async def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamResponse:
        """Send a request that was begun, and retry it if the failure allows it.

        At the deadline a read is cancelled. No write is sent after the deadline; a write that was
        sent before it is awaited. Raises UpstreamError unless the status is a success.
        """
        scope = current_scope()
        retries = retry.RetryState(
            request=request, deadline=deadline, may_retry=partial(self._may_retry, scope)
        )
        while True:
            try:
                return await self._try(request, deadline, scope, attempt=retries.failures + 1)
            except UpstreamError as error:
                wait = retries.wait_after(error)
                if wait is None:
                    raise
                self._vendor_state.observer.upstream_call_retried(error, wait)
            await retry.pause(wait)

    def _may_retry(self, scope: RequestScope, error: UpstreamError) -> bool:
        state = self._vendor_state
        if state.breaker.is_open:
            return False
        # A vendor that throttles is not down, and the rate limiter delays the retry.
        is_throttled = isinstance(error, Throttled)
        return (is_throttled or state.retries.claim_retry()) and scope.count_call()

    async def _try(
        self, request: UpstreamRequest, deadline: Deadline, scope: RequestScope, *, attempt: int
    ) -> UpstreamResponse:
        state = self._vendor_state
        state.breaker.check()
        timed = self._begin_timed(scope, request, attempt)
        limit = deadline if request.is_read else Deadline()
        waits_since = now()
        try:
            async with state.permit(scope, deadline) as permit:
                with state.recorded(deadline):
                    permit.is_sent = True
                    if attempt == 1:
                        state.retries.note_call()
                    waited = now() - waits_since
                    return await self._exchange(request, limit, scope, timed, waited)
        except Throttled:
            state.health.record_trouble()
            raise

    async def _exchange(
        self,
        request: UpstreamRequest,
        limit: Deadline,
        scope: RequestScope,
        timed: TimedCall | None,
        waited: float,
    ) -> UpstreamResponse:
        sent_at, status = now(), 0
        if timed is not None:
            timed.sent_at = sent_at
        request.is_in_flight, request.connected_at = True, None
        try:
            response = await limit.within(LONGEST_CALL).wait_for(self._transport.send(request))
            status = response.status
        except TimeoutError:
            raise timed_out(self._provider) from None
        finally:
            request.is_in_flight = False
            self._record(scope, request, status, sent_at, waited)
            if timed is not None:
                timed.status, timed.connected_at = status, request.connected_at
                timed.ended_at = now()
        headers = parse_rate_limit_headers(response.headers)
        self._vendor_state.note_headers(headers, is_throttled=response.is_throttled)
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
            operation=self._vendor_state.operation_of(request),
            status=status,
            milliseconds=(now() - sent_at) * 1000,
            milliseconds_waited=waited * 1000,
        )
        scope.calls.append(call)
        self._vendor_state.observer.upstream_call_ended(call)


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
