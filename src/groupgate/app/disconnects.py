"""Clients that disconnect: their query is cancelled, their mutation runs to its end."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from groupgate.app.idempotency import OperationResult
from groupgate.app.protocol.documents import Operation
from groupgate.request import RequestScope

ValueT = TypeVar("ValueT")
ResultAndHeaders = tuple[OperationResult, Mapping[str, str]]

_log = structlog.get_logger()


async def run_for_client(
    request: Request, operation: Operation, scope: RequestScope, work: Awaitable[ResultAndHeaders]
) -> ResultAndHeaders:
    """Run an operation, and log it if its client disconnects before the end.

    A query is then cancelled, and ClientDisconnect raised. A mutation is not cancelled: between
    two writes that would leave a change half done without a report to anybody.
    """
    if not operation.is_mutation:
        try:
            return await cancel_on_disconnect(request.receive, work)
        except ClientDisconnect:
            _log.info("client_disconnected", operation="query", upstream_calls=scope.calls_begun)
            raise
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
        async with asyncio.timeout(None) as expiry:
            watcher = asyncio.create_task(_expire_on_disconnect(receive, expiry))
            try:
                return await work
            finally:
                watcher.cancel()
    except TimeoutError:
        if expiry.expired():
            raise ClientDisconnect from None
        raise


async def _expire_on_disconnect(receive: Receive, expiry: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    expiry.reschedule(asyncio.get_running_loop().time())


def _outcome(result: OperationResult) -> str:
    """The outcome of a mutation for the log: DONE, NOT_APPLIED or UNKNOWN."""
    if not result.errors:
        return "DONE"
    return "UNKNOWN" if result.is_final else "NOT_APPLIED"
