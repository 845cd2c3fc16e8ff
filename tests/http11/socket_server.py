"""A server on a socket that sends prepared bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.listening import listening, port_of


@dataclass(kw_only=True)
class Server:
    """Sends `responses` in turn, the last one again and again; counts connections."""

    responses: list[bytes]
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    silent: bool = False
    url: str = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open_connections += 1
        try:
            while head := await read_head(reader):
                self.heads.append(head)
                if self.silent:
                    await reader.read()
                    return
                first = len(self.responses) > 1
                response = self.responses.pop(0) if first else self.responses[0]
                writer.write(response)
                if b"Connection: close" in response or b"cut" in response:
                    return
        finally:
            self.open_connections -= 1
            writer.close()


async def read_head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


@asynccontextmanager
async def serving(*responses: bytes, silent: bool = False) -> AsyncIterator[Server]:
    """Serve these responses."""
    server = Server(responses=list(responses), silent=silent)
    async with listening(server.handle) as listener:
        server.url = f"http://127.0.0.1:{port_of(listener)}/path?q=1"
        yield server


async def open_connections(server: Server, expected: int) -> int:
    """Return how many connections are open, once they are as many as expected or time is up."""
    for _ in range(500):
        if server.open_connections == expected:
            break
        await asyncio.sleep(0.01)
    return server.open_connections
