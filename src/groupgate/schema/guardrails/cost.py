"""Estimates how many rows, vendor calls and values a field may lead to, and sums them up as points.

The estimate is derived from the schema and is on the high side: vendors differ, their catalogues
are smaller than the requested pages, and many objects have already been read by the same request.
Only short tables, such as `CALLS_PER_OBJECT` and `LIST_LENGTHS`, are maintained by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graphql import (
    BooleanValueNode,
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from groupgate.domain.refs import ProviderKey
from groupgate.schema.connections import MAX_PAGE_SIZE

POINTS_PER_CALL: Final = 10
VALUES_PER_POINT: Final = 10

MAX_COUNT: Final = 1_000_000_000
"""Counts stop here: nested fragments and pages could otherwise give numbers of any length."""

MAX_CALLS_PER_FIELD: Final = 100
"""For more objects than this, the gateway reads whole lists instead of single objects."""

CALLS_PER_MUTATION: Final = 3
"""A fresh read, a write, and a read for the payload."""

CALLS_PER_OBJECT: Final[Mapping[str, int]] = MappingProxyType(
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
"""Calls for each object, for fields that some vendors do not return with the object itself."""

NATIVE_ID_ARGUMENTS: Final = frozenset({"nativeId", "nativeIds", "sku"})
"""Arguments that contain ids of a vendor: a call for each, like the ids of the gateway."""

REPRESENTATIONS: Final = "representations"
"""The argument of `_entities`, in a federation: each representation counts as an id."""

CALLS_FOR_ALL_COLLECTIONS: Final = 10
"""Calls to read all collections of a vendor that has collections."""

LIST_LENGTHS: Final[Mapping[str, int]] = MappingProxyType(
    {
        # Most vendors allow one group per product, one allows several (documented).
        "Product.groups": 2,
        "Query.providers": len(ProviderKey),
    }
)
"""Estimated lengths of the lists whose length no argument determines."""

DEFAULT_LIST_LENGTH: Final = 10
"""Estimated length of any other list, for example user errors or a plan."""

SMALLEST_VENDOR_PAGE_SIZE: Final = 50
"""The largest page that every vendor serves with one call (documented).

A longer page may take one more call for each 50 items at the vendor with the smallest maximum.
"""

_MAX_PAGE_SIZE_DIGITS: Final = 9
"""A longer literal is not converted to int, and counts as `MAX_PAGE_SIZE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The estimated cost of an operation, on the high side."""

    rows: int
    """Catalogue objects (of types that implement Node) that the result may contain."""
    upstream_calls: int
    """Calls to vendors that the operation may need. The actual number is lower."""
    points: int
    """rows + 10 x upstream_calls + values / 10, where a value is the result of one field.

    Values count because a row with many fields takes the gateway longer than a row with few.
    Points count against `DocumentLimits.points` and against a caller's rate limit.
    """

    @classmethod
    def from_counts(cls, *, rows: int, calls: int, values: int) -> "Cost":
        """Calculate the points."""
        points = rows + POINTS_PER_CALL * calls + values // VALUES_PER_POINT
        return cls(rows=rows, upstream_calls=calls, points=points)


class Arguments:
    """Reads page sizes and ids from arguments, with the variables of one request.

    Variables have not been coerced at this point and may hold any value. An invalid value counts
    as the highest possible one, because execution refuses it later.
    """

    def __init__(
        self, operation: OperationDefinitionNode | None, variables: Mapping[str, object]
    ) -> None:
        definitions = operation.variable_definitions or () if operation else ()
        defaults = {each.variable.name.value: each.default_value for each in definitions}
        self._variables: Mapping[str, object] = {**defaults, **variables}

    def page_size(self, node: FieldNode, field: GraphQLField) -> int:
        """Return the value of `first`."""
        return _page_size(self._value(node, field, "first"))

    def id_count(self, node: FieldNode, field: GraphQLField) -> int:
        """Return the number of ids in all arguments: single, in lists, and in lists of inputs."""
        return sum(
            _count(self._value(node, field, name))
            for name, arg in field.args.items()
            if _has_id(get_named_type(arg.type))
            or name in NATIVE_ID_ARGUMENTS
            or name == REPRESENTATIONS
        )

    def is_given(self, node: FieldNode, field: GraphQLField, name: str) -> bool:
        """Return True unless an argument is omitted, null or false."""
        value = self._value(node, field, name)
        if isinstance(value, BooleanValueNode):
            return value.value
        is_empty = value is None or value is Undefined or value is False
        return not is_empty and not isinstance(value, NullValueNode)

    def _value(self, node: FieldNode, field: GraphQLField, name: str) -> object:
        default = field.args[name].default_value
        value = next((arg.value for arg in node.arguments or () if arg.name.value == name), None)
        if isinstance(value, VariableNode):
            variable = self._variables.get(value.name.value, default)
            return default if variable is None else variable
        return default if value is None else value


def _page_size(value: object) -> int:
    if isinstance(value, IntValueNode) and len(value.value) <= _MAX_PAGE_SIZE_DIGITS:
        value = int(value.value)
    if isinstance(value, float) and value.is_integer():  # JSON variables may contain 7.0 for an Int
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(1, min(value, MAX_PAGE_SIZE))
    return MAX_PAGE_SIZE


def _has_id(type_: GraphQLNamedType) -> bool:
    """True for ids, and for inputs with an id, such as the move of a product."""
    if isinstance(type_, GraphQLInputObjectType):
        return any(get_named_type(field.type).name == "ID" for field in type_.fields.values())
    return type_.name == "ID"


def _count(value: object) -> int:
    if isinstance(value, ListValueNode):
        return len(value.values)
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, dict):  # one input in place of a list; without fields it has no id
        return int(bool(value))
    return int(isinstance(value, ValueNode | str | int))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionScope:
    """The context in which selections are executed.

    The scopes of a fragment that is spread at several places are added up.
    """

    uses: int = 0
    """How often the selections occur, with fragments expanded."""
    objects: int = 0
    """The number of objects that the selections are executed on."""
    items: int = 0
    """The number of items on these objects' pages, if the objects are connections."""
    depth: int = 0
    """The maximum number of fields above the selections."""

    def __add__(self, other: "SelectionScope") -> "SelectionScope":
        return SelectionScope(
            uses=min(self.uses + other.uses, MAX_COUNT),
            objects=min(self.objects + other.objects, MAX_COUNT),
            items=min(self.items + other.items, MAX_COUNT),
            depth=max(self.depth, other.depth),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEstimate:
    """The estimated result of a field, and its cost."""

    type: GraphQLNamedType | None = None
    """The type of the result; None if no selection below costs anything."""
    objects: int = 0
    """The number of objects of that type in the result."""
    items: int = 0
    """The number of items on these objects' pages, if the objects are connections."""
    rows: int = 0
    """The number of catalogue objects in the result."""
    calls: int = 0
    """The number of calls to vendors that the field may need."""
    values: int = 0
    """The number of times that the field is resolved."""


FREE: Final = FieldEstimate()
"""For introspection, and for fields that validation refuses."""


class CostEstimator:
    """Estimates the fields of one schema with the arguments of one request."""

    def __init__(self, schema: GraphQLSchema, arguments: Arguments) -> None:
        self._schema = schema
        self._arguments = arguments

    def estimate(
        self, node: FieldNode, parent: GraphQLNamedType | None, scope: SelectionScope
    ) -> FieldEstimate:
        """Estimate a field that is selected on `parent` in a scope."""
        if not isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return FREE
        field = parent.fields.get(node.name.value)
        if field is None:
            return FREE
        calls = self._calls(node, field, parent, scope.objects)
        if node.selection_set is None:
            return FieldEstimate(calls=calls, values=scope.objects)
        type_ = get_named_type(field.type)
        objects = min(self._objects(node, field, parent, scope), MAX_COUNT)
        return FieldEstimate(
            type=type_,
            objects=objects,
            items=min(objects * self._page_size(node, field), MAX_COUNT),
            rows=objects if _is_row(type_) else 0,
            calls=calls,
            values=scope.objects,
        )

    def _objects(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType, scope: SelectionScope
    ) -> int:
        if not is_list_type(get_nullable_type(field.type)):
            return scope.objects
        if _is_connection(parent):
            return scope.items
        if field.args:
            return scope.objects * self._arguments.id_count(node, field)
        name = f"{parent.name}.{node.name.value}"
        return scope.objects * LIST_LENGTHS.get(name, DEFAULT_LIST_LENGTH)

    def _page_size(self, node: FieldNode, field: GraphQLField) -> int:
        return self._arguments.page_size(node, field) if "first" in field.args else 0

    def _calls(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLNamedType, objects: int
    ) -> int:
        if parent is self._schema.query_type:
            return objects * min(self._arguments.id_count(node, field), MAX_CALLS_PER_FIELD)
        if parent is self._schema.mutation_type:
            ids = min(self._arguments.id_count(node, field), MAX_CALLS_PER_FIELD)
            return objects * (CALLS_PER_MUTATION + ids)
        name = f"{parent.name}.{node.name.value}"
        calls = CALLS_PER_OBJECT.get(name, 0)
        if "first" in field.args:
            calls = 1 + self._page_size(node, field) // SMALLEST_VENDOR_PAGE_SIZE
        elif not NATIVE_ID_ARGUMENTS.isdisjoint(field.args):
            calls = self._arguments.id_count(node, field)
        if self._reads_all_collections(name, node, field):
            calls += CALLS_FOR_ALL_COLLECTIONS
        return min(objects * calls, MAX_CALLS_PER_FIELD)

    def _reads_all_collections(self, name: str, node: FieldNode, field: GraphQLField) -> bool:
        match name:
            case "Provider.groups":
                return True
            case "Provider.group":
                return not self._arguments.is_given(node, field, "productCollectionNativeId")
            case "Provider.products":
                return self._arguments.is_given(node, field, "ungrouped")
        return False


def _is_row(type_: GraphQLNamedType) -> bool:
    if isinstance(type_, GraphQLInterfaceType):
        return type_.name == "Node"
    if isinstance(type_, GraphQLUnionType):  # that of `_entities`
        return all(map(_is_row, type_.types))
    return isinstance(type_, GraphQLObjectType) and any(
        interface.name == "Node" for interface in type_.interfaces
    )


def _is_connection(type_: GraphQLNamedType) -> bool:
    return type_.name.endswith("Connection")
