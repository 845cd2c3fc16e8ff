"""The one walk through a document that finds its shape and its cost, linear in its length.

Each definition is walked once, with the sum of all places it is spread at: a fragment spread a
million times takes no longer than one spread once.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
)

from groupgate.schema.guardrails.arguments import Arguments
from groupgate.schema.guardrails.fragments import Definition, Fragments, callers_first
from groupgate.schema.guardrails.prices import Place, Prices

_INTROSPECTIONS = frozenset({"__schema", "__type"})


@dataclass(slots=True, kw_only=True)
class Measure:
    """What a document, or one operation of it, comes to. Filled by the walk."""

    operations: int = 0
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    introspections: int = 0
    rows: int = 0
    calls: int = 0
    values: int = 0


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    candidates: Iterable[Definition],
    arguments: Arguments,
) -> Measure:
    """Measure the candidates and the fragments they lead to.

    `@skip` and `@include` are not looked at: what they might let in counts as let in.
    """
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    starts, ordered = callers_first(candidates, fragments)
    walk = _Walk(schema, fragments, Prices(schema, arguments))
    for start in starts:
        walk.meet(start, Place(uses=1, objects=1))
    for definition in ordered:
        walk.through(definition)
    return walk.found


class _Walk:
    def __init__(self, schema: GraphQLSchema, fragments: Fragments, prices: Prices) -> None:
        self.found = Measure()
        self._schema = schema
        self._fragments = fragments
        self._prices = prices
        self._places: defaultdict[int, Place] = defaultdict(Place)
        self._open: list[tuple[SelectionSetNode, GraphQLNamedType | None, Place]] = []

    def meet(self, definition: Definition, place: Place) -> None:
        """Note a place that a definition is used at."""
        self._places[id(definition)] += place

    def through(self, definition: Definition) -> None:
        """Walk a definition; all places it is used at are noted by now."""
        place = self._places[id(definition)]
        self._count_directives(definition, place)
        if isinstance(definition, OperationDefinitionNode):
            self.found.operations += 1
            for variable in definition.variable_definitions or ():
                self._count_directives(variable, place)
            type_: GraphQLNamedType | None = self._schema.get_root_type(definition.operation)
        else:
            type_ = self._schema.get_type(definition.type_condition.name.value)
        self._open.append((definition.selection_set, type_, place))
        while self._open:
            selection_set, type_, place = self._open.pop()
            for selection in selection_set.selections:
                self._select(selection, type_, place)

    def _select(
        self, selection: SelectionNode, type_: GraphQLNamedType | None, place: Place
    ) -> None:
        self._count_directives(selection, place)
        if isinstance(selection, FieldNode):
            self._field(selection, type_, place)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = self._fragments.get(selection.name.value)
            if fragment is not None:
                self.meet(fragment, place)
        elif isinstance(selection, InlineFragmentNode):
            if selection.type_condition is not None:
                type_ = self._schema.get_type(selection.type_condition.name.value)
            self._open.append((selection.selection_set, type_, place))

    def _field(self, node: FieldNode, type_: GraphQLNamedType | None, place: Place) -> None:
        price = self._prices.of(node, type_, place)
        depth = place.depth + 1
        found = self.found
        found.depth = max(found.depth, depth)
        found.fields += place.uses
        found.aliases += place.uses if node.alias else 0
        found.introspections += place.uses if node.name.value in _INTROSPECTIONS else 0
        found.rows += price.rows
        found.calls += price.calls
        found.values += price.values
        if node.selection_set is not None:
            below = Place(uses=place.uses, objects=price.objects, items=price.items, depth=depth)
            self._open.append((node.selection_set, price.type, below))

    def _count_directives(
        self, node: Definition | SelectionNode | VariableDefinitionNode, place: Place
    ) -> None:
        self.found.directives += place.uses * len(node.directives or ())
