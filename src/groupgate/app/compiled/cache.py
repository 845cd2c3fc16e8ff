"""Keeps the plans of queries: one for each document, operation and set of skipped selections."""

from collections.abc import Mapping
from typing import Final

from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues

from groupgate.app.compiled.plan import compile_query
from groupgate.app.compiled.run import NotCompiled, QueryPlan

MAX_PLANS: Final = 1_000

Conditions = tuple[tuple[str, bool], ...]


class QueryPlans:
    """Compiles queries when they are first executed; the least recently used plans go first."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._condition_names: LRUCache[str, frozenset[str]] = LRUCache(MAX_PLANS)
        self._plans: LRUCache[tuple[str, str, Conditions], QueryPlan | None] = LRUCache(MAX_PLANS)

    def find(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        text: str,
        variables: VariableValues,
    ) -> QueryPlan | None:
        """Return the plan of a valid query; None if graphql-core has to execute it."""
        names = self._condition_names.get(text)
        if names is None:
            names = self._condition_names[text] = _condition_names(document)
        values = {name: variables.coerced.get(name) for name in names}
        conditions = {name: value for name, value in values.items() if isinstance(value, bool)}
        if None in values.values():
            return None
        name = operation.name.value if operation.name else ""
        key = (text, name, tuple(sorted(conditions.items())))
        if key not in self._plans:
            self._plans[key] = self._compile(document, operation, conditions)
        return self._plans[key]

    def _compile(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        conditions: Mapping[str, bool],
    ) -> QueryPlan | None:
        fragments = {
            node.name.value: node
            for node in document.definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        try:
            return compile_query(self._schema, operation, fragments, conditions)
        except NotCompiled:
            return None


class _ConditionNames(Visitor):
    """Collects the variables in `@skip` and `@include`."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_args: object) -> None:
        """Collect the variables of one directive."""
        for argument in node.arguments or ():
            if isinstance(argument.value, VariableNode):
                self.names.add(argument.value.name.value)


def _condition_names(document: DocumentNode) -> frozenset[str]:
    visitor = _ConditionNames()
    visit(document, visitor)
    return frozenset(visitor.names)
