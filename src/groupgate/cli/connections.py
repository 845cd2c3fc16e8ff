"""The connections of the server: closed if their clients neither send nor read anything."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

STALL_TIMEOUT: Final = 10.0
"""Seconds for a request's head to arrive, and for any part of a response to be received."""

_LOCAL: Final = ("127.0.0.1", 0)


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, which can be closed while its client stalls.

    uvicorn limits only the time between a response and the first byte of the next request. A
    connection that never sends a byte, or a head that never ends, occupies a descriptor for ever.

    h11 and not httptools: httptools drops the body of a request that offers another protocol, such
    as Java's `Upgrade: h2c`.
    """

    _stall: tuple[object, ...] | None = None
    _stalled_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Begin to wait for the first head."""
        super().connection_made(transport)
        if self.client is None:  # of a Unix socket: a process of this machine, such as a proxy
            self.client = _LOCAL
        self._stall, self._stalled_since = self._find_stall(), self.loop.time()

    def close_if_stalled(self) -> None:
        """Close the connection if it has waited for the same thing for STALL_TIMEOUT seconds."""
        stall, now = self._find_stall(), self.loop.time()
        if stall is None or stall != self._stall:
            self._stall, self._stalled_since = stall, now
        elif now - self._stalled_since >= STALL_TIMEOUT:
            self.transport.abort()

    def _find_stall(self) -> tuple[object, ...] | None:
        """What the client has to do next; None if that is nothing, or is limited by uvicorn."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return ("receive", unsent)
        is_answered = self.cycle is None or self.cycle.response_complete
        if is_answered and self.timeout_keep_alive_task is None:
            return ("send", self.cycle)
        return None

    def _should_upgrade(self) -> bool:
        """Return False: the app refuses WebSockets, and other upgrades are ignored (RFC 9110).

        uvicorn would log two warnings for each such request, one with a `pip install` command.
        """
        return False
