"""The heads of requests that the app has answered from its cache, as they were received.

A request with such a head need not be parsed: its bytes are those of one that was.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from groupgate.app.direct_route import (
    MAX_HEAD_BYTES,
    MAX_HEADS,
    OWN_HEADERS,
    KnownHead,
    OwnHeaders,
)

BLANK_LINE: Final = b"\r\n\r\n"

_OWN: Final = re.compile(
    rb"\r\n(%b): ([!-~](?:[ -~]*[!-~])?)(?=\r\n|\Z)" % b"|".join(sorted(OWN_HEADERS)), re.IGNORECASE
)
"""The line of an own header in its usual form: one space, and printable characters."""

Server = tuple[str, int | None] | None
"""The address that a client has connected to."""


class FoundHead(NamedTuple):
    """A known head as it was received."""

    head: bytes
    known: KnownHead
    body_bytes: int
    """The length of the body, which the head says."""
    own: OwnHeaders


class KnownHeads:
    """Known heads by their bytes without own headers; the oldest one goes first."""

    def __init__(self) -> None:
        self._heads: dict[tuple[Server, bytes], tuple[KnownHead, int]] = {}

    def find(self, server: Server, head: bytes) -> FoundHead | None:
        """Return what is known of a head, without the blank line at its end."""
        if not self._heads:
            return None
        rest, own = _split(head)
        found = self._heads.get((server, rest))
        if found is None:
            return None
        known, body_bytes = found
        return FoundHead(head, known, body_bytes, OwnHeaders.read(own))

    def remember(
        self,
        server: Server,
        head: bytes,
        body_bytes: int,
        headers: Sequence[tuple[bytes, bytes]],
        known: KnownHead,
    ) -> None:
        """Remember a head that was parsed into these headers, and what is known of it.

        `body_bytes` is how many bytes came with it and are no part of it. Nothing is remembered if
        they are not the whole body. httptools accepts only heads whose lines end with CRLF and in
        which each header has one line.
        """
        rest, own = _split(head)
        names = [name for name, _ in headers]
        if (
            head.startswith(b"POST ")
            and len(rest) <= MAX_HEAD_BYTES
            and b"transfer-encoding" not in names
            and [int(value) for name, value in headers if name == b"content-length"] == [body_bytes]
            # An own header that is not in its usual form would be part of the rest.
            and len(own) == sum(name in OWN_HEADERS for name in names)
        ):
            key = server, rest
            self._heads.pop(key, None)
            if len(self._heads) >= MAX_HEADS:
                del self._heads[next(iter(self._heads))]
            self._heads[key] = known, body_bytes


def _split(head: bytes) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """Return a head without its own headers, and these, with names in lower case."""
    parts = _OWN.split(head)
    own = [(name.lower(), value) for name, value in zip(parts[1::3], parts[2::3], strict=True)]
    return b"".join(parts[::3]), own
