"""Makes the schema; the one place that lists its root types."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from groupgate.schema.enums import describe_enums
from groupgate.schema.queries import Query
from groupgate.schema.scalars import SCALARS
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider


def build_schema() -> strawberry.Schema:
    """Make the schema that `schema.graphql` is exported from."""
    describe_enums()
    return strawberry.Schema(
        query=Query,
        types=[Provider, ProductCollection, Group, Product],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
