"""The error for a request that is not executed: its code, its status, its message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

FormattedError = dict[str, Any]
"""An entry of `errors` in a response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """An error code and the HTTP status that goes with it.

    `legacy` is the status for clients of `application/json`: to them, 200 means that the server
    understood the request, even if the document is not valid (the `graphql-http` audits). `draft`
    is the status that the GraphQL-over-HTTP draft of August 2026 requires. Both default to
    `status`.
    """

    code: str
    status: int
    legacy: int | None = None
    draft: int | None = None


UNREADABLE = Reason(code="BAD_REQUEST", status=400)
NOT_WELL_FORMED = Reason(code="BAD_REQUEST", status=400, draft=422)
UNPARSED = Reason(code="GRAPHQL_PARSE_FAILED", status=400, legacy=200)
INVALID = Reason(code="GRAPHQL_VALIDATION_FAILED", status=400, legacy=200, draft=422)
UNRESOLVED = Reason(code="OPERATION_RESOLUTION_FAILURE", status=400, draft=422)
BAD_VARIABLES = Reason(code="BAD_USER_INPUT", status=400, legacy=200, draft=422)
NOT_PERSISTED = Reason(code="PERSISTED_QUERY_NOT_FOUND", status=400, legacy=200)
NOT_TRUSTED = Reason(code="DOCUMENT_NOT_TRUSTED", status=400)
BAD_KEY = Reason(code="BAD_REQUEST", status=400)
UNAUTHENTICATED = Reason(code="UNAUTHENTICATED", status=401)
FORBIDDEN = Reason(code="FORBIDDEN", status=403)
NOT_FOUND = Reason(code="NOT_FOUND", status=404)
WRONG_METHOD = Reason(code="METHOD_NOT_ALLOWED", status=405)
NOT_ACCEPTABLE = Reason(code="NOT_ACCEPTABLE", status=406)
TOO_SLOW = Reason(code="REQUEST_TIMEOUT", status=408)
KEY_IN_USE = Reason(code="IDEMPOTENCY_KEY_IN_USE", status=409)
TOO_LARGE = Reason(code="CONTENT_TOO_LARGE", status=413)
UNSUPPORTED_MEDIA = Reason(code="UNSUPPORTED_MEDIA_TYPE", status=415)
MISDIRECTED = Reason(code="MISDIRECTED_REQUEST", status=421)
KEY_REUSED = Reason(code="IDEMPOTENCY_KEY_REUSED", status=422)
RATE_LIMITED = Reason(code="RATE_LIMITED", status=429)
FAILED = Reason(code="INTERNAL_SERVER_ERROR", status=500)
OVERLOADED = Reason(code="OVERLOADED", status=503)
AUTH_UNAVAILABLE = Reason(code="AUTH_UNAVAILABLE", status=503)
STORE_UNAVAILABLE = Reason(code="STORE_UNAVAILABLE", status=503)


class RequestError(Exception):
    """The request is not executed; the response consists of `errors`, without `data`."""

    def __init__(
        self,
        reason: Reason,
        errors: Sequence[FormattedError],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.errors = errors
        self.headers = headers or {}

    @classmethod
    def with_message(
        cls,
        reason: Reason,
        message: str,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> "RequestError":
        """Make an error with one message."""
        error = {"message": message, "extensions": {"code": reason.code, **extensions}}
        return cls(reason, [error], headers)

    @classmethod
    def from_graphql(cls, reason: Reason, errors: Iterable[GraphQLError]) -> "RequestError":
        """Make an error from errors in the document; their own codes replace the reason's."""
        return cls(reason, [_with_code(error, reason.code) for error in errors])


def _with_code(error: GraphQLError, code: str) -> FormattedError:
    extensions = {"code": code, **(error.extensions or {})}
    return {**error.formatted, "extensions": extensions}
