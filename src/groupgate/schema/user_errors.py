"""The `UserError` types, and the conversion of the domain's refusals to them."""

from collections.abc import Iterable

import strawberry

from groupgate.domain import refusals
from groupgate.domain.capabilities import Capability
from groupgate.domain.refusals import Refusal, UserErrorCode
from groupgate.schema.context import Info, Node
from groupgate.schema.ids import encode_id
from groupgate.schema.queries import load_node
from groupgate.schema.types.provider import Provider


@strawberry.interface(description="A reason why a change was refused or not completed.")
class UserError:
    """A reason why a change was refused or not completed."""

    refusal: strawberry.Private[Refusal]

    @strawberry.field(description="A message for people. Its wording may change.")
    def message(self) -> str:
        """A message for people."""
        return self.refusal.message

    @strawberry.field(description="A code for programs.")
    def code(self) -> UserErrorCode:
        """A code for programs."""
        return self.refusal.code

    @strawberry.field(
        description=(
            'The path to the argument that caused the error, for example ["productIds", "2"]. Null '
            "if no argument caused it."
        )
    )
    def field(self) -> list[str] | None:
        """The path to the argument that caused the error."""
        return None if self.refusal.field is None else list(self.refusal.field)


@strawberry.type(description="The input is invalid.")
class InvalidInputError(UserError):
    """The input is invalid."""


@strawberry.type(description="An object that the input refers to does not exist.")
class NotFoundError(UserError):
    """An object that the input refers to does not exist."""

    refusal: strawberry.Private[refusals.NotFound]

    @strawberry.field(description="The id of the object that does not exist.")
    def missing_id(self) -> strawberry.ID:
        """The id of the object that does not exist."""
        return strawberry.ID(encode_id(self.refusal.about))


@strawberry.type(description="The change conflicts with data that exists at the vendor.")
class ConflictError(UserError):
    """The change conflicts with data that exists at the vendor."""

    refusal: strawberry.Private[refusals.Conflict]

    @strawberry.field(
        description=(
            "The object that the change conflicts with. Null if it is unknown or does not exist."
        )
    )
    async def conflicting_node(self, info: Info) -> Node | None:
        """The object that the change conflicts with."""
        ref = self.refusal.conflicting_ref
        return None if ref is None else await load_node(info, ref)


@strawberry.type(
    description=(
        "The vendor does not support the change. Query `Provider.capabilities` to know this in "
        "advance."
    )
)
class UnsupportedError(UserError):
    """The vendor does not support the change."""

    refusal: strawberry.Private[refusals.Unsupported]

    @strawberry.field(description="The vendor.")
    def provider(self, info: Info) -> Provider:
        """The vendor."""
        return Provider(entity=info.context.providers[self.refusal.provider])

    @strawberry.field(description="The capability that the vendor does not have.")
    def capability(self) -> Capability:
        """The capability that the vendor does not have."""
        return self.refusal.capability


@strawberry.type(
    description=(
        "A call to the vendor failed after a part of the change was made. Only a change that needs "
        "several calls to the vendor can stop halfway."
    )
)
class IncompleteError(UserError):
    """A call to the vendor failed after a part of the change was made."""

    refusal: strawberry.Private[refusals.Incomplete]

    @strawberry.field(
        description="True if the same mutation can be sent again to complete the change."
    )
    def is_retryable(self) -> bool:
        """True if the same mutation can be sent again to complete the change."""
        return self.refusal.is_retryable


USER_ERRORS: dict[type[Refusal], type[UserError]] = {
    refusals.InvalidInput: InvalidInputError,
    refusals.NotFound: NotFoundError,
    refusals.Conflict: ConflictError,
    refusals.Unsupported: UnsupportedError,
    refusals.Incomplete: IncompleteError,
}
"""The GraphQL type for each class of refusal."""


def to_user_errors(refusals: Iterable[Refusal]) -> list[UserError]:
    """Convert refusals to user errors."""
    return [USER_ERRORS[type(refusal)](refusal=refusal) for refusal in refusals]
