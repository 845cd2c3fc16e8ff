"""Every error has a code, also for null that reaches an argument through a nullable variable."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    TypeMetaFieldDef,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from groupgate.domain.catalog import Product
from groupgate.schema.build import build_schema
from groupgate.schema.ids import encode_id
from tests.app.gateway import gateway_client
from tests.sample_catalog import COLLECTION, GROUP, A, sample_provider

pytestmark = pytest.mark.anyio

SCHEMA = build_schema()._schema

LITERALS = {
    "Boolean": "false",
    "Capability": "GROUP_CREATE",
    "GroupAccess": "OPEN",
    "GroupInput": '{name: "a"}',
    "GroupProductInput": "{status: ACTIVE}",
    "GroupProductStatus": "ACTIVE",
    "GroupStatus": "ACTIVE",
    "ID": f'"{encode_id(GROUP)}"',
    "Int": "1",
    "ProductStatus": "ACTIVE",
    "MoveInput": f'{{id: "{encode_id(GROUP)}", newPosition: 1}}',
    "ProductCollectionInput": '{name: "a"}',
    "ProviderKey": "DODO",
    "String": '"a"',
}
"""A value of each type of an argument."""

PLACES = {
    "Query": "query(#) { # }",
    "Mutation": "mutation(#) { # }",
    "Provider": "query(#) { provider(key: DODO) { # } }",
    "ProductCollection": f'query(#) {{ productCollection(id: "{encode_id(COLLECTION)}") {{ # }} }}',
    "Group": f'query(#) {{ group(id: "{encode_id(GROUP)}") {{ # }} }}',
    "Product": f'query(#) {{ product(id: "{encode_id(A)}") {{ # }} }}',
    "__Schema": "query(#) { __schema { # } }",
    "__Type": 'query(#) { __type(name: "Query") { # } }',
    "__Field": 'query(#) { __type(name: "Query") { fields { # } } }',
    "__Directive": "query(#) { __schema { directives { # } } }",
}
"""A document for each type that has a field with arguments: variables and a selection."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """The use of the variable `$v` in the value of an argument."""

    name: str
    value: str
    type: GraphQLInputType
    """The type of the position of the variable."""
    at: str = ""
    """The position in the argument, as error messages name it."""


def uses_of(name: str, argument: GraphQLArgument) -> Iterator[Use]:
    """Yield the uses of a variable for a whole argument, an item and a field of an input object."""
    yield Use(name=name, value="$v", type=argument.type)
    nullable, named = get_nullable_type(argument.type), get_named_type(argument.type)
    if is_list_type(nullable):
        yield Use(name=f"{name}[0]", value="[$v]", type=nullable.of_type, at=" at [0]")
    if isinstance(named, GraphQLInputObjectType):
        for field, one in named.fields.items():
            required = {
                other: literal(each.type)
                for other, each in named.fields.items()
                if is_required_input_field(each)
            }
            value = f"{{{listed({**required, field: '$v'})}}}"
            yield Use(name=f"{name}.{field}", value=value, type=one.type, at=f" at .{field}")


def literal(type_: GraphQLInputType) -> str:
    """Return a value of a type."""
    named = LITERALS[get_named_type(type_).name]
    return f"[{named}]" if is_list_type(get_nullable_type(type_)) else named


def listed(values: Mapping[str, str]) -> str:
    """Return the arguments of a field, or the fields of an input object."""
    return ", ".join(f"{name}: {value}" for name, value in values.items())


def calls(
    called: str, arguments: Mapping[str, GraphQLArgument], selections: str
) -> Iterator[tuple[str, str, str, str]]:
    """Yield, for each use of a variable in a call, a name, the definition, the call, the error."""
    for name, argument in arguments.items():
        required = {
            other: literal(one.type)
            for other, one in arguments.items()
            if other != name and is_required_argument(one)
        }
        for use in uses_of(name, argument):
            message = (
                f"Argument '{name}' has invalid value{use.at}: Expected variable '$v' provided to "
                f"non-null type '{use.type}' not to be None."
            )
            yield (
                f"{called}({use.name})",
                f"$v: {get_nullable_type(use.type)} = {literal(use.type)}",
                f"{called}({listed({**required, name: use.value})}){selections}",
                message if is_non_null_type(use.type) else "",
            )


def fields() -> Iterator[tuple[str, str, GraphQLField]]:
    """Yield every field of the schema, with the names of its type and of itself."""
    yield "Query", "__type", TypeMetaFieldDef
    for type_ in SCHEMA.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            for name, field in type_.fields.items():
                yield type_.name, name, field


def documents() -> Iterator[tuple[str, str, str]]:
    """Yield, for each argument of the schema, a name, a document and the expected error."""
    for type_name, name, field in fields():
        selections = " { __typename }" * is_composite_type(get_named_type(field.type))
        for call, variable, selection, error in calls(name, field.args, selections):
            document = written(PLACES[type_name], variable, selection)
            yield f"{type_name}.{call}", document, error
    for directive in SCHEMA.directives:
        if DirectiveLocation.FIELD in directive.locations:
            for call, variable, used, error in calls(f"@{directive.name}", directive.args, ""):
                for type_name, place in PLACES.items():
                    if type_name != "Mutation":
                        document = written(place, variable, f"__typename {used}")
                        yield f"{call} in {type_name}", document, error


def written(place: str, variable: str, selection: str) -> str:
    """Return the document of a place."""
    return place.replace("#", variable, 1).replace("#", selection)


DOCUMENTS = {name: (document, error) for name, document, error in documents()}


def test_every_argument_of_the_schema_is_covered() -> None:
    arguments = {
        f"{type_name}.{name}({argument})"
        for type_name, name, field in fields()
        for argument in field.args
    }
    assert len(arguments) > 90
    assert arguments <= DOCUMENTS.keys()


@pytest.mark.parametrize(("document", "message"), DOCUMENTS.values(), ids=DOCUMENTS)
async def test_null_through_a_nullable_variable_is_bad_user_input(
    document: str, message: str
) -> None:
    vendor = sample_provider()
    vendor.products = [Product(ref=A, name="A")]
    async with gateway_client(vendor) as client:
        body = {"query": document, "variables": {"v": None}}
        response = await client.post("/graphql", json=body)
    assert response.status_code == 200, response.json()
    errors = response.json().get("errors", [])
    assert all(error["extensions"]["code"] for error in errors)
    expected = [("BAD_USER_INPUT", message)] if message else []
    assert [(error["extensions"]["code"], error["message"]) for error in errors] == expected
