"""The endpoint /graphql: reads a request, checks its operation, executes it and responds."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Final

import strawberry
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from groupgate.app.access_control import AccessControl, RequestAccess, check_permitted
from groupgate.app.admission import Admission
from groupgate.app.audit import ids_in
from groupgate.app.call import (
    ALLOWED,
    REQUEST_ID,
    Call,
    OpenSpan,
    OperationReader,
    RequestHead,
    RequestReport,
    name_of,
    query_key,
    read_head,
    read_parameters,
)
from groupgate.app.execution import (
    Executor,
    ResultAndHeaders,
    run_mutation,
    wait_for_query,
)
from groupgate.app.extensions import (
    Explainer,
    stale_extensions,
    unreadable_extensions,
)
from groupgate.app.graphiql.page import explorer_at_endpoint
from groupgate.app.idempotency import HEADER as IDEMPOTENCY_KEY
from groupgate.app.idempotency import REPLAYED, Idempotency, OperationResult
from groupgate.app.logs import log_field
from groupgate.app.protocol.documents import (
    Documents,
    Operation,
)
from groupgate.app.protocol.request_error import RequestError
from groupgate.app.protocol.requests import (
    DEADLINE,
    BodyMemory,
    HeldBody,
)
from groupgate.app.protocol.responses import (
    Compressor,
    JsonResponse,
    Media,
    ResponseWriter,
    not_acceptable,
    preferred_media,
    send_response,
)
from groupgate.app.protocol.trusted_documents import document_source
from groupgate.app.query_cache import IS_CACHED, QueryCache, QueryResponse, RunningQuery
from groupgate.app.settings import Settings
from groupgate.app.tracing.tracer import TRACE_ID, Tracer
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey
from groupgate.observer import AnswerSource, KeyUse, Observer
from groupgate.request import Deadline, RequestScope, request_scope, sending_headers
from groupgate.schema.errors import format_errors
from groupgate.stores import Stores

_logged_caller: Final = log_field("caller")

_NO_HEADERS: Final = nullcontext()

_MEDIA: Final = (Media.GRAPHQL, Media.JSON)
"""The media types of responses to a POST."""

_VARY: Final = (b"vary", b"Accept, Accept-Encoding")
_VARY_READ: Final = (b"vary", b"Authorization, Accept, Accept-Encoding")


class GraphQLEndpoint:
    """ASGI app for queries and mutations; a browser that opens its URL receives the explorer."""

    def __init__(  # noqa: PLR0913 - each argument is a part of its own
        self,
        schema: strawberry.Schema,
        providers: Mapping[AccountKey, Provider],
        settings: Settings,
        access_control: AccessControl,
        *,
        stores: Stores,
        observer: Observer,
        query_cache: QueryCache,
        tracer: Tracer | None = None,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - strawberry has no public access to it
        self._settings = settings
        self._explainer = Explainer(settings, providers)
        self._access_control = access_control
        self._observer = observer
        self._open_span: OpenSpan = tracer.span if tracer else nullcontext
        documents = Documents(
            self._schema,
            settings.limits,
            introspection=settings.introspection,
            suggestions=settings.suggestions,
        )
        self._operations = OperationReader(
            document_source(settings, stores.documents, documents.check),
            documents,
            self._open_span,
            suggestions=settings.suggestions,
        )
        self._media_read = (*_MEDIA, Media.PAGE) if settings.explorer else _MEDIA
        self._query_cache = query_cache
        self.admission = Admission(settings.max_requests)
        self.compressor = Compressor()
        self._bodies = BodyMemory(settings.max_bodies_bytes)
        self._idempotency = Idempotency(stores.idempotency)
        self._executor = Executor(
            schema,
            providers,
            suggestions=settings.suggestions,
            compiled_plans=settings.compiled_plans,
        )

    def reload(self) -> None:
        """Read the files of tokens and trusted documents again."""
        self._access_control.reload()
        self._operations.reload()
        self._query_cache.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        response = await self.respond(Request(scope, receive))
        await send_response(response, scope, receive, send)

    async def respond(self, request: Request) -> Response:
        """Return the response to one request; raise ClientDisconnect if its client has left."""
        head = read_head(request.method, request.scope["headers"])
        response = await self._respond(request, head)
        if isinstance(response, JsonResponse):
            response.raw_headers.append(_VARY_READ if head.is_read else _VARY)
            is_repeated = request.scope.get(IS_CACHED, False)
            self.compressor.apply(response, request, is_repeated=is_repeated)
        else:
            response.headers.add_vary_header("Accept")
        return response

    async def _respond(self, request: Request, head: RequestHead) -> Response:
        if head.method == "OPTIONS":
            return Response(status_code=204, headers=ALLOWED)
        media = preferred_media(head.accept, self._media_read if head.is_read else _MEDIA)
        if media is Media.PAGE:
            return await explorer_at_endpoint(request)
        deadline = request.scope.get(DEADLINE) or Deadline.after(self._settings.deadline)
        started_at = deadline.at - self._settings.deadline
        report = RequestReport(
            request_id=request.scope["request_id"], method=head.method, started_at=started_at
        )
        try:
            response = await self._answer(request, head, media, deadline, report)
        except BaseException as error:
            self._observer.request_ended(report.end_without_response(error))
            raise
        self._observer.request_ended(report.end(response.status_code))
        return response

    async def _answer(
        self,
        request: Request,
        head: RequestHead,
        media: Media | None,
        deadline: Deadline,
        report: RequestReport,
    ) -> Response:
        writer = ResponseWriter(
            media or Media.JSON,
            draft=self._settings.http_statuses == "draft",
            trace_id=request.scope.get(TRACE_ID),
        )
        access, held = self._access_control.begin(request), HeldBody(self._bodies)
        try:
            if media is None:
                raise not_acceptable()
            call = await self._read_call(request, head, access, writer, deadline, report, held)
            response = await self._handle_operation(call)
        except RequestError as error:
            report.note_refusal(error)
            response = writer.request_error(error)
        finally:
            held.release()
        if access.headers:
            response.headers.update(access.headers)
        return response

    async def _read_call(  # noqa: PLR0913, PLR0917 - the parts of a call
        self,
        request: Request,
        head: RequestHead,
        access: RequestAccess,
        writer: ResponseWriter,
        deadline: Deadline,
        report: RequestReport,
        held: HeldBody,
    ) -> Call:
        caller = await access.enter(deadline)
        report.caller = caller.name
        limit = self._settings.max_body_bytes
        parameters = await read_parameters(request, head, limit, deadline, held)
        return Call(
            request=request,
            head=head,
            parameters=parameters,
            key=query_key(head, parameters, caller) if self._query_cache.is_enabled else None,
            access=access,
            caller=caller,
            writer=writer,
            deadline=deadline,
            report=report,
        )

    async def _handle_operation(self, call: Call) -> Response:
        found = self._query_cache.find(call.key)
        if found is not None:
            call.request.scope[IS_CACHED] = True
            return await self._reuse(call, found, AnswerSource.CACHED)
        if self._query_cache.may_join(call.key):
            found = await self._join(call)
            if found is not None:
                return await self._reuse(call, found, AnswerSource.SHARED)
        waited, source = 0.0, AnswerSource.CACHED
        if not self.admission.start_at_once():
            share = call.access.share_of(call.caller)
            waited = await self.admission.start_in_turn(call.deadline, share)
        try:
            call.report.milliseconds_waited = waited
            if waited:
                found = self._query_cache.find(call.key)
            if found is None:
                found, source = await self._join(call), AnswerSource.SHARED
            if found is None:
                return await self._run_operation(call)
        finally:
            self.admission.leave()
        return await self._reuse(call, found, source)

    async def _join(self, call: Call) -> QueryResponse | None:
        """Return the response to the same query of another request, if one is running."""
        running = self._query_cache.find_running(call.key)
        if running is None:
            return None
        with suppress(TimeoutError):
            await call.deadline.wait_for(wait_for_query(call.request, running))
        return running.response

    async def _reuse(self, call: Call, found: QueryResponse, source: AnswerSource) -> Response:
        """Respond with the response to another request; the caller pays for the operation."""
        report = call.report
        report.operation_type = OperationType.QUERY.value
        report.operation_name, report.source = found.operation_name, source
        await call.access.charge(call.caller, found.points)
        response = call.writer.encoded(found.body)
        response.raw_headers.append((b"age", b"%d" % found.age))
        return call.for_caches(response, found, self._settings.public_max_age)

    async def _run_operation(self, call: Call) -> Response:
        operation = await self._operations.read(call)
        check_permitted(call.caller, operation.node)
        await call.access.charge(call.caller, operation.cost.points)
        token = _logged_caller.set(call.caller.name)
        try:
            if operation.is_mutation:
                call.report.find_ids = partial(ids_in, self._schema, operation)
                return await self._execute(call, operation)
            execute = partial(self._execute, call, operation)
            return await wait_for_query(call.request, self._query_cache.run(call.key, execute))
        finally:
            _logged_caller.reset(token)

    async def _execute(
        self, call: Call, operation: Operation, running: RunningQuery | None = None
    ) -> Response:
        open_scope = request_scope(
            deadline=call.deadline,
            max_calls=self._settings.upstream_calls_per_request,
            no_cache=call.head.bypasses_cache,
            timeline=self._explainer.timeline(call.deadline) if call.head.is_explained else None,
        )
        with open_scope as scope, self._for_vendors(call):
            call.report.scope = scope
            if running is not None:
                running.scope = scope
            with self._open_span("graphql.execute"):
                result, headers = await self._run(call, operation, scope)
            call.report.note_result(result.errors, is_replayed=REPLAYED in headers)
            extensions = {}
            if scope.stale or scope.unreadable:
                extensions = stale_extensions(scope) | unreadable_extensions(scope)
            if scope.timeline is not None:
                extensions |= self._explainer.extensions(
                    scope.timeline, operation.cost, scope, call.caller, call.access
                )
            response = call.writer.result(result.data, result.errors, extensions)
            if running is not None and not result.errors:
                running.finish(bytes(response.body), name_of(operation.node), operation.cost.points)
        if headers:
            response.headers.update(headers)
        if scope.age is not None:
            response.raw_headers.append((b"age", b"%d" % scope.age))
        shared = running.response if running else None
        return call.for_caches(response, shared, self._settings.public_max_age)

    def _for_vendors(self, call: Call) -> AbstractContextManager[None]:
        """Add the id of the request to its calls to vendors, if they may have it."""
        if not self._settings.propagate_request_id:
            return _NO_HEADERS
        return sending_headers({REQUEST_ID: call.request_id})

    async def _run(self, call: Call, operation: Operation, scope: RequestScope) -> ResultAndHeaders:
        permissions, request_id = call.caller.permissions, call.request_id

        async def execute() -> OperationResult:
            result = await self._executor.run(operation, request_id, permissions)
            await scope.confirm_writes()
            errors = format_errors(result.errors, request_id) if result.errors else []
            return OperationResult(result.data, errors)

        if not operation.is_mutation:
            return await execute(), {}
        key = call.request.headers.get(IDEMPOTENCY_KEY)
        if key is not None:
            call.report.key_use = KeyUse.EXECUTED
        work = self._idempotency.run(key, call.caller.name, operation, execute)
        return await run_mutation(call.request, scope, work)
