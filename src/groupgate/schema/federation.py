"""The graph as a subgraph of Apollo Federation 2: `_service`, `_entities` and the printed subgraph.

strawberry's own federation schema needs the directives on the types themselves, where the plain
schema would have them too. Here the plain schema stays as it is, and the printed subgraph receives
them.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Annotated, Final, NewType, cast

import strawberry
from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DocumentNode,
    GraphQLError,
    NameNode,
    ObjectTypeDefinitionNode,
    parse,
    print_ast,
)
from strawberry.schema.base import BaseSchema
from strawberry.types.scalar import ScalarDefinition

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.schema.context import Info, Node
from groupgate.schema.errors import bad_input
from groupgate.schema.ids import NOUNS, AnyRef, ProviderRef, decode_id
from groupgate.schema.queries import Query, load_node
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider

MAX_REPRESENTATIONS: Final = 1_000
"""A router asks for all entities of a list at once, and does not divide them."""

ENTITIES: Final[Mapping[str, type[AnyRef]]] = MappingProxyType(
    {
        "Group": GroupRef,
        "Product": ProductRef,
        "ProductCollection": CollectionRef,
        "Provider": ProviderRef,
    }
)
"""The entities, by the names of their types; the key of each is its `id`."""

SHAREABLE: Final = frozenset({"PageInfo"})
"""Types that every subgraph with Relay connections defines in the same way."""

ADDED: Final = frozenset({"_Any", "_Entity", "_Service", "_entities", "_service"})
"""Types and fields that a subgraph serves and does not print."""

LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", '
    'import: ["@key", "@shareable"])\n\n'
)

AnyValue = NewType("AnyValue", object)

ANY_SCALAR: Final[dict[object, ScalarDefinition]] = {
    AnyValue: strawberry.scalar(
        name="_Any",
        description="A representation of an entity: its `__typename` and its `id`.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    )
}

_Entity = Annotated[Group | Product | ProductCollection | Provider, strawberry.union("_Entity")]


@strawberry.type(name="_Service", description="This subgraph.")
class Service:
    """This subgraph."""

    sdl: str = strawberry.field(description="The subgraph, for the composition of a supergraph.")


@strawberry.type(name="Query", description=Query.__strawberry_definition__.description)  # type: ignore[attr-defined]
class FederatedQuery(Query):
    """All queries, and those of a federation's router."""

    @strawberry.field(name="_entities", description="Fetch entities, for a federation's router.")
    def entities(
        self,
        info: Info,
        representations: Annotated[
            list[AnyValue],
            strawberry.argument(description="The entities, at most 1,000."),
        ],
    ) -> list[_Entity | None]:
        """Fetch several entities; an error of one does not affect the others."""
        if len(representations) > MAX_REPRESENTATIONS:
            raise bad_input(
                f"`representations` may contain at most {MAX_REPRESENTATIONS:,} entities, not "
                f"{len(representations):,}."
            )
        loads = [_load_or_error(info, one, index) for index, one in enumerate(representations)]
        return cast("list[_Entity | None]", loads)

    @strawberry.field(name="_service", description="This subgraph, for a federation's router.")
    def service(self, info: Info) -> Service:
        """This subgraph."""
        return Service(sdl=_printed(info.schema))


def _load_or_error(
    info: Info, representation: object, index: int
) -> Awaitable[Node | None] | GraphQLError:
    """Return an awaitable or an error: graphql-core completes each item of a list separately."""
    try:
        return load_node(info, _ref_of(representation), index)
    except GraphQLError as error:
        return error


def _ref_of(representation: object) -> AnyRef:
    """Return the ref of an entity; raise BAD_USER_INPUT if it is no entity of this subgraph."""
    if not isinstance(representation, dict):
        raise bad_input("A representation must be an object with `__typename` and `id`.")
    name, key = representation.get("__typename"), representation.get("id")
    kind = ENTITIES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise bad_input(f"`__typename` must be one of {', '.join(ENTITIES)}.")
    if not isinstance(key, str):
        raise bad_input(f"The representation of a {name} must have its `id`.")
    ref = decode_id(key)
    if not isinstance(ref, kind):
        raise bad_input(f"The id is the id of {NOUNS[type(ref)]}, not of {NOUNS[kind]}.")
    return ref


@lru_cache(maxsize=1)
def _printed(schema: BaseSchema) -> str:
    """Return the subgraph of the schema that is served; printing it takes a tenth of a second."""
    return subgraph_of(schema.as_str())


def subgraph_of(sdl: str) -> str:
    """Return a schema as a subgraph: with `@key`, and without what every composition adds."""
    directives = {
        **dict.fromkeys(ENTITIES, _directive('@key(fields: "id")')),
        **dict.fromkeys(SHAREABLE, _directive("@shareable")),
    }
    definitions: list[DefinitionNode] = []
    for one in parse(sdl, no_location=True).definitions:
        if not isinstance(one, ObjectTypeDefinitionNode):
            if _name(one) not in ADDED:
                definitions.append(one)
        elif one.name.value not in ADDED:
            added = directives.get(one.name.value)
            own = (*(one.directives or ()), added) if added else one.directives
            fields = tuple(field for field in one.fields or () if field.name.value not in ADDED)
            definitions.append(replace(one, directives=own, fields=fields))
    return LINK + print_ast(DocumentNode(definitions=tuple(definitions))) + "\n"


def _name(definition: DefinitionNode) -> str:
    name = getattr(definition, "name", None)
    return name.value if isinstance(name, NameNode) else ""


def _directive(text: str) -> ConstDirectiveNode:
    (definition,) = parse(f"type T {text} {{ x: Int }}", no_location=True).definitions
    (directive,) = cast("ObjectTypeDefinitionNode", definition).directives or ()
    return directive
