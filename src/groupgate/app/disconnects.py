"""Clients that go away: a query ends with its client, a mutation is carried out to its end."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from groupgate.app.idempotency import OperationResult
from groupgate.app.protocol.operation import Operation
from groupgate.request import RequestScope

ResultT = TypeVar("ResultT")
Ran = tuple[OperationResult, Mapping[str, str]]

_log = structlog.get_logger()


async def run_for_client(
    request: Request, asked: Operation, scope: RequestScope, work: Awaitable[Ran]
) -> Ran:
    """Do the work of an operation; if its client goes before the end, log what nobody heard.

    A query is cancelled then, and ClientDisconnect raised. A mutation is not: cancelled between
    two writes it would leave a change half made, and nobody would be told.
    """
    if not asked.is_mutation:
        try:
            return await while_heard(request.receive, work)
        except ClientDisconnect:
            _log.info("client_gone", operation="query", upstream_calls=scope.calls_begun)
            raise
    ran = await work
    if await request.is_disconnected():
        _log.warning(
            "client_gone",
            operation="mutation",
            upstream_calls=scope.calls_begun,
            writes=[f"{o.method} {o.path} {o.status}" for o in scope.calls if o.method != "GET"],
            outcome=_outcome(ran[0]),
        )
    return ran


async def while_heard(receive: Receive, work: Awaitable[ResultT]) -> ResultT:
    """Do work that is for the client alone: if the client goes, cancel it, raise ClientDisconnect.

    The body of the request has been read; what else comes is dropped.
    """
    try:
        async with asyncio.timeout(None) as patience:
            watcher = asyncio.create_task(_watch(receive, patience))
            try:
                return await work
            finally:
                watcher.cancel()
    except TimeoutError:
        if patience.expired():
            raise ClientDisconnect from None
        raise


async def _watch(receive: Receive, patience: asyncio.Timeout) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    patience.reschedule(asyncio.get_running_loop().time())


def _outcome(told: OperationResult) -> str:
    """Whether the payload tells of a failure, and of one after which something may be changed."""
    if not told.errors:
        return "DONE"
    return "UNKNOWN" if told.is_final else "NOT_APPLIED"
