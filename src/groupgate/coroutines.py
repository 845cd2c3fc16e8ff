"""Coroutines that run at once until they first wait.

Most reads are answered from memory and never wait. A task for each of them would cost an iteration
of the event loop, and a timer for each deadline the time to set and to cancel it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Coroutine, Generator
from types import CoroutineType, coroutine
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")


class Suspended(Exception):
    """The coroutine waits; `rest` is to be awaited in the same task for its result."""

    def __init__(self, rest: Awaitable[Any]) -> None:
        super().__init__()
        self.rest = rest


def run_until_suspended(work: Awaitable[ResultT]) -> ResultT:
    """Return the result of a coroutine that does not wait; raise Suspended if it does.

    Raises what the coroutine raises. Its first part belongs to the running task, so the rest must
    be awaited in this task.
    """
    if not isinstance(work, CoroutineType):
        raise Suspended(work)
    try:
        awaited = work.send(None)
    except StopIteration as end:
        result: ResultT = end.value
        return result
    raise Suspended(_resume(work, awaited))


@coroutine
def _resume(work: Coroutine[Any, Any, ResultT], awaited: Any) -> Generator[Any, Any, ResultT]:
    """Continue a coroutine that waits for `awaited`."""
    try:
        while True:
            try:
                sent = yield awaited
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - the coroutine decides, as in its own task
                awaited = work.throw(error)
            else:
                awaited = work.send(sent)
    except StopIteration as end:
        result: ResultT = end.value
        return result


def start_task(work: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
    """Start a task; from Python 3.12 on, it runs until it first waits before this returns."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    return asyncio.create_task(work)
