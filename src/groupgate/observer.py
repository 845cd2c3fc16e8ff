"""Events of the gateway, for logs, metrics and traces.

Every method of an observer is called in the event loop, returns at once and must not raise.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import structlog

from groupgate.domain.errors import UpstreamError
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import AccountKey

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamCall:
    """One HTTP call to a vendor that has ended."""

    provider: AccountKey
    method: str
    path: str
    """Path and query below the vendor's base URL."""
    status: int
    """HTTP status; 0 if no response arrived."""
    milliseconds: float
    """From sending until the response body was read, or until the failure."""


class CacheResult(Enum):
    """Where the answer to a read comes from."""

    HIT = "HIT"
    """A fresh entry of the cache."""
    SHARED = "SHARED"
    """The same read of another request, which was running."""
    STALE = "STALE"
    """An older entry, because the vendor failed."""
    MISS = "MISS"
    """Nothing was cached; the vendor is called unless its breaker is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRequest:
    """One GraphQL request that has ended."""

    request_id: str
    caller: str
    operation: str
    """`query` or `mutation`."""
    milliseconds: float
    upstream_calls: int
    errors: int


class Observer(Protocol):
    """Receives each event as it happens."""

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Handle the end of one HTTP call to a vendor."""

    def upstream_call_retried(self, error: UpstreamError, seconds: float) -> None:
        """Handle a retry: after `error`, the call is sent again in so many seconds."""

    def provider_state_changed(
        self, provider: AccountKey, before: ProviderState, after: ProviderState
    ) -> None:
        """Handle a change of a vendor's state; its breaker opening or closing is one."""

    def cache_looked_up(self, provider: AccountKey, result: CacheResult) -> None:
        """Handle the result of a cache lookup for a read."""

    def request_ended(self, request: EndedRequest) -> None:
        """Handle the end of a GraphQL request."""


class LogObserver:
    """Writes events to the log; cache results are not logged."""

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Log the call at debug."""
        _log.debug(
            "upstream_call",
            **call.provider.labels,
            method=call.method,
            path=call.path,
            status=call.status,
        )

    def upstream_call_retried(self, error: UpstreamError, seconds: float) -> None:
        """Log the retry at info."""
        _log.info(
            "upstream_retry",
            **error.provider.labels,
            error=type(error).__name__,
            message=error.message,
            seconds=round(seconds, 3),
        )

    def provider_state_changed(
        self, provider: AccountKey, before: ProviderState, after: ProviderState
    ) -> None:
        """Log the new state at warning."""
        _log.warning(
            "provider_state_changed",
            **provider.labels,
            state=after.value,
            before=before.value,
        )

    def cache_looked_up(self, provider: AccountKey, result: CacheResult) -> None:
        """Log nothing: a line per read would say little."""

    def request_ended(self, request: EndedRequest) -> None:
        """Log the request at debug."""
        _log.debug(
            "request_ended",
            request_id=request.request_id,
            caller=request.caller,
            operation=request.operation,
            milliseconds=round(request.milliseconds, 1),
            upstream_calls=request.upstream_calls,
            errors=request.errors,
        )
