"""The listening sockets of the server, which survive that the process runs out of descriptors."""

import errno
import os
import resource
import socket
import stat
import time
from math import inf
from pathlib import Path
from typing import Any, Final

import structlog

BACKLOG: Final = 2048
"""Connections that the kernel keeps until they are accepted."""

LOG_INTERVAL: Final = 60.0
"""Seconds between two lines about exhausted descriptors."""

_SOCKET_MODE: Final = 0o666

_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE})
_NO_SUCH_FAMILY: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})

_log = structlog.get_logger()


class Listener(socket.socket):
    """A listening socket that closes the connections for which there is no descriptor.

    Otherwise such a connection stays in the kernel's queue, its client waits in vain, and asyncio
    reports it thousands of times in a second, each time with a traceback.
    """

    def __init__(self, listening: socket.socket) -> None:
        """Take over a listening socket."""
        super().__init__(fileno=listening.detach())
        self._reserve = _open_reserve()
        self._logged_at = -inf

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; raise ConnectionAbortedError if it had to be closed."""
        try:
            return super().accept()
        except OSError as error:
            if error.errno is None or error.errno not in _EXHAUSTED:
                raise
            self._log(error.errno)
        # With a descriptor that was kept for this moment.
        os.close(self._reserve)
        try:
            connection, _ = super().accept()
            connection.close()
        finally:
            self._reserve = _open_reserve()
        raise ConnectionAbortedError

    def close(self) -> None:
        """Close the socket and the descriptor that was kept."""
        if self.fileno() >= 0:
            os.close(self._reserve)
        super().close()

    def _log(self, number: int) -> None:
        if time.monotonic() - self._logged_at >= LOG_INTERVAL:
            self._logged_at = time.monotonic()
            limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            _log.error("descriptors_exhausted", limit=limit, problem=os.strerror(number))


def listen(host: str, port: int) -> list[Listener]:
    """Listen on all addresses of a host; raise OSError if there is none or it cannot be used.

    `::` is both all IPv6 and all IPv4 addresses, as "" is.
    """
    if host == "::":
        host = ""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[Listener] = []
    for family, address in sorted({(family, address) for family, _, _, _, address in found}):
        try:
            listening = socket.create_server(address, family=family, backlog=BACKLOG)
        except OSError as error:
            # The machine may have no IPv6, although its name has such an address.
            if error.errno not in _NO_SUCH_FAMILY or len(found) == 1:
                raise
        else:
            listeners.append(Listener(listening))
    return listeners


def listen_at(path: Path) -> Listener:
    """Listen on a Unix socket; raise OSError if the path cannot be used.

    A socket that a process left behind is replaced. Every user may connect who may enter its
    folder, such as the user of a proxy.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_left_behind(path):
            path.unlink()
        listening.bind(str(path))
        path.chmod(_SOCKET_MODE)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return Listener(listening)


def _is_left_behind(path: Path) -> bool:
    """True if the path is a socket on which nobody listens."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        return client.connect_ex(str(path)) == errno.ECONNREFUSED


def _open_reserve() -> int:
    return os.open(os.devnull, os.O_RDONLY)
