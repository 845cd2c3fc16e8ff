"""How a part of a long list is asked for and answered."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from groupgate.domain.catalog import GroupStatus
from groupgate.domain.refs import CollectionRef, GroupRef

ItemT = TypeVar("ItemT", covariant=True)  # noqa: PLC0105 # an item is an item


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """At most `first` items of a vendor's list, beginning behind its first `offset` rows."""

    first: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsRequest:
    """A page of the collections in use, or of the archived ones."""

    page: PageRequest
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsRequest:
    """A page of the groups of a collection; with `status`, only those of that status."""

    collection: CollectionRef
    page: PageRequest
    status: GroupStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipsRequest:
    """A page of the products of a group."""

    group: GroupRef
    page: PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsRequest:
    """A page of all a vendor sells; with `search`, only what has it in its name or SKU."""

    page: PageRequest
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[ItemT]):
    """A part of a list.

    `ends` has for each item the offset that continues behind it: with a filter these are not
    consecutive. `has_next` and `total` are None where only a further call could tell.
    """

    items: tuple[ItemT, ...]
    ends: tuple[int, ...]
    has_next: bool | None
    total: int | None
