"""The whole gateway over the sandbox in one process: HTTP requests in, counted calls out."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect, make_stores
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Simulator

UNCACHED: Final = Settings.model_construct(
    cache_ttl=0, cache_stale_if_error=0, dodo_rate_per_second=None, dodo_rate_per_minute=None
)
"""Every request calls the vendors itself and without rate limits, so calls can be counted."""


@dataclass(kw_only=True)
class Gateway:
    """A client of the gateway and the sandbox behind it."""

    http: httpx.AsyncClient
    sandbox: Sandbox

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; return the whole response body."""
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body)
        decoded: dict[str, Any] = response.json()
        return decoded

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; assert that it has no errors and return its data."""
        response = await self.execute(query, **variables)
        assert "errors" not in response, response["errors"]
        data: dict[str, Any] = response["data"]
        return data

    def call_counts(self) -> dict[str, int]:
        """Return the calls since `clear_calls` by vendor, without vendors that had none."""
        vendors = simulators(self.sandbox)
        counts = Counter({key: len(simulator.calls) for key, simulator in vendors.items()})
        return dict(counts + Counter())

    def clear_calls(self) -> None:
        """Forget the recorded calls."""
        for simulator in simulators(self.sandbox).values():
            simulator.calls.clear()


def simulators(sandbox: Sandbox) -> dict[str, Simulator]:
    """Return the simulators of a sandbox by provider key."""
    return {"DODO": sandbox.dodo, "AXIM": sandbox.axim, "TWO_CHECKOUT": sandbox.two_checkout}


def snapshots(sandbox: Sandbox) -> list[object]:
    """Return the state of all vendors."""
    return [simulator.snapshot() for simulator in simulators(sandbox).values()]


def take_counts(gateway: Gateway) -> dict[str, int]:
    """Return the recorded calls by vendor, without vendors that had none, and forget them."""
    counts = gateway.call_counts()
    gateway.clear_calls()
    return counts


def take_writes(gateway: Gateway) -> list[tuple[str, str]]:
    """Return method and path of the recorded writes, and forget all recorded calls."""
    calls = [call for each in simulators(gateway.sandbox).values() for call in each.calls]
    gateway.clear_calls()
    return [(method, path) for method, path, _ in calls if method != "GET"]


def matches_plan(plan: Sequence[dict[str, str]], writes: Sequence[tuple[str, str]]) -> bool:
    """Return True if the writes are those of the plan, in which `{new}` stands for a new id."""
    patterns = [
        re.escape(f"{call['method']} {call['path']}").replace(re.escape("{new}"), "[^/]+")
        for call in plan
    ]
    lines = [f"{method} {path}" for method, path in writes]
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))


TransportFactory = Callable[[Sandbox], httpx.AsyncBaseTransport]
"""Makes the transport of one vendor."""


def plain_transport(sandbox: Sandbox) -> httpx.AsyncBaseTransport:
    """Return a transport that hands calls to the sandbox."""
    return httpx.ASGITransport(app=sandbox)


@asynccontextmanager
async def open_gateway(
    sandbox: Sandbox | None = None,
    settings: Settings | None = None,
    transport: TransportFactory = plain_transport,
    upstream: Settings = UNCACHED,
    *,
    federation: bool = False,
) -> AsyncIterator[Gateway]:
    """Open a gateway over this sandbox, or over one of its own without rate limits.

    `upstream` are the settings of the calls to the vendors, and of what is cached.
    """
    vendors_app = sandbox or Sandbox(unlimited=True)
    environment = vendors_app.environment("http://sandbox")
    own = settings or Settings.model_construct()
    stores = make_stores(own)
    vendors = connect(environment, lambda: transport(vendors_app), upstream, stores=stores)
    app = create_app(
        vendors,
        own.model_copy(update={"cache_ttl": upstream.cache_ttl}),
        stores=stores,
        federation=federation,
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://gateway"
        ) as http,
    ):
        yield Gateway(http=http, sandbox=vendors_app)
