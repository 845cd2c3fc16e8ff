"""Serve the simulators behind faulty proxies in a process of their own, for `soak`.

Prints the environment variables of a gateway that uses them as one line of JSON, and runs until it
is terminated.
"""
# ruff: noqa: S311, T201 # no random number is a secret; `soak` reads what is printed

import asyncio
import json
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final, TypeVar

import uvicorn

from groupgate.sandbox.app import Sandbox
from tests.faults.faults import (
    corrupted,
    endless_body,
    error_body,
    huge_body,
    reset,
    reset_in_body,
    respond,
    response_lost,
)
from tests.faults.proxy import Call, Fault, Proxy

ValueT = TypeVar("ValueT")

RESET_INTERVAL: Final = 60.0
"""Seconds after which the seed data is restored: a growing catalog would have growing responses."""
HOLD_SECONDS: Final = 8.0
"""Longer than the gateway's deadline in this measurement."""
LONGEST_CONNECTION: Final = 20.0
"""Seconds for which connections without a fault are kept; most are for less."""
CHUNK: Final = 65_536

_PREFIXES = ("DODO_", "AXIM_", "TWOCHECKOUT_")


def weighted_choice(weights: Mapping[ValueT, int]) -> ValueT:
    """Choose a key at random with the probability of its weight."""
    return random.choices(list(weights), list(weights.values()))[0]


async def response_delayed(call: Call) -> None:
    """Forward the call, and hold the response beyond the deadline."""
    await call.forward()
    await asyncio.sleep(HOLD_SECONDS)


async def call_lost(_call: Call) -> None:
    """Neither forward the call nor respond."""
    await asyncio.sleep(HOLD_SECONDS)


FAULTS: Final[Mapping[Fault, int]] = {
    response_delayed: 4,
    call_lost: 2,
    respond(429): 3,
    respond(429, Retry_After="1"): 3,
    respond(429, Retry_After="4"): 1,
    respond(500, b'{"message": "no"}', Content_Type="application/json"): 3,
    respond(502, b"<html>Bad gateway</html>", Content_Type="text/html"): 2,
    respond(503, Retry_After="2"): 2,
    respond(401, b'{"message": "no"}', Content_Type="application/json"): 1,
    respond(200, error_body(), Content_Type="application/json"): 2,
    corrupted(lambda body: body[: len(body) // 2]): 2,
    corrupted(lambda body: b"{" + body): 2,
    corrupted(lambda body: body, "text/html"): 2,
    reset: 4,
    response_lost: 4,
    reset_in_body: 4,
    huge_body: 1,
    endless_body: 1,
}
"""Faults and their weights."""

FAULT_SHARES: Final[Mapping[float, int]] = {0.05: 4, 0.3: 3, 1.0: 1}
"""Shares of new connections that meet a fault, and their weights."""


class FaultyProxy:
    """A proxy to one vendor whose share of faults changes.

    With a share of 1.0, every call meets the same fault.
    """

    def __init__(self, vendor_port: int) -> None:
        self._vendor_port = vendor_port
        self._share = 0.0
        self._proxy = Proxy(vendor_port, _any_fault)
        self._open: set[asyncio.StreamWriter] = set()

    async def change_regularly(self) -> None:
        """Change the share of faults at random times; each change closes all connections."""
        while True:
            self._share = weighted_choice(FAULT_SHARES)
            self._proxy.fault = weighted_choice(FAULTS) if self._share == 1 else _any_fault
            for writer in self._open:
                writer.transport.abort()
            await asyncio.sleep(random.uniform(5, 25))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection: for one call with a fault, or for many calls without."""
        if random.random() < self._share:
            await self._proxy.serve(reader, writer)
            return
        self._open.add(writer)
        try:
            await self._forward(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        vendor_reader, vendor_writer = await asyncio.open_connection("127.0.0.1", self._vendor_port)
        pumps = [
            asyncio.ensure_future(_pump(reader, vendor_writer)),
            asyncio.ensure_future(_pump(vendor_reader, writer)),
        ]
        seconds = random.uniform(1, LONGEST_CONNECTION)
        await asyncio.wait(pumps, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        vendor_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()


async def _any_fault(call: Call) -> None:
    await weighted_choice(FAULTS)(call)


async def main() -> None:
    """Serve the simulators, open a proxy to each, and print the variables."""
    sandbox = Sandbox(unlimited=True)
    server = uvicorn.Server(
        uvicorn.Config(sandbox, port=0, log_level="warning", ws="none", lifespan="off")
    )
    serving = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 # the server has no event for it
        await asyncio.sleep(0.01)
    vendor_port: int = server.servers[0].sockets[0].getsockname()[1]
    given: dict[str, str] = {}
    tasks = [serving, asyncio.ensure_future(_reset_regularly(sandbox))]
    async with AsyncExitStack() as stack:
        for prefix in _PREFIXES:
            proxy = FaultyProxy(vendor_port)
            entry = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
            await stack.enter_async_context(entry)
            tasks.append(asyncio.ensure_future(proxy.change_regularly()))
            address = f"http://127.0.0.1:{entry.sockets[0].getsockname()[1]}"
            given |= _with_prefix(prefix, sandbox.environment(address))
        print(json.dumps(given), flush=True)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


async def _reset_regularly(sandbox: Sandbox) -> None:
    while True:
        await asyncio.sleep(RESET_INTERVAL)
        sandbox.reset()


def _with_prefix(prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name.startswith(prefix)}


if __name__ == "__main__":
    asyncio.run(main())
