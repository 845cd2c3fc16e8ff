"""Circuit breaker and health of one vendor, from how its recent calls ended."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from types import TracebackType
from typing import Final

from groupgate.domain.errors import Denied, Throttled, Unavailable, Unsent, UpstreamError
from groupgate.domain.provider import ProviderState, ProviderStatus
from groupgate.domain.refs import AccountKey
from groupgate.observer import Observer
from groupgate.request import Deadline, now
from groupgate.upstream.transport import timed_out

WINDOW: Final = 10.0
"""Seconds over which failures are counted."""
MIN_CALLS: Final = 10
"""With fewer calls in the window, the breaker stays closed."""
FAILURE_RATE: Final = 0.5
FIRST_OPEN_SECONDS: Final = 5.0
"""Time from the opening of the breaker to its first probe; doubled by each probe that fails."""
LONGEST_OPEN_SECONDS: Final = 30.0

DEGRADED_SECONDS: Final = 10.0
"""How long a vendor counts as degraded after a call that failed or was throttled."""


class CircuitBreaker:
    """Closed: calls may pass. Open: calls fail at once, and one probe at a time is sent.

    Each call that is admitted must end in `record_success`, `record_failure` or
    `record_abandoned`.
    """

    def __init__(self, provider: AccountKey) -> None:
        self._provider = provider
        self._calls: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._probe_at: float | None = None
        self._open_seconds = FIRST_OPEN_SECONDS
        self._is_probing = False
        self._cause = ""

    @property
    def is_open(self) -> bool:
        """True until a probe has succeeded."""
        return self._probe_at is not None

    def check(self) -> None:
        """Raise Unsent if no call may pass now."""
        if self._probe_at is not None and (self._is_probing or now() < self._probe_at):
            raise self.error()

    def error(self) -> Unsent:
        """Return the error to raise for a call that may not pass."""
        seconds = ceil(max(0 if self._probe_at is None else self._probe_at - now(), 1))
        error = Unsent(
            self._provider,
            f"{self._provider.display_name} keeps failing. The gateway does not call it for now; "
            f"retry in {seconds} s.",
            retry_after=seconds,
        )
        error.cause = self._cause
        return error

    def admit(self) -> bool:
        """Let one call pass, or raise Unsent; return True if the call is the probe."""
        self.check()
        self._is_probing = self.is_open
        return self._is_probing

    def record_success(self, *, is_probe: bool) -> None:
        """Record that the vendor responded; a response that rejects the call counts as well."""
        if is_probe:
            self._close()
        elif not self.is_open:
            self._count(failed=False)

    def record_failure(self, cause: str, *, is_probe: bool) -> None:
        """Record that the vendor did not respond or failed; `cause` is the error's cause id."""
        if is_probe:
            self._open(cause, seconds=min(self._open_seconds * 2, LONGEST_OPEN_SECONDS))
        elif not self.is_open:
            self._count(failed=True)
            if self._is_failing:
                self._open(cause, seconds=FIRST_OPEN_SECONDS)

    def record_abandoned(self, *, is_probe: bool) -> None:
        """Record that the call was cancelled by the gateway, which says nothing of the vendor."""
        if is_probe:
            self._is_probing = False

    @property
    def _is_failing(self) -> bool:
        calls = len(self._calls)
        return calls >= MIN_CALLS and self._failures >= calls * FAILURE_RATE

    def _count(self, *, failed: bool) -> None:
        moment = now()
        self._calls.append((moment, failed))
        self._failures += failed
        while self._calls[0][0] <= moment - WINDOW:
            self._failures -= self._calls.popleft()[1]

    def _open(self, cause: str, *, seconds: float) -> None:
        self._cause, self._open_seconds = cause, seconds
        self._probe_at = now() + seconds
        self._is_probing = False

    def _close(self) -> None:
        self._probe_at, self._is_probing = None, False
        self._calls.clear()
        self._failures = 0


class HealthTracker:
    """Records how calls end, and derives the vendor's state from that.

    UNAVAILABLE while the breaker is open, DEGRADED for some seconds after a call that failed or
    was throttled, AVAILABLE otherwise. `reject_waiters` fails the calls that wait for a permit,
    with what its argument returns; it is called when the breaker opens.
    """

    def __init__(
        self,
        provider: AccountKey,
        observer: Observer,
        reject_waiters: Callable[[Callable[[], UpstreamError]], None],
    ) -> None:
        self.breaker = CircuitBreaker(provider)
        self._provider = provider
        self._observer = observer
        self._reject_waiters = reject_waiters
        self._status = ProviderStatus()
        self._degraded_until: float | None = None

    @property
    def status(self) -> ProviderStatus:
        """The state, and since when."""
        self.refresh()
        return self._status

    def recorded(self, deadline: Deadline) -> "RecordedCall":
        """Return the context of one call, whose end is recorded."""
        return RecordedCall(self, deadline)

    def record_end(
        self, error: BaseException | None, deadline: Deadline, *, is_probe: bool
    ) -> None:
        """Record how a call that was admitted has ended.

        A call that is cancelled at the deadline counts as failed. A call that is cancelled earlier,
        because nobody waits for it any longer, counts neither as failed nor as successful.
        """
        if error is None or isinstance(error, UpstreamError):
            self._record(error, is_probe=is_probe)
        elif deadline.left > 0:
            self.breaker.record_abandoned(is_probe=is_probe)
        else:
            self._record(timed_out(self._provider), is_probe=is_probe)

    def record_trouble(self) -> None:
        """Record that a call failed or was throttled."""
        self._degraded_until = now() + DEGRADED_SECONDS
        self.refresh()

    def refresh(self) -> None:
        """Update the state; call the observer if it has changed."""
        if self.breaker.is_open:
            self._set(ProviderState.UNAVAILABLE)
        elif self._degraded_until is None:
            self._set(ProviderState.AVAILABLE)
        elif (seconds := now() - self._degraded_until) >= 0:
            self._degraded_until = None
            self._set(ProviderState.AVAILABLE, seconds)
        else:
            self._set(ProviderState.DEGRADED)

    def _record(self, error: UpstreamError | None, *, is_probe: bool) -> None:
        if isinstance(error, Unavailable):
            self.breaker.record_failure(error.cause, is_probe=is_probe)
            if self.breaker.is_open:
                self._reject_waiters(self.breaker.error)
        else:
            self.breaker.record_success(is_probe=is_probe)
        if isinstance(error, Unavailable | Throttled | Denied):
            self.record_trouble()
        else:
            self.refresh()

    def _set(self, state: ProviderState, seconds_ago: float = 0) -> None:
        before = self._status.state
        if state is before:
            return
        since = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        self._status = ProviderStatus(state=state, since=since)
        self._observer.provider_state_changed(self._provider, before, state)


class RecordedCall:
    """Admits one call when it is entered, or raises Unsent; records how the call ends."""

    __slots__ = ("_deadline", "_health", "_is_probe")

    def __init__(self, health: HealthTracker, deadline: Deadline) -> None:
        self._health = health
        self._deadline = deadline
        self._is_probe = False

    def __enter__(self) -> None:
        """Admit the call."""
        self._is_probe = self._health.breaker.admit()

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Record its end."""
        self._health.record_end(error, self._deadline, is_probe=self._is_probe)
