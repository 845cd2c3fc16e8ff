"""How a field of the schema is read, learnt from its Strawberry definition."""

from collections.abc import Callable
from typing import Any, cast

from graphql import GraphQLField
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField


def attribute_of(field: GraphQLField) -> str | None:
    """Return the attribute that holds the field's value; None if it has a resolver."""
    definition = _definition(field)
    if definition is None or definition.base_resolver is not None or definition.extensions:
        return None
    return definition.python_name


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


def _definition(field: GraphQLField) -> StrawberryField | None:
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return definition if isinstance(definition, StrawberryField) else None
