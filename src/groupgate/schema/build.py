"""Builds the schema from its root types."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig

from groupgate.schema.enums import describe_enums
from groupgate.schema.federation import ANY_SCALAR, FederatedQuery
from groupgate.schema.mutations import Mutation
from groupgate.schema.queries import Query
from groupgate.schema.scalars import SCALARS
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider
from groupgate.schema.user_errors import USER_ERRORS


class _Schema(strawberry.Schema):
    def process_errors(self, *_args: Any, **_kwargs: Any) -> None:
        """Do not log: `format_errors` logs each cause once."""


def build_schema(*, federation: bool = False) -> strawberry.Schema:
    """Build the schema that `schema.graphql` is exported from.

    With `federation`, its queries also have the fields that a federation's router needs.
    """
    describe_enums()
    return _Schema(
        query=FederatedQuery if federation else Query,
        mutation=Mutation,
        types=[Provider, ProductCollection, Group, Product, *USER_ERRORS.values()],
        config=StrawberryConfig(scalar_map=SCALARS | (ANY_SCALAR if federation else {})),
    )


def schema_sdl() -> str:
    """Return the schema in the schema definition language, as in `schema.graphql`."""
    return build_schema().as_str() + "\n"
