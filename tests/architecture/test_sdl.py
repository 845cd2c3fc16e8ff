"""The exported schema is current, fully described, and consistent with the capabilities."""

import re
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLNamedType, GraphQLObjectType, build_schema

from groupgate.domain.capabilities import Capability
from groupgate.schema.build import schema_sdl

FILE = Path(__file__).parents[2] / "schema.graphql"


def own_types() -> list[GraphQLNamedType]:
    """Return the types that the schema defines itself."""
    built_in = {"String", "Int", "Float", "Boolean", "ID"}
    types = build_schema(schema_sdl()).type_map.values()
    return [one for one in types if one.name not in built_in and not one.name.startswith("__")]


def test_the_exported_schema_is_current() -> None:
    """If not, run `groupgate schema --write`."""
    assert FILE.read_text(encoding="utf-8") == schema_sdl()


def test_every_type_field_argument_and_value_has_a_description() -> None:
    """Fields that an interface describes are exempt."""
    bare = [one.name for one in own_types() if not one.description]
    for one in own_types():
        if isinstance(one, GraphQLEnumType):
            bare += [f"{one.name}.{name}" for name, v in one.values.items() if not v.description]
        for name, field in getattr(one, "fields", {}).items():
            bare += [f"{one.name}.{name}"] * (not field.description)
            arguments = getattr(field, "args", {}).items()
            bare += [f"{one.name}.{name}({arg})" for arg, a in arguments if not a.description]
    assert [one for one in bare if not one.endswith((".message", ".code", ".field"))] == []


def test_every_mutation_has_a_capability_with_its_name() -> None:
    """GROUP_REORDER_PRODUCTS tells a client that groupReorderProducts works."""
    mutation = build_schema(schema_sdl()).mutation_type
    assert isinstance(mutation, GraphQLObjectType)
    words = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper() for name in mutation.fields}
    assert words <= {one.value for one in Capability}
    assert len(words) == 14
