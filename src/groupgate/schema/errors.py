"""Top-level errors: their codes, their content for clients, and one log line for each cause."""

from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Throttled,
    TooManyCalls,
    Unavailable,
    UpstreamError,
    WriteOutcome,
    clear_traceback,
)

_CODES: dict[type[UpstreamError], str] = {
    Unavailable: "UPSTREAM_UNAVAILABLE",
    Throttled: "UPSTREAM_THROTTLED",
    TooManyCalls: "UPSTREAM_CALLS_EXCEEDED",
    Denied: "UPSTREAM_DENIED",
    Malformed: "UPSTREAM_PROTOCOL",
}

_log = structlog.get_logger()

FormattedError = dict[str, Any]
"""An entry of `errors` in a response."""


def bad_input(message: str, **extensions: object) -> GraphQLError:
    """Return the error for an invalid argument of a query."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT", **extensions})


def forbidden(message: str) -> GraphQLError:
    """Return the error for a field that the caller may not use."""
    return GraphQLError(message, extensions={"code": "FORBIDDEN"})


def format_errors(errors: Iterable[GraphQLError], request_id: str) -> list[FormattedError]:
    """Return the errors as they appear in the response; log those that the client did not cause.

    An exception that is not an UpstreamError is masked: it may contain secrets. Tracebacks are
    cleared, so that the exceptions keep nothing of the request in memory. Every error has a code.
    """
    formatted, logged = [], set[int]()
    for error in errors:
        cause = error.original_error or error
        extensions = _client_extensions(error)
        if extensions is not None:
            formatted.append(_format(error) | {"extensions": extensions})
            continue
        if id(cause) not in logged:
            logged.add(id(cause))
            _log_cause(cause, error, request_id)
        formatted.append(
            _format_upstream(error, cause, request_id) or _format_masked(error, request_id)
        )
        clear_traceback(error)
        clear_traceback(cause)
    return formatted


def code_of(error: Exception) -> str | None:
    """Return the code for a vendor's failure; None for any other exception."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)


def _client_extensions(error: GraphQLError) -> Mapping[str, Any] | None:
    """Return the extensions of an error that the client caused; None for any other error.

    graphql-core's own errors have no code. Those for the value of an argument, for example null in
    a nullable variable, name a node of that argument; those for a result name a field.
    """
    extensions = error.extensions or {}
    if not isinstance(error.original_error, GraphQLError | None):
        return None
    if "code" in extensions:
        return extensions
    if not error.nodes or any(isinstance(node, FieldNode) for node in error.nodes):
        return None
    return {"code": "BAD_USER_INPUT", **extensions}


def _format(error: GraphQLError) -> FormattedError:
    formatted: FormattedError = dict(error.formatted)
    return formatted


def _format_upstream(
    error: GraphQLError, cause: Exception, request_id: str
) -> FormattedError | None:
    code = code_of(cause)
    if code is None or not isinstance(cause, UpstreamError):
        return None
    extensions: dict[str, Any] = {
        "code": code,
        **cause.provider.labels,
        "retryable": cause.retryable and cause.outcome is not WriteOutcome.UNKNOWN,
        "requestId": request_id,
        "cause": cause.cause,
    }
    if cause.outcome is not None:
        extensions["outcome"] = cause.outcome.value
    if cause.retry_after is not None:
        extensions["retryAfterSeconds"] = cause.retry_after
    if isinstance(cause, Malformed) and cause.json_path:
        extensions["jsonPath"] = cause.json_path
    return _format(error) | {"message": cause.message, "extensions": extensions}


def _format_masked(error: GraphQLError, request_id: str) -> FormattedError:
    message = "The gateway failed with an internal error. Its log contains this request id."
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return _format(error) | {"message": message, "extensions": extensions}


def _log_cause(cause: Exception, error: GraphQLError, request_id: str) -> None:
    if isinstance(cause, UpstreamError):
        _log.warning(
            "upstream_failed",
            **cause.provider.labels,
            error=type(cause).__name__,
            message=cause.message,
            cause=cause.cause,
            request_id=request_id,
        )
    else:
        _log.error("request_failed", path=error.path, request_id=request_id, exc_info=cause)
