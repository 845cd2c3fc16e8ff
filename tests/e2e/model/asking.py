"""A mutation that is asked for: with what, on what terms, and how it is written in GraphQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from groupgate.domain.refs import ProviderKey, Ref
from groupgate.schema.ids import encode_id

TARGETS: Final[Mapping[str, str]] = {
    "groupCreate": "collectionId",
    "groupProductUpdate": "groupId",
    "groupMoveProducts": "fromGroupId",
}
"""The arguments that name what a mutation is about, where that is not called `id`."""

HAS_REVISION: Final = frozenset(
    {
        "groupUpdate",
        "groupDelete",
        "groupReorderProducts",
        "groupAssignProducts",
        "groupUnassignProducts",
        "groupSetProducts",
        "groupMoveProducts",
        "groupProductUpdate",
        "productCollectionUpdate",
        "productCollectionReorderGroups",
        "productCollectionArchive",
    }
)
"""Mutations that take `ifRevision`."""

Input = Mapping[str, Any]
GivenRef = Ref | None
"""None stands for what is no id at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a mutation is given; None is not given, but in lists of refs."""

    mutation: str
    provider: ProviderKey
    target: GivenRef = None
    input: Input | None = None
    group: Input | None = None
    products: Sequence[GivenRef] | None = None
    groups: Sequence[GivenRef] | None = None
    to: tuple[GivenRef] | None = None
    product: tuple[GivenRef] | None = None
    position: int | None = None

    @property
    def target_argument(self) -> str:
        """The argument that names what the mutation is about."""
        return TARGETS.get(self.mutation, "id")

    def arguments(self) -> dict[str, Any]:
        """All of it as GraphQL takes it."""
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


def _ids(refs: Sequence[GivenRef] | None) -> list[str] | None:
    return None if refs is None else [_id(ref) for ref in refs]


def _id(ref: GivenRef) -> str:
    return "no id" if ref is None else encode_id(ref)
