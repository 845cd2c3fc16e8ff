"""Changes to groups and collections: each field is left unchanged, cleared or set."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from groupgate.domain.catalog import GroupAccess, GroupStatus


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET
"""Leaves a field unchanged; None clears it."""

Absent = Literal[Unset.UNSET]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """New values of a group's fields.

    An `UNSET` field is left unchanged; in a new group it gets the vendor's default.
    """

    name: str | Absent | None = UNSET
    status: GroupStatus | Absent = UNSET
    access: GroupAccess | Absent = UNSET
    description: str | Absent | None = UNSET
    template_name: str | Absent | None = UNSET

    @property
    def is_empty(self) -> bool:
        """True if no field is set or cleared."""
        return self == GroupChange()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionChange:
    """New values of a collection's fields; an `UNSET` field is left unchanged."""

    name: str | Absent = UNSET
    description: str | Absent | None = UNSET

    @property
    def is_empty(self) -> bool:
        """True if no field is set or cleared."""
        return self == CollectionChange()
