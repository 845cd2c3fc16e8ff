"""Builds the schema from its root types and its scalars."""

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any, Final

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from groupgate.schema.enums import describe_enums
from groupgate.schema.mutations import Mutation
from groupgate.schema.queries import Query
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.types.product import Product
from groupgate.schema.types.provider import Provider
from groupgate.schema.user_errors import USER_ERRORS


def _serialize_datetime(value: datetime) -> str:
    timespec = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


SCALARS: Final[dict[object, ScalarDefinition]] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A point in time in UTC, in ISO 8601 format.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time",
        serialize=_serialize_datetime,
        parse_value=datetime.fromisoformat,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="An exact decimal number, written as a string.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
        serialize="{:f}".format,
        parse_value=Decimal,
    ),
}
"""The custom scalars, each with the specification that it follows."""


class _Schema(strawberry.Schema):
    def process_errors(self, *_args: Any, **_kwargs: Any) -> None:
        """Do not log: `format_errors` logs each cause once."""


def build_schema(*, federation: bool = False) -> strawberry.Schema:
    """Build the schema that `schema.graphql` is exported from.

    With `federation`, its queries also have the fields that a federation's router needs.
    """
    describe_enums()
    # Only a subgraph imports what makes it one.
    subgraph = import_module("groupgate.schema.federation") if federation else None
    return _Schema(
        query=subgraph.FederatedQuery if subgraph else Query,
        mutation=Mutation,
        types=[Provider, ProductCollection, Group, Product, *USER_ERRORS.values()],
        config=StrawberryConfig(scalar_map=SCALARS | (subgraph.ANY_SCALAR if subgraph else {})),
    )


def schema_sdl() -> str:
    """Return the schema in the schema definition language, as in `schema.graphql`."""
    return build_schema().as_str() + "\n"
