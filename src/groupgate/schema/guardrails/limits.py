"""Limits on documents, and the measurement of a parsed document against them.

A document is measured in one traversal, in a time that is linear in its length. Each definition is
traversed once, with the sum of all scopes that it is spread in: a fragment that is spread a million
times takes no longer than one that is spread once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
)

from groupgate.schema.guardrails.cost import Arguments, Cost, CostEstimator, SelectionScope

Definition = OperationDefinitionNode | FragmentDefinitionNode
Fragments = Mapping[str, FragmentDefinitionNode]

_INTROSPECTIONS: Final = frozenset({"__schema", "__type"})

_COUNTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operations": "operations",
        "depth": "levels of fields",
        "fields": "fields",
        "aliases": "aliases",
        "directives": "directives",
        "introspections": "introspection fields",
    }
)
"""The limits on counts of a `Measurement`, with the noun for the error message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document and the most expensive operation that the gateway accepts.

    With the defaults, parsing, checking and validating any document takes at most 20 ms (measured,
    `benchmarks/documents_at_limits.py`). They leave room for common documents: introspection with
    all options has 191 tokens and 232 fields in 15 levels; a thousand ids written into a document
    are a thousand tokens.
    """

    characters: int = 65_536
    """Length of the text, including comments and white space."""
    tokens: int = 1_500
    r"""Names, numbers, strings, punctuators, comments, and escapes such as `\u{1F600}`."""
    lines: int = 1_500
    """Lines, those of block strings too. The position of each error is counted in lines."""
    brackets: int = 64
    """Nested brackets of any kind."""
    operations: int = 20
    """Operations. Validation checks all fragments again for each operation."""
    depth: int = 20
    """Nested fields, with fragments expanded."""
    fields: int = 400
    """Fields, with fragments expanded. The next three limits are counted in the same way."""
    aliases: int = 100
    """Fields with an alias."""
    directives: int = 100
    """Directives."""
    introspections: int = 10
    """`__schema` and `__type` fields. They cost no points, but their results are long."""
    comparisons: int = 2_000
    """Steps that validation may take to compare fields that have the same response name, but not
    the same name, arguments and type."""
    fragment_steps: int = 3_000
    """Steps that validation may take through fragments, for each operation again."""
    points: int = 100_000
    """Cost of one operation, see `Cost.points`."""


def limit_exceeded(limit: str, found: int, allowed: int, message: str) -> GraphQLError:
    """Return the error for a document that exceeds a limit.

    `limit` is the name of a field of `DocumentLimits`.
    """
    extensions = {
        "code": "DOCUMENT_TOO_COMPLEX",
        "limit": limit,
        "found": found,
        "allowed": allowed,
    }
    return GraphQLError(message, extensions=extensions)


def count_exceeded(limit: str, found: int, allowed: int, noun: str) -> GraphQLError:
    """Return the error for a document that has too many of something; `noun` is in the plural."""
    message = f"The document has {found:,} {noun}; at most {allowed:,} are allowed."
    return limit_exceeded(limit, found, allowed, message)


@dataclass(slots=True, kw_only=True)
class Measurement:
    """The counts of a document, or of one operation with the fragments that it uses."""

    operations: int = 0
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    introspections: int = 0
    rows: int = 0
    calls: int = 0
    values: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The estimated cost of an operation, and an error for each limit that it exceeds."""

    errors: list[GraphQLError]
    cost: Cost


def check_document(
    schema: GraphQLSchema, document: DocumentNode, limits: DocumentLimits
) -> list[GraphQLError]:
    """Return an error for each limit that the document exceeds, counting all operations together.

    Call this before validation, because the time for validation grows with these counts.
    """
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    found = _measure(schema, document, [*operations, *fragments], Arguments(None, {}))
    return _exceeded_counts(found, limits)


def examine(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    limits: DocumentLimits,
) -> Examination:
    """Estimate the cost of one operation of a document, and check it against the limits.

    The variables need not have been validated or coerced.
    """
    found = _measure(schema, document, [operation], Arguments(operation, variables))
    cost = Cost.from_counts(rows=found.rows, calls=found.calls, values=found.values)
    errors = _exceeded_counts(found, limits) + _exceeded_points(cost, limits)
    return Examination(errors=errors, cost=cost)


def _exceeded_counts(found: Measurement, limits: DocumentLimits) -> list[GraphQLError]:
    return [
        count_exceeded(limit, getattr(found, limit), getattr(limits, limit), noun)
        for limit, noun in _COUNTED.items()
        if getattr(found, limit) > getattr(limits, limit)
    ]


def _exceeded_points(cost: Cost, limits: DocumentLimits) -> list[GraphQLError]:
    if cost.points <= limits.points:
        return []
    message = (
        f"The operation may return {cost.rows:,} rows and need {cost.upstream_calls:,} calls to "
        f"vendors, which costs {cost.points:,} points; at most {limits.points:,} are allowed. "
        "Request smaller pages with `first`, or fewer fields."
    )
    return [limit_exceeded("points", cost.points, limits.points, message)]


def _measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    definitions: Iterable[Definition],
    arguments: Arguments,
) -> Measurement:
    """Measure the definitions and the fragments that they use.

    `@skip` and `@include` are ignored: the selections count as included.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    roots, ordered = _topological_order(definitions, fragments)
    traversal = _Traversal(schema, fragments, CostEstimator(schema, arguments))
    for root in roots:
        traversal.add_scope(root, SelectionScope(uses=1, objects=1))
    for definition in ordered:
        traversal.traverse(definition)
    return traversal.found


class _Traversal:
    def __init__(
        self, schema: GraphQLSchema, fragments: Fragments, estimator: CostEstimator
    ) -> None:
        self.found = Measurement()
        self._schema = schema
        self._fragments = fragments
        self._estimator = estimator
        self._scopes: defaultdict[int, SelectionScope] = defaultdict(SelectionScope)
        self._pending: list[tuple[SelectionSetNode, GraphQLNamedType | None, SelectionScope]] = []

    def add_scope(self, definition: Definition, scope: SelectionScope) -> None:
        """Record a scope that a definition is used in."""
        self._scopes[id(definition)] += scope

    def traverse(self, definition: Definition) -> None:
        """Count the selections of a definition; call this after all its scopes are recorded."""
        scope = self._scopes[id(definition)]
        self._count_directives(definition, scope)
        if isinstance(definition, OperationDefinitionNode):
            self.found.operations += 1
            for variable in definition.variable_definitions or ():
                self._count_directives(variable, scope)
            type_: GraphQLNamedType | None = self._schema.get_root_type(definition.operation)
        else:
            type_ = self._schema.get_type(definition.type_condition.name.value)
        self._pending.append((definition.selection_set, type_, scope))
        while self._pending:
            selection_set, type_, scope = self._pending.pop()
            for selection in selection_set.selections:
                self._count_selection(selection, type_, scope)

    def _count_selection(
        self, selection: SelectionNode, type_: GraphQLNamedType | None, scope: SelectionScope
    ) -> None:
        self._count_directives(selection, scope)
        if isinstance(selection, FieldNode):
            self._count_field(selection, type_, scope)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments.get(selection.name.value)
            if fragment is not None:
                self.add_scope(fragment, scope)
        elif isinstance(selection, InlineFragmentNode):
            if selection.type_condition is not None:
                type_ = self._schema.get_type(selection.type_condition.name.value)
            self._pending.append((selection.selection_set, type_, scope))

    def _count_field(
        self, node: FieldNode, type_: GraphQLNamedType | None, scope: SelectionScope
    ) -> None:
        estimate = self._estimator.estimate(node, type_, scope)
        depth = scope.depth + 1
        found = self.found
        found.depth = max(found.depth, depth)
        found.fields += scope.uses
        found.aliases += scope.uses if node.alias else 0
        found.introspections += scope.uses if node.name.value in _INTROSPECTIONS else 0
        found.rows += estimate.rows
        found.calls += estimate.calls
        found.values += estimate.values
        if node.selection_set is not None:
            below = SelectionScope(
                uses=scope.uses, objects=estimate.objects, items=estimate.items, depth=depth
            )
            self._pending.append((node.selection_set, estimate.type, below))

    def _count_directives(
        self, node: Definition | SelectionNode | VariableDefinitionNode, scope: SelectionScope
    ) -> None:
        self.found.directives += scope.uses * len(node.directives or ())


def _topological_order(
    definitions: Iterable[Definition], fragments: Fragments
) -> tuple[Sequence[Definition], Sequence[Definition]]:
    """Return the definitions that no earlier one uses, and all definitions that these use.

    The second list is ordered so that each definition precedes the fragments that it spreads.
    Fragments that spread themselves have no such order; theirs is arbitrary, and validation
    refuses them.
    """
    roots: list[Definition] = []
    finished: list[Definition] = []
    seen: set[int] = set()
    for definition in definitions:
        if id(definition) not in seen:
            roots.append(definition)
            _visit(definition, fragments, seen, finished)
    return roots, finished[::-1]


def _visit(
    root: Definition, fragments: Fragments, seen: set[int], finished: list[Definition]
) -> None:
    """Append to `finished` in depth-first postorder.

    An explicit stack replaces recursion, because a chain of fragments may be long.
    """
    seen.add(id(root))
    stack = [(root, _spread_fragments(root, fragments))]
    while stack:
        definition, spread = stack[-1]
        following = next((fragment for fragment in spread if id(fragment) not in seen), None)
        if following is None:
            finished.append(definition)
            stack.pop()
        else:
            seen.add(id(following))
            stack.append((following, _spread_fragments(following, fragments)))


def _spread_fragments(definition: Definition, fragments: Fragments) -> Iterator[Definition]:
    pending: list[SelectionSetNode] = [definition.selection_set]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FragmentSpreadNode):
                fragment = fragments.get(selection.name.value)
                if fragment is not None:
                    yield fragment
            elif isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                pending.append(selection.selection_set)
