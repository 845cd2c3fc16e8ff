"""Connections: paging arguments, cursors, and the `PageInfo` type that all of them share."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Annotated, Final, Generic, TypeVar

import strawberry
from msgspec import Struct

from groupgate.domain.paging import Page, PageRequest
from groupgate.schema.context import Info, begin_loading, unset_to_none
from groupgate.schema.errors import bad_input

First = Annotated[
    int,
    strawberry.argument(description="The maximum number of items to return, from 1 to 100."),
]
After = Annotated[
    str | None,
    strawberry.argument(
        description="A cursor. The page starts after the item that has this cursor."
    ),
]

MAX_PAGE_SIZE: Final = 100

_PREFIX_BYTES: Final = 6
_OFFSET_BYTES: Final = 5
_MAX_OFFSET: Final = 2**31

ItemT = TypeVar("ItemT", covariant=True)  # noqa: PLC0105 # the domain calls it ItemT too

LoadPage = Callable[[PageRequest], Awaitable[Page[ItemT] | None]]


class Cursors(Struct, frozen=True):
    """Encodes and decodes the cursors of one connection.

    A cursor is an offset, prefixed with a hash of `connection_key`, so that no other connection
    accepts it. The key names the connection and contains all arguments that select its items.
    """

    connection_key: tuple[str, ...]

    def page_request(self, first: int, after: str | None) -> PageRequest:
        """Return the request for a page; raise BAD_USER_INPUT if an argument is invalid."""
        if not 1 <= first <= MAX_PAGE_SIZE:
            raise bad_input(f"`first` must be from 1 to {MAX_PAGE_SIZE}, not {first}.")
        return PageRequest(first=first, offset=0 if after is None else self._decode(after))

    def encode(self, offset: int) -> str:
        """Return the cursor for continuing after this many rows."""
        packed = self._prefix() + offset.to_bytes((offset.bit_length() + 7) // 8 or 1)
        return urlsafe_b64encode(packed).decode().rstrip("=")

    def _decode(self, cursor: str) -> int:
        try:
            packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            packed = b""
        offset = int.from_bytes(packed[_PREFIX_BYTES:][:_OFFSET_BYTES])
        if offset >= _MAX_OFFSET or self.encode(offset) != cursor:
            raise bad_input("`after` is not a cursor of this connection with these arguments.")
        return offset

    def _prefix(self) -> bytes:
        return sha256("\0".join(self.connection_key).encode()).digest()[:_PREFIX_BYTES]


class LoadedPage(Struct, Generic[ItemT], frozen=True, kw_only=True):
    """A page, with the means to make its cursors and to load the page after it."""

    page: Page[ItemT]
    request: PageRequest
    cursors: Cursors
    load: LoadPage[ItemT]

    @property
    def items_by_cursor(self) -> list[tuple[str, ItemT]]:
        """Each item, preceded by its cursor."""
        cursors = map(self.cursors.encode, self.page.ends)
        return list(zip(cursors, self.page.items, strict=True))


async def load_page(
    info: Info,
    connection_key: tuple[str, ...],
    first: int,
    after: str | None,
    load: LoadPage[ItemT],
) -> LoadedPage[ItemT] | None:
    """Check the paging arguments, then load the page.

    Returns None if the object that the connection belongs to does not exist. Raises BAD_USER_INPUT
    if an argument is invalid. See `Cursors` for `connection_key`.
    """
    cursors = Cursors(connection_key)
    request = cursors.page_request(first, unset_to_none(after))
    begin_loading(info)
    page = await load(request)
    if page is None:
        return None
    return LoadedPage(page=page, request=request, cursors=cursors, load=load)


@strawberry.type(description="Information about a page of a list.")
class PageInfo:
    """Information about a page of a list."""

    loaded: strawberry.Private[LoadedPage[object]]

    @strawberry.field(description="True if more items follow after `endCursor`.")
    async def has_next_page(self, info: Info) -> bool:
        """Call the vendor only if the page itself does not say whether another page follows."""
        page = self.loaded.page
        if page.has_next is not None:
            return page.has_next
        end = page.ends[-1] if page.ends else self.loaded.request.offset
        begin_loading(info)
        following = await self.loaded.load(PageRequest(first=1, offset=end))
        return following is not None and bool(following.items)

    @strawberry.field(
        description=(
            "True if there are items before `startCursor`. Paging backwards is not supported."
        )
    )
    def has_previous_page(self) -> bool:
        """True if the page does not start at the first row."""
        return self.loaded.request.offset > 0

    @strawberry.field(
        description="The cursor of the first item of this page. Null if the page is empty."
    )
    def start_cursor(self) -> str | None:
        """The cursor of the first item."""
        ends = self.loaded.page.ends
        return self.loaded.cursors.encode(ends[0]) if ends else None

    @strawberry.field(
        description=(
            "The cursor of the last item of this page. Pass it to `after` to get the next page. "
            "Null if the page is empty."
        )
    )
    def end_cursor(self) -> str | None:
        """The cursor of the last item."""
        ends = self.loaded.page.ends
        return self.loaded.cursors.encode(ends[-1]) if ends else None
