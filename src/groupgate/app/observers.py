"""The observer of a gateway: the log and, as the settings say, the metrics, traces and audit."""

import asyncio

from groupgate.app.access_log import AccessLog
from groupgate.app.audit import AuditLog
from groupgate.app.metrics.counts import MAX_NAMES, MAX_TRUSTED_NAMES, Counts
from groupgate.app.settings import Settings
from groupgate.app.tracing.tracer import load_tracing
from groupgate.observer import LogObserver, Observer, Observers


class GatewayObserver(Observers):
    """Passes the events of one gateway on to all that the settings ask for, and to `others`.

    Raises Misconfigured if the audit log cannot be opened, or OpenTelemetry is not installed.
    """

    def __init__(self, settings: Settings, *others: Observer) -> None:
        max_names = MAX_TRUSTED_NAMES if settings.trusted_documents else MAX_NAMES
        counts = Counts(max_names)
        self.counts = counts if settings.metrics else None
        """None without metrics."""
        observers: list[Observer] = [LogObserver(is_debug=settings.log_level == "debug")]
        if settings.metrics:
            observers.append(counts)
        if settings.access_log:
            observers.append(AccessLog())
        self.tracing = load_tracing(settings)
        """None without traces."""
        if self.tracing is not None:
            observers.append(self.tracing)
        self._audit: AuditLog | None = None
        if settings.audit_log:
            self._audit = AuditLog(settings.audit_log, counts.note_audit_failure)
            observers.append(self._audit)
        super().__init__([*observers, *others])

    async def aclose(self) -> None:
        """Close the audit log, and export what is left of the traces."""
        if self.tracing is not None:
            await asyncio.to_thread(self.tracing.close)
        if self._audit is not None:
            self._audit.close()
