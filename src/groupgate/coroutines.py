"""Coroutines that run at once until they first wait.

Most reads are answered from memory and never wait. A task for each of them would cost an iteration
of the event loop, and a timer for each deadline the time to set and to cancel it.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from functools import partial
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
def _resume(
    work: Coroutine[Any, Any, ResultT], awaited: Any, context: Context | None = None
) -> Generator[Any, Any, ResultT]:
    """Continue a coroutine that waits for `awaited`, in this context."""
    send: Callable[..., Any] = work.send
    throw: Callable[..., Any] = work.throw
    close: Callable[[], object] = work.close
    if context is not None:
        send, throw, close = (partial(context.run, each) for each in (send, throw, close))
    try:
        while True:
            try:
                sent = yield awaited
            except GeneratorExit:
                close()
                raise
            except BaseException as error:  # noqa: BLE001 - the coroutine decides, as in its own task
                awaited = throw(error)
            else:
                awaited = send(sent)
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
    try:
        begun = _begin(work, context or copy_context(), loop)
    except StopIteration as end:
        ended: asyncio.Future[ResultT] = loop.create_future()
        ended.set_result(end.value)
        return ended
    except asyncio.CancelledError:
        return _cancelled(loop)
    except Exception as error:  # noqa: BLE001 - it is that of the future
        return _failed(error, loop)
    return begun.start_task()


def begin(work: Coroutine[Any, Any, None], context: Context) -> "Begun | None":
    """Run a coroutine in this context until it first waits; return None if it has ended.

    The coroutine must handle its exceptions itself.
    """
    loop = asyncio.get_running_loop()
    if sys.version_info >= (3, 12):
        task = asyncio.Task(work, loop=loop, context=context, eager_start=True)
        return None if task.done() else Begun(task)
    try:
        return _begin(work, context, loop)
    except StopIteration:
        return None


if sys.version_info >= (3, 12):

    class Begun:
        """A coroutine that has run until it first waited, in a task of its own."""

        def __init__(self, task: asyncio.Task[Any]) -> None:
            self._task = task

        def start_task(self) -> asyncio.Task[Any]:
            """Return the task."""
            return self._task

        async def rest(self) -> Any:
            """Wait for the end; a cancellation of the waiting task cancels the coroutine."""
            return await self._task

else:
    from asyncio.tasks import _enter_task, _leave_task

    def _begin(
        work: Coroutine[Any, Any, Any], context: Context, loop: asyncio.AbstractEventLoop
    ) -> "Begun":
        """Run the first part as a task would; raise what the coroutine raises, or its end."""
        outer, late = asyncio.current_task(loop), _LateTask()
        current: Any = late  # asyncio calls no other methods of a task meanwhile
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, current)
        try:
            awaited = context.run(work.send, None)
        finally:
            _leave_task(loop, current)
            if outer is not None:
                _enter_task(loop, outer)
        return Begun(work, awaited, context, late)

    class Begun:
        """A coroutine that has run until it first waited; its rest belongs to a task."""

        __slots__ = ("_awaited", "_context", "_late", "_work")

        def __init__(
            self,
            work: Coroutine[Any, Any, Any],
            awaited: Any,
            context: Context,
            late: "_LateTask",
        ) -> None:
            self._work = work
            self._awaited = awaited
            self._context = context
            self._late = late

        def start_task(self) -> asyncio.Task[Any]:
            """Continue in a task of its own."""
            loop, rest = asyncio.get_running_loop(), _Rest(self._work, self._awaited)
            self._late.task = task = loop.create_task(rest, context=self._context)
            return task

        def rest(self) -> Awaitable[Any]:
            """Continue in the running task, which awaits the result without an iteration more."""
            self._late.task = asyncio.current_task()
            return _resume(self._work, self._awaited, self._context)

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
