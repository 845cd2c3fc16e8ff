"""The client of one vendor's REST API: cached reads, and writes that are sent once."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from math import inf
from typing import Any, TypeVar, cast

import httpx
import msgspec

from groupgate.decoding.json_body import Decoded, decode_write_body
from groupgate.domain.errors import Denied, Rejected, UpstreamError, WriteOutcome
from groupgate.domain.provider import ProviderStatus
from groupgate.domain.refs import AccountKey
from groupgate.observer import CacheResult
from groupgate.request import Deadline, RequestScope, current_scope, now
from groupgate.upstream.cache import (
    MAX_WAIT_IF_CACHED,
    Check,
    Entry,
    ReadKey,
    ShareBody,
)
from groupgate.upstream.results import StaleFallback, current_fallback, is_vendor_failure
from groupgate.upstream.sender import RequestSender, never_applied
from groupgate.upstream.transport import (
    Authenticate,
    HttpTransport,
    Params,
    UpstreamRequest,
    UpstreamResponse,
    exchange_over,
    timed_out,
    with_query,
)
from groupgate.upstream.vendor_state import VendorState

ShapeT = TypeVar("ShapeT")


class JsonClient:
    """Calls one vendor's API below `base_url`.

    `authenticate` returns the headers of one call. `vendor_state` is shared by all requests; the
    default limits concurrency only. `check` raises UpstreamError for a response to a read that
    reports a failure; such a response is not cached.
    """

    def __init__(  # noqa: PLR0913 - the parts of a client
        self,
        provider: AccountKey,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        authenticate: Authenticate,
        vendor_state: VendorState | None = None,
        *,
        check: Check = lambda _value: None,
    ) -> None:
        self.provider = provider
        self._state = vendor_state or VendorState(provider)
        self._sender = RequestSender(
            HttpTransport(provider, exchange_over(transport, base_url), authenticate),
            self._state.rate_limiter,
            self._state.health,
            self._state.observer,
            self._state.path_words,
        )
        self._reader = CachedReader(self._sender, self._state, check)

    @property
    def status(self) -> ProviderStatus:
        """The vendor's state, derived from its recent calls."""
        return self._state.health.status

    async def get(self, path: str, shape: type[ShapeT], params: Params = ()) -> ShapeT:
        """Return the decoded response to a GET; within one request each GET is made once.

        The response may come from the cache; if the vendor fails, an older one is served and the
        request's scope records it.
        """
        scope = current_scope()
        key = ReadKey(with_query(path, params), shape)
        fallback = current_fallback()
        if fallback is not None:
            return self._reader.read_stale(key, fallback, scope)
        while True:
            found = self._find(key, scope)
            if found is None:
                return await self._read(key, scope)
            if not found.done():
                await asyncio.wait([found])
            if not found.cancelled():
                return cast("ShapeT", found.result())

    def find(self, path: str, shape: type[ShapeT]) -> ShapeT | None:
        """Return what `get` would return without waiting; None if it might wait or fail."""
        if current_fallback() is not None:
            return None
        found = self._find(ReadKey(path, shape), current_scope())
        if found is None or not found.done() or found.cancelled() or found.exception():
            return None
        return cast("ShapeT", found.result())

    def _find(self, key: ReadKey[ShapeT], scope: RequestScope) -> asyncio.Future[Any] | None:
        """Return what the request's memo has, which is filled from the cache."""
        memo_key = (self.provider, key)
        found = scope.memo.get(memo_key)
        if found is None or found.cancelled():
            found = self._reader.read_fresh(key, scope)
            if found is not None:
                scope.memo[memo_key] = found
        return found

    async def _read(self, key: ReadKey[ShapeT], scope: RequestScope) -> ShapeT:
        """Read what the memo does not have, without a task; others of this request wait for it."""
        answer: asyncio.Future[ShapeT] = asyncio.get_running_loop().create_future()
        scope.memo[self.provider, key] = answer
        try:
            value = await self._reader.read(key, scope)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        except Exception as error:
            answer.set_exception(error)
            answer.exception()  # asyncio would log an exception that nobody has looked at
            del answer  # the error refers to this frame
            raise
        answer.set_result(value)
        return value

    def is_cached(self, path: str, shape: type[object], params: Params = ()) -> bool:
        """Return True if this GET needs no call: it is cached, or this request has started it."""
        scope, key = current_scope(), ReadKey(with_query(path, params), shape)
        if (fallback := current_fallback()) is not None:
            return self._reader.has_stale(key, fallback, scope)
        task = scope.memo.get((self.provider, key))
        if task is None:
            return self._reader.has_fresh(key, scope)
        return not task.done() or not (task.cancelled() or task.exception())

    async def write(
        self,
        method: str,
        path: str,
        shape: type[ShapeT],
        body: object = None,
    ) -> ShapeT | None:
        """Send a write, with a JSON body unless it is None; return the decoded response.

        Every status of success without an error in the body is a success; the result is None if
        the body does not have the shape. Raises Unconfirmed if the body cannot be read. The write
        is sent again only if it cannot have reached the vendor. The `outcome` of a raised
        UpstreamError says whether the write may have been applied.
        """
        content = None if body is None else msgspec.json.encode(body)
        request = UpstreamRequest(method=method, target=path, content=content)
        deadline = current_scope().deadline
        work = self._write(request, shape, deadline)
        try:
            return await self._state.writes.run(request, work, deadline)
        finally:
            self.invalidate()

    def invalidate(self) -> None:
        """Read everything from the vendor again in the rest of this request."""
        current_scope().invalidate(self.provider)

    async def _write(
        self, request: UpstreamRequest, shape: type[ShapeT], deadline: Deadline
    ) -> ShapeT | None:
        is_unchanged, write, scope = False, "", current_scope()
        try:
            self._sender.begin(scope)
            write = await self._state.begin_write()
            response = await self._sender.send(request, deadline)
            return self._decode_confirmation(response, shape)
        except UpstreamError as error:
            is_unchanged = never_applied(error)
            error.outcome = WriteOutcome.NOT_APPLIED if is_unchanged else WriteOutcome.UNKNOWN
            raise
        finally:
            self._state.end_write(write, scope, is_unchanged=is_unchanged)

    def _decode_confirmation(
        self, response: UpstreamResponse, shape: type[ShapeT]
    ) -> ShapeT | None:
        """Decode the response to a write; None if rows had to be left out of it."""
        decoded = decode_write_body(self.provider, response.body, shape)
        if decoded.unreadable is not None:
            self._state.log_unreadable(decoded.unreadable)
            if decoded.unreadable.rows:
                return None
            current_scope().note_unreadable(self.provider, decoded.unreadable)
        return decoded.value


class CachedReader:
    """Reads from one vendor for all requests: from the cache, a running read, or the vendor."""

    def __init__(self, sender: RequestSender, vendor_state: VendorState, check: Check) -> None:
        self._sender = sender
        self._check = check
        self._state = vendor_state
        self._provider = vendor_state.provider

    def has_fresh(self, key: ReadKey[Any], scope: RequestScope) -> bool:
        """Return True if the request would be answered from the cache now."""
        return not self._bypasses(scope) and self._state.cache.get_fresh(key) is not None

    def has_stale(self, key: ReadKey[Any], fallback: StaleFallback, scope: RequestScope) -> bool:
        """Return True if a cached response can be served instead of this failure."""
        return self._stale_entry(key, fallback.reason, scope) is not None

    async def read(self, key: ReadKey[ShapeT], scope: RequestScope) -> ShapeT:
        """Return the response for a request for which `read_fresh` has found none.

        Its unreadable values are recorded in the request, wherever the response comes from.
        """
        if self._bypasses(scope):
            decoded = await self._call(key, scope)
        else:
            read = self._share if self._state.cache.ttl else self._call
            try:
                decoded = await read(key, scope)
            except UpstreamError as error:
                fallback = StaleFallback(error)
                decoded = self._use_stale(key, fallback, scope)
                fallback.report(scope)
        scope.note_unreadable(self._provider, decoded.unreadable)
        return decoded.value

    def read_fresh(
        self, key: ReadKey[ShapeT], scope: RequestScope
    ) -> asyncio.Future[ShapeT] | None:
        """Return the fresh response of the cache, as a memo keeps it, without a task."""
        fresh = None if self._bypasses(scope) else self._state.cache.get_fresh_and_age(key)
        if fresh is None:
            return None
        entry, age = fresh
        self._state.observer.cache_looked_up(self._provider, CacheResult.HIT)
        scope.note_hit(self._provider, key.target, CacheResult.HIT, age)
        if entry.decoded.unreadable is not None:
            scope.note_unreadable(self._provider, entry.decoded.unreadable)
        found: asyncio.Future[ShapeT] = asyncio.get_running_loop().create_future()
        found.set_result(entry.decoded.value)
        return found

    def read_stale(
        self, key: ReadKey[ShapeT], fallback: StaleFallback, scope: RequestScope
    ) -> ShapeT:
        """Return the last cached response; raise the failure if there is none."""
        return self._use_stale(key, fallback, scope).value

    def _use_stale(
        self, key: ReadKey[ShapeT], fallback: StaleFallback, scope: RequestScope
    ) -> Decoded[ShapeT]:
        entry = self._stale_entry(key, fallback.reason, scope)
        if entry is None:
            raise fallback.reason
        fallback.entries.append(entry)
        scope.note_answer(self._provider, key.target, CacheResult.STALE, entry.age)
        self._state.observer.cache_looked_up(self._provider, CacheResult.STALE)
        return entry.decoded

    def _stale_entry(
        self, key: ReadKey[Any], reason: UpstreamError, scope: RequestScope
    ) -> Entry | None:
        if not is_vendor_failure(reason) or self._bypasses(scope):
            return None
        return self._state.cache.get_stale(key)

    async def _share(self, key: ReadKey[ShapeT], scope: RequestScope) -> Decoded[ShapeT]:
        cache, single_flight = self._state.cache, self._state.single_flight
        answer = None
        if key in single_flight:
            self._state.observer.cache_looked_up(self._provider, CacheResult.SHARED)
            answer = scope.note_hit(self._provider, key.target, CacheResult.SHARED)
        else:
            self._state.observer.cache_looked_up(self._provider, CacheResult.MISS)
            self._sender.begin(scope)
        max_wait = inf if cache.get_stale(key) is None else MAX_WAIT_IF_CACHED
        decoded: Decoded[ShapeT] | None = None
        try:
            decoded = await single_flight.join(
                key, scope.deadline, partial(self._fetch_shared, key), max_wait
            )
        except TimeoutError:
            raise timed_out(self._provider) from None
        finally:
            if answer is not None:
                answer.ended_at, answer.is_failed = now(), decoded is None
        self._note_age(key, scope)
        return decoded

    def _note_age(self, key: ReadKey[Any], scope: RequestScope) -> None:
        """Record the age of a response that another process has read."""
        entry = self._state.cache.get_fresh(key)
        if entry is not None and entry.received_at < entry.sent_at:
            scope.note_cached(entry.age)

    def _call(
        self, key: ReadKey[ShapeT], scope: RequestScope
    ) -> Coroutine[Any, Any, Decoded[ShapeT]]:
        self._sender.begin(scope)
        return self._fetch(key, scope.deadline)

    async def _fetch_shared(self, key: ReadKey[ShapeT], deadline: Deadline) -> Decoded[ShapeT]:
        """Return a response that another gateway process has stored, or call the vendor."""
        shared = self._state.usable_shared_responses
        if shared is None:
            return await self._fetch(key, deadline)
        fetch = partial(self._fetch, key, deadline)
        return await shared.read(key, deadline, fetch, self._check)

    async def _fetch(
        self, key: ReadKey[ShapeT], deadline: Deadline, share: ShareBody | None = None
    ) -> Decoded[ShapeT]:
        """Call the vendor; cache the response unless the vendor is written to meanwhile."""
        cache = self._state.cache
        stamp = cache.stamp()
        try:
            request = UpstreamRequest(method="GET", target=key.target)
            response = await self._sender.send(request, deadline)
        except (Denied, Rejected):
            cache.discard(key)
            raise
        body = response.body
        decoded = cache.decode(self._provider, key, body, response.content_type)
        if decoded.unreadable is not None:
            self._state.log_unreadable(decoded.unreadable)
        self._check(decoded.value)
        cache.put(key, decoded, body=body, stamp=stamp)
        if share is not None:
            share(response.content_type, body)
        return decoded

    def _bypasses(self, scope: RequestScope) -> bool:
        may_use_memory = self._state.may_use_memory
        return scope.bypasses_cache(self._provider) or (
            may_use_memory is not None and not may_use_memory(self._provider)
        )
