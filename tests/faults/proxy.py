"""A proxy between the gateway and the vendors that lets calls meet faults."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from tests.listening import listening, port_of, stop_listening

_END = b"\r\n\r\n"
_LINGER_ZERO = struct.pack("ii", 1, 0)
"""SO_LINGER with a time of 0: closing sends a reset and discards unsent data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A vendor's response: status line with headers, and body."""

    head: bytes
    body: bytes


@dataclass(kw_only=True)
class Call:
    """One call of the gateway, on a connection of its own."""

    number: int
    """Counts from 1."""
    request: bytes
    vendor_port: int
    released: asyncio.Event
    """Set at the end of a test, for calls that are held until then."""
    reader: asyncio.StreamReader
    """Reaches its end when the gateway closes the connection."""
    writer: asyncio.StreamWriter

    async def forward(self) -> Response:
        """Send the call to the vendor and return its response."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.vendor_port)
        head, _, body = self.request.partition(_END)
        with closing(writer):  # also if the test ends meanwhile
            writer.write(head + b"\r\nConnection: close" + _END + body)
            raw = await reader.read()
        head, _, body = raw.partition(_END)
        return Response(head=head, body=body)

    async def send(self, *parts: bytes) -> None:
        """Send bytes to the gateway."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    def reset(self) -> None:
        """Reset the connection to the gateway."""
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO
        )
        self.writer.transport.abort()


Fault = Callable[[Call], Awaitable[None]]
"""Handles a call in the vendor's place."""


class Proxy:
    """Counts the calls that arrive and hands each to the current fault."""

    def __init__(self, vendor_port: int, fault: Fault) -> None:
        self.fault = fault
        self.arrived = 0
        self.server: asyncio.Server | None = None
        self._vendor_port = vendor_port
        self._released = asyncio.Event()

    async def refuse_connections(self) -> None:
        """Stop listening: later connections are refused."""
        if self.server is not None:
            await stop_listening(self.server)

    def release(self) -> None:
        """Release the calls that are held."""
        self._released.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection, which carries one call."""
        try:
            request = await _read_request(reader)
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
            """The gateway has closed the connection."""
        finally:
            writer.close()


@asynccontextmanager
async def proxied(vendor_port: int, fault: Fault) -> AsyncIterator[tuple[Proxy, int]]:
    """Open a proxy to the vendors on a port; yield the proxy and the port it listens on."""
    proxy = Proxy(vendor_port, fault)
    async with listening(proxy.serve) as server:
        proxy.server = server
        yield proxy, port_of(server)
        proxy.release()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(_END)
    lines = head.decode("latin-1").lower().split("\r\n")
    lengths = [line.split(":")[1] for line in lines if line.startswith("content-length:")]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)
