"""The ids in the arguments of an operation, for the audit log."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    SKIP,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    visit,
)

from groupgate.app.protocol.documents import Operation


def ids_in(schema: GraphQLSchema, operation: Operation) -> tuple[str, ...]:
    """Return the ids in the arguments of a mutation's own fields, each once, as they were sent."""
    types = TypeInfo(schema)
    collector = _Collector(schema, types, operation)
    fragments = [
        node for node in operation.document.definitions if isinstance(node, FragmentDefinitionNode)
    ]
    for node in (operation.node, *fragments):
        visit(node, TypeInfoVisitor(types, collector))
    return tuple(dict.fromkeys(collector.ids))


class _Collector(Visitor):
    """Collects the ids of the fields of the mutation type; those below are of the response."""

    def __init__(self, schema: GraphQLSchema, types: TypeInfo, operation: Operation) -> None:
        super().__init__()
        self.ids: list[str] = []
        self._schema = schema
        self._types = types
        self._operation = operation

    def enter_field(self, _node: FieldNode, *_args: Any) -> object:
        """Skip the fields of other types."""
        return None if self._types.get_parent_type() is self._schema.mutation_type else SKIP

    def enter_string_value(self, node: StringValueNode, *_args: Any) -> None:
        """Collect an id that is written in the document."""
        self.ids += _ids(self._types.get_input_type(), node.value)

    def enter_variable(self, node: VariableNode, *_args: Any) -> None:
        """Collect the ids in the value of a variable."""
        value = self._operation.variables.get(node.name.value)
        self.ids += _ids(self._types.get_input_type(), value)


def _ids(kind: Any, value: Any) -> Iterator[str]:
    """Yield the ids in a value of this input type."""
    if isinstance(kind, GraphQLNonNull):
        yield from _ids(kind.of_type, value)
    elif isinstance(kind, GraphQLList):
        for item in value if isinstance(value, list) else [value]:
            yield from _ids(kind.of_type, item)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in kind.fields.items():
            yield from _ids(field.type, value.get(name))
    elif isinstance(kind, GraphQLScalarType) and kind.name == "ID" and isinstance(value, str | int):
        yield str(value)
