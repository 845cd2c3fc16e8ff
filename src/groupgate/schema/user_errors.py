"""UserError and its types: which type of the schema tells which refusal of the domain."""

from collections.abc import Iterable

import strawberry

from groupgate.domain import refusals
from groupgate.domain.capabilities import Capability
from groupgate.domain.refusals import Refusal, UserErrorCode
from groupgate.schema.context import Info
from groupgate.schema.ids import encode_id
from groupgate.schema.nodes import load_node
from groupgate.schema.types.node import Node
from groupgate.schema.types.provider import Provider


@strawberry.interface(description="Why a change was refused.")
class UserError:
    """Why a change was refused."""

    refusal: strawberry.Private[Refusal]

    @strawberry.field(description="For people. Wording may change.")
    def message(self) -> str:
        """For people."""
        return self.refusal.message

    @strawberry.field(description="For programs.")
    def code(self) -> UserErrorCode:
        """For programs."""
        return self.refusal.code

    @strawberry.field(
        description=(
            'Path to the argument that is to blame, such as ["productIds", "2"]; null if none is.'
        )
    )
    def field(self) -> list[str] | None:
        """Path to the argument that is to blame."""
        return None if self.refusal.field is None else list(self.refusal.field)


@strawberry.type(description="The input makes no sense.")
class InvalidInputError(UserError):
    """The input makes no sense."""


@strawberry.type(description="Something the input refers to does not exist.")
class NotFoundError(UserError):
    """Something the input refers to does not exist."""

    refusal: strawberry.Private[refusals.NotFound]

    @strawberry.field(description="The id that leads nowhere.")
    def missing_id(self) -> strawberry.ID:
        """The id that leads nowhere."""
        return strawberry.ID(encode_id(self.refusal.about))


@strawberry.type(description="The vendor refused because of what is there already.")
class ConflictError(UserError):
    """The vendor refused because of what is there already."""

    refusal: strawberry.Private[refusals.Conflict]

    @strawberry.field(description="What is in the way, if it is known.")
    async def conflicting_node(self, info: Info) -> Node | None:
        """What is in the way; it is read only where it is asked for."""
        ref = self.refusal.conflicting_ref
        return None if ref is None else await load_node(info.context, ref)


@strawberry.type(
    description="The vendor cannot do this at all. `Provider.capabilities` tells beforehand."
)
class UnsupportedError(UserError):
    """The vendor cannot do this at all."""

    refusal: strawberry.Private[refusals.Unsupported]

    @strawberry.field(description="The vendor.")
    def provider(self, info: Info) -> Provider:
        """The vendor."""
        return Provider.of(info.context.providers[self.refusal.provider])

    @strawberry.field(description="What it lacks.")
    def capability(self) -> Capability:
        """What it lacks."""
        return self.refusal.capability


@strawberry.type(
    description=(
        "Part of a change was done before the vendor failed. Only where a change takes several "
        "calls."
    )
)
class IncompleteError(UserError):
    """Part of a change was done before the vendor failed."""

    refusal: strawberry.Private[refusals.Incomplete]

    @strawberry.field(description="Whether the same mutation may be sent again as it is.")
    def is_retryable(self) -> bool:
        """Whether the same mutation may be sent again as it is."""
        return self.refusal.is_retryable


USER_ERRORS: dict[type[Refusal], type[UserError]] = {
    refusals.InvalidInput: InvalidInputError,
    refusals.NotFound: NotFoundError,
    refusals.Conflict: ConflictError,
    refusals.Unsupported: UnsupportedError,
    refusals.Incomplete: IncompleteError,
}
"""Which type of the schema tells which refusal of the domain."""


def user_errors(found: Iterable[Refusal]) -> list[UserError]:
    """Show refusals of the domain."""
    return [USER_ERRORS[type(refusal)](refusal=refusal) for refusal in found]
