"""Free ports, and a server that loses no connection when it is closed."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import cycle
from typing import Final

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(
    handle: Handler, tls: ssl.SSLContext | None = None
) -> AsyncIterator[asyncio.Server]:
    """Serve on a free port until the end of the block."""
    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server
    finally:
        await stop_listening(server)


async def stop_listening(server: asyncio.Server) -> None:
    """Close the server's port; later connections are refused.

    `Server.close` alone loses the socket of a connection that was accepted a moment before: its
    transport asserts that the server is open, and pytest then reports an unclosed transport in
    whatever test runs when it is freed. So accepting stops first.
    """
    for listener in server.sockets:
        asyncio.get_running_loop().remove_reader(listener.fileno())
    await asyncio.sleep(0)  # connections that were accepted get their transports
    server.close()


def port_of(server: asyncio.Server) -> int:
    """Return the port that the server listens on."""
    port: int = server.sockets[0].getsockname()[1]
    return port


PORTS: Final = 1_000
"""The ports of each process of the tests; all are below those of outgoing connections."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = cycle(range(20_000 + PORTS * _worker, 20_000 + PORTS * (_worker + 1)))


def free_port() -> int:
    """Return a port on which nothing listens, for a server that is started a moment later.

    A port that the kernel chooses could be given to an outgoing connection, or to the server of
    another process of the tests, before that.
    """
    for _ in range(PORTS):
        port = next(_ports)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No port is free.")
