"""Requests for pages of a vendor's lists, and the pages returned."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from groupgate.domain.catalog import GroupStatus
from groupgate.domain.refs import CollectionRef, GroupRef

ItemT = TypeVar("ItemT", covariant=True)  # noqa: PLC0105 # named like every other item type


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """At most `first` items of a vendor's list, after skipping its first `offset` rows."""

    first: int
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionsRequest:
    """A page of a vendor's collections: those in use, or with `archived` the archived ones."""

    page: PageRequest
    archived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsRequest:
    """A page of a collection's groups; `status` filters them."""

    collection: CollectionRef
    page: PageRequest
    status: GroupStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipsRequest:
    """A page of a group's products."""

    group: GroupRef
    page: PageRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductsRequest:
    """A page of a vendor's products; `search` matches their names and SKUs."""

    page: PageRequest
    search: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[ItemT]):
    """A page of a list.

    `ends` contains, for each item, the `offset` of the page that starts after it; with a filter
    these are not consecutive. `has_next` and `total` are None if another call would be needed to
    know them.
    """

    items: tuple[ItemT, ...]
    ends: tuple[int, ...]
    has_next: bool | None
    total: int | None
