"""The generated functions: what they cover, and that clients cannot put text into their code."""

from decimal import Decimal
from typing import Any

import pytest
from graphql import FieldNode, GraphQLObjectType, OperationDefinitionNode, parse

from groupgate.app.compiled.fields import ReadObject, compile_reader
from groupgate.app.compiled.run import NotCompiled
from groupgate.domain import catalog
from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.build import build_schema
from groupgate.schema.types.product import Product

SCHEMA: Any = build_schema()._schema


def reader(selection: str) -> ReadObject | None:
    """Compile the reader of a selection of Product."""
    (operation,) = parse(f"{{ products {{ {selection} }} }}").definitions
    assert isinstance(operation, OperationDefinitionNode)
    (field,) = operation.selection_set.selections
    type_ = SCHEMA.type_map["Product"]
    assert isinstance(field, FieldNode)
    assert isinstance(type_, GraphQLObjectType)
    return compile_reader(SCHEMA, {}, {}, type_, [field])


def product(**given: Any) -> Product:
    """Return a product with these fields."""
    ref = ProductRef(provider=ProviderKey.DODO, native_id="one")
    return Product(entity=catalog.Product(ref=ref, **{"name": "One", **given}))


def test_attributes_are_read_in_the_order_of_the_selection() -> None:
    """Aliases, nested objects and null."""
    read = reader("b: name __typename price { amount } a: name description isRecurring")
    assert read is not None
    money = catalog.Money(amount=Decimal("19.90"), currency_code="USD")
    assert list(read(product(price=money, is_recurring=True)).items()) == [
        ("b", "One"),
        ("__typename", "Product"),
        ("price", {"amount": "19.90"}),
        ("a", "One"),
        ("description", None),
        ("isRecurring", True),
    ]
    assert read(product())["price"] is None


def test_readers_of_the_same_fields_have_their_code_in_common() -> None:
    """The keys are not part of it."""
    one, other, third = reader("name sku"), reader("a: name b: sku"), reader("sku")
    assert one is not None
    assert other is not None
    assert third is not None
    assert one.__code__ is other.__code__
    assert one.__code__ is not third.__code__
    assert one(product(sku="S")) == {"name": "One", "sku": "S"}
    assert other(product(sku="S")) == {"a": "One", "b": "S"}


@pytest.mark.parametrize("selection", ["name status", "groups { name }", "provider { name }"])
def test_fields_with_resolvers_have_no_reader(selection: str) -> None:
    """They may need a call."""
    assert reader(selection) is None


@pytest.mark.parametrize("key", ["import", "source", "constant_1", "read", "None", "NotCompiled"])
def test_any_name_can_be_an_alias(key: str) -> None:
    """Aliases are not part of the code."""
    read = reader(f"{key}: name")
    assert read is not None
    assert read(product()) == {key: "One"}


def test_null_for_a_field_that_is_never_null_is_left_to_graphql_core() -> None:
    """It has to report the error with its path."""
    read = reader("nativeId")
    assert read is not None
    broken = ProductRef(provider=ProviderKey.DODO, native_id=None)  # type: ignore[arg-type]
    with pytest.raises(NotCompiled):
        read(Product(entity=catalog.Product(ref=broken, name="One")))
