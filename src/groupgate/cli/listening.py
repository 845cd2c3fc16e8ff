"""The listening sockets of the server, which survive that the process runs out of descriptors."""

import errno
import os
import resource
import socket
import stat
import time
from dataclasses import dataclass
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


def listen(host: str, port: int, *, is_shared: bool = False) -> list[Listener]:
    """Listen on all addresses of a host; raise OSError if there is none or it cannot be used.

    `::` is both all IPv6 and all IPv4 addresses, as "" is. If `is_shared`, other sockets of this
    user may listen there too.
    """
    if host == "::":
        host = ""
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    listeners: list[Listener] = []
    for family, address in sorted({(family, address) for family, _, _, _, address in found}):
        try:
            listening = socket.create_server(
                address, family=family, backlog=BACKLOG, reuse_port=is_shared
            )
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens: on a port of a host, or on a Unix socket at a path."""

    host: str
    port: int
    uds: Path | None = None

    def __str__(self) -> str:
        """Return the address for messages."""
        return f"port {self.port} of {self.host}" if self.uds is None else str(self.uds)

    @property
    def in_log(self) -> dict[str, str]:
        """The URL of the explorer, or the path of the socket."""
        if self.uds is not None:
            return {"socket": str(self.uds)}
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"explorer": f"http://{host}:{self.port}/"}

    def listen(self, workers: int = 1) -> list[list[Listener]]:
        """Return the listening sockets of each worker; raise OSError if the address is in use.

        Workers on a port have sockets of their own, among which the kernel distributes connections
        evenly. On a Unix socket they share one.
        """
        if self.uds is not None:
            only = listen_at(self.uds)
            return [[only] for _ in range(workers)]
        if workers == 1:
            return [listen(self.host, self.port)]
        for one in listen(self.host, self.port):  # the others would share the port of anybody
            one.close()
        return [listen(self.host, self.port, is_shared=True) for _ in range(workers)]

    def remove(self) -> None:
        """Remove the Unix socket."""
        if self.uds is not None:
            self.uds.unlink(missing_ok=True)
