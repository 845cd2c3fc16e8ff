"""What a request leaves to the search for garbage, in objects: run it, and read what it prints.

What that search finds has stayed in memory until then, and while it searches nobody is answered.
`python -m benchmarks.garbage`; with stamina installed, also what trying a call again costs by it.
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

from benchmarks.lookups import VARIABLE, look_up
from benchmarks.neighbours import ALL, PAGE
from benchmarks.processes import started, tell, told_by
from groupgate.app.factory import create_app
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from tests.app.disconnecting_client import DisconnectingClient
from tests.e2e.possible_changes import AT_DODO

TIMES: Final = 50
CALLS: Final = 2_000

Operation = tuple[str, Mapping[str, Any] | None]
"""Document and variables."""

_numbers = count()


async def main() -> None:
    """Count, with each vendor asked each time."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        own = {VARIABLE: str(path / "in-vain")}
        os.environ |= own
        with started("benchmarks.vendors", log=path / "vendors", given=own) as vendors:
            given = json.loads(told_by(vendors))
            async with gateway(given) as app:
                for kind, operation in _KINDS.items():
                    await count_left(app, kind, operation)
                tell(vendors, "unreachable")
                await count_left(app, "Dodo unreachable", _page("DODO"), fails=True)
    if find_spec("stamina"):
        await compare_retries()


@asynccontextmanager
async def gateway(given: dict[str, str]) -> AsyncIterator[ASGIApp]:
    """A gateway in this process, without a server and without a cache."""
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


async def count_left(
    app: ASGIApp, kind: str, operation: Callable[[], Operation], *, fails: bool = False
) -> None:
    """Print how many objects each request leaves, on the average."""
    answer = await ask(app, *operation())
    if ("errors" in answer) is not fails:
        raise RuntimeError(answer)
    left, _ = await _left_by(lambda: ask(app, *operation()), TIMES)
    print(f"{kind}: {left:.1f}", flush=True)


async def ask(app: ASGIApp, query: str, variables: Mapping[str, Any] | None) -> Any:
    """Send one request by a client that stays; return the answer."""
    client = DisconnectingClient(app)
    await client.post(query, variables)
    return client.json()


async def compare_retries() -> None:
    """Print what a call costs that succeeds at once, by a library and by a loop."""
    library = import_module("stamina")

    async def call() -> None:
        pass

    async def by_library() -> None:
        async for step_result in library.retry_context(on=OSError, step_results=3, timeout=None):
            with step_result:
                await call()

    for kind, work in (("called", call), ("called by stamina", by_library)):
        left, seconds = await _left_by(work, CALLS)
        print(f"{kind}: {left:.1f}, {seconds * 1e6:.1f} microseconds")


async def _left_by(work: Callable[[], Awaitable[object]], times: int) -> tuple[float, float]:
    """Objects and seconds, on the average."""
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


_CHANGE: Final = AT_DODO["update"]
_KINDS: Final[dict[str, Callable[[], Operation]]] = {
    "a page of products at Dodo": _page("DODO"),
    "a page of products at Axim": _page("AXIM"),
    "a page of products at 2Checkout": _page("TWO_CHECKOUT"),
    "a page of each in one query": lambda: (ALL, None),
    "a group changed at Dodo": lambda: (_CHANGE.document, _CHANGE.arguments),
    "a document never seen before": lambda: (f"{{ a{next(_numbers)}: __typename }}", None),
}

if __name__ == "__main__":
    socket.getaddrinfo = look_up
    asyncio.run(main())
