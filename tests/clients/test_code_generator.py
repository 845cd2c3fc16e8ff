"""GraphQL Code Generator, and the TypeScript compiler over what it makes."""

from pathlib import Path

from graphql import GraphQLScalarType, build_schema, is_specified_scalar_type

from tests.clients.node_package import NodePackage

SCHEMA = Path(__file__).parents[2] / "schema.graphql"


def test_every_scalar_says_where_it_is_specified() -> None:
    types = build_schema(SCHEMA.read_text(encoding="utf-8")).type_map.values()
    scalars = [
        one
        for one in types
        if isinstance(one, GraphQLScalarType) and not is_specified_scalar_type(one)
    ]
    assert {one.name: one.specified_by_url for one in scalars} == {
        "DateTime": "https://scalars.graphql.org/andimarek/date-time",
        "Decimal": "https://www.rfc-editor.org/rfc/rfc8259#section-6",
    }


def test_a_strict_program_compiles_over_the_generated_types(node: NodePackage) -> None:
    """It handles every null; its mistakes, each marked as one, are found by the compiler."""
    scalars = node.answer("typed/generate.mjs", str(SCHEMA), str(node.generated("typed")))
    assert scalars == {"DateTime": "string", "Decimal": "string"}
    assert node.tool("tsc", "--project", "typed") == ""
