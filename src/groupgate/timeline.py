"""What a request does at its vendors, in time. Recorded only for clients that ask for it.

Moments are seconds of the event loop's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from groupgate.domain.planner import PlannedWrite
from groupgate.domain.refs import AccountKey
from groupgate.observer import CacheResult


@dataclass(slots=True, kw_only=True, eq=False)
class TimedCall:
    """One try of a call to a vendor, recorded from when it begins to wait for its permit."""

    provider: AccountKey
    method: str
    path: str
    attempt: int
    """1 for the first try, 2 for the first retry."""
    begun_at: float
    sent_at: float | None = None
    """When it had its permit; None while it waits, and if it was never sent."""
    connected_at: float | None = None
    """When its connection was open; None if it used one that was open before."""
    ended_at: float | None = None
    """When the response was complete, or the call had failed; None while it runs."""
    status: int = 0
    """HTTP status; 0 if no response arrived."""


@dataclass(slots=True, kw_only=True, eq=False)
class TimedAnswer:
    """A read that was answered without a call of this request."""

    provider: AccountKey
    path: str
    result: CacheResult
    """HIT, SHARED or STALE."""
    begun_at: float
    ended_at: float | None = None
    """When the other request's read ended; None for an answer from the cache."""
    is_failed: bool = False
    """True if the other request's read gave no answer."""
    age: float | None = None
    """Age in seconds of an answer from the cache."""


class WriteState(Enum):
    """What became of a planned write."""

    PLANNED = "PLANNED"
    """Not sent: the mutation was a dry run."""
    APPLIED = "APPLIED"
    UNDONE = "UNDONE"
    """Applied, and undone after a later write had failed."""
    REFUSED = "REFUSED"
    NOT_APPLIED = "NOT_APPLIED"
    """The vendor failed before it applied the write."""
    NOT_SENT = "NOT_SENT"
    """An earlier write failed."""
    UNKNOWN = "UNKNOWN"
    """The vendor failed, and may have applied the write."""


@dataclass(slots=True, eq=False)
class Timeline:
    """The calls, answers and writes of one request that arrived at `started_at`."""

    started_at: float
    calls: list[TimedCall] = field(default_factory=list)
    answers: list[TimedAnswer] = field(default_factory=list)
    writes: list[tuple[PlannedWrite, WriteState]] = field(default_factory=list)

    def begin_call(
        self, provider: AccountKey, method: str, path: str, *, attempt: int, moment: float
    ) -> TimedCall:
        """Record a try that begins to wait for its permit, and return it."""
        call = TimedCall(
            provider=provider, method=method, path=path, attempt=attempt, begun_at=moment
        )
        self.calls.append(call)
        return call

    def add_answer(
        self,
        provider: AccountKey,
        path: str,
        result: CacheResult,
        *,
        moment: float,
        age: float | None = None,
    ) -> TimedAnswer:
        """Record a read that is answered without a call, and return it."""
        answer = TimedAnswer(provider=provider, path=path, result=result, begun_at=moment, age=age)
        self.answers.append(answer)
        return answer

    def add_dry_run(self, writes: Sequence[PlannedWrite]) -> None:
        """Record the writes of a plan that is not executed."""
        self.writes += [(write, WriteState.PLANNED) for write in writes]

    def milliseconds(self, moment: float) -> float:
        """Return the time from the arrival of the request to this moment."""
        return (moment - self.started_at) * 1000
