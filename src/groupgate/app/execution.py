"""Execution of a checked operation: the only module that calls the executor of graphql-core."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Final

import strawberry
from graphql import ExecutionResult, execute
from graphql.execution import AsyncWorkFinishedInfo, ExecutionHooks

from groupgate.app.auth.caller import Permissions
from groupgate.app.protocol.documents import Operation
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.loaders.dataloaders import Loaders
from groupgate.schema.context import Context
from groupgate.schema.nodes import to_graphql


class Executor:
    """Executes operations of one schema over the vendors.

    It calls graphql-core directly: `strawberry.Schema.execute` would parse and validate the
    document again, and does not separate errors in the request from errors during execution.
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
        self, operation: Operation, request_id: str, permissions: Permissions
    ) -> ExecutionResult:
        """Execute one operation in the open request scope, with new loaders.

        Vendors that the caller may not read are left out, as if they were not configured.
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
            self._schema._schema,  # noqa: SLF001 - strawberry has no public access to it
            operation.document,
            context_value=context,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
            hide_suggestions=not self._suggestions,
            executor_class=self._schema.execution_context_class,
            hooks=_HOOKS,
        )
        return await result if isawaitable(result) else result


def _break_cycle(finished: AsyncWorkFinishedInfo) -> None:
    """Break the reference cycle between an executor and its own methods.

    Otherwise all that was loaded for the request stays in memory until the next garbage collection.
    """
    del finished.executor.async_helpers


_HOOKS: Final = ExecutionHooks(async_work_finished=_break_cycle)
