"""How a vendor is answering, told from the calls that were made anyway."""

from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from groupgate.domain.health import ProviderState, ProviderStatus
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.breaker import Breaker
from groupgate.upstream.clock import now

OF_LATE: Final = 10.0
"""Seconds for which a vendor counts as degraded after a call that failed or was held back."""

_log = structlog.get_logger()


class Health:
    """Follows one vendor.

    Unavailable is one that the breaker gives a rest, degraded one that has had trouble of late.
    """

    def __init__(self, provider: ProviderKey, breaker: Breaker) -> None:
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
