"""/graphql: a request is read, its operation is found, checked, executed and answered."""

from collections.abc import Mapping
from typing import Final

import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from groupgate.app.access_control import AccessControl, RequestAccess, check_permitted
from groupgate.app.disconnects import run_for_client
from groupgate.app.execution import Executor
from groupgate.app.explain import explain, is_wanted
from groupgate.app.freshness import age_headers, asks_for_fresh, stale_extensions
from groupgate.app.graphiql.page import explorer_page
from groupgate.app.idempotency import HEADER as IDEMPOTENCY_KEY
from groupgate.app.idempotency import Idempotency, MemoryStore, OperationResult
from groupgate.app.protocol.answers import ResponseWriter
from groupgate.app.protocol.body import HALF_READ, read_body
from groupgate.app.protocol.documents import Documents
from groupgate.app.protocol.lingering import respond_and_drain_body
from groupgate.app.protocol.media import Media, preferred
from groupgate.app.protocol.operation import (
    Operation,
    check_safe,
    check_variables,
    choose,
)
from groupgate.app.protocol.parameters import Parameters, from_body, from_url
from groupgate.app.protocol.persisted import PersistedDocuments
from groupgate.app.protocol.request_error import INVALID, NOT_ACCEPTABLE, WRONG_METHOD, RequestError
from groupgate.app.protocol.sources import DocumentSource
from groupgate.app.protocol.trusted import TrustedDocuments
from groupgate.app.settings import Settings
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.request import Deadline, request_scope
from groupgate.schema.errors import format_errors
from groupgate.schema.guardrails import examine

_ALLOWED: Final = {"Allow": "GET, HEAD, OPTIONS, POST"}
_READS: Final = frozenset({"GET", "HEAD"})


class GraphQLEndpoint:
    """An ASGI app that answers queries and mutations; a browser that opens it sees the explorer."""

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Mapping[ProviderKey, Provider],
        settings: Settings,
        access_control: AccessControl,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - there is no other way to it
        self._settings = settings
        self._access_control = access_control
        self._limits = settings.limits
        self._source = _source(settings)
        self._documents = Documents(
            self._schema,
            self._limits,
            introspection=settings.introspection,
            suggestions=settings.suggestions,
        )
        self._idempotency = Idempotency(MemoryStore(settings.idempotency_ttl))
        self._executor = Executor(schema, providers, suggestions=settings.suggestions)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        response = await self._answer(Request(scope, receive))
        response.headers.add_vary_header("Accept")
        if response.status_code in HALF_READ:
            await respond_and_drain_body(response, scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_ALLOWED)
        media = preferred(", ".join(request.headers.getlist("accept")), self._offers(request))
        if media is Media.PAGE:
            return await explorer_page(request)
        answers = ResponseWriter(media or Media.JSON, draft=self._settings.http_statuses == "draft")
        access = self._access_control.begin(request)
        try:
            if media is None:
                raise _not_acceptable()
            response = await self._execute(request, access, answers)
        except RequestError as request_error:
            response = answers.request_error(request_error)
        response.headers.update(access.headers)
        return response

    def _offers(self, request: Request) -> tuple[Media, ...]:
        page = self._settings.explorer and request.method in _READS
        return (Media.GRAPHQL, Media.JSON, *([Media.PAGE] if page else []))

    async def _execute(
        self, request: Request, access: RequestAccess, answers: ResponseWriter
    ) -> Response:
        deadline = Deadline.after(self._settings.deadline)
        caller = await access.enter()
        asked = await self._operation(request, deadline)
        check_permitted(caller, asked.node)
        await access.charge(caller, asked.cost.points)
        request_id = request.scope["request_id"]

        async def run() -> OperationResult:
            result = await self._executor.run(asked, request_id, caller.permissions)
            return OperationResult(result.data, format_errors(result.errors or (), request_id))

        key = request.headers.get(IDEMPOTENCY_KEY) if asked.is_mutation else None
        bounds = request_scope(
            deadline=deadline.left,
            max_calls=self._settings.upstream_calls_per_request,
            no_cache=asks_for_fresh(request.headers),
        )
        with bound_contextvars(caller=caller.name), bounds as scope:
            work = self._idempotency.run(key, caller.name, asked, run)
            outcome, headers = await run_for_client(request, asked, scope, work)
        extensions = stale_extensions(scope)
        if is_wanted(request.headers):
            extensions |= explain(asked.cost, scope)
        response = answers.result(outcome.data, outcome.errors, extensions)
        response.headers.update({**headers, **age_headers(scope)})
        return response

    async def _operation(self, request: Request, deadline: Deadline) -> Operation:
        asked = await self._read(request, deadline)
        text = self._source.find(asked)
        document = self._documents.read(text)
        self._source.accepted(asked)
        node = choose(document, asked.operation_name)
        if request.method in _READS:
            check_safe(node)
        variables = asked.variables or {}
        check_variables(self._schema, node, variables, suggestions=self._settings.suggestions)
        examined = examine(self._schema, document, node, variables, self._limits)
        if examined.errors:
            raise RequestError.of(INVALID, examined.errors)
        return Operation(
            text=text,
            document=document,
            name=asked.operation_name,
            node=node,
            variables=variables,
            cost=examined.cost,
        )

    async def _read(self, request: Request, deadline: Deadline) -> Parameters:
        if request.method in _READS:
            return from_url(request.scope["query_string"])
        if request.method == "POST":
            return from_body(await read_body(request, self._settings.max_body_bytes, deadline))
        message = "Operations are sent by POST, queries also by GET."
        raise RequestError.saying(WRONG_METHOD, message, _ALLOWED)


def _source(settings: Settings) -> DocumentSource:
    manifest = settings.trusted_documents
    return PersistedDocuments() if manifest is None else TrustedDocuments.of(manifest)


def _not_acceptable() -> RequestError:
    message = f"Answers are written as {Media.GRAPHQL} or {Media.JSON}: `Accept` takes neither."
    return RequestError.saying(NOT_ACCEPTABLE, message)
