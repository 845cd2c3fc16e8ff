"""Query: everything that can be read."""

from collections.abc import Awaitable
from typing import Annotated, cast

import strawberry
from graphql import GraphQLError

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.schema.bad_input import bad_input
from groupgate.schema.context import Context, Info
from groupgate.schema.ids import decode_id, decode_id_of
from groupgate.schema.nodes import load_node
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.node import Node
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider

MOST_NODES = 100


@strawberry.type(
    description=(
        "Everything that can be read.\n\n"
        "An id that is well formed but leads to nothing gives null without an error. A malformed "
        "id, or an id of another type, gives an error with `extensions.code` BAD_USER_INPUT."
    )
)
class Query:
    """Everything that can be read."""

    @strawberry.field(description="Fetch any object by its id.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the object.")],
    ) -> Node | None:
        """Fetch any object by its id."""
        return await load_node(info.context, decode_id(id))

    @strawberry.field(
        description="Fetch several, in the order of the ids; null for those not found."
    )
    def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Ids of the objects, at most 100."),
        ],
    ) -> list[Node | None]:
        """Fetch several; one that fails does not fail the others."""
        if len(ids) > MOST_NODES:
            raise bad_input(f"`ids` may hold at most {MOST_NODES}, not {len(ids)}.")
        return cast("list[Node | None]", [_pending(info.context, text) for text in ids])

    @strawberry.field(description="The vendors this gateway is configured for.")
    def providers(self, info: Info) -> list[Provider]:
        """The vendors this gateway is configured for."""
        return [Provider.of(provider) for provider in info.context.providers.values()]

    @strawberry.field(description="One vendor; null if the gateway is not configured for it.")
    def provider(
        self,
        info: Info,
        key: Annotated[ProviderKey, strawberry.argument(description="Its key.")],
    ) -> Provider | None:
        """One vendor."""
        provider = info.context.providers.get(key)
        return None if provider is None else Provider.of(provider)

    @strawberry.field(description="One collection.")
    async def product_collection(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the collection.")],
    ) -> ProductCollection | None:
        """One collection."""
        shown = await load_node(info.context, decode_id_of(CollectionRef, id))
        return cast("ProductCollection | None", shown)

    @strawberry.field(description="One group.")
    async def group(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the group.")],
    ) -> Group | None:
        """One group."""
        return cast("Group | None", await load_node(info.context, decode_id_of(GroupRef, id)))

    @strawberry.field(description="One product.")
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the product.")],
    ) -> Product | None:
        """One product."""
        return cast("Product | None", await load_node(info.context, decode_id_of(ProductRef, id)))


def _pending(context: Context, id: str) -> Awaitable[Node | None] | GraphQLError:
    """What graphql-core makes of each item of a list by itself: an awaitable or an error."""
    try:
        return load_node(context, decode_id(id))
    except GraphQLError as error:
        return error
