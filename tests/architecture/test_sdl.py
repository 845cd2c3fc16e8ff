"""The exported schema is current, described throughout, and in step with the capabilities."""

import re
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLNamedType, GraphQLObjectType, build_schema

from groupgate.domain.capabilities import Capability
from groupgate.schema.build import schema_sdl

FILE = Path(__file__).parents[2] / "schema.graphql"


def own_types() -> list[GraphQLNamedType]:
    """The types that the schema defines itself."""
    built_in = {"String", "Int", "Float", "Boolean", "ID"}
    types = build_schema(schema_sdl()).type_map.values()
    return [one for one in types if one.name not in built_in and not one.name.startswith("__")]


def test_the_exported_schema_is_that_of_the_code() -> None:
    """`groupgate schema --write` was run."""
    assert FILE.read_text(encoding="utf-8") == schema_sdl()


def test_every_type_field_argument_and_value_is_described() -> None:
    """But for the fields that an interface describes already."""
    bare = [one.name for one in own_types() if not one.description]
    for one in own_types():
        if isinstance(one, GraphQLEnumType):
            bare += [f"{one.name}.{name}" for name, v in one.values.items() if not v.description]
        for name, field in getattr(one, "fields", {}).items():
            bare += [f"{one.name}.{name}"] * (not field.description)
            arguments = getattr(field, "args", {}).items()
            bare += [f"{one.name}.{name}({arg})" for arg, a in arguments if not a.description]
    assert [one for one in bare if not one.endswith((".message", ".code", ".field"))] == []


def test_every_mutation_has_a_capability_of_its_name() -> None:
    """A client reads GROUP_REORDER_PRODUCTS and knows that groupReorderProducts works."""
    mutation = build_schema(schema_sdl()).mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    words = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in mutation.fields}
    assert words <= {one.value for one in Capability}
    assert len(words) == 14
