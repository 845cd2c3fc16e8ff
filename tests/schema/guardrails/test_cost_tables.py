"""The tables of the cost estimate match the schema, as do its assumptions about field types."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_list_type, is_object_type
from graphql.type import get_nullable_type

from groupgate.schema.guardrails.cost import CALLS_PER_OBJECT, LIST_LENGTHS
from tests.schema.guardrails.helpers import schema


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """Yield all fields of the object types of the schema."""
    for type_ in schema().type_map.values():
        if isinstance(type_, GraphQLObjectType) and not type_.name.startswith("__"):
            for name, field in type_.fields.items():
                yield f"{type_.name}.{name}", field


def test_every_field_in_the_tables_exists() -> None:
    names = {name for name, _field in fields()}
    assert names >= CALLS_PER_OBJECT.keys()
    assert names >= LIST_LENGTHS.keys()


def test_the_fields_with_a_page_size_are_the_connections() -> None:
    for name, field in fields():
        is_connection = get_named_type(field.type).name.endswith("Connection")
        assert is_connection == ("first" in field.args), name


def test_every_page_size_has_a_default() -> None:
    for name, field in fields():
        assert "first" not in field.args or field.args["first"].default_value == 20, name


def test_every_list_of_objects_in_queries_has_an_estimated_length() -> None:
    lists = {
        name
        for name, field in fields()
        if is_list_type(get_nullable_type(field.type))
        and is_object_type(get_named_type(field.type))
        and not name.split(".")[0].endswith(("Connection", "Payload"))
    }
    assert lists == set(LIST_LENGTHS)
