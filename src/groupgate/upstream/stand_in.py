"""What was last known stands in for a vendor that fails."""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from groupgate.domain.errors import (
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
    forget_trace,
)
from groupgate.upstream.cache import Entry
from groupgate.upstream.scope import RequestScope, Stale, current_scope

KeyT = TypeVar("KeyT", bound=Hashable)
RowT = TypeVar("RowT")


def is_failure(error: UpstreamError) -> bool:
    """Whether the vendor failed; one that says no, or takes the key away, has not."""
    is_no = isinstance(error, Rejected)
    return isinstance(error, Unavailable | Throttled | Malformed) and not is_no


@dataclass(slots=True)
class StandIn:
    """The failure, and the answers of earlier that were looked at in its place."""

    reason: UpstreamError
    entries: list[Entry] = field(default_factory=list)

    def note(self, scope: RequestScope) -> None:
        """Have the request tell that they were used."""
        forget_trace(self.reason)
        for entry in self.entries:
            scope.took_from_memory(entry.age)
            scope.took_stale(
                Stale(provider=self.reason.provider, age_seconds=int(entry.age), reason=self.reason)
            )


_current: ContextVar[StandIn | None] = ContextVar("stand_in", default=None)


def current_stand_in() -> StandIn | None:
    """What reads are to be answered from, in place of the vendor; None while it is to be asked."""
    return _current.get()


@contextmanager
def standing_in(reason: UpstreamError) -> Iterator[StandIn]:
    """Answer the reads inside with what was last known; one of which nothing is fails as told."""
    stand_in = StandIn(reason)
    token = _current.set(stand_in)
    try:
        yield stand_in
    finally:
        _current.reset(token)


async def stand_ins(
    answers: Mapping[KeyT, object],
    recall: Callable[[], Awaitable[Iterable[RowT]]],
    key_of: Callable[[RowT], KeyT],
) -> dict[KeyT, RowT]:
    """Look for those answers that are failures on a list that was read before: `recall` reads it.

    The vendor is not called. Returns what was found.
    """
    failed = {
        key: answer
        for key, answer in answers.items()
        if isinstance(answer, UpstreamError) and is_failure(answer)
    }
    if not failed:
        return {}
    with standing_in(next(iter(failed.values()))) as stand_in:
        try:
            rows = await recall()
        except UpstreamError:
            return {}
    found = {key: row for row in rows if (key := key_of(row)) in failed}
    if found:
        stand_in.note(current_scope())
    return found
