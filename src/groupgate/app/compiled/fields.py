"""The selected fields of an object (GraphQL specification, CollectFields), and how to read them.

If the selected fields of an object are all attributes, such as those of most products, a generated
function reads them and builds the response's dictionary without a call for each field. Its code
contains only names of the schema's attributes and numbered variables: the keys of the response,
which clients choose, are values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Final, cast

import strawberry
from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_nullable_type,
    is_abstract_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from groupgate.app.compiled.run import NotCompiled
from groupgate.schema.context import ATTRIBUTE, MEMO

ReadObject = Callable[[Any], dict[str, Any]]
"""Returns the response of an object; raises any exception if graphql-core has to execute it."""

TEXT_TYPES: Final = frozenset({GraphQLString, GraphQLID})
"""The scalars whose strings need no conversion."""

_PLAIN_TYPES: Final = frozenset({GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLString})


def collect_fields(
    schema: GraphQLSchema,
    fragments: Mapping[str, FragmentDefinitionNode],
    conditions: Mapping[str, bool],
    type_: GraphQLObjectType,
    parents: Sequence[FieldNode | OperationDefinitionNode],
) -> dict[str, list[FieldNode]]:
    """Return the selected fields of an object by response key, in the order of the document.

    `parents` are the nodes with the selection sets; `conditions` are the values of the variables
    in `@skip` and `@include`.
    """
    fields: dict[str, list[FieldNode]] = {}
    visited: set[str] = set()
    pending = [node for parent in parents for node in _selections(parent.selection_set)]
    while pending:
        node = pending.pop(0)
        if not is_included(node, conditions):
            continue
        match node:
            case FieldNode():
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
            case InlineFragmentNode():
                condition = node.type_condition
                if condition is None or _applies(schema, condition.name.value, type_):
                    pending[:0] = _selections(node.selection_set)
            case FragmentSpreadNode() if node.name.value not in visited:
                visited.add(node.name.value)
                fragment = fragments[node.name.value]
                if _applies(schema, fragment.type_condition.name.value, type_):
                    pending[:0] = _selections(fragment.selection_set)
    return fields


def _selections(selection_set: SelectionSetNode | None) -> tuple[SelectionNode, ...]:
    return tuple(selection_set.selections) if selection_set else ()


def is_included(node: SelectionNode, conditions: Mapping[str, bool]) -> bool:
    """Return False if `@skip` or `@include` leaves the selection out."""
    for directive in node.directives or ():
        if directive.name.value in {"skip", "include"}:
            condition = _condition(directive, conditions)
            if condition is (directive.name.value == "skip"):
                return False
    return True


def _condition(directive: DirectiveNode, conditions: Mapping[str, bool]) -> bool:
    value = next(argument.value for argument in directive.arguments or ())
    if isinstance(value, VariableNode):
        return conditions[value.name.value]
    return isinstance(value, BooleanValueNode) and value.value


def _applies(schema: GraphQLSchema, condition: str, type_: GraphQLObjectType) -> bool:
    if condition == type_.name:
        return True
    named = schema.type_map[condition]
    return is_abstract_type(named) and schema.is_sub_type(named, type_)


def attribute_of(field: GraphQLField) -> str | None:
    """Return the path of the attribute that holds the field's value; None if it has a resolver."""
    definition = _definition(field)
    if definition is None or definition.extensions:
        return None
    resolver = definition.base_resolver
    if resolver is None:
        return definition.python_name
    return getattr(resolver.wrapped_func, ATTRIBUTE, None)


def method_of(field: GraphQLField) -> Callable[[Any], Any] | None:
    """Return the method that resolves the field from the object alone, if it is such a one."""
    definition = _definition(field)
    if definition is None or definition.base_resolver is None:
        return None
    resolver = definition.base_resolver
    if definition.arguments or definition.extensions or definition.permission_classes:
        return None
    if resolver.info_parameter or resolver.root_parameter or not resolver.self_parameter:
        return None
    return cast("Callable[[Any], Any]", resolver.wrapped_func)


def memo_of(method: Callable[[Any], Any]) -> str | None:
    """Return the path of the memo of the list that a method returns; None if it has none."""
    return getattr(method, MEMO, None)


def is_node(type_: GraphQLOutputType) -> bool:
    """Return True for the type of an object of the catalogue."""
    named = get_nullable_type(type_)
    return isinstance(named, GraphQLObjectType) and any(
        interface.name == "Node" for interface in named.interfaces
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """A resolver with arguments, called without the steps that strawberry repeats in each call.

    `info_name` is the name of the parameter for the info, None if it has none.
    """

    function: Callable[..., Any]
    definition: StrawberryField
    info_name: str | None

    def arguments(self, schema: strawberry.Schema, values: dict[str, Any]) -> dict[str, Any]:
        """Convert the coerced values of the field's arguments to those of the function."""
        registry = schema.schema_converter.scalar_registry
        return convert_arguments(values, self.definition.arguments, registry, schema.config)


def resolver_of(field: GraphQLField) -> Resolver | None:
    """Return the field's resolver; None if graphql-core has to call it through strawberry."""
    definition = _definition(field)
    if definition is None or definition.extensions or definition.permission_classes:
        return None
    resolver = definition.base_resolver
    if resolver is None or resolver.root_parameter or not resolver.self_parameter:
        return None
    info = resolver.info_parameter
    return Resolver(
        function=cast("Callable[..., Any]", resolver.wrapped_func),
        definition=definition,
        info_name=info.name if info else None,
    )


def simple_arguments(
    field: GraphQLField, node: FieldNode, resolver: Resolver, schema: strawberry.Schema
) -> dict[str, str]:
    """Return the variables of the arguments, by the names that the function has for these.

    The result is empty if an argument contains a variable, or is converted for the function: only
    the values of plain scalars are passed as they are.
    """
    names = {
        schema.config.name_converter.from_argument(argument): argument.python_name
        for argument in resolver.definition.arguments
    }
    found: dict[str, str] = {}
    for argument in node.arguments or ():
        if not _contains_variable(argument.value):
            continue
        name = argument.name.value
        type_ = get_nullable_type(field.args[name].type)
        if not isinstance(argument.value, VariableNode) or type_ not in _PLAIN_TYPES:
            return {}
        found[names[name]] = argument.value.name.value
    return found


def has_variables(node: FieldNode) -> bool:
    """Return True if an argument of the field contains a variable."""
    return any(_contains_variable(argument.value) for argument in node.arguments or ())


def _contains_variable(value: ValueNode) -> bool:
    match value:
        case VariableNode():
            return True
        case ListValueNode():
            return any(map(_contains_variable, value.values or ()))
        case ObjectValueNode():
            return any(_contains_variable(field.value) for field in value.fields or ())
        case _:
            return False


def _definition(field: GraphQLField) -> StrawberryField | None:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return definition if isinstance(definition, StrawberryField) else None


MAX_CODES: Final = 16
"""Texts whose code is kept; the longest one, with 400 fields, takes 570 KB."""


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
    exec(_code("\n".join(lines)), writer.values)  # noqa: S102 # see the module's docstring
    # Without a cycle: the function refers to these values.
    read: ReadObject = writer.values.pop("read")
    return read


@lru_cache(MAX_CODES)
def _code(source: str) -> CodeType:
    """Compile a text, which documents that select the same fields have in common."""
    return compile(source, "<reader>", "exec")


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
