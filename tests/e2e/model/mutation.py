"""A mutation with its arguments, independent of the vendor that it is sent to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from groupgate.domain.refs import ProviderKey, Ref
from groupgate.schema.ids import encode_id

MUTATIONS: Final = (
    "productCollectionUpdate",
    "productCollectionReorderGroups",
    "productCollectionCreate",
    "productCollectionArchive",
    "productCollectionUnarchive",
    "groupCreate",
    "groupUpdate",
    "groupDelete",
    "groupReorderProducts",
    "groupAssignProducts",
    "groupUnassignProducts",
    "groupSetProducts",
    "groupMoveProducts",
    "groupProductUpdate",
)

TARGET_ARGUMENTS: Final[Mapping[str, str]] = {
    "groupCreate": "collectionId",
    "groupProductUpdate": "groupId",
    "groupMoveProducts": "fromGroupId",
}
"""The argument with the id of the mutation's target, where it is not called `id`."""

HAS_REVISION: Final = frozenset(MUTATIONS) - {
    "productCollectionCreate",
    "productCollectionUnarchive",
    "groupCreate",
}
"""Mutations that take `ifRevision`."""

Input = Mapping[str, Any]
OptionalRef = Ref | None
"""None is sent as an invalid id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRequest:
    """The arguments of a mutation; a field that is None is not sent."""

    mutation: str
    provider: ProviderKey
    target: OptionalRef = None
    input: Input | None = None
    group: Input | None = None
    products: Sequence[OptionalRef] | None = None
    groups: Sequence[OptionalRef] | None = None
    to: tuple[OptionalRef] | None = None
    product: tuple[OptionalRef] | None = None
    position: int | None = None

    @property
    def target_argument(self) -> str:
        """The name of the argument with the target's id."""
        return TARGET_ARGUMENTS.get(self.mutation, "id")

    def arguments(self) -> dict[str, Any]:
        """Return the arguments as GraphQL variables."""
        given: dict[str, Any] = {
            "input": self.input,
            "group": self.group,
            "position": self.position,
            "productIds": _ids(self.products),
            "groupIds": _ids(self.groups),
            "toGroupId": _id(*self.to) if self.to else None,
            "productId": _id(*self.product) if self.product else None,
        }
        if self.mutation == "productCollectionCreate":
            given["provider"] = self.provider.value
        else:
            given[self.target_argument] = _id(self.target)
        return {name: value for name, value in given.items() if value is not None}


def _ids(refs: Sequence[OptionalRef] | None) -> list[str] | None:
    return None if refs is None else [_id(ref) for ref in refs]


def _id(ref: OptionalRef) -> str:
    return "no id" if ref is None else encode_id(ref)
