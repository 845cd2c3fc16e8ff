"""Input types, and the conversion of omitted and null values to those of the domain."""

from typing import Annotated, TypeVar

import strawberry

from groupgate.domain.catalog import GroupAccess, GroupProductStatus, GroupStatus
from groupgate.domain.changes import UNSET, Absent, CollectionChange, GroupChange
from groupgate.domain.refusals import Field

AccountName = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "The name of the vendor's account. It may be omitted if you have access to one account "
            "only."
        )
    ),
]

FieldT = TypeVar("FieldT", str, GroupStatus, GroupAccess, GroupProductStatus)


@strawberry.input(
    description="The fields of a collection to set. Omitted fields keep their values."
)
class ProductCollectionInput:
    """The fields of a collection to set."""

    name: strawberry.Maybe[str | None] = strawberry.field(
        description="The new name. A collection must have a name."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="The new description. Null or an empty string removes it."
    )

    def to_change(self) -> CollectionChange:
        """Return the requested change. A null name becomes an empty one, which is refused."""
        name = _to_domain(self.name)
        return CollectionChange(
            name="" if name is None else name, description=_to_domain(self.description)
        )


@strawberry.input(
    description=(
        "The fields of a group to set. Omitted fields keep their values; in a new group they get "
        "the vendor's defaults."
    )
)
class GroupInput:
    """The fields of a group to set."""

    name: strawberry.Maybe[str | None] = strawberry.field(
        description=(
            "The new name. Null removes the name, which requires the capability GROUP_UNNAMED."
        )
    )
    status: strawberry.Maybe[GroupStatus | None] = strawberry.field(
        description="The new status. Requires the capability GROUP_STATUS."
    )
    access: strawberry.Maybe[GroupAccess | None] = strawberry.field(
        description="The new access rule. Requires the capability GROUP_ACCESS."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description=(
            "The new description. Null removes it. Requires the capability GROUP_DESCRIPTION."
        )
    )
    template_name: strawberry.Maybe[str | None] = strawberry.field(
        description=(
            "The name of the shopping cart template. Requires the capability GROUP_TEMPLATE."
        )
    )

    def to_change(self) -> GroupChange:
        """Return the requested change, without the fields that `invalid_nulls` returns."""
        return GroupChange(
            name=_to_domain(self.name),
            status=_to_domain(self.status) or UNSET,
            access=_to_domain(self.access) or UNSET,
            description=_to_domain(self.description),
            template_name=_to_domain(self.template_name),
        )

    def invalid_nulls(self, argument: str) -> tuple[Field, ...]:
        """Return the paths of the fields that are null but cannot be empty."""
        values = {"status": _to_domain(self.status), "access": _to_domain(self.access)}
        return tuple((argument, name) for name, value in values.items() if value is None)


@strawberry.input(
    description="The fields to set for a product in one group. Omitted fields keep their values."
)
class GroupProductInput:
    """The fields to set for a product in one group."""

    status: strawberry.Maybe[GroupProductStatus | None] = strawberry.field(
        description="The new status of the product in the group."
    )

    def new_status(self) -> GroupProductStatus | Absent | None:
        """Return the requested status."""
        return _to_domain(self.status)


@strawberry.input(description="A move of a product in its group, or of a group in its collection.")
class MoveInput:
    """A move of a product or a group to a new position."""

    id: strawberry.ID = strawberry.field(description="The id of the product or group to move.")
    new_position: int = strawberry.field(
        description=(
            "The position after the move, counted from 0. A position beyond the end is the end; "
            "a negative one is refused."
        )
    )


def _to_domain(maybe: strawberry.Maybe[FieldT | None]) -> FieldT | Absent | None:
    """Return UNSET for an omitted field, and otherwise its value or None."""
    return UNSET if maybe is None else maybe.value
