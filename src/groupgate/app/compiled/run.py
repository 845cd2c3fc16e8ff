"""One execution of a compiled query, and the info that its resolvers receive."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import cached_property
from types import CoroutineType
from typing import Any, TypeGuard, cast

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from msgspec import Struct
from strawberry.types.field import StrawberryField

from groupgate.loaders.dataloaders import Batches

Sink = dict[str, Any] | list[Any]
"""The dictionary or list of the response that a value is stored in."""

Complete = Callable[["QueryRun", Any, Sink, Any, Path | None], None]
"""Completes a value and stores it: run, value, sink, key in the sink, response path."""


class NotCompiled(Exception):
    """The query, or a result of its fields, is not covered: graphql-core has to execute it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """A compiled query."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    complete_root: Complete

    def run(
        self, context: object, variables: VariableValues, batches: Batches | None = None
    ) -> Coroutine[Any, Any, dict[str, Any] | None]:
        """Run the query; return its data, or None if a field fails.

        `batches` are those of the loaders in the context.
        """
        return QueryRun(self, context, variables, batches or Batches()).data()


class QueryRun:
    """One execution of a plan.

    Values that are awaited are completed when they arrive, in any order: a slow vendor does not
    delay the fields of another one. If all of them are found in memory, the run never waits.
    """

    def __init__(
        self, plan: QueryPlan, context: object, variables: VariableValues, batches: Batches
    ) -> None:
        self.plan = plan
        self.context = context
        self.variables = variables
        self.arguments: dict[int, dict[str, Any]] = {}
        """The coerced arguments of each field of the plan, by the identity of its node."""
        self._batches = batches
        self.waiting: set[_Waiting] = set()
        """The run does not end before their values are completed."""
        self.new: list[_Waiting] | None = []
        """Those that `_continue_found` continues; None once each is continued by itself."""
        self._ended: asyncio.Future[bool] | None = None

    async def data(self) -> dict[str, Any] | None:
        """Return the data once everything is completed; None if a field failed."""
        root: dict[str, Any] = {}
        self._batches.hold()
        try:
            self.plan.complete_root(self, None, root, "data", None)
            while missing := self._continue_found():
                batch = self._batches.take_only(waiting.future for waiting in missing)
                if batch is None:
                    if not await self._wait_for_each(missing):
                        return None
                    break
                await batch.rest()
                self.new = missing
        except Exception:  # noqa: BLE001 - whatever it is, graphql-core raises and reports it again
            return None
        finally:
            self._batches.release()
            self.new = None  # they refer to this object
            for waiting in self.waiting:
                waiting.close()
            self.waiting.clear()
        data: dict[str, Any] = root["data"]
        return data

    def _continue_found(self) -> "list[_Waiting]":
        """Complete all fields that are found without waiting, level by level; return the others."""
        missing: list[_Waiting] = []
        while self.new:
            new, self.new = self.new, []
            self._batches.begin()
            missing += [waiting for waiting in new if not waiting.continue_if_found()]
        return missing

    async def _wait_for_each(self, missing: "list[_Waiting]") -> bool:
        """Wait until all values have arrived and are completed; return False if one failed."""
        self.new = None
        self._batches.release()
        self._ended = asyncio.get_running_loop().create_future()
        for waiting in missing:
            waiting.subscribe()
        return await self._ended

    def complete_later(self, value: Awaitable[Any], complete: Callable[[Any], None]) -> None:
        """Complete a value when it has been awaited, at once if it does not wait."""
        coroutine = value if isinstance(value, CoroutineType) else _await(value)
        _Waiting(self, coroutine, complete).start()

    def end_waiting(self, waiting: "_Waiting", *, is_failed: bool) -> None:
        """End the run if the value has failed, or if it is the last one."""
        self.waiting.discard(waiting)
        ended = self._ended
        if ended is not None and not ended.done() and (is_failed or not self.waiting):
            ended.set_result(not is_failed)


class _Waiting:
    """A coroutine of a resolver, which the run continues itself.

    A task for each would cost two iterations of the event loop. The coroutine has a context of its
    own, as in a task; but no task is current when it continues, so it must not use a timeout:
    those are set where vendors are called, in the loaders' batches.
    """

    __slots__ = ("_complete", "_context", "_coroutine", "_run", "future")

    def __init__(
        self,
        run: QueryRun,
        coroutine: Coroutine[Any, Any, Any],
        complete: Callable[[Any], None],
    ) -> None:
        self._run = run
        self._coroutine = coroutine
        self._complete = complete
        self._context = copy_context()
        self.future: asyncio.Future[Any] | None = None
        """What the coroutine waits for."""

    def start(self) -> None:
        """Run the coroutine until it waits; raise what it raises."""
        try:
            awaited = self._context.run(self._coroutine.send, None)
        except StopIteration as end:
            self._complete(end.value)
        else:
            self._run.waiting.add(self)
            self._wait_for(awaited)

    def continue_if_found(self) -> bool:
        """Continue if the value is there; return whether it is. Raise what the coroutine raises."""
        if self.future is None or not self.future.done():
            return False
        try:
            awaited = self._context.run(self._coroutine.send, None)
        except StopIteration as end:
            self._run.waiting.discard(self)
            self._complete(end.value)
        else:
            self._wait_for(awaited)
        return True

    def close(self) -> None:
        """Cancel the coroutine."""
        if self.future is not None:
            self.future.remove_done_callback(self._continue)
        self._coroutine.close()

    def _wait_for(self, awaited: Any) -> None:
        if not getattr(awaited, "_asyncio_future_blocking", False):
            raise NotCompiled
        # What a task does with the future that its coroutine yields.
        awaited._asyncio_future_blocking = False  # noqa: SLF001
        self.future = awaited
        new = self._run.new
        if new is None:
            self.subscribe()
        else:
            new.append(self)

    def subscribe(self) -> None:
        """Continue when the value arrives."""
        if self.future is not None:
            self.future.add_done_callback(self._continue, context=self._context)

    def _continue(self, _future: asyncio.Future[Any]) -> None:
        self.future = None
        is_failed = False
        try:
            awaited = self._coroutine.send(None)
            self._wait_for(awaited)
        except StopIteration as end:
            is_failed = not self._completes(end.value)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - graphql-core reports it again
            is_failed = True
        else:
            return
        self._run.end_waiting(self, is_failed=is_failed)

    def _completes(self, value: Any) -> bool:
        try:
            self._complete(value)
        except Exception:  # noqa: BLE001 - graphql-core raises and reports it again
            return False
        return True


async def _await(value: Awaitable[Any]) -> Any:
    return await value


def is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Return True if a value has to be awaited; faster than `inspect.isawaitable`."""
    return type(value) is CoroutineType or hasattr(value, "__await__")


def close_coroutines(values: Sequence[Any]) -> None:
    """Close what will not be awaited; Python would warn of it."""
    for value in values:
        if type(value) is CoroutineType:
            value.close()


class SelectedField(Struct, frozen=True, kw_only=True):
    """A field of a plan that has a resolver."""

    field: GraphQLField
    nodes: list[FieldNode]
    parent: GraphQLObjectType
    definition: StrawberryField


class RunInfo(strawberry.Info[Any, None]):
    """The info of one field in one run.

    Resolvers read its context and its path; graphql-core's info, which has the rest, is made when
    something else is read.
    """

    context: Any = None
    path: Any = None

    def __init__(self, run: QueryRun, selected: SelectedField, path: Path) -> None:
        self.context = run.context
        self.path = path
        self._run = run
        self._selected = selected
        self._field = selected.definition

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override] # a field of Info
        selected, plan = self._selected, self._run.plan
        return GraphQLResolveInfo(
            selected.nodes[0].name.value,
            selected.nodes,
            selected.field.type,
            selected.parent,
            self.path,
            plan.schema,
            plan.fragments,
            None,
            plan.operation,
            cast("Any", self._run.variables.coerced),
            self.context,
            is_awaitable,
            None,
            cast("Any", None),
        )
