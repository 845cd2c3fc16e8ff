"""All rules visit a document as with graphql-core's visitors, and with the types of the nodes."""

from collections.abc import Sequence
from typing import Any

import pytest
from graphql import (
    FieldNode,
    Node,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

from groupgate.schema.guardrails.rules import RuleMethods, RulesVisitor
from tests.schema.guardrails.helpers import schema

TEXT = "query A($id: ID!) { node(id: $id) { ... on Group { id name } } providers { id name } }"


class Recorder(Visitor):
    """Records what it visits; subclasses skip nodes."""

    def __init__(self, types: TypeInfo, found: list[tuple[str, str, str, str]]) -> None:
        super().__init__()
        self.types = types
        self.found = found

    def record(self, event: str, node: Node) -> None:
        """Record one visit with the type at the node."""
        self.found.append((type(self).__name__, event, node.kind, str(self.types.get_type())))


class EnterAll(Recorder):
    """Enters nodes of all kinds."""

    def enter(self, node: Node, *_args: Any) -> None:
        """Record the visit."""
        self.record("enter", node)


class SkipNode(Recorder):
    """Does not visit what is below the field `node`, and leaves it."""

    def enter_field(self, node: FieldNode, *_args: Any) -> object:
        """Skip one field."""
        self.record("enter", node)
        return self.SKIP if node.name.value == "node" else None

    def leave_field(self, node: FieldNode, *_args: Any) -> None:
        """Record the visit."""
        self.record("leave", node)


class SkipSets(Recorder):
    """Skips what is below the selections of all fields, and has no method that leaves them."""

    def enter_selection_set(self, node: Node, *_args: Any) -> object:
        """Skip all but the first one."""
        self.record("enter", node)
        return False if len(self.found) > 1 else None

    def leave_field(self, node: FieldNode, *_args: Any) -> None:
        """Record the visit."""
        self.record("leave", node)


class BreakAtName(Recorder):
    """Ends when it enters a field `name`."""

    def enter_field(self, node: FieldNode, *_args: Any) -> object:
        """End at a name."""
        self.record("enter", node)
        return self.BREAK if node.name.value == "name" else None


class BreakWhenLeaving(Recorder):
    """Ends when it leaves the first field."""

    def enter_field(self, node: FieldNode, *_args: Any) -> None:
        """Record the visit."""
        self.record("enter", node)

    def leave_field(self, node: FieldNode, *_args: Any) -> object:
        """End."""
        self.record("leave", node)
        return True


ALL = [EnterAll, SkipNode, SkipSets, BreakAtName, BreakWhenLeaving]


@pytest.mark.parametrize("rules", [*([rule] for rule in ALL), ALL])
def test_rules_visit_the_same_nodes_as_with_graphql_core(rules: Sequence[type[Recorder]]) -> None:
    document = parse(TEXT)
    types, expected = TypeInfo(schema()), list[tuple[str, str, str, str]]()
    parallel = ParallelVisitor([rule(types, expected) for rule in rules])
    visit(document, TypeInfoVisitor(types, parallel))
    methods = RuleMethods(rules)
    for _ in range(2):  # the names of methods are known the second time
        types, found = TypeInfo(schema()), list[tuple[str, str, str, str]]()
        visit(document, RulesVisitor(types, [rule(types, found) for rule in rules], methods))
        assert found == expected
    assert len(set(expected)) > 1
