"""Why a change is refused: the user's matter, told in a payload's userErrors."""

from dataclasses import dataclass
from enum import Enum

from groupgate.domain.capabilities import Capability
from groupgate.domain.refs import ProviderKey, Ref

Field = tuple[str, ...]


class UserErrorCode(Enum):
    """What exactly was wrong."""

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
    """One reason.

    `field` is the path to the argument to blame. A vendor does not know arguments: it leaves
    `field` out and says with `about` what it refused; the command finds the argument.
    """

    message: str
    code: UserErrorCode
    field: Field | None = None
    about: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidInput(Refusal):
    """The input makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Refusal):
    """What `about` names does not exist, or no longer."""

    about: Ref
    code: UserErrorCode = UserErrorCode.NOT_FOUND


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict(Refusal):
    """What is there already is in the way; `in_the_way` names it where it is known."""

    conflicting_ref: Ref | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported(Refusal):
    """The vendor cannot do this at all."""

    provider: ProviderKey
    capability: Capability
    code: UserErrorCode = UserErrorCode.UNSUPPORTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete(Refusal):
    """Part of a change was done before the vendor failed."""

    is_retryable: bool
    code: UserErrorCode = UserErrorCode.INCOMPLETE
