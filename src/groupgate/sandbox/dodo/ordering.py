"""New orders of groups and items."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from groupgate.sandbox.dodo.errors import invalid_parameters


class _Identified(Protocol):
    id: str


Row = TypeVar("Row", bound=_Identified)


def reordered(rows: list[Row], order: Sequence[str] | None, field: str) -> list[Row]:
    """Return the rows in this order; it must name each of them once (assumed). None keeps them."""
    if order is None:
        return rows
    by_id = {row.id: row for row in rows}
    if sorted(order) != sorted(by_id):
        raise invalid_parameters(f"{field} must name every entry exactly once")
    return [by_id[each] for each in order]
