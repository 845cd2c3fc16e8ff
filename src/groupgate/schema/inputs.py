"""What clients want to be true: absent, null and value become UNSET, None and value."""

from typing import TypeVar

import strawberry

from groupgate.domain.catalog import GroupAccess, GroupProductStatus, GroupStatus
from groupgate.domain.changes import UNSET, Absent, CollectionChange, GroupChange
from groupgate.domain.refusals import Field

ValueT = TypeVar("ValueT", str, GroupStatus, GroupAccess, GroupProductStatus)


@strawberry.input(
    description="What is to be true of a collection. Fields left out stay as they are."
)
class ProductCollectionInput:
    """What is to be true of a collection."""

    name: strawberry.Maybe[str | None] = strawberry.field(
        description="New name; cannot be cleared."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="New free text; null or empty clears it."
    )

    def change(self) -> CollectionChange:
        """The change it asks for. A name that is null is as blank as an empty one."""
        name = _given(self.name)
        return CollectionChange(
            name="" if name is None else name, description=_given(self.description)
        )


@strawberry.input(
    description=(
        "What is to be true of a group. Fields left out stay as they are, or take the vendor's "
        "default."
    )
)
class GroupInput:
    """What is to be true of a group."""

    name: strawberry.Maybe[str | None] = strawberry.field(
        description="New name; null clears it where the vendor has GROUP_UNNAMED."
    )
    status: strawberry.Maybe[GroupStatus | None] = strawberry.field(
        description="In use or not. Needs GROUP_STATUS."
    )
    access: strawberry.Maybe[GroupAccess | None] = strawberry.field(
        description="Who may buy. Needs GROUP_ACCESS."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="Free text; null clears it. Needs GROUP_DESCRIPTION."
    )
    template_name: strawberry.Maybe[str | None] = strawberry.field(
        description="Name of the shopping cart template. Needs GROUP_TEMPLATE."
    )

    def change(self) -> GroupChange:
        """The change it asks for, without the nulls that `nulls` tells."""
        return GroupChange(
            name=_given(self.name),
            status=_given(self.status) or UNSET,
            access=_given(self.access) or UNSET,
            description=_given(self.description),
            template_name=_given(self.template_name),
        )

    def nulls(self, argument: str) -> tuple[Field, ...]:
        """The fields that are null and cannot be cleared."""
        given = {"status": _given(self.status), "access": _given(self.access)}
        return tuple((argument, name) for name, value in given.items() if value is None)


@strawberry.input(
    description="What is to be true of a product in one group. Fields left out stay as they are."
)
class GroupProductInput:
    """What is to be true of a product in one group."""

    status: strawberry.Maybe[GroupProductStatus | None] = strawberry.field(
        description="Offered there or not."
    )

    def wanted_status(self) -> GroupProductStatus | Absent | None:
        """The status it asks for."""
        return _given(self.status)


def _given(maybe: strawberry.Maybe[ValueT | None]) -> ValueT | Absent | None:
    return UNSET if maybe is None else maybe.value
