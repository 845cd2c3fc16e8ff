"""Measure how many objects in reference cycles a request leaves to the garbage collector.

They stay in memory until the next collection, during which no request is handled. `python -m
benchmarks.garbage`; if stamina is installed, the cost of a retry with it is measured too.
"""
# ruff: noqa: T201 # it prints

import asyncio
import gc
import json
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from starlette.types import ASGIApp

from benchmarks.isolation_load import ALL_PAGES, PAGE
from benchmarks.processes import read_line, send_line, started
from benchmarks.slow_dns import VARIABLE, getaddrinfo
from groupgate.app.factory import create_app
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from tests.app.disconnecting_client import DisconnectingClient
from tests.e2e.valid_mutations import AT_DODO

TIMES: Final = 50
CALLS: Final = 2_000

Operation = tuple[str, Mapping[str, Any] | None]
"""Document and variables."""

_numbers = count()


async def main() -> None:
    """Measure each kind of request; every request calls the vendor."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        own = {VARIABLE: str(path / "failing-lookups")}
        os.environ |= own
        with started("benchmarks.isolation_vendors", log=path / "vendors", given=own) as vendors:
            given = json.loads(read_line(vendors))
            async with gateway(given) as app:
                for kind, operation in _KINDS.items():
                    await measure(app, kind, operation)
                send_line(vendors, "unreachable")
                await measure(app, "Dodo unreachable", _page("DODO"), fails=True)
    if find_spec("stamina"):
        await compare_retries()


@asynccontextmanager
async def gateway(given: dict[str, str]) -> AsyncIterator[ASGIApp]:
    """Open a gateway in this process, without a server and without a cache."""
    settings = Settings.model_construct(
        log_level="critical",
        cache_ttl=0,
        cache_stale_if_error=0,
        deadline=0.5,
        dodo_rate_per_minute=60_000,
        allow_insecure_upstream=True,
    )
    configure_logs(settings)
    vendors = connect(given, settings=settings)
    app = create_app(vendors, settings)
    async with app.router.lifespan_context(app):
        yield app


async def measure(
    app: ASGIApp, kind: str, operation: Callable[[], Operation], *, fails: bool = False
) -> None:
    """Print the mean number of objects that a request leaves."""
    body = await execute(app, *operation())
    if ("errors" in body) is not fails:
        raise RuntimeError(body)
    objects, _ = await _mean_cost(lambda: execute(app, *operation()), TIMES)
    print(f"{kind}: {objects:.1f}", flush=True)


async def execute(app: ASGIApp, query: str, variables: Mapping[str, Any] | None) -> Any:
    """Send one request; return the response body."""
    client = DisconnectingClient(app)
    await client.post(query, variables)
    return client.json()


async def compare_retries() -> None:
    """Print the cost of a call that succeeds at the first try, with a library and without."""
    library = import_module("stamina")

    async def call() -> None:
        pass

    async def with_library() -> None:
        async for step_result in library.retry_context(on=OSError, step_results=3, timeout=None):
            with step_result:
                await call()

    for kind, work in (("call", call), ("call with stamina", with_library)):
        objects, seconds = await _mean_cost(work, CALLS)
        print(f"{kind}: {objects:.1f}, {seconds * 1e6:.1f} microseconds")


async def _mean_cost(work: Callable[[], Awaitable[object]], times: int) -> tuple[float, float]:
    """Return the mean number of objects left and the mean duration in seconds."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        for _ in range(times):
            await work()
        took = time.perf_counter() - began
        return gc.collect() / times, took / times
    finally:
        gc.enable()


def _page(key: str) -> Callable[[], Operation]:
    return lambda: (PAGE, {"key": key})


_UPDATE: Final = AT_DODO["update"]
_KINDS: Final[dict[str, Callable[[], Operation]]] = {
    "a page of products at Dodo": _page("DODO"),
    "a page of products at Axim": _page("AXIM"),
    "a page of products at 2Checkout": _page("TWO_CHECKOUT"),
    "a page of each in one query": lambda: (ALL_PAGES, None),
    "an update of a group at Dodo": lambda: (_UPDATE.document, _UPDATE.arguments),
    "a new document": lambda: (f"{{ a{next(_numbers)}: __typename }}", None),
}

if __name__ == "__main__":
    socket.getaddrinfo = getaddrinfo
    asyncio.run(main())
