"""Executes an operation that has passed every check, with loaders of its own."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Final

import strawberry
from graphql import ExecutionResult, execute
from graphql.execution import AsyncWorkFinishedInfo, ExecutionHooks

from groupgate.app.auth.permissions import Permissions
from groupgate.app.protocol.operation import Operation
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.loaders.dataloaders import Loaders
from groupgate.schema.context import Context
from groupgate.schema.nodes import to_graphql


class Executor:
    """Executes operations of one schema over the vendors.

    By graphql-core itself: `strawberry.Schema.execute` would parse and validate the document
    again, and does not tell what failed in the request from what failed while it ran.
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Mapping[ProviderKey, Provider],
        *,
        suggestions: bool,
    ) -> None:
        self._schema = schema
        self._providers = providers
        self._suggestions = suggestions

    async def run(
        self, asked: Operation, request_id: str, permissions: Permissions
    ) -> ExecutionResult:
        """Execute one operation, in the scope of the request that is open.

        Vendors that the caller may not read are left out, as if there were none.
        """
        providers = {
            key: provider
            for key, provider in self._providers.items()
            if key in permissions.readable
        }
        context = Context(
            providers=providers,
            writable=permissions.writable,
            loaders=Loaders(providers),
            request_id=request_id,
            to_graphql=to_graphql,
        )
        result = execute(
            self._schema._schema,  # noqa: SLF001 - there is no other way to it
            asked.document,
            context_value=context,
            variable_values=dict(asked.variables),
            operation_name=asked.name,
            hide_suggestions=not self._suggestions,
            executor_class=self._schema.execution_context_class,
            hooks=_HOOKS,
        )
        return await result if isawaitable(result) else result


def _let_go(finished: AsyncWorkFinishedInfo) -> None:
    """Break the circle of an executor and its own methods.

    All that was loaded for the request would else stay in memory until the next look for garbage.
    """
    del finished.executor.async_helpers


_HOOKS: Final = ExecutionHooks(async_work_finished=_let_go)
