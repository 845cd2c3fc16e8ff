"""Memory that the workers of one gateway share: a slot for each, which all of them can read."""

import mmap
import zlib
from dataclasses import dataclass
from operator import attrgetter
from struct import Struct
from typing import Final

HALF_BYTES: Final = 8 * 1024 * 1024
"""The address space for one content; the system gives memory only to the part that is written."""

_HEADER: Final = Struct("<QQQ")
"""The checksum of what follows, the number of the content from 1, and its length."""

_CHECKSUM_BYTES: Final = 8
_TRIES: Final = 100


class Slot:
    """A place for one content, which one process writes and others read at any time.

    Each content is written over the one before the last, so that the last one stays readable,
    even if the system interrupts the writer for long or the writer ends.
    """

    def __init__(self) -> None:
        """Make an empty slot; processes that are forked from this one have it too."""
        self._halves = (mmap.mmap(-1, HALF_BYTES), mmap.mmap(-1, HALF_BYTES))

    @property
    def is_written(self) -> bool:
        """True if there is a content."""
        return self._find() is not None

    def write(self, content: bytes) -> None:
        """Replace the content; one that is too large changes nothing."""
        if _HEADER.size + len(content) > HALF_BYTES:
            return
        found = self._find() or _Content(number=0, half=0, body=b"")
        half = self._halves[1 - found.half]
        header = _HEADER.pack(0, found.number + 1, len(content))[_CHECKSUM_BYTES:]
        checksum = zlib.crc32(content, zlib.crc32(header))
        half[: _HEADER.size] = checksum.to_bytes(_CHECKSUM_BYTES, "little") + header
        half[_HEADER.size : _HEADER.size + len(content)] = content

    def read(self) -> bytes:
        """Return the content; raise BlockingIOError if there is none, or two were just written."""
        for _ in range(_TRIES):
            found = self._find()
            if found is not None:
                return found.body
        raise BlockingIOError("The slot has no content that is complete.")

    def _find(self) -> "_Content | None":
        """Return the last of the contents that are complete."""
        contents = [each for each in map(self._content, (0, 1)) if each is not None]
        return max(contents, key=attrgetter("number"), default=None)

    def _content(self, half: int) -> "_Content | None":
        memory = self._halves[half]
        header = memory[: _HEADER.size]
        checksum, number, length = _HEADER.unpack(header)
        if not number or _HEADER.size + length > HALF_BYTES:
            return None
        body = memory[_HEADER.size : _HEADER.size + length]
        if zlib.crc32(body, zlib.crc32(header[_CHECKSUM_BYTES:])) != checksum:
            return None
        return _Content(number=number, half=half, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A content that is complete, its number, and which half has it."""

    number: int
    half: int
    body: bytes
