"""Serve the simulators in a process of their own; the connection to Dodo can fail.

Prints the environment variables of a gateway that uses them as one line of JSON. Each line that it
reads from stdin sets the state of Dodo: "healthy", "silent", "unreachable" or "nameless".
"""
# ruff: noqa: T201 # the measurement reads what is printed

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.slow_dns import DOMAIN, VARIABLE
from groupgate.sandbox.app import Sandbox

LATENCY: Final = 0.02
"""Seconds added to each call, as over a network."""
CALLS_PER_CONNECTION: Final = 10
"""A connection is closed after this many responses, so that names are looked up again."""
CHUNK: Final = 65_536


class DelayedVendors:
    """Delays each response and closes connections regularly."""

    def __init__(self, vendors: ASGIApp) -> None:
        self._vendors = vendors
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request after a delay."""
        is_last = next(self._numbers) % CALLS_PER_CONNECTION == 0

        async def send_and_close(message: Message) -> None:
            if is_last and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await asyncio.sleep(LATENCY)
        await self._vendors(scope, receive, send_and_close)


class FailingProxy:
    """A proxy to a vendor that can stop forwarding.

    It then discards what is sent over open connections. It accepts new connections and never
    responds ("silent"), does not complete them ("unreachable"), or the lookup of its name fails
    ("nameless").
    """

    def __init__(self, vendor_port: int, failing_lookups: Path) -> None:
        self._vendor_port = vendor_port
        self._failing_lookups = failing_lookups
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self._accepting: asyncio.Task[None] | None = None
        self._is_forwarding = False
        self._connections: set[asyncio.Task[None]] = set()
        self._queued: list[socket.socket] = []

    @property
    def port(self) -> int:
        """The port that the proxy listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    def set_state(self, state: str) -> None:
        """Become healthy, silent, unreachable or nameless."""
        self._is_forwarding = state == "healthy"
        if state in {"healthy", "nameless"}:
            self._close_connections()
        if state == "nameless":
            self._failing_lookups.write_text(name_of("DODO"))
        else:
            self._failing_lookups.unlink(missing_ok=True)
        if state == "unreachable":
            self._stop_accepting()
        elif self._accepting is None:
            self._listener.listen(128)
            self._accepting = asyncio.ensure_future(self._accept())

    def _close_connections(self) -> None:
        for connection in self._connections:
            connection.cancel()
        for queued in self._queued:
            queued.close()
        self._queued.clear()

    def _stop_accepting(self) -> None:
        """Stop accepting, and fill the listen queue so that no connection is completed."""
        if self._accepting is not None:
            self._accepting.cancel()
            self._accepting = None
        self._listener.listen(0)
        for _ in range(2):
            queued = socket.socket()
            queued.settimeout(0)
            queued.connect_ex(self._listener.getsockname())
            self._queued.append(queued)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            task = asyncio.ensure_future(self._handle(connection))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _handle(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        vendor_reader, vendor_writer = await asyncio.open_connection("127.0.0.1", self._vendor_port)
        pumps = [
            asyncio.ensure_future(self._pump(reader, vendor_writer)),
            asyncio.ensure_future(self._pump(vendor_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            writer.close()
            vendor_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            if self._is_forwarding:
                writer.write(chunk)
                await writer.drain()


async def main() -> None:
    """Serve the simulators, and change the state of Dodo on command."""
    sandbox = Sandbox(unlimited=True)
    # Connections are kept for longer than the pauses of a measurement.
    config = uvicorn.Config(
        DelayedVendors(sandbox), port=0, log_level="warning", lifespan="off", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 # the server has no event for it
        await asyncio.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    proxy = FailingProxy(port, Path(os.environ[VARIABLE]))
    proxy.set_state("healthy")
    print(json.dumps(_environment(sandbox, port, proxy.port)), flush=True)
    commands = asyncio.ensure_future(_read_commands(proxy))
    await serving
    commands.cancel()


def name_of(key: str) -> str:
    """Return the host name of a vendor."""
    return f"{key.lower()}.{DOMAIN}"


def _environment(sandbox: Sandbox, port: int, proxy_port: int) -> Mapping[str, str]:
    """Return variables that reach Dodo through the proxy and the other vendors directly."""
    given: dict[str, str] = {}
    for key, entry in {"DODO": proxy_port, "AXIM": port, "TWOCHECKOUT": port}.items():
        variables = sandbox.environment(f"http://{name_of(key)}:{entry}")
        given |= {name: value for name, value in variables.items() if name.startswith(key)}
    return given


async def _read_commands(proxy: FailingProxy) -> None:
    lines = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await lines.readline():
        proxy.set_state(line.decode().strip())


if __name__ == "__main__":
    asyncio.run(main())
