"""The endpoint /graphql: reads a request, checks its operation, executes it and responds."""

from collections.abc import Mapping
from functools import partial
from typing import Final

import strawberry
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from groupgate.app.access_control import AccessControl, RequestAccess, check_permitted
from groupgate.app.admission import Admission
from groupgate.app.auth.caller import Caller
from groupgate.app.execution import Executor, ResultAndHeaders, run_for_client
from groupgate.app.extensions import (
    age_headers,
    bypasses_cache,
    explain_extensions,
    stale_extensions,
    unreadable_extensions,
    wants_explanation,
)
from groupgate.app.graphiql.page import explorer_page
from groupgate.app.idempotency import HEADER as IDEMPOTENCY_KEY
from groupgate.app.idempotency import Idempotency, OperationResult
from groupgate.app.protocol.document_sources import (
    DocumentSource,
    PersistedDocuments,
    TrustedDocuments,
)
from groupgate.app.protocol.documents import (
    Charge,
    Documents,
    Operation,
    check_is_query,
    coerce_variables,
    select_operation,
)
from groupgate.app.protocol.request_error import INVALID, NOT_ACCEPTABLE, WRONG_METHOD, RequestError
from groupgate.app.protocol.requests import (
    UNREAD_BODY,
    Parameters,
    parameters_from_body,
    parameters_from_url,
    read_body,
)
from groupgate.app.protocol.responses import (
    Media,
    ResponseWriter,
    preferred_media,
    respond_and_drain_body,
)
from groupgate.app.settings import Settings
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.observer import EndedRequest, Observer
from groupgate.request import Deadline, RequestScope, request_scope
from groupgate.schema.errors import format_errors
from groupgate.schema.guardrails import examine
from groupgate.stores import DocumentStore, Stores

_ALLOWED: Final = {"Allow": "GET, HEAD, OPTIONS, POST"}
_READ_METHODS: Final = frozenset({"GET", "HEAD"})


class GraphQLEndpoint:
    """ASGI app for queries and mutations; a browser that opens its URL receives the explorer."""

    def __init__(  # noqa: PLR0913 - each argument is a part of its own
        self,
        schema: strawberry.Schema,
        providers: Mapping[ProviderKey, Provider],
        settings: Settings,
        access_control: AccessControl,
        *,
        stores: Stores,
        observer: Observer,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - strawberry has no public access to it
        self._settings = settings
        self._access_control = access_control
        self._limits = settings.limits
        self._source = _document_source(settings, stores.documents)
        self._documents = Documents(
            self._schema,
            self._limits,
            introspection=settings.introspection,
            suggestions=settings.suggestions,
        )
        self._observer = observer
        self._admission = Admission(settings.concurrency)
        self._idempotency = Idempotency(stores.idempotency)
        self._executor = Executor(
            schema,
            providers,
            suggestions=settings.suggestions,
            compiled_plans=settings.compiled_plans,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        response = await self._respond(Request(scope, receive))
        response.headers.add_vary_header("Accept")
        if response.status_code in UNREAD_BODY:
            await respond_and_drain_body(response, scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_ALLOWED)
        accept = ", ".join(request.headers.getlist("accept"))
        media = preferred_media(accept, self._offered_media(request))
        if media is Media.PAGE:
            return await _explorer(request)
        writer = ResponseWriter(media or Media.JSON, draft=self._settings.http_statuses == "draft")
        access = self._access_control.begin(request)
        try:
            if media is None:
                raise _not_acceptable()
            response = await self._handle_operation(request, access, writer)
        except RequestError as error:
            response = writer.request_error(error)
        response.headers.update(access.headers)
        if request.method in _READ_METHODS:
            response.headers.add_vary_header("Authorization")
        return response

    def _offered_media(self, request: Request) -> tuple[Media, ...]:
        offers_page = self._settings.explorer and request.method in _READ_METHODS
        return (Media.GRAPHQL, Media.JSON, *([Media.PAGE] if offers_page else []))

    async def _handle_operation(
        self, request: Request, access: RequestAccess, writer: ResponseWriter
    ) -> Response:
        deadline = Deadline.after(self._settings.deadline)
        caller = await access.enter(deadline)
        parameters = await self._read_parameters(request, deadline)
        async with self._admission.admit(deadline):
            return await self._run_operation(request, parameters, access, caller, writer, deadline)

    async def _run_operation(  # noqa: PLR0913, PLR0917 - what is known of the request so far
        self,
        request: Request,
        parameters: Parameters,
        access: RequestAccess,
        caller: Caller,
        writer: ResponseWriter,
        deadline: Deadline,
    ) -> Response:
        charge = partial(access.charge_later, caller)
        operation = await self._read_operation(request, parameters, charge)
        check_permitted(caller, operation.node)
        await access.charge(caller, operation.cost.points)
        open_scope = request_scope(
            deadline=deadline.left,
            max_calls=self._settings.upstream_calls_per_request,
            no_cache=bypasses_cache(request.headers),
        )
        with bound_contextvars(caller=caller.name), open_scope as scope:
            result, headers = await self._run(request, operation, caller, scope)
            self._observer.request_ended(
                EndedRequest(
                    request_id=request.scope["request_id"],
                    caller=caller.name,
                    operation=operation.node.operation.value,
                    milliseconds=(self._settings.deadline - deadline.left) * 1000,
                    upstream_calls=len(scope.calls),
                    errors=len(result.errors),
                )
            )
        extensions = stale_extensions(scope) | unreadable_extensions(scope)
        if wants_explanation(request.headers):
            extensions |= explain_extensions(operation.cost, scope)
        response = writer.result(result.data, result.errors, extensions)
        response.headers.update({**headers, **age_headers(scope)})
        if request.method in _READ_METHODS:
            # Shared caches must not store what needed a token.
            response.headers["Cache-Control"] = "no-cache" if caller.is_anonymous else "no-store"
        return response

    async def _run(
        self, request: Request, operation: Operation, caller: Caller, scope: RequestScope
    ) -> ResultAndHeaders:
        request_id = request.scope["request_id"]

        async def execute() -> OperationResult:
            result = await self._executor.run(operation, request_id, caller.permissions)
            return OperationResult(result.data, format_errors(result.errors or (), request_id))

        key = request.headers.get(IDEMPOTENCY_KEY) if operation.is_mutation else None
        work = self._idempotency.run(key, caller.name, operation, execute)
        return await run_for_client(request, operation, scope, work)

    async def _read_operation(
        self, request: Request, parameters: Parameters, charge: Charge
    ) -> Operation:
        text = await self._source.find(parameters)
        document = await self._documents.read(text, charge)
        await self._source.accept(parameters)
        node = select_operation(document, parameters.operation_name)
        if request.method in _READ_METHODS:
            check_is_query(node)
        variables = parameters.variables or {}
        suggestions = self._settings.suggestions
        coerced = coerce_variables(self._schema, node, variables, suggestions=suggestions)
        examined = examine(self._schema, document, node, variables, self._limits)
        if examined.errors:
            raise RequestError.from_graphql(INVALID, examined.errors)
        return Operation(
            text=text,
            document=document,
            name=parameters.operation_name,
            node=node,
            variables=variables,
            coerced=coerced,
            cost=examined.cost,
        )

    async def _read_parameters(self, request: Request, deadline: Deadline) -> Parameters:
        if request.method in _READ_METHODS:
            return parameters_from_url(request.scope["query_string"])
        if request.method == "POST":
            body = await read_body(request, self._settings.max_body_bytes, deadline)
            return parameters_from_body(body)
        message = "Operations must be sent by POST; queries may be sent by GET."
        raise RequestError.with_message(WRONG_METHOD, message, _ALLOWED)


async def _explorer(request: Request) -> Response:
    """The explorer's page, which loads its files from URLs relative to `/graphql`."""
    if request.url.path.endswith("/graphql/"):
        return RedirectResponse(f"../graphql?{request.url.query}".rstrip("?"))
    return await explorer_page(request)


def _document_source(settings: Settings, store: DocumentStore) -> DocumentSource:
    if settings.trusted_documents is None:
        return PersistedDocuments(store)
    return TrustedDocuments.from_manifest(settings.trusted_documents)


def _not_acceptable() -> RequestError:
    message = (
        f"Responses are {Media.GRAPHQL} or {Media.JSON}; the Accept header accepts neither of them."
    )
    return RequestError.with_message(NOT_ACCEPTABLE, message)
