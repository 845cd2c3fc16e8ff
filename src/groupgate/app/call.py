"""One request to /graphql: what is read of it, and what its end reports to the observer."""

import asyncio
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from typing import Any, Final

from graphql import OperationDefinitionNode
from msgspec import Struct
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from groupgate.app.access_control import RequestAccess
from groupgate.app.auth.caller import Caller
from groupgate.app.protocol.documents import Documents, Operation, check_is_query
from groupgate.app.protocol.request_error import (
    FAILED,
    KEY_IN_USE,
    KEY_REUSED,
    STORE_UNAVAILABLE,
    WRONG_METHOD,
    RequestError,
)
from groupgate.app.protocol.requests import (
    BodyHeaders,
    HeldBody,
    Parameters,
    parameters_from_body,
    parameters_from_url,
    read_body,
)
from groupgate.app.protocol.responses import ResponseWriter
from groupgate.app.protocol.trusted_documents import DocumentSource
from groupgate.app.query_cache import QueryKey, QueryResponse
from groupgate.app.shared_caches import add_cache_headers
from groupgate.observer import AnswerSource, EndedRequest, KeyUse
from groupgate.request import Deadline, RequestScope, now

OpenSpan = Callable[[str], AbstractContextManager[object]]
"""Opens a span of a trace, until the context closes."""

READ_METHODS: Final = frozenset({"GET", "HEAD"})
"""Methods that have their parameters in the URL, and execute queries only."""

ALLOWED: Final = {"Allow": "GET, HEAD, OPTIONS, POST"}

REQUEST_ID: Final = "X-Request-Id"

_VALID_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

CLIENT_CLOSED_REQUEST: Final = 499
"""The status of a request whose client disconnected before the response, as in nginx."""

_KEY_REFUSALS: Final[Mapping[str, KeyUse]] = {
    KEY_IN_USE.code: KeyUse.IN_USE,
    KEY_REUSED.code: KeyUse.REUSED,
    STORE_UNAVAILABLE.code: KeyUse.UNAVAILABLE,
}


_READ_HEADERS: Final = frozenset(
    {
        *(b"accept", b"cache-control", b"groupgate-explain"),
        *(b"content-type", b"content-encoding", b"content-length"),
    }
)

_MAX_CACHED_HEAD: Final = 600
"""The most bytes in the values of a head that is read once; browsers send about 200."""


class RequestHead(Struct, frozen=True):
    """The method and the headers that decide how a request is read."""

    method: str
    is_read: bool
    """True if the parameters are in the URL."""
    accept: str
    body: BodyHeaders
    bypasses_cache: bool
    """True if the request has `Cache-Control: no-cache`, so that every vendor is called."""
    is_explained: bool
    """True if it has a `Groupgate-Explain` header other than 0 or false."""


def read_head(method: str, headers: Iterable[tuple[bytes, bytes]]) -> RequestHead:
    """Return what a method and headers, as ASGI has them, say of how a request is read."""
    pairs = tuple([pair for pair in headers if pair[0] in _READ_HEADERS])
    is_long = sum([len(value) for _, value in pairs]) > _MAX_CACHED_HEAD
    return (_parse_head if is_long else _parse_head_cached)(method, pairs)


def _parse_head(method: str, headers: tuple[tuple[bytes, bytes], ...]) -> RequestHead:
    given: dict[bytes, list[str]] = {}
    for name, value in headers:
        given.setdefault(name, []).append(value.decode("latin-1"))
    directives = ",".join(given.get(b"cache-control", ())).lower().split(",")
    return RequestHead(
        method,
        method in READ_METHODS,
        ", ".join(given.get(b"accept", ())),
        BodyHeaders(
            given.get(b"content-type", ()),
            given.get(b"content-encoding", ()),
            given.get(b"content-length", ["0"])[0],
        ),
        "no-cache" in (directive.strip() for directive in directives),
        given.get(b"groupgate-explain", ["0"])[0].lower() not in {"0", "false", ""},
    )


_parse_head_cached: Final = lru_cache(maxsize=512)(_parse_head)


class Call(Struct, frozen=True, kw_only=True):
    """A request whose caller is known and whose parameters have been read."""

    request: Request
    head: RequestHead
    parameters: bytes
    key: QueryKey | None
    access: RequestAccess
    caller: Caller
    writer: ResponseWriter
    deadline: Deadline
    report: "RequestReport"

    @property
    def request_id(self) -> str:
        """The id of the request."""
        request_id: str = self.request.scope["request_id"]
        return request_id

    def decode_parameters(self) -> Parameters:
        """Return the parameters; raise RequestError if they are malformed."""
        decode = parameters_from_url if self.head.is_read else parameters_from_body
        return decode(self.parameters)

    def for_caches(
        self, response: Response, shared: QueryResponse | None, max_age: int
    ) -> Response:
        """Add what caches need to the response to a GET (see `add_cache_headers`)."""
        if not self.head.is_read:
            return response
        return add_cache_headers(
            response,
            self.request.headers,
            shared,
            is_anonymous=self.caller.is_anonymous,
            max_age=max_age,
        )


async def read_parameters(
    request: Request, head: RequestHead, limit: int, deadline: Deadline, held: HeldBody
) -> bytes:
    """Return the URL's query or the body, undecoded.

    See `BodyHeaders.check` and `read_body`.
    """
    if head.method == "POST":
        head.body.check(limit)
        return await read_body(request.receive, limit, deadline, held)
    if head.is_read:
        query_string: bytes = request.scope["query_string"]
        return query_string
    message = "Operations must be sent by POST; queries may be sent by GET."
    raise RequestError.with_message(WRONG_METHOD, message, ALLOWED)


def query_key(head: RequestHead, parameters: bytes, caller: Caller) -> QueryKey | None:
    """Return the key of the operation, if it may be a query that requests share."""
    if head.bypasses_cache or head.is_explained:
        return None
    return head.is_read, parameters, caller.permissions


class OperationReader:
    """Reads the operations of requests: their parameters, their documents and their costs."""

    def __init__(
        self,
        source: DocumentSource,
        documents: Documents,
        open_span: OpenSpan,
        *,
        suggestions: bool,
    ) -> None:
        self._source = source
        self._documents = documents
        self._open_span = open_span
        self._suggestions = suggestions

    def reload(self) -> None:
        """Read the files of documents again."""
        self._source.reload()

    async def read(self, call: Call) -> Operation:
        """Return the operation of a request; raise RequestError if it cannot be executed."""
        parameters = call.decode_parameters()
        text = await self._source.find(parameters)
        charge = partial(call.access.charge_later, call.caller)
        with self._open_span("graphql.parse_and_validate"):
            document = await self._documents.read(text, charge)
        await self._source.accept(parameters)
        name, variables = parameters.operation_name, parameters.variables or {}
        prepared = document.operation(name)
        node = prepared.node
        call.report.note_operation(node)
        if call.head.is_read:
            check_is_query(node)
        coerced = prepared.coerce(variables, suggestions=self._suggestions)
        cost = document.cost(node, variables)
        return Operation(text, document.node, name, node, variables, coerced, cost)


class RequestReport(Struct, kw_only=True, eq=False):
    """Collects what `EndedRequest` says; `started_at` is on the event loop's clock."""

    request_id: str
    method: str
    started_at: float
    find_ids: Callable[[], tuple[str, ...]] | None = None
    """Returns the ids in the arguments of the operation, if that is a mutation."""
    caller: str = ""
    operation_type: str = ""
    operation_name: str = ""
    source: AnswerSource = AnswerSource.REFUSED
    milliseconds_waited: float | None = None
    key_use: KeyUse | None = None
    scope: RequestScope | None = None
    """The scope of the execution, once it has started."""
    _codes: tuple[str, ...] = ()

    def note_operation(self, node: OperationDefinitionNode) -> None:
        """Note the operation that is to be executed."""
        self.operation_type = node.operation.value
        self.operation_name = name_of(node)

    def note_result(self, errors: Sequence[Mapping[str, Any]], *, is_replayed: bool) -> None:
        """Note that the operation was executed, or that its stored result is returned."""
        self.source, self._codes = AnswerSource.EXECUTED, _codes(errors) if errors else ()
        if is_replayed:
            self.key_use = KeyUse.REPLAYED

    def note_refusal(self, error: RequestError) -> None:
        """Note why the operation was not executed."""
        self.source, self._codes = AnswerSource.REFUSED, _codes(error.errors)
        self.key_use = _KEY_REFUSALS.get(error.reason.code)

    def end(self, status: int) -> EndedRequest:
        """Return the event of a request with a response of this status."""
        scope = self.scope
        return EndedRequest(
            request_id=self.request_id,
            method=self.method,
            status=status,
            milliseconds=(now() - self.started_at) * 1000,
            caller=self.caller,
            operation_type=self.operation_type,
            operation_name=self.operation_name,
            source=self.source,
            codes=self._codes,
            upstream_calls=len(scope.calls) if scope else 0,
            cache_hits=sum(scope.cache_hits.values()) if scope else 0,
            stale=tuple(scope.stale) if scope else (),
            milliseconds_waited=self.milliseconds_waited,
            key_use=self.key_use,
            writes=tuple(scope.writes) if scope else (),
            find_ids=self.find_ids,
        )

    def end_without_response(self, error: BaseException) -> EndedRequest:
        """Return the event of a request that raised this exception."""
        if isinstance(error, ClientDisconnect | asyncio.CancelledError):
            return self.end(CLIENT_CLOSED_REQUEST)
        self._codes = (FAILED.code,)
        return self.end(FAILED.status)


def choose_request_id(given: str) -> str:
    """Return the id that the client has given, if that is valid, else a new one."""
    return given if _VALID_REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def name_of(node: OperationDefinitionNode) -> str:
    """Return the name of an operation in its document, empty if it has none."""
    return node.name.value if node.name else ""


def _codes(errors: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The codes of errors in the order of the response, each once."""
    codes = (error.get("extensions", {}).get("code", "") for error in errors)
    return tuple(dict.fromkeys(codes))
