"""Execution of a checked operation by graphql-core, and its end when the client disconnects.

No other module calls the executor of graphql-core.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from functools import lru_cache
from inspect import isawaitable
from typing import Final, TypeVar

import strawberry
import structlog
from graphql import ExecutionResult, execute
from graphql.execution import AsyncWorkFinishedInfo, ExecutionHooks
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive

from groupgate.app.auth.caller import Permissions
from groupgate.app.compiled import QueryPlan, QueryPlans
from groupgate.app.idempotency import OperationResult
from groupgate.app.protocol.documents import Operation
from groupgate.app.query_cache import RunningQuery
from groupgate.coroutines import Suspended, run_until_suspended
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey
from groupgate.loaders.dataloaders import Loaders
from groupgate.request import RequestScope
from groupgate.schema.context import Context
from groupgate.schema.queries import to_graphql

ValueT = TypeVar("ValueT")
ResultAndHeaders = tuple[OperationResult, Mapping[str, str]]

WATCHED_AFTER: Final = 0.01
"""Seconds after which the gateway notices that a client has disconnected.

Most queries end earlier; a task that waits for the disconnection costs them more than this timer.
"""

MAX_PERMISSIONS: Final = 256
"""Sets of permissions whose accounts are remembered."""

_log = structlog.get_logger()


class Executor:
    """Executes operations of one schema over the vendors.

    It calls graphql-core directly: `strawberry.Schema.execute` would parse and validate the
    document again, and does not separate errors in the request from errors during execution.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Mapping[AccountKey, Provider],
        *,
        suggestions: bool,
        compiled_plans: bool = True,
    ) -> None:
        self._schema = schema
        self._providers = providers
        self._suggestions = suggestions
        self._core_schema = schema._schema  # noqa: SLF001 - strawberry has no public access to it
        self._readable = lru_cache(MAX_PERMISSIONS)(self._find_readable)
        self._plans = QueryPlans(self._core_schema) if compiled_plans else None

    async def run(
        self, operation: Operation, request_id: str, permissions: Permissions
    ) -> ExecutionResult:
        """Execute one operation in the open request scope, with new loaders.

        Accounts that the caller may not read are left out, as if they were not configured.
        """
        plan = self._find_plan(operation)
        if plan is not None:
            context = self._context(request_id, permissions)
            data = await plan.run(context, operation.coerced, context.loaders.batches)
            if data is not None:
                return ExecutionResult(data, None)
        # With new loaders: those of the plan may hold reads that were cancelled with it.
        result = execute(
            self._core_schema,
            operation.document,
            context_value=self._context(request_id, permissions),
            variable_values=dict(operation.variables),
            operation_name=operation.name,
            hide_suggestions=not self._suggestions,
            executor_class=self._schema.execution_context_class,
            hooks=_HOOKS,
        )
        return await result if isawaitable(result) else result

    def _context(self, request_id: str, permissions: Permissions) -> Context:
        providers = self._readable(permissions.readable)
        return Context(
            providers=providers,
            writable=permissions.writable,
            loaders=Loaders(providers),
            request_id=request_id,
            to_graphql=to_graphql,
        )

    def _find_readable(self, keys: frozenset[AccountKey]) -> Mapping[AccountKey, Provider]:
        return {
            key: provider
            for key, provider in self._providers.items()
            if key in keys or key.vendor in keys
        }

    def _find_plan(self, operation: Operation) -> QueryPlan | None:
        if self._plans is None or operation.is_mutation:
            return None
        return self._plans.find(
            operation.document, operation.node, operation.text, operation.coerced
        )


def _break_cycle(finished: AsyncWorkFinishedInfo) -> None:
    """Break the reference cycle between an executor and its own methods.

    Otherwise all that was loaded for the request stays in memory until the next garbage collection.
    """
    del finished.executor.async_helpers


_HOOKS: Final = ExecutionHooks(async_work_finished=_break_cycle)


async def wait_for_query(request: Request, query: RunningQuery) -> Response:
    """Return a query's response; if the client disconnects, log it and raise ClientDisconnect."""
    try:
        return await cancel_on_disconnect(request.receive, query.wait())
    except ClientDisconnect:
        calls = query.scope.calls_begun if query.scope else 0
        _log.info("client_disconnected", operation="query", upstream_calls=calls)
        raise


async def run_mutation(
    request: Request, scope: RequestScope, work: Awaitable[ResultAndHeaders]
) -> ResultAndHeaders:
    """Run a mutation, and log it if its client disconnects before the end.

    It is not cancelled: between two writes that would leave a change half done without a report
    to anybody.
    """
    result, headers = await work
    if await request.is_disconnected():
        _log.warning(
            "client_disconnected",
            operation="mutation",
            upstream_calls=scope.calls_begun,
            writes=[
                f"{call.method} {call.path} {call.status}"
                for call in scope.calls
                if call.method != "GET"
            ],
            outcome=_outcome(result),
        )
    return result, headers


async def cancel_on_disconnect(receive: Receive, work: Awaitable[ValueT]) -> ValueT:
    """Wait for work; if the client disconnects, cancel it and raise ClientDisconnect.

    The body of the request must have been read; what the client sends after it is dropped.
    """
    try:
        return run_until_suspended(work)
    except Suspended as suspended:
        rest: Awaitable[ValueT] = suspended.rest
    try:
        async with asyncio.timeout(None) as expiry:
            watcher = _Watcher(receive, expiry)
            try:
                return await rest
            finally:
                watcher.stop()
    except TimeoutError:
        if expiry.expired():
            raise ClientDisconnect from None
        raise


class _Watcher:
    """Lets a timeout expire when the client disconnects; it looks from WATCHED_AFTER on."""

    def __init__(self, receive: Receive, expiry: asyncio.Timeout) -> None:
        self._receive = receive
        self._expiry = expiry
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(WATCHED_AFTER, self._start)

    def _start(self) -> None:
        self._task = asyncio.create_task(_expire_on_disconnect(self._receive, self._expiry))

    def stop(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


async def _expire_on_disconnect(receive: Receive, expiry: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    expiry.reschedule(asyncio.get_running_loop().time())


def _outcome(result: OperationResult) -> str:
    """The outcome of a mutation for the log: DONE, NOT_APPLIED or UNKNOWN."""
    if not result.errors:
        return "DONE"
    return "UNKNOWN" if result.is_final else "NOT_APPLIED"
