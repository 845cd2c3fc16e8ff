"""Generated functions for objects whose selected fields are all attributes, such as most products.

A function reads the attributes and builds the response's dictionary without a call for each field.
The code contains only names of the schema's attributes and numbered variables: the keys of the
response, which clients choose, are values.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
)

from groupgate.app.compiled.fields import attribute_of, collect_fields
from groupgate.app.compiled.run import NotCompiled

ReadObject = Callable[[Any], dict[str, Any]]
"""Returns the response of an object; raises any exception if graphql-core has to execute it."""

TEXT_TYPES: Final = frozenset({GraphQLString, GraphQLID})
"""The scalars whose strings need no conversion."""


class _HasResolver(Exception):
    """A selected field is not an attribute with a single value."""


def compile_reader(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    conditions: Mapping[str, bool],
    type_: GraphQLObjectType,
    nodes: Sequence[FieldNode],
) -> ReadObject | None:
    """Return the function for a selection; None if a field of it has a resolver or is a list."""
    writer = _CodeWriter(schema, fragments, conditions)
    try:
        result = writer.add_object("source", type_, nodes, indent="    ")
    except _HasResolver:
        return None
    lines = ["def read(source):", *writer.lines, f"    return {result}"]
    exec("\n".join(lines), writer.values)  # noqa: S102 # see the module's docstring
    read: ReadObject = writer.values["read"]
    return read


class _CodeWriter:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        conditions: Mapping[str, bool],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._conditions = conditions
        self.lines: list[str] = []
        self.values: dict[str, Any] = {"NotCompiled": NotCompiled}
        """The globals of the code."""

    def add_object(
        self, source: str, type_: GraphQLObjectType, nodes: Sequence[FieldNode], indent: str
    ) -> str:
        """Add the lines that read an object; return the expression of its dictionary."""
        collected = collect_fields(self._schema, self._fragments, self._conditions, type_, nodes)
        items = []
        for key, field_nodes in collected.items():
            name = field_nodes[0].name.value
            if name == "__typename":
                value = self._constant(type_.name)
            else:
                value = self._add_field(source, type_, field_nodes, indent)
            items.append(f"{self._constant(key)}: {value}")
        return f"{{{', '.join(items)}}}"

    def _add_field(
        self, source: str, parent: GraphQLObjectType, nodes: Sequence[FieldNode], indent: str
    ) -> str:
        field = parent.fields.get(nodes[0].name.value)
        attribute = attribute_of(field) if field else None
        if field is None or attribute is None:
            raise _HasResolver
        variable = f"value_{len(self.values)}_{len(self.lines)}"
        self.lines.append(f"{indent}{variable} = {source}.{attribute}")
        self._add_value(variable, field.type, nodes, indent)
        return variable

    def _add_value(
        self, variable: str, type_: GraphQLOutputType, nodes: Sequence[FieldNode], indent: str
    ) -> None:
        """Add the lines that replace the variable's value by that of the response."""
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
            self.lines += [f"{indent}if {variable} is None:", f"{indent}    raise NotCompiled"]
        match type_:
            case GraphQLScalarType() | GraphQLEnumType():
                is_text = type_ in TEXT_TYPES
                needs = f" and type({variable}) is not str" if is_text else ""
                convert = self._constant(type_.coerce_output_value)
                self.lines += [
                    f"{indent}if {variable} is not None{needs}:",
                    f"{indent}    {variable} = {convert}({variable})",
                    f"{indent}    if {variable} is None:",
                    f"{indent}        raise NotCompiled",
                ]
            case GraphQLObjectType():
                self.lines.append(f"{indent}if {variable} is not None:")
                result = self.add_object(variable, type_, nodes, indent + "    ")
                self.lines.append(f"{indent}    {variable} = {result}")
            case _:
                raise _HasResolver

    def _constant(self, value: Any) -> str:
        name = f"constant_{len(self.values)}"
        self.values[name] = value
        return name
