"""Where an answer comes from: the cache, a read under way, the vendor, or the cache after all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar, cast

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
    forget_trace,
)
from groupgate.upstream.bodies import read_body
from groupgate.upstream.cache import Entry
from groupgate.upstream.deadline import Deadline
from groupgate.upstream.exchange import LATE, Call
from groupgate.upstream.line import Line
from groupgate.upstream.scope import RequestScope, Stale
from groupgate.upstream.traffic import Traffic

ShapeT = TypeVar("ShapeT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Generic[ShapeT]):
    """What is asked for: path with query, and the shape of the answer.

    `check` raises UpstreamError for one of this shape that is no answer.
    """

    target: str
    shape: type[ShapeT]
    check: Callable[[ShapeT], object] | None = field(default=None, compare=False)


class Reads:
    """The reads of one vendor, for all requests."""

    def __init__(self, line: Line, traffic: Traffic) -> None:
        self._line = line
        self._traffic = traffic
        self._provider = traffic.provider

    def is_free(self, wanted: Wanted[Any], scope: RequestScope) -> bool:
        """Whether the request would be answered from memory now."""
        is_shared = not scope.asks_anew(self._provider)
        return is_shared and self._traffic.cache.fresh(wanted) is not None

    async def find(self, wanted: Wanted[ShapeT], scope: RequestScope) -> ShapeT:
        """The answer, for a request that has not got it yet."""
        return cast("ShapeT", await self._find(wanted, scope))

    async def _find(self, wanted: Wanted[Any], scope: RequestScope) -> object:
        if scope.asks_anew(self._provider):
            return await self._ask(wanted, scope)
        entry = self._traffic.cache.fresh(wanted)
        if entry is not None:
            scope.cache_hits[self._provider] += 1
            scope.took_from_memory(entry.age)
            return entry.value
        try:
            return await self._share(wanted, scope)
        except (Unavailable, Throttled, Malformed) as error:
            known = self._known(wanted, error, scope)
            if known is None:
                raise
            scope.took_from_memory(known.age)
            scope.took_stale(
                Stale(
                    provider=self._provider, age_seconds=int(known.age), reason=forget_trace(error)
                )
            )
            return known.value

    def _known(
        self, wanted: Wanted[Any], error: UpstreamError, scope: RequestScope
    ) -> Entry | None:
        """What may stand in for this failure; a vendor that says no has not failed."""
        if isinstance(error, Rejected) or scope.asks_anew(self._provider):
            return None
        return self._traffic.cache.last_known(wanted)

    async def _share(self, wanted: Wanted[Any], scope: RequestScope) -> object:
        flights = self._traffic.flights
        if not self._traffic.cache.ttl:
            return await self._ask(wanted, scope)
        if wanted in flights:
            scope.cache_hits[self._provider] += 1
        else:
            self._line.begin(scope)
        try:
            return await flights.join(wanted, scope.deadline, partial(self._read, wanted))
        except TimeoutError:
            raise Unavailable(self._provider, LATE) from None

    async def _ask(self, wanted: Wanted[Any], scope: RequestScope) -> object:
        self._line.begin(scope)
        return await self._read(wanted, scope.deadline)

    async def _read(self, wanted: Wanted[Any], deadline: Deadline) -> object:
        """Ask the vendor, and keep the answer unless the vendor is changed in the meantime."""
        cache = self._traffic.cache
        question = cache.question()
        try:
            answer = await self._line.send(Call(method="GET", target=wanted.target), deadline)
        except (Denied, Rejected):
            cache.discard(wanted)
            raise
        value = read_body(self._provider, answer, wanted.shape)
        if wanted.check is not None:
            wanted.check(value)
        cache.keep(wanted, value, size=len(answer.body), question=question)
        return value
