"""Properties of the cost of every document, tested with random documents."""

from dataclasses import astuple
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    NamedTypeNode,
    NameNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from groupgate.schema.guardrails import Cost, DocumentLimits, check_document, check_text, examine
from tests.schema.guardrails.helpers import UNLIMITED_POINTS, only_operation, schema

TEXTS = queries(schema())
SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def cost_of(document: DocumentNode) -> Cost:
    """Return the cost of the only operation."""
    return examine(schema(), document, only_operation(document), {}, UNLIMITED_POINTS).cost


class Repeat(Visitor):
    """Duplicates the selection with this number, counting all selection sets."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def enter_selection_set(self, node: SelectionSetNode, *_args: Any) -> SelectionSetNode | None:
        """Duplicate the selection if it is in this set."""
        number, self.left = self.left, self.left - len(node.selections)
        if not 0 <= number < len(node.selections):
            return None
        return SelectionSetNode(selections=(*node.selections, node.selections[number]))


class Hoist(Visitor):
    """Moves the selections of each field into a new fragment."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types = types
        self.fragments: list[FragmentDefinitionNode] = []

    def leave_selection_set(
        self, node: SelectionSetNode, _key: Any, parent: Any, *_args: Any
    ) -> SelectionSetNode | None:
        """Replace the selections with a spread."""
        type_ = self.types.get_parent_type()
        if not isinstance(parent, FieldNode) or not isinstance(type_, GraphQLNamedType):
            return None
        name = NameNode(value=f"Hoisted{len(self.fragments)}")
        on = NamedTypeNode(name=NameNode(value=type_.name))
        self.fragments.append(
            FragmentDefinitionNode(name=name, type_condition=on, selection_set=node)
        )
        return SelectionSetNode(selections=(FragmentSpreadNode(name=name),))


def hoisted(document: DocumentNode) -> DocumentNode:
    """Return the same document with a fragment for each field that has selections."""
    types = TypeInfo(schema())
    hoist = Hoist(types)
    operations = visit(document, TypeInfoVisitor(types, hoist)).definitions
    written = print_ast(DocumentNode(definitions=(*operations, *hoist.fragments)))
    return parse(written)


@SLOW
@given(TEXTS)
def test_any_valid_document_has_a_cost(text: str) -> None:
    document = parse(text)
    check_text(text, DocumentLimits())
    check_document(schema(), document, DocumentLimits())
    assert min(astuple(cost_of(document))) >= 0


@SLOW
@given(TEXTS, st.integers(0, 20))
def test_an_additional_selection_never_lowers_the_cost(text: str, number: int) -> None:
    document = parse(text)
    before = astuple(cost_of(document))
    after = astuple(cost_of(visit(document, Repeat(number))))
    assert all(less <= more for less, more in zip(before, after, strict=True))


@SLOW
@given(TEXTS)
def test_fragments_do_not_change_the_cost(text: str) -> None:
    document = parse(text)
    in_fragments = hoisted(document)
    assert validate(schema(), in_fragments) == []
    assert cost_of(in_fragments) == cost_of(document)


@SLOW
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    )
)
def test_variables_of_any_type_are_accepted(value: object) -> None:
    text = "query($a:Int!$b:[ID!]!){nodes(ids:$b){...on Group{products(first:$a){nodes{id}}}}}"
    document = parse(text)
    variables = {"a": value, "b": value}
    found = examine(schema(), document, only_operation(document), variables, UNLIMITED_POINTS).cost
    assert 0 <= found.rows <= 101 * max(1, len(value) if isinstance(value, list) else 1)
