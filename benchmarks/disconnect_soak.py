"""`python -m benchmarks.disconnect_soak`: clients that disconnect cost no connection to a vendor.

The gateway runs in a process of its own, and a fake Dodo Payments in this one. Each round sends a
query of 30 calls, waits until the connections have expired, and then lets 12 clients disconnect
while their calls are running. At the end, as many calls as the setting allows must run at the same
time, and each of them must succeed.
"""
# ruff: noqa: S101, S311, T201 # a failed check ends the measurement; the output is the result

import argparse
import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import uvicorn
from starlette.types import Receive, Scope, Send

from benchmarks.client import Client, request_of
from benchmarks.processes import gateway
from groupgate.domain.refs import CollectionRef, ProviderKey
from groupgate.schema.ids import encode_id

QUERY_CALLS: Final = 30
"""Calls of the query at the beginning of each round."""
IDLE: Final = 5.2
"""Seconds; connections to vendors expire after five."""
CLIENTS: Final = 12
"""Clients that disconnect in each round, each with a query of eight calls."""
CLIENT_CALLS: Final = 8
DISCONNECT_AFTER: Final = (0.002, 0.03)
"""Seconds from sending the query until the client disconnects."""
LATENCY: Final = 0.02
"""Seconds that the vendor takes for each call."""
PATIENCE: Final = 30.0
"""Seconds within which the calls at the end must all be running."""


class Vendor:
    """A fake Dodo Payments, which has every collection; it counts the calls that are running."""

    def __init__(self) -> None:
        self.calls = self.running = self.most_running = 0
        self.expected: int | None = None
        """Calls that must be running before any of them is answered; None outside of the check."""
        self._all_running = asyncio.Event()

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one call."""
        self.calls += 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.expected is None:
                await asyncio.sleep(LATENCY)
            else:
                if self.running >= self.expected:
                    self._all_running.set()
                await asyncio.wait_for(self._all_running.wait(), PATIENCE)
        finally:
            self.running -= 1
        body = _collection(scope["path"].rpartition("/")[2])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _collection(native_id: str) -> bytes:
    moment = "2026-01-01T00:00:00Z"
    return json.dumps(
        {
            "id": native_id,
            "brand_id": "brand",
            "name": native_id,
            "groups": [],
            "created_at": moment,
            "updated_at": moment,
        }
    ).encode()


def queries() -> Iterator[str]:
    """Return ids of collections, each of which is used once, so that each costs a call."""
    for number in count():
        ref = CollectionRef(provider=ProviderKey.DODO, native_id=f"pdc_{number}")
        yield encode_id(ref)


def _query(ids: Sequence[str]) -> bytes:
    fields = (f'c{n}: productCollection(id: "{one}") {{ name }}' for n, one in enumerate(ids))
    return json.dumps({"query": f"{{ {' '.join(fields)} }}"}).encode()


async def soak(port: int, vendor: Vendor, concurrency: int, seconds: float) -> None:
    """Run rounds for so many seconds, then check the number of usable places."""
    client, ids = Client(port), queries()
    rounds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        await _succeed(client, list(islice(ids, QUERY_CALLS)))
        await asyncio.sleep(IDLE)
        leaving = (_leave(client, list(islice(ids, CLIENT_CALLS))) for _ in range(CLIENTS))
        await asyncio.gather(*leaving)
        rounds += 1
    await asyncio.sleep(1)
    calls, vendor.most_running = vendor.calls, 0
    vendor.expected = concurrency
    sizes = [QUERY_CALLS] * (concurrency // QUERY_CALLS) + [concurrency % QUERY_CALLS]
    await asyncio.gather(*(_succeed(client, list(islice(ids, size))) for size in sizes if size))
    assert vendor.calls - calls == vendor.most_running == concurrency
    print(
        f"concurrency {concurrency}: {rounds} rounds with {rounds * CLIENTS} disconnects in "
        f"{seconds:.0f} s; then {vendor.most_running} of {concurrency} calls at the same time, "
        "all of which succeeded"
    )


async def _succeed(client: Client, ids: list[str]) -> None:
    response = await client.post(_query(ids))
    body: dict[str, Any] = json.loads(response.body)
    assert "errors" not in body, body["errors"][0]
    assert all(body["data"].values()), body


async def _leave(client: Client, ids: list[str]) -> None:
    _, writer = await client.connect()
    writer.write(request_of(_query(ids)))
    await asyncio.sleep(random.uniform(*DISCONNECT_AFTER))
    writer.transport.abort()


@asynccontextmanager
async def served(vendor: Vendor) -> AsyncIterator[int]:
    """Serve the vendor on a port."""
    config = uvicorn.Config(vendor, port=0, http="h11", ws="none", lifespan="off", log_level=40)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def measure(concurrency: int, seconds: float, log: Path) -> None:
    """Start a gateway with this setting, and let clients disconnect from it."""
    vendor = Vendor()
    async with served(vendor) as vendor_port:
        variables = {
            "DODO_PAYMENTS_API_KEY": "key",
            "DODO_PAYMENTS_BASE_URL": f"http://127.0.0.1:{vendor_port}",
            "GROUPGATE_DODO_RATE_PER_SECOND": "1000000",
            "GROUPGATE_DODO_RATE_PER_MINUTE": "1000000",
            "GROUPGATE_UPSTREAM_CONCURRENCY": str(concurrency),
            "GROUPGATE_DEADLINE": "60",
        }
        with gateway(log, variables) as (_, port):
            await soak(port, vendor, concurrency, seconds)


def main() -> None:
    """Measure each setting in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[16, 120, 300])
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        for concurrency in given.concurrency:
            asyncio.run(measure(concurrency, given.minutes * 60, Path(folder) / "gateway"))


if __name__ == "__main__":
    main()
