"""Arguments as far as they tell a cost: how large a page is, how many ids are given."""

from collections.abc import Mapping
from typing import Final

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

LARGEST_PAGE: Final = 100
"""The schema refuses to answer more of a connection at once."""

_DIGITS_OF_SOME_PAGE: Final = 9


class Arguments:
    """Reads arguments with the variables of one request.

    Values may be of any kind: before execution nobody has coerced the variables. What cannot be
    right is taken for the most it could be, for it is refused later.
    """

    def __init__(
        self, operation: OperationDefinitionNode | None, variables: Mapping[str, object]
    ) -> None:
        definitions = operation.variable_definitions or () if operation else ()
        defaults = {each.variable.name.value: each.default_value for each in definitions}
        self._variables: Mapping[str, object] = {**defaults, **variables}

    def page_size(self, node: FieldNode, field: GraphQLField) -> int:
        """How many items `first` asks for."""
        return _page_size(self._value(node, field, "first"))

    def ids(self, node: FieldNode, field: GraphQLField) -> int:
        """How many ids are given, alone and in lists."""
        names = (name for name, arg in field.args.items() if get_named_type(arg.type).name == "ID")
        return sum(_count(self._value(node, field, name)) for name in names)

    def _value(self, node: FieldNode, field: GraphQLField, name: str) -> object:
        default = field.args[name].default_value
        given = next((arg.value for arg in node.arguments or () if arg.name.value == name), None)
        if isinstance(given, VariableNode):
            found = self._variables.get(given.name.value, default)
            return default if found is None else found
        return default if given is None else given


def _page_size(value: object) -> int:
    if isinstance(value, IntValueNode) and len(value.value) <= _DIGITS_OF_SOME_PAGE:
        value = int(value.value)
    if isinstance(value, float) and value.is_integer():  # as variables may write an Int
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(1, min(value, LARGEST_PAGE))
    return LARGEST_PAGE


def _count(value: object) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, list | tuple):
        return len(value)
    return int(isinstance(value, ValueNode | str | int))
