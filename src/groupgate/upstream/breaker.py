"""A vendor that keeps failing is given a rest, and is then tried with one call."""

from collections import deque
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

import structlog

from groupgate.domain.errors import Unsent
from groupgate.domain.provider import ProviderState, ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.request import now

WINDOW: Final = 10.0
"""Seconds of which the calls are looked at."""
FEWEST_CALLS: Final = 10
"""Fewer calls in the window prove nothing."""
FAILING_SHARE: Final = 0.5
FIRST_REST: Final = 5.0
LONGEST_REST: Final = 30.0
"""Seconds until the next probe; the rest doubles with every probe that fails."""


class CircuitBreaker:
    """Is closed while calls may pass, and open while the vendor rests.

    Each call is admitted, and then ends in one of three ways: answered, failed, or abandoned by
    the gateway before it told anything.
    """

    def __init__(self, provider: ProviderKey) -> None:
        self._provider = provider
        self._calls: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._probe_at: float | None = None
        self._rest = FIRST_REST
        self._is_probing = False
        self._cause = ""

    @property
    def is_open(self) -> bool:
        """Whether the vendor is resting; it is until a probe has been answered."""
        return self._probe_at is not None

    def check(self) -> None:
        """Raise Unsent if no call may pass now."""
        if self._probe_at is not None and (self._is_probing or now() < self._probe_at):
            raise self.refusal()

    def refusal(self) -> Unsent:
        """What is told to who may not pass while the vendor rests."""
        wait = 0 if self._probe_at is None else self._probe_at - now()
        message = "It keeps failing, and is given a rest before it is asked again."
        error = Unsent(self._provider, message, retry_after=ceil(max(wait, 1)))
        error.cause = self._cause
        return error

    def admit(self) -> bool:
        """Let one call pass, or raise Unsent; return whether it is the probe."""
        self.check()
        self._is_probing = self.is_open
        return self._is_probing

    def answered(self, *, is_probe: bool) -> None:
        """Note that the vendor answered, be it with a refusal."""
        if is_probe:
            self._close()
        elif not self.is_open:
            self._count(failed=False)

    def failed(self, cause: str, *, is_probe: bool) -> None:
        """Note that the vendor did not answer; `cause` is the one of the failure."""
        if is_probe:
            self._open(cause, rest=min(self._rest * 2, LONGEST_REST))
        elif not self.is_open:
            self._count(failed=True)
            if self._is_failing:
                self._open(cause, rest=FIRST_REST)

    def abandoned(self, *, is_probe: bool) -> None:
        """Note that nobody waited for the answer any longer."""
        if is_probe:
            self._is_probing = False

    @property
    def _is_failing(self) -> bool:
        made = len(self._calls)
        return made >= FEWEST_CALLS and self._failures >= made * FAILING_SHARE

    def _count(self, *, failed: bool) -> None:
        moment = now()
        self._calls.append((moment, failed))
        self._failures += failed
        while self._calls[0][0] <= moment - WINDOW:
            self._failures -= self._calls.popleft()[1]

    def _open(self, cause: str, *, rest: float) -> None:
        self._cause, self._rest = cause, rest
        self._probe_at = now() + rest
        self._is_probing = False

    def _close(self) -> None:
        self._probe_at, self._is_probing = None, False
        self._calls.clear()
        self._failures = 0


OF_LATE: Final = 10.0
"""Seconds for which a vendor counts as degraded after a call that failed or was held back."""

_log = structlog.get_logger()


class HealthTracker:
    """Follows one vendor.

    Unavailable is one that the breaker gives a rest, degraded one that has had trouble of late.
    """

    def __init__(self, provider: ProviderKey, breaker: CircuitBreaker) -> None:
        self._provider = provider
        self._breaker = breaker
        self._status = ProviderStatus()
        self._troubled_until: float | None = None

    @property
    def status(self) -> ProviderStatus:
        """How it is answering, and since when."""
        self.review()
        return self._status

    def troubled(self) -> None:
        """Note that a call failed, or was held back."""
        self._troubled_until = now() + OF_LATE
        self.review()

    def review(self) -> None:
        """Draw the conclusion from what was noted; log it if it is a new one."""
        if self._breaker.is_open:
            self._become(ProviderState.UNAVAILABLE)
        elif self._troubled_until is None:
            self._become(ProviderState.AVAILABLE)
        elif (seconds := now() - self._troubled_until) >= 0:
            self._troubled_until = None
            self._become(ProviderState.AVAILABLE, seconds)
        else:
            self._become(ProviderState.DEGRADED)

    def _become(self, state: ProviderState, seconds_ago: float = 0) -> None:
        before = self._status.state
        if state is before:
            return
        since = datetime.now(UTC) - timedelta(seconds=seconds_ago)
        self._status = ProviderStatus(state=state, since=since)
        _log.warning(
            "provider_state_changed",
            provider=self._provider.value,
            state=state.value,
            before=before.value,
        )
