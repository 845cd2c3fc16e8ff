"""The played vendors in a process of their own, one of which can be cut off.

It prints the variables that lead a gateway there, as one line of JSON. Each line that it is told is
what becomes of Dodo: "healthy", "silent", "unreachable" or "nameless".
"""
# ruff: noqa: T201 # what is printed is read by the measurement

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

from benchmarks.lookups import DOMAIN, VARIABLE
from groupgate.sandbox.app import Sandbox

LATENCY: Final = 0.02
"""Seconds that each call takes at the least: no vendor is next door."""
CALLS_A_CONNECTION: Final = 10
"""After so many answers a connection is closed; the next call looks the vendor up again."""
PIECE: Final = 65_536


class Distant:
    """The vendors, as far away as in life, and tired of connections now and then."""

    def __init__(self, vendors: ASGIApp) -> None:
        self._vendors = vendors
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, a little later."""
        is_last = next(self._numbers) % CALLS_A_CONNECTION == 0

        async def send_and_close(message: Message) -> None:
            if is_last and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        await asyncio.sleep(LATENCY)
        await self._vendors(scope, receive, send_and_close)


class Road:
    """The way to a vendor, which can become a black hole.

    Then what is sent on connections that were made before is lost. New ones are made, but nothing
    comes out of them ("silent"), or they are not even made ("unreachable"), or it is not found out
    where to make them ("nameless").
    """

    def __init__(self, vendor_port: int, in_vain: Path) -> None:
        self._vendor_port = vendor_port
        self._in_vain = in_vain
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self._accepting: asyncio.Task[None] | None = None
        self._is_open = False
        self._pairs: set[asyncio.Task[None]] = set()
        self._waiting: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where it begins."""
        port: int = self._listener.getsockname()[1]
        return port

    def become(self, state: str) -> None:
        """Be healthy, silent, unreachable or nameless from now on."""
        self._is_open = state == "healthy"
        if state in {"healthy", "nameless"}:
            self._clear()
        if state == "nameless":
            self._in_vain.write_text(name_of("DODO"))
        else:
            self._in_vain.unlink(missing_ok=True)
        if state == "unreachable":
            self._stop()
        elif self._accepting is None:
            self._listener.listen(128)
            self._accepting = asyncio.ensure_future(self._accept())

    def _clear(self) -> None:
        """Break off what hangs."""
        for pair in self._pairs:
            pair.cancel()
        for waiting in self._waiting:
            waiting.close()
        self._waiting.clear()

    def _stop(self) -> None:
        """Let nobody in, and have the only places in the queue taken."""
        if self._accepting is not None:
            self._accepting.cancel()
            self._accepting = None
        self._listener.listen(0)
        for _ in range(2):
            waiting = socket.socket()
            waiting.settimeout(0)
            waiting.connect_ex(self._listener.getsockname())
            self._waiting.append(waiting)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._listener)
            pair = asyncio.ensure_future(self._lead(connection))
            self._pairs.add(pair)
            pair.add_done_callback(self._pairs.discard)

    async def _lead(self, connection: socket.socket) -> None:
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
        while piece := await reader.read(PIECE):
            if self._is_open:
                writer.write(piece)
                await writer.drain()


async def main() -> None:
    """Play the vendors, and cut Dodo off when told to."""
    sandbox = Sandbox(unlimited=True)
    # Connections are kept for longer than a measurement has pauses: none has to be made anew.
    config = uvicorn.Config(
        Distant(sandbox), port=0, log_level="warning", lifespan="off", timeout_keep_alive=60
    )
    server = uvicorn.Server(config)
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 # the server has no other way to tell
        await asyncio.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    road = Road(port, Path(os.environ[VARIABLE]))
    road.become("healthy")
    print(json.dumps(_variables(sandbox, port, road.port)), flush=True)
    listening = asyncio.ensure_future(_listen(road))
    await serving
    listening.cancel()


def name_of(key: str) -> str:
    """The name under which a vendor is looked up."""
    return f"{key.lower()}.{DOMAIN}"


def _variables(sandbox: Sandbox, port: int, road_port: int) -> Mapping[str, str]:
    """Lead to Dodo by the road, and to the others straight away."""
    given: dict[str, str] = {}
    for key, entry in {"DODO": road_port, "AXIM": port, "TWOCHECKOUT": port}.items():
        played = sandbox.environment(f"http://{name_of(key)}:{entry}")
        given |= {name: value for name, value in played.items() if name.startswith(key)}
    return given


async def _listen(road: Road) -> None:
    lines = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await lines.readline():
        road.become(line.decode().strip())


if __name__ == "__main__":
    asyncio.run(main())
