"""The played vendors in a process of their own, with faults on the way: `soak` starts it.

It prints the variables that lead a gateway there, as one line of JSON, and runs until it is told to
end.
"""
# ruff: noqa: S311, T201 # chance need not be secret here, and what is printed is read by `soak`

import asyncio
import json
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

import uvicorn

from benchmarks.drawing import drawn
from groupgate.sandbox.app import Sandbox
from tests.faults.faults import (
    answer_lost,
    answered,
    endless,
    error_inside,
    garbled,
    huge,
    reset,
    reset_in_body,
)
from tests.faults.proxy import Call, Fault, Proxy

RESET_EVERY: Final = 60.0
"""Seconds after which the vendors are as they were: a catalogue that grows would grow answers."""
HELD: Final = 8.0
"""Seconds; longer than the gateway's deadline in this measurement."""
LONGEST_CONNECTION: Final = 20.0
"""Seconds for which connections without a fault are kept; most are for less."""
PIECE: Final = 65_536

_PREFIXES = ("DODO_", "AXIM_", "TWOCHECKOUT_")


async def held(call: Call) -> None:
    """It arrives, and the answer does not come in time."""
    await call.forward()
    await asyncio.sleep(HELD)


async def lost(_call: Call) -> None:
    """It does not arrive, and nothing is said."""
    await asyncio.sleep(HELD)


FAULTS: Final[Mapping[Fault, int]] = {
    held: 4,
    lost: 2,
    answered(429): 3,
    answered(429, Retry_After="1"): 3,
    answered(429, Retry_After="4"): 1,
    answered(500, b'{"message": "no"}', Content_Type="application/json"): 3,
    answered(502, b"<html>Bad gateway</html>", Content_Type="text/html"): 2,
    answered(503, Retry_After="2"): 2,
    answered(401, b'{"message": "no"}', Content_Type="application/json"): 1,
    answered(200, error_inside(), Content_Type="application/json"): 2,
    garbled(lambda body: body[: len(body) // 2]): 2,
    garbled(lambda body: b"{" + body): 2,
    garbled(lambda body: body, "text/html"): 2,
    reset: 4,
    answer_lost: 4,
    reset_in_body: 4,
    huge: 1,
    endless: 1,
}
"""What can happen to a call, and how often in comparison."""

WEATHER: Final[Mapping[float, int]] = {0.05: 4, 0.3: 3, 1.0: 1}
"""Shares of new connections that meet a fault, and how often in comparison."""


class Way:
    """The way to one vendor, in changing weather. In the worst, every call meets the same fault."""

    def __init__(self, vendor_port: int) -> None:
        self._vendor_port = vendor_port
        self._share = 0.0
        self._proxy = Proxy(vendor_port, _any_fault)
        self._through: set[asyncio.StreamWriter] = set()

    async def change(self) -> None:
        """Have other weather again and again. No connection outlives a change."""
        while True:
            self._share = drawn(WEATHER)
            self._proxy.fault = drawn(FAULTS) if self._share == 1 else _any_fault
            for writer in self._through:
                writer.transport.abort()
            await asyncio.sleep(random.uniform(5, 25))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection: for one call with a fault, or for many without."""
        if random.random() < self._share:
            await self._proxy.serve(reader, writer)
            return
        self._through.add(writer)
        try:
            await self._lead_through(reader, writer)
        finally:
            self._through.discard(writer)
            writer.close()

    async def _lead_through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self._vendor_port)
        pumps = [
            asyncio.ensure_future(_pump(reader, their_writer)),
            asyncio.ensure_future(_pump(their_reader, writer)),
        ]
        seconds = random.uniform(1, LONGEST_CONNECTION)
        await asyncio.wait(pumps, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        their_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()


async def _any_fault(call: Call) -> None:
    await drawn(FAULTS)(call)


async def main() -> None:
    """Play the vendors, open a way to each, and tell where they are."""
    sandbox = Sandbox(unlimited=True)
    server = uvicorn.Server(
        uvicorn.Config(sandbox, port=0, log_level="warning", ws="none", lifespan="off")
    )
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 # the server has no other way to tell
        await asyncio.sleep(0.01)
    vendor_port: int = server.servers[0].sockets[0].getsockname()[1]
    given: dict[str, str] = {}
    tasks = [serving, asyncio.ensure_future(_reset(sandbox))]
    async with AsyncExitStack() as open_ways:
        for prefix in _PREFIXES:
            way = Way(vendor_port)
            entry = await asyncio.start_server(way.serve, "127.0.0.1", 0)
            await open_ways.enter_async_context(entry)
            tasks.append(asyncio.ensure_future(way.change()))
            address = f"http://127.0.0.1:{entry.sockets[0].getsockname()[1]}"
            given |= _of(prefix, sandbox.environment(address))
        print(json.dumps(given), flush=True)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _reset(sandbox: Sandbox) -> None:
    while True:
        await asyncio.sleep(RESET_EVERY)
        sandbox.reset()


def _of(prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name.startswith(prefix)}


if __name__ == "__main__":
    asyncio.run(main())
