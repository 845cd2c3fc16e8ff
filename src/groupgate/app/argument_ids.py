"""The ids in the arguments of an operation, for the audit log.

No visitor of graphql-core: each would leave a reference cycle behind.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    value_from_ast_untyped,
)

from groupgate.app.protocol.documents import Operation


def ids_in(schema: GraphQLSchema, operation: Operation) -> tuple[str, ...]:
    """Return the ids in the arguments of a mutation's own fields, each once, as they were sent."""
    fragments = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    found = (
        id_
        for field in _fields(operation.node.selection_set, fragments)
        for id_ in _ids_of(schema, field, operation.variables)
    )
    return tuple(dict.fromkeys(found))


def _fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of a selection set and of the fragments in it."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)


def _ids_of(schema: GraphQLSchema, field: FieldNode, variables: Mapping[str, Any]) -> Iterator[str]:
    mutation = schema.mutation_type
    definition = mutation.fields.get(field.name.value) if mutation else None
    if definition is None:  # __typename
        return
    for argument in field.arguments or ():
        kind = definition.args[argument.name.value].type
        yield from _ids_in(kind, value_from_ast_untyped(argument.value, dict(variables)))


def _ids_in(kind: object, value: Any) -> Iterator[str]:
    """Yield the ids in a value of this input type."""
    if isinstance(kind, GraphQLNonNull):
        yield from _ids_in(kind.of_type, value)
    elif isinstance(kind, GraphQLList):
        for item in value if isinstance(value, list) else [value]:
            yield from _ids_in(kind.of_type, item)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in kind.fields.items():
            yield from _ids_in(field.type, value.get(name))
    elif isinstance(kind, GraphQLScalarType) and kind.name == "ID" and isinstance(value, str | int):
        yield str(value)
