"""What a field leads to and what it costs, read off the schema.

An estimate, on the high side: vendors differ, their catalogues are smaller than what is asked
for, and much is found among what the request has read already. Nothing here is kept by hand for
each field but the two short tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from groupgate.domain.refs import ProviderKey
from groupgate.schema.guardrails.arguments import Arguments

CEILING: Final = 1_000_000_000
"""Where multiplying stops: nested fragments and pages would give numbers of any length."""

MOST_CALLS: Final = 100
"""For one field: with more objects than this, vendors are read by whole lists, not one by one."""

MUTATION_CALLS: Final = 3
"""A fresh read, a write, and a read of what the payload shows."""

OWN_CALLS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Group.hasProduct": 1,
        "Group.revision": 1,
        "Product.createdAt": 1,
        "Product.groups": 2,
        "Product.imageUrl": 1,
        "Product.status": 1,
        "Product.updatedAt": 1,
        "ProductCollection.revision": 2,
    }
)
"""Calls for one object, of fields that not every vendor tells along with the object itself."""

LISTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Product.groups": 2,  # one at Dodo and 2Checkout, a few at Axim (documented)
        "Query.providers": len(ProviderKey),
    }
)
"""How long the lists are which no argument tells."""

OTHER_LIST: Final = 10
"""How long any other list may be: user errors, a plan."""

_AXIM_PAGE: Final = 50  # the smallest of the vendors' largest pages (documented)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where selections stand. Places of the same fragment add up."""

    uses: int = 0
    """How often they are written, once fragments are written out."""
    objects: int = 0
    """On how many objects they are answered."""
    items: int = 0
    """How many objects are on the pages which these objects are."""
    depth: int = 0
    """Below how many fields, at most."""

    def __add__(self, other: "Place") -> "Place":
        return Place(
            uses=min(self.uses + other.uses, CEILING),
            objects=min(self.objects + other.objects, CEILING),
            items=min(self.items + other.items, CEILING),
            depth=max(self.depth, other.depth),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a field leads to and what it costs."""

    type: GraphQLNamedType | None = None
    """The type of what it answers; None where nothing below costs anything."""
    objects: int = 0
    """How many it answers of that type."""
    items: int = 0
    """How many there are on the pages which these are."""
    rows: int = 0
    """How many of these are things of the catalogue."""
    calls: int = 0
    """How many calls to vendors it may take."""
    values: int = 0
    """How often it is answered."""


FREE: Final = Price()
"""For introspection, and for fields which validation will refuse."""


class Prices:
    """Prices in one schema, for one request."""

    def __init__(self, schema: GraphQLSchema, arguments: Arguments) -> None:
        self._schema = schema
        self._arguments = arguments

    def of(self, node: FieldNode, parent: GraphQLNamedType | None, place: Place) -> Price:
        """Return the price of a field selected at a place."""
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return FREE
        field = parent.fields.get(node.name.value)
        if field is None:
            return FREE
        calls = self._calls(node, field, parent, place.objects)
        if node.selection_set is None:
            return Price(calls=calls, values=place.objects)
        type_ = get_named_type(field.type)
        objects = min(self._objects(node, field, parent, place), CEILING)
        return Price(
            type=type_,
            objects=objects,
            items=min(objects * self._page(node, field), CEILING),
            rows=objects if _is_row(type_) else 0,
            calls=calls,
            values=place.objects,
        )

    def _objects(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType, place: Place
    ) -> int:
        if not is_list_type(get_nullable_type(field.type)):
            return place.objects
        if _is_connection(parent):
            return place.items
        if parent is self._schema.query_type and field.args:
            return place.objects * self._arguments.ids(node, field)
        return place.objects * LISTS.get(f"{parent.name}.{node.name.value}", OTHER_LIST)

    def _page(self, node: FieldNode, field: GraphQLField) -> int:
        return self._arguments.page_size(node, field) if "first" in field.args else 0

    def _calls(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType, objects: int
    ) -> int:
        if parent is self._schema.query_type:
            return objects * min(self._arguments.ids(node, field), MOST_CALLS)
        if parent is self._schema.mutation_type:
            ids = min(self._arguments.ids(node, field), MOST_CALLS)
            return objects * (MUTATION_CALLS + ids)
        each = OWN_CALLS.get(f"{parent.name}.{node.name.value}", 0)
        if "first" in field.args:
            each = 1 + self._page(node, field) // _AXIM_PAGE
        return min(objects * each, MOST_CALLS)


def _is_row(type_: GraphQLNamedType) -> bool:
    if isinstance(type_, GraphQLInterfaceType):
        return type_.name == "Node"
    return isinstance(type_, GraphQLObjectType) and any(
        interface.name == "Node" for interface in type_.interfaces
    )


def _is_connection(type_: GraphQLNamedType) -> bool:
    return type_.name.endswith("Connection")
