"""The root type `Query`, and the objects that it finds by their ids."""

from collections.abc import Awaitable
from typing import Annotated, Final, cast

import strawberry
from graphql import GraphQLError

from groupgate.domain import catalog
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.schema.context import Context, Entity, Info, Node, begin_loading, unset_to_none
from groupgate.schema.errors import bad_input
from groupgate.schema.ids import AnyRef, ProviderRef, decode_id, decode_id_of
from groupgate.schema.inputs import AccountName
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider

MAX_NODES: Final = 100


@strawberry.type(
    description=(
        "All queries.\n\n"
        "The id of an object that does not exist gives null without an error. A malformed id, or "
        "an id of another type, gives an error with `extensions.code` BAD_USER_INPUT. If a call to "
        "a vendor fails, each field that needs it is null and has an entry in `errors`."
    )
)
class Query:
    """All queries."""

    @strawberry.field(description="Fetch an object by its id.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the object.")],
    ) -> Node | None:
        """Fetch an object by its id."""
        return await load_node(info, decode_id(id))

    @strawberry.field(
        description=(
            "Fetch several objects by their ids. The result is in the order of the ids, with null "
            "for each object that does not exist."
        )
    )
    def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="The ids of the objects, at most 100."),
        ],
    ) -> list[Node | None]:
        """Fetch several objects; an error of one does not affect the others."""
        if len(ids) > MAX_NODES:
            raise bad_input(f"`ids` may contain at most {MAX_NODES} ids, not {len(ids)}.")
        loads = [_load_or_error(info, text, index) for index, text in enumerate(ids)]
        return cast("list[Node | None]", loads)

    @strawberry.field(
        description=(
            "All vendors that this gateway is configured for and that the caller may read, once "
            "for each account."
        )
    )
    def providers(self, info: Info) -> list[Provider]:
        """All accounts that the caller may read."""
        return [Provider(entity=provider) for provider in info.context.providers.values()]

    @strawberry.field(
        description=(
            "Fetch a vendor by its key, with one of its accounts. Null if the gateway is not "
            "configured for the account, or the caller may not read it."
        )
    )
    def provider(
        self,
        info: Info,
        key: Annotated[ProviderKey, strawberry.argument(description="The key of the vendor.")],
        account: AccountName = strawberry.UNSET,
    ) -> Provider | None:
        """Fetch a vendor by its key, with one of its accounts."""
        found = info.context.find_named_account(key, unset_to_none(account))
        provider = info.context.providers.get(found) if found else None
        return None if provider is None else Provider(entity=provider)

    @strawberry.field(description="Fetch a collection by its id.")
    async def product_collection(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the collection.")],
    ) -> ProductCollection | None:
        """Fetch a collection by its id."""
        node = await load_node(info, decode_id_of(CollectionRef, id))
        return cast("ProductCollection | None", node)

    @strawberry.field(description="Fetch a group by its id.")
    async def group(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the group.")],
    ) -> Group | None:
        """Fetch a group by its id."""
        return cast("Group | None", await load_node(info, decode_id_of(GroupRef, id)))

    @strawberry.field(description="Fetch a product by its id.")
    async def product(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The id of the product.")],
    ) -> Product | None:
        """Fetch a product by its id."""
        return cast("Product | None", await load_node(info, decode_id_of(ProductRef, id)))


def _load_or_error(info: Info, id: str, index: int) -> Awaitable[Node | None] | GraphQLError:
    """Return an awaitable or an error: graphql-core completes each item of a list separately."""
    try:
        return load_node(info, decode_id(id), index)
    except GraphQLError as error:
        return error


def to_graphql(entity: Entity) -> Node:
    """Convert a domain object to its GraphQL type."""
    match entity:
        case catalog.ProductCollection():
            return ProductCollection(entity=entity)
        case catalog.Group():
            return Group(entity=entity)
        case catalog.Product():
            return Product(entity=entity)
        case _:
            return Provider(entity=entity)


async def load_node(info: Info, ref: AnyRef, *indexes: int) -> Node | None:
    """Load the object; return None if the gateway has no such vendor, or the vendor no such object.

    `indexes` are those of the item, if the field is a list. Raises UpstreamError if the vendor
    fails, and BAD_USER_INPUT if the id could belong to several accounts.
    """
    ref = info.context.resolve(ref)
    if ref.provider not in info.context.providers:
        return None
    begin_loading(info, *indexes)
    if isinstance(ref, ProviderRef):
        return to_graphql(info.context.providers[ref.provider])
    entity = await _load(info.context, ref)
    return None if entity is None else to_graphql(entity)


def _load(context: Context, ref: Ref) -> Awaitable[Entity | None]:
    loaders = context.loaders.of(ref.provider)
    match ref:
        case CollectionRef():
            return loaders.collections.load(ref)
        case GroupRef():
            return loaders.groups.load(ref)
        case ProductRef():
            return loaders.products.load(ref)
