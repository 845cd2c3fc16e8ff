"""Converts domain objects to their GraphQL types, and loads any object by its ref."""

from groupgate.domain import catalog
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.schema.context import Context, Entity, Info, begin_loading
from groupgate.schema.ids import AnyRef, Node, ProviderRef
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider


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
    entity = await _load(info.context, ref)
    return None if entity is None else to_graphql(entity)


async def _load(context: Context, ref: AnyRef) -> Entity | None:
    loaders = context.loaders.of(ref.provider)
    match ref:
        case ProviderRef():
            return context.providers[ref.provider]
        case CollectionRef():
            return await loaders.collections.load(ref)
        case GroupRef():
            return await loaders.groups.load(ref)
        case ProductRef():
            return await loaders.products.load(ref)
