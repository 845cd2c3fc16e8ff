"""Events of the gateway, for logs, metrics and traces.

Every method of an observer is called in the event loop, returns at once and must not raise.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

import msgspec
import structlog

from groupgate.domain.errors import UpstreamError
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import AccountKey

LOG_INTERVAL: Final = 60.0
"""Seconds between two log lines with the same key."""

_log = structlog.get_logger()


class UpstreamCall(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP call to a vendor that has ended."""

    provider: AccountKey
    method: str
    path: str
    """Path and query below the vendor's base URL."""
    operation: str
    """Method and path without ids: `GET /products/{id}`."""
    status: int
    """HTTP status; 0 if no response arrived."""
    milliseconds: float
    """From sending until the response body was read, or until the failure."""
    milliseconds_waited: float
    """For the vendor's limits, before it was sent."""


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

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is not in C


@dataclass(slots=True, kw_only=True, eq=False)
class Write:
    """A write of a mutation to a vendor; until it has ended, its outcome is UNKNOWN."""

    provider: AccountKey
    method: str
    path: str
    """Path below the vendor's base URL."""
    outcome: str = "UNKNOWN"
    """APPLIED, NOT_APPLIED or UNKNOWN."""


class AnswerSource(Enum):
    """Where the response to a request comes from."""

    EXECUTED = "EXECUTED"
    """The operation was executed for this request."""
    CACHED = "CACHED"
    """The query cache."""
    SHARED = "SHARED"
    """The same query of another request, which was running."""
    REFUSED = "REFUSED"
    """The operation was not executed."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is not in C


class KeyUse(Enum):
    """What an `Idempotency-Key` led to."""

    EXECUTED = "EXECUTED"
    """The key was new."""
    REPLAYED = "REPLAYED"
    """The stored result was returned."""
    IN_USE = "IN_USE"
    """Refused: the first request is still running."""
    REUSED = "REUSED"
    """Refused: the key belongs to another request."""
    UNAVAILABLE = "UNAVAILABLE"
    """Refused: the store could not be asked."""


class EndedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request to /graphql that has ended, whether or not its operation was executed.

    What was not known when the request ended is empty. Every request makes one, and that takes an
    eighth of the time with a msgspec.Struct instead of a frozen dataclass.
    """

    request_id: str
    status: int
    """HTTP status of the response; 499 if the client disconnected before it."""
    milliseconds: float
    method: str = "POST"
    """The method of the HTTP request."""
    caller: str = ""
    operation_type: str = ""
    """`query` or `mutation`."""
    operation_name: str = ""
    """The name in the document."""
    source: AnswerSource = AnswerSource.REFUSED
    codes: tuple[str, ...] = ()
    """The codes of `errors`, each once."""
    upstream_calls: int = 0
    cache_hits: int = 0
    """Reads answered from the cache of a vendor, or by a read of another request."""
    stale: tuple[AccountKey, ...] = ()
    """Vendors that failed and whose older responses were served."""
    milliseconds_waited: float | None = None
    """For its turn; None if it needed none."""
    key_use: KeyUse | None = None
    """None without an `Idempotency-Key`."""
    writes: tuple[Write, ...] = ()
    """The writes to vendors, in the order in which they began."""
    find_ids: Callable[[], tuple[str, ...]] | None = None
    """Finds `ids`, if the operation is a mutation."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids in the arguments of a mutation, each once; they are found when they are read."""
        return self.find_ids() if self.find_ids is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A limit of calls in a window of time, and how many of them are left."""

    limit: int
    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorLevels:
    """The present state of what the calls to one vendor share."""

    provider: AccountKey
    state: ProviderState
    is_breaker_open: bool
    calls_running: int
    calls_waiting: int
    """Calls that wait for the vendor's limits."""
    budgets: Mapping[str, Budget]
    """By window, `second` or `minute`."""
    cache_entries: int
    cache_bytes: int
    cache_bytes_limit: int


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

    def values_unreadable(self, provider: AccountKey, nulls: int, rows: int) -> None:
        """Handle a response of which values became null, or rows were left out."""

    def request_ended(self, request: EndedRequest) -> None:
        """Handle the end of a GraphQL request."""


class SilentObserver:
    """Ignores every event; a base for observers of some of them."""

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Ignore the event."""

    def upstream_call_retried(self, error: UpstreamError, seconds: float) -> None:
        """Ignore the event."""

    def provider_state_changed(
        self, provider: AccountKey, before: ProviderState, after: ProviderState
    ) -> None:
        """Ignore the event."""

    def cache_looked_up(self, provider: AccountKey, result: CacheResult) -> None:
        """Ignore the event."""

    def values_unreadable(self, provider: AccountKey, nulls: int, rows: int) -> None:
        """Ignore the event."""

    def request_ended(self, request: EndedRequest) -> None:
        """Ignore the event."""


class Observers:
    """Passes each event to several observers, in their order."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)
        unused = {LogObserver.cache_looked_up, SilentObserver.cache_looked_up}
        self._counting_lookups = [
            observer for observer in observers if type(observer).cache_looked_up not in unused
        ]

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Pass the event on."""
        for observer in self._observers:
            observer.upstream_call_ended(call)

    def upstream_call_retried(self, error: UpstreamError, seconds: float) -> None:
        """Pass the event on."""
        for observer in self._observers:
            observer.upstream_call_retried(error, seconds)

    def provider_state_changed(
        self, provider: AccountKey, before: ProviderState, after: ProviderState
    ) -> None:
        """Pass the event on."""
        for observer in self._observers:
            observer.provider_state_changed(provider, before, after)

    def cache_looked_up(self, provider: AccountKey, result: CacheResult) -> None:
        """Pass the event on to those that handle it: every cached read has one."""
        for observer in self._counting_lookups:
            observer.cache_looked_up(provider, result)

    def values_unreadable(self, provider: AccountKey, nulls: int, rows: int) -> None:
        """Pass the event on."""
        for observer in self._observers:
            observer.values_unreadable(provider, nulls, rows)

    def request_ended(self, request: EndedRequest) -> None:
        """Pass the event on."""
        for observer in self._observers:
            observer.request_ended(request)


class LogObserver:
    """Writes events to the log; cache results are not logged.

    Without `is_debug` it passes over the lines at debug: structlog takes microseconds to find out
    that a line is below the level.
    """

    def __init__(self, *, is_debug: bool = True) -> None:
        self._is_debug = is_debug

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Log the call at debug."""
        if not self._is_debug:
            return
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

    def values_unreadable(self, provider: AccountKey, nulls: int, rows: int) -> None:
        """Log nothing: `upstream/vendor_state.py` logs each JSON path, once a minute."""

    def request_ended(self, request: EndedRequest) -> None:
        """Log the request at debug."""
        if not self._is_debug:
            return
        _log.debug(
            "request_ended",
            request_id=request.request_id,
            caller=request.caller,
            operation=request.operation_type,
            status=request.status,
            milliseconds=round(request.milliseconds, 1),
            upstream_calls=request.upstream_calls,
            codes=list(request.codes),
        )


class LogThrottle:
    """Allows a line with the same key once a minute."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def allows(self, key: str) -> bool:
        """Return True if the line is due, and count it as logged."""
        moment = asyncio.get_running_loop().time()
        if moment - self._logged_at.get(key, -LOG_INTERVAL) < LOG_INTERVAL:
            return False
        self._logged_at[key] = moment
        return True
