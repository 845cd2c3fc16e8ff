"""The enums of the domain have descriptions in the schema."""

from graphql import GraphQLEnumType

from groupgate.domain.refs import ProviderKey
from groupgate.schema.build import build_schema


def test_a_vendor_key_is_described_by_the_display_name_of_the_vendor() -> None:
    enum = build_schema()._schema.type_map["ProviderKey"]

    assert isinstance(enum, GraphQLEnumType)
    assert {name: value.description for name, value in enum.values.items()} == {
        key.name: f"{key.display_name}." for key in ProviderKey
    }
