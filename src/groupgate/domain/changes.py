"""What is to become true of something. Left alone, cleared and set are three different things."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from groupgate.domain.catalog import GroupAccess, GroupStatus


class Unset(Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET
"""Leave this as it is; None clears it."""

Absent = Literal[Unset.UNSET]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """Fields of a group; those that are `UNSET` stay, or take the vendor's default."""

    name: str | Absent | None = UNSET
    status: GroupStatus | Absent = UNSET
    access: GroupAccess | Absent = UNSET
    description: str | Absent | None = UNSET
    template_name: str | Absent | None = UNSET

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return self == GroupChange()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionChange:
    """Fields of a collection; those that are `UNSET` stay."""

    name: str | Absent = UNSET
    description: str | Absent | None = UNSET

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return self == CollectionChange()
