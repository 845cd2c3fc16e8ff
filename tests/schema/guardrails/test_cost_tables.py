"""The tables of the cost estimate match the schema, as do its assumptions about field types."""

from collections.abc import Iterator

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_composite_type, is_list_type
from graphql.type import get_nullable_type

from groupgate.schema.guardrails.cost import (
    CALLS_PER_OBJECT,
    LIST_LENGTHS,
    NATIVE_ID_ARGUMENTS,
)
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


def lists() -> dict[str, GraphQLField]:
    """Return the fields with lists of objects, except those of connections and payloads."""
    return {
        name: field
        for name, field in fields()
        if is_list_type(get_nullable_type(field.type))
        and is_composite_type(get_named_type(field.type))
        and not name.split(".")[0].endswith(("Connection", "Payload"))
    }


def test_every_list_of_objects_without_arguments_has_an_estimated_length() -> None:
    assert {name for name, field in lists().items() if not field.args} == set(LIST_LENGTHS)


def test_every_list_of_objects_with_arguments_takes_one_list_of_ids() -> None:
    with_arguments = {name: [*field.args] for name, field in lists().items() if field.args}
    assert with_arguments == {"Query.nodes": ["ids"], "Provider.productsByNativeId": ["nativeIds"]}


def test_every_argument_with_native_ids_or_skus_is_counted() -> None:
    names = {arg for _name, field in fields() for arg in field.args}
    native = {name for name in names if "ativeId" in name or "sku" in name.lower()}
    # A parent's id selects no object of its own.
    assert native - NATIVE_ID_ARGUMENTS == {"productCollectionNativeId"}
    assert native >= NATIVE_ID_ARGUMENTS
