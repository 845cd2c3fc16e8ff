"""Where an answer comes from: the cache, a read under way, the vendor, or the cache after all."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Any, Final, Generic, TypeVar, cast

from groupgate.domain.errors import Denied, Rejected, Unavailable, UpstreamError
from groupgate.upstream.bodies import read_body
from groupgate.upstream.cache import Entry
from groupgate.upstream.deadline import Deadline
from groupgate.upstream.exchange import LATE, Call
from groupgate.upstream.line import Line
from groupgate.upstream.scope import RequestScope
from groupgate.upstream.stand_in import StandIn, is_failure
from groupgate.upstream.traffic import Traffic

ShapeT = TypeVar("ShapeT")

PATIENCE: Final = 3.0
"""Seconds after which a read that goes on has failed for those who can have what is known.

A vendor that hangs would else keep every reader until the deadline, and that again and again: as
they share their reads, fewer calls fail than open the breaker.
"""


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
        except UpstreamError as error:
            stand_in = StandIn(error)
            value = self.last_known(wanted, stand_in, scope)
            stand_in.note(scope)
            return value

    def last_known(self, wanted: Wanted[ShapeT], stand_in: StandIn, scope: RequestScope) -> ShapeT:
        """What the vendor said last; raise the failure that it is to stand in for, if nothing."""
        entry = self._known(wanted, stand_in.reason, scope)
        if entry is None:
            raise stand_in.reason
        stand_in.entries.append(entry)
        return cast("ShapeT", entry.value)

    def knows(self, wanted: Wanted[Any], stand_in: StandIn, scope: RequestScope) -> bool:
        """Whether there is something that may stand in for this failure."""
        return self._known(wanted, stand_in.reason, scope) is not None

    def _known(
        self, wanted: Wanted[Any], reason: UpstreamError, scope: RequestScope
    ) -> Entry | None:
        if not is_failure(reason) or scope.asks_anew(self._provider):
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
            read = partial(self._read, wanted)
            return await flights.join(wanted, scope.deadline, read, self._patience(wanted))
        except TimeoutError:
            raise Unavailable(self._provider, LATE) from None

    def _patience(self, wanted: Wanted[Any]) -> float:
        return inf if self._traffic.cache.last_known(wanted) is None else PATIENCE

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
