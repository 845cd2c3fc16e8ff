"""The cycle of a request and its response, which writes a response with its body in one step."""

from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

MAX_COPIED_BYTES: Final = 256 * 1024
"""The longest body that is copied behind its head; a longer one is written by itself."""

_CHANGING: Final = frozenset({b"x-request-id", b"age", b"etag"})
"""Headers with other values in each response."""

_FRAMING: Final = frozenset({b"connection", b"transfer-encoding"})
"""Headers that change how a response is written."""


class WholeResponseCycle(RequestResponseCycle):
    """Writes a whole response in one packet; uvicorn does what needs more than that."""

    _start: Any = None
    """The first message of a response, until its body is known."""

    async def send(self, message: Any) -> None:
        """Write a message of the app."""
        if not self.response_started and message["type"] == "http.response.start":
            self._start = message
            return
        start, self._start = self._start, None
        if start is not None:
            if self._write_whole(start, message):
                return
            await super().send(start)
        await super().send(message)

    def _write_whole(self, start: Any, message: Any) -> bool:
        """Write a response as uvicorn does; return False if the first part is not all of it."""
        body = message.get("body", b"")
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or len(body) > MAX_COPIED_BYTES
            or self.flow.write_paused
            or self.disconnected
            or self.scope["method"] == "HEAD"
        ):
            return False
        length, parts = b"", [STATUS_LINE[start["status"]]]
        for name, value in (*self.default_headers, *start.get("headers", ())):
            if name == b"content-length":
                length, line = value, b"content-length: %b\r\n" % value
            else:
                line = _line(name, value) if name in _CHANGING else _repeated_line(name, value)
            if not line:
                return False
            parts.append(line)
        if length != b"%d" % len(body):
            return False
        if not self.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"\r\n", body)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join(parts))
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True


def _line(name: bytes, value: bytes) -> bytes:
    """Return the line of a header; raise RuntimeError if it is invalid, as uvicorn does."""
    if HEADER_RE.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    if HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header value.")
    return b"%b: %b\r\n" % (name.lower(), value)


@lru_cache(maxsize=256)
def _repeated_line(name: bytes, value: bytes) -> bytes:
    """Return the line of a header that many responses have; empty if it needs more than a line."""
    return b"" if name.lower() in _FRAMING else _line(name, value)
