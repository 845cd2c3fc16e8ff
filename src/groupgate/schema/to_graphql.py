"""Which type of the schema shows which thing of the domain."""

from groupgate.domain import catalog
from groupgate.schema.context import Entity
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.node import Node
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider


def to_graphql(entity: Entity) -> Node:
    """Show a thing of the domain as its type in the schema."""
    match entity:
        case catalog.ProductCollection():
            return ProductCollection.of(entity)
        case catalog.Group():
            return Group.of(entity)
        case catalog.Product():
            return Product.of(entity)
        case _:
            return Provider.of(entity)
