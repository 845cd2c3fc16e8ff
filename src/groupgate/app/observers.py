"""The observer of a gateway: the log and, as the settings say, metrics, traces and more logs."""

import asyncio

import structlog

from groupgate.app.audit import AuditLog
from groupgate.app.metrics.counts import MAX_NAMES, MAX_TRUSTED_NAMES, Counts
from groupgate.app.settings import Settings
from groupgate.app.tracing.tracer import load_tracing
from groupgate.observer import EndedRequest, LogObserver, Observer, Observers, SilentObserver

_log = structlog.get_logger()


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


class AccessLog(SilentObserver):
    """Logs each request at info when it has ended."""

    def request_ended(self, request: EndedRequest) -> None:
        """Log one line."""
        _log.info(
            "request",
            request_id=request.request_id,
            method=request.method,
            status=request.status,
            type=request.operation_type,
            operation=request.operation_name,
            caller=request.caller,
            milliseconds=round(request.milliseconds, 1),
            source=request.source.value,
            upstream_calls=request.upstream_calls,
            cache_hits=request.cache_hits,
            stale=[account.path for account in request.stale],
            codes=list(request.codes),
        )
