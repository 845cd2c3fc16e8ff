"""Why a request is not executed: the reason, its code, and its status for each kind of client."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

Told = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A code, and the status that goes with it.

    `legacy` is for clients of `application/json`: to them, 200 says that the server understood
    the request, whatever became of the document (the `graphql-http` audits). `draft` is what the
    GraphQL-over-HTTP draft of August 2026 asks for. Both are `status` unless they are given.
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
UNAUTHENTICATED = Reason(code="UNAUTHENTICATED", status=401)
FORBIDDEN = Reason(code="FORBIDDEN", status=403)
NOT_FOUND = Reason(code="NOT_FOUND", status=404)
WRONG_METHOD = Reason(code="METHOD_NOT_ALLOWED", status=405)
NOT_ACCEPTABLE = Reason(code="NOT_ACCEPTABLE", status=406)
TOO_SLOW = Reason(code="REQUEST_TIMEOUT", status=408)
TOO_LARGE = Reason(code="CONTENT_TOO_LARGE", status=413)
UNSUPPORTED_MEDIA = Reason(code="UNSUPPORTED_MEDIA_TYPE", status=415)
MISDIRECTED = Reason(code="MISDIRECTED_REQUEST", status=421)
RATE_LIMITED = Reason(code="RATE_LIMITED", status=429)
FAILED = Reason(code="INTERNAL_SERVER_ERROR", status=500)
AUTH_UNAVAILABLE = Reason(code="AUTH_UNAVAILABLE", status=503)


class RequestError(Exception):
    """A request that is not executed, and what its client is told."""

    def __init__(
        self, reason: Reason, errors: Sequence[Told], headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason.code)
        self.reason = reason
        self.errors = errors
        self.headers = headers or {}

    @classmethod
    def saying(
        cls,
        reason: Reason,
        message: str,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> "RequestError":
        """Make a refusal of one sentence."""
        told = {"message": message, "extensions": {"code": reason.code, **extensions}}
        return cls(reason, [told], headers)

    @classmethod
    def of(cls, reason: Reason, errors: Iterable[GraphQLError]) -> "RequestError":
        """Make a refusal of errors in the document; their own codes win over the reason's."""
        return cls(reason, [_coded(error, reason.code) for error in errors])


def _coded(error: GraphQLError, code: str) -> Told:
    extensions = {"code": code, **(error.extensions or {})}
    return {**error.formatted, "extensions": extensions}
