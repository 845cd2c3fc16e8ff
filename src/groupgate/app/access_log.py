"""The access log: one line of the log for each request to /graphql, without variables."""

import structlog

from groupgate.observer import EndedRequest, SilentObserver

_log = structlog.get_logger()


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
