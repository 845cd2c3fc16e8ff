"""The only door out to a vendor: reads that are remembered, writes that are sent once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Final, Generic, TypeVar, cast
from urllib.parse import quote, urlencode

import httpx
import msgspec

from groupgate.domain.errors import (
    Denied,
    Rejected,
    Unavailable,
    Unsent,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, RequestScope, current_scope
from groupgate.upstream.breaker import HealthTracker
from groupgate.upstream.cache import Entry, StaleFallback, current_fallback, is_failure
from groupgate.upstream.json_body import decode_body
from groupgate.upstream.retry import never_applied
from groupgate.upstream.sender import RequestSender
from groupgate.upstream.transport import TIMED_OUT, Authenticate, HttpTransport, UpstreamRequest
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")

MAX_WAIT_IF_CACHED: Final = 3.0
"""Seconds after which a read that goes on has failed for those who can have what is known.

A vendor that hangs would else keep every reader until the deadline, and that again and again: as
they share their reads, fewer calls fail than open the breaker.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey(Generic[ShapeT]):
    """What is asked for: path with query, and the shape of the answer.

    `check` raises UpstreamError for one of this shape that is no answer.
    """

    target: str
    shape: type[ShapeT]
    check: Callable[[ShapeT], object] | None = field(default=None, compare=False)


class Reads:
    """The reads of one vendor, for all requests."""

    def __init__(self, line: RequestSender, vendor_state: VendorState) -> None:
        self._line = line
        self._vendor_state = vendor_state
        self._provider = vendor_state.provider

    def is_free(self, wanted: CacheKey[Any], scope: RequestScope) -> bool:
        """Whether the request would be answered from memory now."""
        is_shared = not scope.bypasses_cache(self._provider)
        return is_shared and self._vendor_state.cache.fresh(wanted) is not None

    async def find(self, wanted: CacheKey[ShapeT], scope: RequestScope) -> ShapeT:
        """The answer, for a request that has not got it yet."""
        return cast("ShapeT", await self._find(wanted, scope))

    async def _find(self, wanted: CacheKey[Any], scope: RequestScope) -> object:
        if scope.bypasses_cache(self._provider):
            return await self._ask(wanted, scope)
        entry = self._vendor_state.cache.fresh(wanted)
        if entry is not None:
            scope.cache_hits[self._provider] += 1
            scope.note_cached(entry.age)
            return entry.value
        try:
            return await self._share(wanted, scope)
        except UpstreamError as error:
            fallback = StaleFallback(error)
            value = self.last_cached(wanted, fallback, scope)
            fallback.note(scope)
            return value

    def last_cached(
        self, wanted: CacheKey[ShapeT], fallback: StaleFallback, scope: RequestScope
    ) -> ShapeT:
        """What the vendor said last; raise the failure that it is to stand in for, if nothing."""
        entry = self._known(wanted, fallback.reason, scope)
        if entry is None:
            raise fallback.reason
        fallback.entries.append(entry)
        return cast("ShapeT", entry.value)

    def knows(self, wanted: CacheKey[Any], fallback: StaleFallback, scope: RequestScope) -> bool:
        """Whether there is something that may stand in for this failure."""
        return self._known(wanted, fallback.reason, scope) is not None

    def _known(
        self, wanted: CacheKey[Any], reason: UpstreamError, scope: RequestScope
    ) -> Entry | None:
        if not is_failure(reason) or scope.bypasses_cache(self._provider):
            return None
        return self._vendor_state.cache.last_cached(wanted)

    async def _share(self, wanted: CacheKey[Any], scope: RequestScope) -> object:
        single_flight = self._vendor_state.single_flight
        if not self._vendor_state.cache.ttl:
            return await self._ask(wanted, scope)
        if wanted in single_flight:
            scope.cache_hits[self._provider] += 1
        else:
            self._line.begin(scope)
        try:
            read = partial(self._read, wanted)
            return await single_flight.join(wanted, scope.deadline, read, self._patience(wanted))
        except TimeoutError:
            raise Unavailable(self._provider, TIMED_OUT) from None

    def _patience(self, wanted: CacheKey[Any]) -> float:
        return inf if self._vendor_state.cache.last_cached(wanted) is None else MAX_WAIT_IF_CACHED

    async def _ask(self, wanted: CacheKey[Any], scope: RequestScope) -> object:
        self._line.begin(scope)
        return await self._read(wanted, scope.deadline)

    async def _read(self, wanted: CacheKey[Any], deadline: Deadline) -> object:
        """Ask the vendor, and keep the answer unless the vendor is changed in the meantime."""
        cache = self._vendor_state.cache
        stamp = cache.stamp()
        try:
            answer = await self._line.send(
                UpstreamRequest(method="GET", target=wanted.target), deadline
            )
        except (Denied, Rejected):
            cache.discard(wanted)
            raise
        value = decode_body(self._provider, answer, wanted.shape)
        if wanted.check is not None:
            wanted.check(value)
        cache.keep(wanted, value, size=len(answer.body), stamp=stamp)
        return value


Params = Sequence[tuple[str, str | int]]


def segment(native_id: str) -> str:
    """Return an id as one piece of a path, whatever is in it."""
    return quote(native_id, safe="")


def is_addressable(native_id: str) -> bool:
    """Whether an id can stand in a path; dots alone would be a way up (RFC 3986, 5.2.4)."""
    return native_id not in {"", ".", ".."}


class JsonClient:
    """Speaks to one vendor.

    `authenticate` makes the headers of one call; it is asked again for each. `traffic` keeps the
    vendor's calls in order across requests; by itself it only bounds how many there are at once.
    """

    def __init__(
        self,
        provider: ProviderKey,
        http: httpx.AsyncClient,
        base_url: str,
        authenticate: Authenticate,
        vendor_state: VendorState | None = None,
    ) -> None:
        self.provider = provider
        self._vendor_state = vendor_state or VendorState(provider)
        self._line = RequestSender(
            HttpTransport(provider, http, base_url, authenticate), self._vendor_state
        )
        self._reads = Reads(self._line, self._vendor_state)

    @property
    def health(self) -> HealthTracker:
        """How the vendor is answering."""
        return self._vendor_state.health

    async def get(
        self,
        path: str,
        shape: type[ShapeT],
        params: Params = (),
        check: Callable[[ShapeT], object] | None = None,
    ) -> ShapeT:
        """GET this path once a request, whoever asks how often; return the decoded answer.

        It may be one that another request was given of late, or, where the vendor fails, one of
        earlier; the request's scope then tells so. `check` raises UpstreamError for an answer that
        says that it is none, and that is not to be kept as one.
        """
        scope = current_scope()
        wanted = CacheKey(target=_with_query(path, params), shape=shape, check=check)
        fallback = current_fallback()
        if fallback is not None:
            return self._reads.last_cached(wanted, fallback, scope)
        key = (self.provider, wanted)
        task = scope.memo.get(key)
        if task is None:
            task = scope.memo[key] = scope.start(self._reads.find(wanted, scope))
        answer: ShapeT = await asyncio.shield(task)
        return answer

    def is_cached(self, path: str, shape: type[object], params: Params = ()) -> bool:
        """Whether this GET would cost nothing now."""
        scope, wanted = current_scope(), CacheKey(target=_with_query(path, params), shape=shape)
        fallback = current_fallback()
        if fallback is not None:
            return self._reads.knows(wanted, fallback, scope)
        task = scope.memo.get((self.provider, wanted))
        if task is None:
            return self._reads.is_free(wanted, scope)
        return not task.done() or not (task.cancelled() or task.exception())

    async def write(
        self,
        method: str,
        path: str,
        shape: type[ShapeT],
        body: object = None,
    ) -> ShapeT:
        """Send a write, with a JSON body unless it is None; return the decoded answer.

        With `NoBody` as shape the answer may be anything but an error. The write is sent again
        only where it cannot have reached the vendor. An UpstreamError tells by its `outcome` what
        is known.
        """
        content = None if body is None else msgspec.json.encode(body)
        call, deadline = (
            UpstreamRequest(method=method, target=path, content=content),
            current_scope().deadline,
        )
        work = self._write(call, shape, deadline)
        try:
            return await self._vendor_state.writes.run(call, work, deadline)
        except TimeoutError:
            raise self._late(call) from None
        finally:
            self.forget()

    def forget(self) -> None:
        """Ask the vendor anew for all that this request reads from here on."""
        current_scope().forget(self.provider)

    async def _write(
        self, call: UpstreamRequest, shape: type[ShapeT], deadline: Deadline
    ) -> ShapeT:
        is_untouched = False
        try:
            self._line.begin(current_scope())
            answer = await self._line.send(call, deadline)
            return decode_body(self.provider, answer, shape)
        except UpstreamError as error:
            is_untouched = never_applied(error)
            error.outcome = WriteOutcome.NOT_APPLIED if is_untouched else WriteOutcome.UNKNOWN
            raise
        finally:
            if not is_untouched:
                self._vendor_state.changed()

    def _late(self, call: UpstreamRequest) -> UpstreamError:
        """What is known at the deadline of a write that has not ended."""
        error: UpstreamError
        if call.is_in_flight:
            error = Unavailable(self.provider, TIMED_OUT)
            error.outcome = WriteOutcome.UNKNOWN
        else:
            error = Unsent(self.provider, "There was no time left to send it.")
            error.outcome = WriteOutcome.NOT_APPLIED
        return error


def _with_query(path: str, params: Params) -> str:
    return f"{path}?{urlencode(params, quote_via=quote)}" if params else path
