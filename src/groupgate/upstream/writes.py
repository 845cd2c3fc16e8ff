"""Writes under way: one that was sent is seen through, even if nobody waits for it any longer."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

import structlog

from groupgate.domain.errors import UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.deadline import Deadline
from groupgate.upstream.exchange import Call

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


class Writes:
    """The writes to one vendor that have not ended."""

    def __init__(self, provider: ProviderKey) -> None:
        self._provider = provider
        self._running: set[asyncio.Task[Any]] = set()

    async def see_through(
        self, call: Call, work: Coroutine[Any, Any, ResultT], deadline: Deadline
    ) -> ResultT:
        """Do the work of a write; raise TimeoutError if it has not ended at the deadline.

        Where the caller leaves before the end, a write that was not sent is not sent any more,
        and one that was sent goes on, and its end is logged.
        """
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            return await deadline.bound(asyncio.shield(task))
        except (TimeoutError, asyncio.CancelledError) as left:
            if isinstance(left, TimeoutError) and task.done():
                # It ended in the very turn of the event loop in which the time was up.
                return task.result()
            call.is_wanted = False
            if call.is_under_way:
                task.add_done_callback(partial(self._log_end, call))
            else:
                task.cancel()
            raise

    async def settle(self) -> None:
        """Wait for the end of all of them."""
        if self._running:
            await asyncio.wait(self._running)

    def _log_end(self, call: Call, task: asyncio.Task[Any]) -> None:
        error = None if task.cancelled() else task.exception()
        _log.warning(
            "write_ended_unheard",
            provider=self._provider.value,
            method=call.method,
            path=call.target,
            outcome=_outcome(task, error),
        )


def _outcome(task: asyncio.Task[Any], error: BaseException | None) -> str:
    if isinstance(error, UpstreamError) and error.outcome is not None:
        return error.outcome.value
    return "UNKNOWN" if error is not None or task.cancelled() else "APPLIED"
