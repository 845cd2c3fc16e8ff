"""What clients are told when something failed: codes, no secrets, one log line for each cause."""

from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError

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

Told = dict[str, Any]


def format_errors(errors: Iterable[GraphQLError], request_id: str) -> list[Told]:
    """Return the errors as the response has them; log what is not the client's own matter.

    Of the errors themselves nothing but what they say is left.
    """
    told, logged = [], set[int]()
    for error in errors:
        cause = error.original_error
        if isinstance(cause, GraphQLError) or cause is None:
            told.append(_as_it_is(error))
            continue
        if id(cause) not in logged:
            logged.add(id(cause))
            _note(cause, error, request_id)
        told.append(_upstream(error, cause, request_id) or _masked(error, request_id))
        clear_traceback(error)
        clear_traceback(cause)
    return told


def code_of(error: Exception) -> str | None:
    """The code under which clients are told of a vendor's failure; None if it is none."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)


def _as_it_is(error: GraphQLError) -> Told:
    formatted: Told = dict(error.formatted)
    return formatted


def _upstream(error: GraphQLError, cause: Exception, request_id: str) -> Told | None:
    code = code_of(cause)
    if code is None or not isinstance(cause, UpstreamError):
        return None
    extensions: Told = {
        "code": code,
        "provider": cause.provider.value,
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
    return _as_it_is(error) | {"message": cause.message, "extensions": extensions}


def _masked(error: GraphQLError, request_id: str) -> Told:
    message = "Something went wrong in the gateway. Its log tells more under this request id."
    extensions = {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id}
    return _as_it_is(error) | {"message": message, "extensions": extensions}


def _note(cause: Exception, error: GraphQLError, request_id: str) -> None:
    if isinstance(cause, UpstreamError):
        _log.warning(
            "upstream_failed",
            provider=cause.provider.value,
            error=type(cause).__name__,
            message=cause.message,
            cause=cause.cause,
            request_id=request_id,
        )
    else:
        _log.error("unforeseen", path=error.path, request_id=request_id, exc_info=cause)
