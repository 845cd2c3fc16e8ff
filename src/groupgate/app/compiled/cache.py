"""Keeps the plans of queries: one for each document, operation and set of skipped selections."""

from collections.abc import Mapping
from sys import getsizeof
from typing import Final, Generic, NamedTuple, TypeVar

from cachetools import LRUCache
from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import VariableValues

from groupgate.app.compiled.plan import compile_query
from groupgate.app.compiled.run import NotCompiled, QueryPlan
from groupgate.app.protocol.documents import BYTES_PER_TOKEN
from groupgate.schema.guardrails import count_tokens

T = TypeVar("T")

MAX_PLAN_BYTES: Final = 32 * 1024 * 1024
"""Memory of the plans that are kept, estimated from their fields and their documents."""
PLAN_OVERHEAD: Final = 2_000
BYTES_PER_FIELD: Final = 2_000
"""Bytes of the functions for one field of a plan; measured: 1,800 to 3,000."""

MAX_NAME_BYTES: Final = 4 * 1024 * 1024
"""Memory of the texts whose conditions are known."""
NAMES_OVERHEAD: Final = 500

Conditions = tuple[tuple[str, bool], ...]


class _Sized(NamedTuple, Generic[T]):
    value: T
    size: int
    """The bytes that it takes in memory, estimated."""


class QueryPlans:
    """Compiles queries when they are first executed; the least recently used plans go first."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._condition_names: LRUCache[str, _Sized[frozenset[str]]] = LRUCache(
            MAX_NAME_BYTES, lambda entry: entry.size
        )
        self._plans: LRUCache[tuple[str, str, Conditions], _Sized[QueryPlan | None]] = LRUCache(
            MAX_PLAN_BYTES, lambda entry: entry.size
        )

    def find(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        text: str,
        variables: VariableValues,
    ) -> QueryPlan | None:
        """Return the plan of a valid query; None if graphql-core has to execute it."""
        name = operation.name.value if operation.name else ""
        try:
            return self._plans[text, name, ()].value  # most queries have no such directives
        except KeyError:
            pass
        known = self._condition_names.get(text)
        if known is None:
            names = _condition_names(document) if "@" in text else frozenset[str]()
            known = _Sized(names, NAMES_OVERHEAD + getsizeof(text))
            self._condition_names[text] = known
        values = {name: variables.coerced.get(name) for name in known.value}
        conditions = {name: value for name, value in values.items() if isinstance(value, bool)}
        if None in values.values():
            return None
        key = (text, name, tuple(sorted(conditions.items())))
        found = self._plans.get(key)
        if found is None:
            plan = self._compile(document, operation, conditions)
            found = _Sized(plan, _plan_size(document, operation, text))
            self._plans[key] = found
        return found.value

    def _compile(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        conditions: Mapping[str, bool],
    ) -> QueryPlan | None:
        try:
            return compile_query(self._schema, operation, _fragments(document), conditions)
        except NotCompiled:
            return None


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }


def _plan_size(document: DocumentNode, operation: OperationDefinitionNode, text: str) -> int:
    """Estimate the memory of a plan, with the document that it keeps in memory."""
    fields = _field_count(operation.selection_set, _fragments(document))
    kept = getsizeof(text) + BYTES_PER_TOKEN * count_tokens(text)
    return PLAN_OVERHEAD + BYTES_PER_FIELD * fields + kept


def _field_count(node: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Return the number of fields with fragments expanded, which the limits bound."""
    count = 0
    for selection in node.selections:
        below: SelectionSetNode | None
        if isinstance(selection, FragmentSpreadNode):
            below = fragments[selection.name.value].selection_set
        elif isinstance(selection, FieldNode | InlineFragmentNode):
            count += isinstance(selection, FieldNode)
            below = selection.selection_set
        else:
            continue
        if below is not None:
            count += _field_count(below, fragments)
    return count


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
