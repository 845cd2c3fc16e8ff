"""What the four connections have in common: where a page ends and whether another follows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry

from groupgate.domain.paging import Page, PageRequest
from groupgate.schema.cursors import Cursors

ItemT = TypeVar("ItemT", covariant=True)  # noqa: PLC0105 # the domain says Item everywhere

LoadPage = Callable[[PageRequest], Awaitable[Page[ItemT] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPage(Generic[ItemT]):
    """A page with what is needed to tell of its surroundings."""

    page: Page[ItemT]
    ask: PageRequest
    cursors: Cursors
    load: LoadPage[ItemT]

    @property
    def rows(self) -> list[tuple[str, ItemT]]:
        """Each item with its cursor."""
        ends = map(self.cursors.cursor, self.page.ends)
        return list(zip(ends, self.page.items, strict=True))


async def load_page(
    words: tuple[str, ...], first: int, after: str | None, load: LoadPage[ItemT]
) -> LoadedPage[ItemT] | None:
    """Check the paging arguments, then load the page; None if what it belongs to is gone.

    `words` name the connection with all arguments that change what is in it: its cursors are good
    for these words only.
    """
    cursors = Cursors(words)
    ask = cursors.page(first, after)
    page = await load(ask)
    return None if page is None else LoadedPage(page=page, ask=ask, cursors=cursors, load=load)


@strawberry.type(description="Where a page ends and whether another follows.")
class PageInfo:
    """Resolved late: some vendors tell only by a further call whether more follows."""

    loaded: strawberry.Private[LoadedPage[object]]

    @strawberry.field(description="Whether more follows after `endCursor`.")
    async def has_next_page(self) -> bool:
        """Ask the vendor only where the page itself cannot tell."""
        page = self.loaded.page
        if page.has_next is not None:
            return page.has_next
        end = page.ends[-1] if page.ends else self.loaded.ask.offset
        following = await self.loaded.load(PageRequest(first=1, offset=end))
        return following is not None and bool(following.items)

    @strawberry.field(
        description="Whether something precedes `startCursor`. Paging backwards is not offered."
    )
    def has_previous_page(self) -> bool:
        """Everything behind the first offset has something before it."""
        return self.loaded.ask.offset > 0

    @strawberry.field(
        description="Cursor of the first edge of this page; null if the page is empty."
    )
    def start_cursor(self) -> str | None:
        """The first edge's cursor."""
        ends = self.loaded.page.ends
        return self.loaded.cursors.cursor(ends[0]) if ends else None

    @strawberry.field(
        description="Cursor to hand to `after` for the next page; null if the page is empty."
    )
    def end_cursor(self) -> str | None:
        """The last edge's cursor."""
        ends = self.loaded.page.ends
        return self.loaded.cursors.cursor(ends[-1]) if ends else None
