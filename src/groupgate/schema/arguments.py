"""Arguments that many fields share."""

from typing import Annotated, TypeVar

import strawberry

ValueT = TypeVar("ValueT")

First = Annotated[int, strawberry.argument(description="At most this many, 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor to continue after.")]


def given(value: ValueT | None) -> ValueT | None:
    """An argument without a default, whose absence and null mean the same."""
    return None if value is strawberry.UNSET else value
