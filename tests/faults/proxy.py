"""A proxy on this machine between the gateway and the vendors, on which calls meet faults."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

_END = b"\r\n\r\n"
_AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing sends a reset, and nothing that still waits to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the vendor sent back: status line with headers, and body."""

    head: bytes
    body: bytes


@dataclass(kw_only=True)
class Call:
    """One call of the gateway; each has a connection of its own."""

    number: int
    """From 1 on."""
    request: bytes
    vendor_port: int
    released: asyncio.Event
    """Set at the end of a test, for calls that were held until then."""
    reader: asyncio.StreamReader
    """It comes to its end when the gateway gives the call up."""
    writer: asyncio.StreamWriter

    async def forward(self) -> Reply:
        """Let the vendor have the call; return its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.vendor_port)
        head, _, body = self.request.partition(_END)
        writer.write(head + b"\r\nConnection: close" + _END + body)
        raw = await reader.read()
        writer.close()
        head, _, body = raw.partition(_END)
        return Reply(head=head, body=body)

    async def send(self, *pieces: bytes) -> None:
        """Send bytes to the gateway."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    def reset(self) -> None:
        """Break the connection off."""
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE
        )
        self.writer.transport.abort()


Fault = Callable[[Call], Awaitable[None]]
"""What happens to a call."""


class Proxy:
    """Counts the calls that arrive, and lets each meet the fault."""

    def __init__(self, vendor_port: int, fault: Fault) -> None:
        self.fault = fault
        self.arrived = 0
        self.listening: asyncio.Server | None = None
        self._vendor_port = vendor_port
        self._released = asyncio.Event()

    def leave(self) -> None:
        """Refuse connections from now on."""
        if self.listening is not None:
            self.listening.close()

    def release(self) -> None:
        """Let go of the calls that are held."""
        self._released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection, for one call."""
        try:
            request = await _request(reader)
            self.arrived += 1
            await self.fault(
                Call(
                    number=self.arrived,
                    request=request,
                    vendor_port=self._vendor_port,
                    released=self._released,
                    reader=reader,
                    writer=writer,
                )
            )
        except (ConnectionError, asyncio.IncompleteReadError):
            """The gateway has had enough."""
        finally:
            writer.close()


@asynccontextmanager
async def proxied(vendor_port: int, fault: Fault) -> AsyncIterator[tuple[Proxy, int]]:
    """Open a proxy in front of the vendors on a port, and give it with its own port."""
    proxy = Proxy(vendor_port, fault)
    proxy.listening = server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    async with server:
        yield proxy, server.sockets[0].getsockname()[1]
        proxy.release()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(_END)
    lines = head.decode("latin-1").lower().split("\r\n")
    lengths = [line.split(":")[1] for line in lines if line.startswith("content-length:")]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)
