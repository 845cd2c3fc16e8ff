"""The query cache: encoded responses to queries, and queries that several requests share.

A response is used again while every vendor's answer in it is fresh (`GROUPGATE_CACHE_TTL`) and no
vendor that it was read from has been written to. The writes are counted before the query starts.
The count changes before the client of a write receives its response, so no later request is
answered with older data: neither from the cache, nor by joining a query that is still running.

Only what every caller with the same permissions would receive is shared: no response with errors,
with stale or unreadable parts, or with the state of a vendor.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Final, Protocol

from cachetools import LRUCache
from msgspec import Struct
from starlette.responses import Response

from groupgate.app.auth.caller import Permissions
from groupgate.coroutines import start_task
from groupgate.domain.refs import AccountKey
from groupgate.request import RequestScope, now

QueryKey = tuple[bool, bytes, Permissions]
"""True for parameters in the URL; these parameters, undecoded, or the body; the permissions."""

WriteCounts = Mapping[AccountKey, int]
"""How many writes each vendor has received."""


class WriteCounter(Protocol):
    """Counts the writes to one vendor."""

    @property
    def writes(self) -> int:
        """How many writes the vendor has received."""


IS_CACHED: Final = "groupgate.is_cached"
"""The key in the ASGI scope of True if the response is from the query cache."""

MAX_WAITERS: Final = 64
"""Requests that wait for one query without a turn; all are answered in one iteration."""

ENTRY_OVERHEAD: Final = 900
"""Bytes that an entry takes besides its body and its parameters: key, counts, dictionary slots."""


class QueryResponse(Struct, frozen=True, kw_only=True, eq=False):
    """An encoded response that other requests may receive, too."""

    body: bytes
    operation_name: str
    """The name of the query in its document, empty if it has none."""
    points: int
    """The cost of the operation, which every caller pays."""
    read_at: float
    """When the oldest part of it was read, on the event loop's clock."""
    writes: WriteCounts
    """The writes to the vendors that it was read from, counted before they were read."""
    size: int
    """The bytes that it takes in the cache."""

    @property
    def age(self) -> float:
        """Seconds since its oldest part was read."""
        return now() - self.read_at


class RunningQuery:
    """A query that is executed in a task of its own, for all requests that wait for it.

    It is cancelled when nobody waits any longer. The task's result is the response to the request
    that started it; `response` is the one for the others, None if it cannot be shared.
    """

    def __init__(self, key: QueryKey | None, writes: WriteCounts) -> None:
        self.writes = writes
        self.response: QueryResponse | None = None
        self.scope: RequestScope | None = None
        """The scope of the execution, once it has started."""
        self._key = key
        self._started_at = now()
        self.waiters = 0
        """The requests that wait for the end, the one that started it included."""
        self._is_cancelled = False
        self._task: asyncio.Future[Response]
        self._work: Coroutine[Any, Any, Response]

    def start(self, execute: Callable[["RunningQuery"], Coroutine[Any, Any, Response]]) -> None:
        """Start the execution; it ends at once if everything is found in memory.

        A query that is not shared needs no task: the request that waits for it executes it.
        """
        work = execute(self)
        if self._key is None:
            self._work = work
        else:
            self._task = start_task(work)

    @property
    def is_cancelled(self) -> bool:
        """True if nobody waited any longer."""
        return self._is_cancelled

    def finish(self, body: bytes, operation_name: str, points: int) -> None:
        """Record a response without errors while the scope is open."""
        scope = self.scope
        if self._key is None or scope is None:
            return
        if not (scope.stale or scope.unreadable or scope.is_volatile):
            self.response = QueryResponse(
                body=body,
                operation_name=operation_name,
                points=points,
                read_at=self._started_at - (scope.age or 0),
                writes={vendor: self.writes[vendor] for vendor, _ in scope.memo},
                size=len(body) + len(self._key[1]) + ENTRY_OVERHEAD,
            )

    async def wait(self) -> Response:
        """Wait for the end; raise what the execution raises."""
        if self._key is None:
            return await self._work
        if self._task.done():
            return self._task.result()
        self.waiters += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self.waiters -= 1
            if not self.waiters:
                self._is_cancelled = self._task.cancel()


class QueryCache:
    """Responses to queries, bounded in bytes; the least recently used go first.

    `ttl` is in seconds; with 0, nothing is cached or shared. `counters` count the writes to all
    vendors. A response is used only if `may_use_memory` returns True for each of its
    vendors; otherwise another process may have written there unheard. The methods take None as the
    key of a query that is not shared.
    """

    def __init__(
        self,
        *,
        ttl: float,
        max_bytes: int,
        counters: Mapping[AccountKey, WriteCounter],
        may_use_memory: Callable[[AccountKey], bool] | None = None,
    ) -> None:
        self.is_enabled = ttl > 0
        self._ttl = ttl
        self._counters = counters
        self._may_use_memory = may_use_memory
        self._responses: LRUCache[QueryKey, QueryResponse] = LRUCache(
            max_bytes, getsizeof=lambda response: response.size
        )
        self._running: dict[QueryKey, RunningQuery] = {}

    @property
    def entries(self) -> int:
        """The number of responses, outdated ones included until their place is needed."""
        return len(self._responses)

    @property
    def bytes(self) -> int:
        """The bytes that the responses take."""
        return int(self._responses.currsize)

    @property
    def max_bytes(self) -> int:
        """The bytes that they may take."""
        return int(self._responses.maxsize)

    def clear(self) -> None:
        """Forget all responses, and those of the queries that are running now."""
        self._responses.clear()
        self._running.clear()

    def find(self, key: QueryKey | None) -> QueryResponse | None:
        """Return the cached response, if it is fresh and no vendor in it was written to."""
        if key is None or key not in self._responses:
            return None
        response: QueryResponse = self._responses[key]
        if response.age < self._ttl and self._is_current(response.writes):
            return response
        del self._responses[key]
        return None

    def find_running(self, key: QueryKey | None) -> RunningQuery | None:
        """Return the same query of another request, if it was started after the last write."""
        running = self._running.get(key) if key else None
        if running is None or running.is_cancelled or not self._is_current(running.writes):
            return None
        return running

    def may_join(self, key: QueryKey | None) -> bool:
        """Return True if the same query is running and a request may wait for it without a turn."""
        running = self.find_running(key)
        return running is not None and running.waiters < MAX_WAITERS

    def run(
        self,
        key: QueryKey | None,
        execute: Callable[[RunningQuery], Coroutine[Any, Any, Response]],
    ) -> RunningQuery:
        """Start a query that other requests may join, and cache its response when it ends."""
        writes = {vendor: counter.writes for vendor, counter in self._counters.items()}
        running = RunningQuery(key, writes)
        if key is not None:
            self._running[key] = running
        running.start(partial(self._execute, key, execute))
        return running

    async def _execute(
        self,
        key: QueryKey | None,
        execute: Callable[[RunningQuery], Coroutine[Any, Any, Response]],
        running: RunningQuery,
    ) -> Response:
        is_latest = False
        try:
            own_response = await execute(running)
        finally:
            if key is not None and self._running.get(key) is running:
                is_latest = True
                del self._running[key]
        response = running.response
        if key is None or response is None or response.size > self._responses.maxsize:
            return own_response
        if is_latest and self._is_current(response.writes):
            self._responses[key] = response
        return own_response

    def _is_current(self, writes: WriteCounts) -> bool:
        for vendor, number in writes.items():
            if self._counters[vendor].writes != number:
                return False
        return self._may_use_memory is None or all(map(self._may_use_memory, writes))
