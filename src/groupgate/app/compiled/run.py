"""One execution of a compiled query."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from types import CoroutineType
from typing import Any, TypeGuard, cast

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

    async def run(self, context: object, variables: VariableValues) -> dict[str, Any] | None:
        """Run the query; return its data, or None if a field fails."""
        return await QueryRun(self, context, variables).data()


class QueryRun:
    """One execution of a plan.

    Values that are awaited are completed when they arrive, in any order: a slow vendor does not
    delay the fields of another one.
    """

    def __init__(self, plan: QueryPlan, context: object, variables: VariableValues) -> None:
        self.plan = plan
        self.context = context
        self.variables = variables
        self.arguments: dict[int, dict[str, Any]] = {}
        """The coerced arguments of each field of the plan, by the identity of its node."""
        self._tasks: set[asyncio.Future[Any]] = set()
        self._ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def data(self) -> dict[str, Any] | None:
        """Return the data once everything is completed; None if a field failed."""
        root: dict[str, Any] = {}
        try:
            self.plan.complete_root(self, None, root, "data", None)
            if self._tasks and not await self._ended:
                return None
        except Exception:  # noqa: BLE001 - whatever it is, graphql-core raises and reports it again
            return None
        finally:
            self._ended.cancel()
            for task in self._tasks:
                task.cancel()
        data: dict[str, Any] = root["data"]
        return data

    def complete_later(self, value: Awaitable[Any], complete: Callable[[Any], None]) -> None:
        """Complete a value when it has been awaited."""
        task = asyncio.ensure_future(value)
        self._tasks.add(task)
        task.add_done_callback(partial(self._complete_awaited, complete))

    def _complete_awaited(self, complete: Callable[[Any], None], task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        is_failed = task.cancelled() or task.exception() is not None
        if self._ended.done():
            return
        if not is_failed:
            try:
                complete(task.result())
            except Exception:  # noqa: BLE001 - graphql-core raises and reports it again
                is_failed = True
        if is_failed or not self._tasks:
            self._ended.set_result(not is_failed)

    def info(
        self, field: GraphQLField, nodes: list[FieldNode], parent: GraphQLObjectType, path: Path
    ) -> GraphQLResolveInfo[Any]:
        """Return the info that a resolver receives."""
        plan = self.plan
        return GraphQLResolveInfo(
            nodes[0].name.value,
            nodes,
            field.type,
            parent,
            path,
            plan.schema,
            plan.fragments,
            None,
            plan.operation,
            cast("Any", self.variables.coerced),
            self.context,
            is_awaitable,
            None,
            cast("Any", None),
        )


def is_awaitable(value: Any) -> TypeGuard[Awaitable[Any]]:
    """Return True if a value has to be awaited; faster than `inspect.isawaitable`."""
    return type(value) is CoroutineType or hasattr(value, "__await__")
