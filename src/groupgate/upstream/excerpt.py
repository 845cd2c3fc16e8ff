"""A part of a vendor's list: each row with its offset in the whole."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from groupgate.domain.paging import Page, PageAsk

RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt(Generic[RowT]):
    """Rows with their offsets. `has_next` and `total` are None where only a call could tell."""

    rows: tuple[tuple[int, RowT], ...]
    has_next: bool | None
    total: int | None

    def once(self, key_of: Callable[[RowT], Hashable]) -> "Excerpt[RowT]":
        """Without rows that come again: a vendor's order may change between two of its pages."""
        seen: dict[Hashable, tuple[int, RowT]] = {}
        for offset, row in self.rows:
            seen.setdefault(key_of(row), (offset, row))
        return replace(self, rows=tuple(seen.values()))

    def page(self, to_item: Callable[[RowT], ItemT]) -> Page[ItemT]:
        """What clients get of it."""
        return Page(
            items=tuple(to_item(row) for _, row in self.rows),
            ends=tuple(offset + 1 for offset, _ in self.rows),
            has_next=self.has_next,
            total=self.total,
        )


def cut(
    rows: Sequence[RowT], ask: PageAsk, wanted: Callable[[RowT], bool] = lambda _row: True
) -> Excerpt[RowT]:
    """Cut a page out of a list that is there as a whole; with `wanted`, out of such rows."""
    all_wanted = [(offset, row) for offset, row in enumerate(rows) if wanted(row)]
    behind = [(offset, row) for offset, row in all_wanted if offset >= ask.offset]
    return Excerpt(
        rows=tuple(behind[: ask.first]), has_next=len(behind) > ask.first, total=len(all_wanted)
    )
