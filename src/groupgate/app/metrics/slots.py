"""Memory that the workers of one gateway share: a slot for each, which all of them can read."""

import mmap
import zlib
from struct import Struct
from typing import Final

SLOT_BYTES: Final = 16 * 1024 * 1024
"""The address space of one slot; the system gives memory only to the part that is written."""

_HEADER: Final = Struct("<QQQ")
"""The half that is to be read, the length of its content, and the content's checksum."""

_HALF: Final = (SLOT_BYTES - _HEADER.size) // 2
_TRIES: Final = 100


class Slot:
    """A place for one content, which one process writes and others read at any time.

    The content is written beside the one before, and the header then names it. The checksum tells a
    reader that it has read a header or a content while it was written.
    """

    def __init__(self) -> None:
        """Make an empty slot; processes that are forked from this one have it too."""
        self._memory = mmap.mmap(-1, SLOT_BYTES)

    @property
    def is_written(self) -> bool:
        """True if there is a content."""
        _, length, _ = _HEADER.unpack_from(self._memory)
        return bool(length)

    def write(self, content: bytes) -> None:
        """Replace the content; one that is too large changes nothing."""
        if len(content) > _HALF:
            return
        half, _, _ = _HEADER.unpack_from(self._memory)
        next_half = 1 - half
        start = _HEADER.size + next_half * _HALF
        self._memory[start : start + len(content)] = content
        _HEADER.pack_into(self._memory, 0, next_half, len(content), zlib.crc32(content))

    def read(self) -> bytes:
        """Return the content; raise BlockingIOError if it is replaced each time it is read."""
        for _ in range(_TRIES):
            half, length, checksum = _HEADER.unpack_from(self._memory)
            start = _HEADER.size + half * _HALF
            content = self._memory[start : start + length]
            if zlib.crc32(content) == checksum:
                return content
        raise BlockingIOError("The slot is written without a pause.")
