"""The few things kept by hand fit the schema, and the rest is told by its shape."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_object_type
from graphql.type import get_nullable_type

from groupgate.schema.guardrails import prices
from tests.schema.guardrails.asking import schema


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """All fields of the schema's own objects."""
    for type_ in schema().type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field


def test_every_field_in_a_table_exists() -> None:
    names = {name for name, _field in fields()}
    assert names >= prices.OWN_CALLS.keys()
    assert names >= prices.LISTS.keys()


def test_every_field_with_pages_is_a_connection_and_none_else_is() -> None:
    for name, field in fields():
        is_connection = get_named_type(field.type).name.endswith("Connection")
        assert is_connection == ("first" in field.args), name


def test_every_page_size_has_a_default() -> None:
    for name, field in fields():
        assert "first" not in field.args or field.args["first"].default_value == 20, name


def test_the_length_of_every_list_of_objects_is_known_in_queries() -> None:
    unknown = {
        name
        for name, field in fields()
        if is_list_type(get_nullable_type(field.type))
        and is_object_type(get_named_type(field.type))
        and not name.split(".")[0].endswith(("Connection", "Payload"))
    }
    assert unknown == set(prices.LISTS)
