"""GraphQL Code Generator, and the TypeScript compiler on its output."""

from pathlib import Path

from graphql import GraphQLScalarType, build_schema, is_specified_scalar_type

from tests.clients.node_package import NodePackage

SCHEMA = Path(__file__).parents[2] / "schema.graphql"


def test_every_scalar_has_a_specification_url() -> None:
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


def test_a_strict_program_compiles_with_the_generated_types(node: NodePackage) -> None:
    """The program handles every null; the compiler finds its deliberate mistakes."""
    scalars = node.run_json("typed/generate.mjs", str(SCHEMA), str(node.generated("typed")))
    assert scalars == {"DateTime": "string", "Decimal": "string"}
    assert node.tool("tsc", "--project", "typed") == ""
