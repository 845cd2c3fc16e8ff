"""Cursors: an offset into one connection, which no other connection accepts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from groupgate.domain.paging import PageRequest
from groupgate.schema.bad_input import bad_input

LARGEST_PAGE = 100

_MARK = 6
_LARGEST_OFFSET = 2**31


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads the cursors of the connection that these words name."""

    words: tuple[str, ...]

    def page(self, first: int, after: str | None) -> PageRequest:
        """Check the paging arguments of this connection; raise BAD_USER_INPUT if they are off."""
        if not 1 <= first <= LARGEST_PAGE:
            raise bad_input(f"`first` must be from 1 to {LARGEST_PAGE}, not {first}.")
        return PageRequest(first=first, offset=0 if after is None else self._offset(after))

    def cursor(self, offset: int) -> str:
        """The cursor that continues behind this many rows."""
        packed = self._mark() + offset.to_bytes((offset.bit_length() + 7) // 8 or 1)
        return urlsafe_b64encode(packed).decode().rstrip("=")

    def _offset(self, cursor: str) -> int:
        try:
            packed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            packed = b""
        offset = int.from_bytes(packed[_MARK:][:5])
        if offset >= _LARGEST_OFFSET or self.cursor(offset) != cursor:
            raise bad_input("`after` is not a cursor of this connection with these arguments.")
        return offset

    def _mark(self) -> bytes:
        return sha256("\0".join(self.words).encode()).digest()[:_MARK]
