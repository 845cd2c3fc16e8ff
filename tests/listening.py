"""A server on a port of this machine that loses no connection when it is closed."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

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
