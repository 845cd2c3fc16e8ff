"""The line to one vendor: a call with all its tries, each in its turn and in its time."""

from functools import partial
from typing import Final

import structlog

from groupgate.domain.errors import Throttled, Unavailable, UpstreamError
from groupgate.request import Deadline, RequestScope, UpstreamCall, current_scope, now
from groupgate.upstream import retry
from groupgate.upstream.transport import (
    TIMED_OUT,
    HttpTransport,
    UpstreamRequest,
    UpstreamResponse,
    refusal,
)
from groupgate.upstream.vendor_state import VendorState

LONGEST_CALL: Final = 30.0
"""Seconds from sending a call to the end of its answer, be there a deadline or not."""

_log = structlog.get_logger()


class RequestSender:
    """Sends calls as the vendor's limits, its breaker and the request's own bounds allow."""

    def __init__(self, exchange: HttpTransport, vendor_state: VendorState) -> None:
        self._exchange = exchange
        self._vendor_state = vendor_state
        self._provider = vendor_state.provider

    def begin(self, scope: RequestScope) -> None:
        """Count a call that is about to be sent; raise UpstreamError if it may not be."""
        self._vendor_state.breaker.check()
        scope.begin_call(self._provider)

    async def send(self, call: UpstreamRequest, deadline: Deadline) -> UpstreamResponse:
        """Send a call that was begun, until it is answered or its failure is not worth another try.

        At the deadline a read is given up; a write is not sent any more, but not given up once it
        was. Raises UpstreamError for an answer that is no success.
        """
        scope = current_scope()
        patience = retry.RetryState(
            call=call, deadline=deadline, may_retry=partial(self._may_retry, scope)
        )
        while True:
            try:
                return await self._try(call, deadline, scope, is_retry=patience.failures > 0)
            except UpstreamError as error:
                wait = patience.wait_after(error)
                if wait is None:
                    raise
            await retry.pause(wait)

    def _may_retry(self, scope: RequestScope, error: UpstreamError) -> bool:
        vendor_state = self._vendor_state
        if vendor_state.breaker.is_open:
            return False
        # A vendor that says "later" is not down, and the limits see to it that it is later.
        is_paced = isinstance(error, Throttled)
        return (is_paced or vendor_state.retries.claim_retry()) and scope.count_call()

    async def _try(
        self, call: UpstreamRequest, deadline: Deadline, scope: RequestScope, *, is_retry: bool
    ) -> UpstreamResponse:
        vendor_state = self._vendor_state
        vendor_state.breaker.check()
        limit = deadline if call.is_read else Deadline()
        try:
            async with vendor_state.rate_limiter.permit(scope, deadline) as permit:
                with vendor_state.watched(deadline):
                    permit.is_sent = True
                    if not is_retry:
                        vendor_state.retries.note_call()
                    return await self._exchanged(call, limit, scope)
        except Throttled:
            vendor_state.health.troubled()
            raise

    async def _exchanged(
        self, call: UpstreamRequest, limit: Deadline, scope: RequestScope
    ) -> UpstreamResponse:
        began, status = now(), 0
        call.is_in_flight = True
        try:
            answer = await limit.within(LONGEST_CALL).bound(self._exchange.send(call))
            status = answer.status
        except TimeoutError:
            raise Unavailable(self._provider, TIMED_OUT) from None
        finally:
            call.is_in_flight = False
            self._record(scope, call, status, began)
        self._vendor_state.rate_limiter.update(answer.told, is_refusal=answer.asks_for_fewer)
        if not answer.is_success:
            raise refusal(self._provider, answer)
        return answer

    def _record(
        self, scope: RequestScope, call: UpstreamRequest, status: int, began: float
    ) -> None:
        scope.calls.append(
            UpstreamCall(
                provider=self._provider,
                method=call.method,
                path=call.target,
                status=status,
                milliseconds=(now() - began) * 1000,
            )
        )
        _log.debug(
            "upstream_call",
            provider=self._provider.value,
            method=call.method,
            path=call.target,
            status=status,
        )
