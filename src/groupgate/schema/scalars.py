"""The custom scalars of the schema, each with the specification that it follows."""

from datetime import UTC, datetime
from decimal import Decimal

import strawberry
from strawberry.types.scalar import ScalarDefinition


def _serialize_datetime(value: datetime) -> str:
    timespec = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


SCALARS: dict[object, ScalarDefinition] = {
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
        serialize=lambda number: format(number, "f"),
        parse_value=Decimal,
    ),
}
