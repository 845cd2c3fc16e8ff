"""Whether a new order names every member once."""

from collections.abc import Collection
from typing import TypeVar

from groupgate.commands.guard import Guard
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import UserErrorCode

RefT = TypeVar("RefT", GroupRef, ProductRef)


def check_permutation(
    guard: Guard, current: Collection[RefT], order: Collection[RefT], field: str
) -> None:
    """Refuse members that are missing from the order, and ids in it that are no members."""
    missing = set(current) - set(order)
    foreign = set(order) - set(current)
    if not foreign and not missing:
        return
    message = (
        f"The list must name every member once: {len(missing)} missing, {len(foreign)} foreign."
    )
    guard.invalid(message, field, code=UserErrorCode.NOT_A_PERMUTATION)
