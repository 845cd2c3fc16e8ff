"""Requests for pages of a vendor's lists, with filters, and the pages returned."""

from collections.abc import Callable
from typing import Generic, TypeVar
from unicodedata import normalize

from msgspec import Struct, field

from groupgate.domain.catalog import Group, GroupStatus, Memo, ProductStatus
from groupgate.domain.refs import CollectionRef, GroupRef

ItemT = TypeVar("ItemT", covariant=True)  # noqa: PLC0105 # named like every other item type


class PageRequest(Struct, frozen=True, kw_only=True):
    """At most `first` items of a vendor's list, after skipping its first `offset` rows."""

    first: int
    offset: int = 0


class CollectionsRequest(Struct, frozen=True, kw_only=True):
    """A page of a vendor's collections: those in use, or with `archived` the archived ones."""

    page: PageRequest
    archived: bool = False


class GroupsRequest(Struct, frozen=True, kw_only=True):
    """A page of a collection's groups; without `collection`, of all collections in use.

    `status` filters the groups; `search` matches their names.
    """

    page: PageRequest
    collection: CollectionRef | None = None
    status: GroupStatus | None = None
    search: str | None = None

    @property
    def filter(self) -> Callable[[Group], bool] | None:
        """The function that selects groups; None if all are wanted."""
        return self.matches if self.is_filtered else None

    @property
    def is_filtered(self) -> bool:
        """True if `matches` can return False."""
        return self.status is not None or self.search is not None

    def matches(self, group: Group) -> bool:
        """Return True if the group has the status, and its name contains the search text."""
        if self.status not in {None, group.status}:
            return False
        if self.search is None:
            return True
        name = normalize_for_search(group.name or "")
        return bool(name) and normalize_for_search(self.search) in name


class MembershipsRequest(Struct, frozen=True, kw_only=True):
    """A page of a group's products."""

    group: GroupRef
    page: PageRequest


class ProductsRequest(Struct, frozen=True, kw_only=True):
    """A page of a vendor's products; `search` matches their names and SKUs.

    `status` filters the products. With `is_ungrouped`, only those products are requested that
    nobody has put into a group.
    """

    page: PageRequest
    search: str | None = None
    status: ProductStatus | None = None
    is_ungrouped: bool = False


class Page(Struct, Generic[ItemT], frozen=True, kw_only=True):
    """A page of a list.

    `ends` contains, for each item, the `offset` of the page that starts after it; with a filter
    these are not consecutive. `has_next` and `total` are None if another call would be needed to
    know them.
    """

    items: tuple[ItemT, ...]
    ends: tuple[int, ...]
    has_next: bool | None
    total: int | None
    memo: Memo = field(default_factory=Memo)


def normalize_for_search(text: str) -> str:
    """Return the form in which texts are equal if they differ only in case or in encoding.

    This is canonical caseless matching, definition D145 of the Unicode Standard. The result is
    composed, so that a letter is no part of the same letter with an accent, nor of a Hangul
    syllable.
    """
    return normalize("NFC", normalize("NFD", text).casefold())
