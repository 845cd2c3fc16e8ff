"""Coroutines that run at once until they first wait.

Most reads are answered from memory and never wait. A task for each of them would cost an iteration
of the event loop, and a timer for each deadline the time to set and to cancel it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Coroutine, Generator
from contextvars import Context, copy_context
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


def start_task(
    work: Coroutine[Any, Any, ResultT], context: Context | None = None
) -> asyncio.Future[ResultT]:
    """Run a coroutine until it first waits; return its task, or a done future if it has ended.

    The coroutine runs in this context, by default in a copy of the current one.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=loop, context=context, eager_start=True)
    return _start(work, context or copy_context(), loop)


if sys.version_info < (3, 12):
    from asyncio.tasks import _enter_task, _leave_task

    def _start(
        work: Coroutine[Any, Any, ResultT], context: Context, loop: asyncio.AbstractEventLoop
    ) -> asyncio.Future[ResultT]:
        """Start a task as later versions of Python do."""
        outer, late = asyncio.current_task(loop), _LateTask()
        current: Any = late  # asyncio calls no other methods of a task meanwhile
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, current)
        try:
            awaited = context.run(work.send, None)
        except StopIteration as end:
            ended: asyncio.Future[ResultT] = loop.create_future()
            ended.set_result(end.value)
            return ended
        except asyncio.CancelledError:
            return _cancelled(loop)
        except Exception as error:  # noqa: BLE001 - it is that of the future
            return _failed(error, loop)
        finally:
            _leave_task(loop, current)
            if outer is not None:
                _enter_task(loop, outer)
        late.task = task = loop.create_task(_Rest(work, awaited), context=context)
        return task

    def _cancelled(loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = loop.create_future()
        future.cancel()
        return future

    def _failed(error: Exception, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Any]:
        # A function of its own: the error refers to the frames that it has passed, and a future
        # in one of them would be in a cycle.
        future: asyncio.Future[Any] = loop.create_future()
        future.set_exception(error)
        return future

    class _LateTask:
        """Stands for the current task while a coroutine runs that has none yet.

        A timeout that is entered meanwhile keeps this object, and cancels the task by it.
        """

        __slots__ = ("task",)

        def __init__(self) -> None:
            self.task: asyncio.Task[Any] | None = None

        def cancel(self, message: object = None) -> bool:
            return self.task is not None and self.task.cancel(message)

        def cancelling(self) -> int:
            return 0 if self.task is None else self.task.cancelling()

        def uncancel(self) -> int:
            return 0 if self.task is None else self.task.uncancel()

    class _Rest(Coroutine[Any, Any, Any]):
        """The rest of a coroutine that waits for `awaited`; a task runs it."""

        __slots__ = ("_awaited", "_work")

        def __init__(self, work: Coroutine[Any, Any, Any], awaited: Any) -> None:
            self._work = work
            self._awaited = awaited

        def send(self, value: Any) -> Any:
            awaited, self._awaited = self._awaited, None
            return self._work.send(value) if awaited is None else awaited

        def throw(self, *error: Any) -> Any:
            awaited, self._awaited = self._awaited, None
            if awaited is not None and awaited.cancel():  # the task was cancelled before it began
                return awaited
            return self._work.throw(*error)

        def close(self) -> None:
            self._work.close()

        def __await__(self) -> Generator[Any, Any, Any]:
            raise NotImplementedError  # only a task runs it
