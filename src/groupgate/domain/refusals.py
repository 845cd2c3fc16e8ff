"""Reasons for which a mutation is refused, reported in the payload's `userErrors`.

Refusal
├── InvalidInput      an argument is invalid
├── NotFound          an object does not exist
├── Conflict          the mutation conflicts with the vendor's present data
├── Unsupported       the vendor does not support the operation
└── Incomplete        the vendor failed after a part of the mutation was applied
"""

from dataclasses import dataclass
from enum import Enum

from groupgate.domain.capabilities import Capability
from groupgate.domain.refs import AccountKey, Ref

Field = tuple[str, ...]


class UserErrorCode(Enum):
    """Machine-readable reason of a refusal."""

    INVALID = "INVALID"
    BLANK = "BLANK"
    TOO_LONG = "TOO_LONG"
    DUPLICATE = "DUPLICATE"
    NOT_A_PERMUTATION = "NOT_A_PERMUTATION"
    WRONG_PROVIDER = "WRONG_PROVIDER"
    NOT_FOUND = "NOT_FOUND"
    TAKEN = "TAKEN"
    IN_ANOTHER_GROUP = "IN_ANOTHER_GROUP"
    LAST_PRODUCT = "LAST_PRODUCT"
    UNSUPPORTED = "UNSUPPORTED"
    INCOMPLETE = "INCOMPLETE"
    STALE = "STALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason for which a mutation is refused.

    `field` is the path of the invalid argument. A provider does not know the arguments: it sets
    `about` to the object that the refusal is about, and the command fills in `field`.
    """

    message: str
    code: UserErrorCode
    field: Field | None = None
    about: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidInput(Refusal):
    """An argument is invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Refusal):
    """The object `about` does not exist."""

    about: Ref
    code: UserErrorCode = UserErrorCode.NOT_FOUND


def not_found(ref: Ref) -> NotFound:
    """Return the refusal of a mutation that names an object that does not exist."""
    return NotFound(message=f"The {ref.noun} does not exist.", about=ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Refusal):
    """The mutation conflicts with the vendor's present data.

    `conflicting_ref` is the object that it conflicts with, None if that is not known.
    """

    conflicting_ref: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported(Refusal):
    """The vendor does not support the operation."""

    provider: AccountKey
    capability: Capability
    code: UserErrorCode = UserErrorCode.UNSUPPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete(Refusal):
    """The vendor failed after a part of the mutation was applied.

    `is_retryable` is True if the client may send the same mutation again.
    """

    is_retryable: bool
    code: UserErrorCode = UserErrorCode.INCOMPLETE


def not_accepted(provider: AccountKey, field: Field | None = None) -> InvalidInput:
    """Return the refusal of a change that the vendor rejects without a reason."""
    message = f"{provider.display_name} does not accept this change."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, field=field)
