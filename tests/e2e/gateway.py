"""The whole gateway over the sandbox, in one process: HTTP in, counted calls out."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox

DIRECT: Final = Settings.model_construct(
    cache_ttl=0, cache_stale_if_error=0, dodo_rate_per_second=None, dodo_rate_per_minute=None
)
"""Every request asks the vendors itself, as often as it likes, so that its calls can be counted."""


@dataclass(kw_only=True)
class Gateway:
    """A client of the gateway, and the vendors behind it."""

    http: httpx.AsyncClient
    sandbox: Sandbox

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; return the whole answer."""
        body = {"query": query, "variables": variables}
        response = await self.http.post("/graphql", json=body)
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation that has to succeed; return its data."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def counts(self) -> dict[str, int]:
        """Calls since `clear`, by vendor; vendors that were not called are left out."""
        played = {
            "DODO": self.sandbox.dodo,
            "AXIM": self.sandbox.axim,
            "TWO_CHECKOUT": self.sandbox.two_checkout,
        }
        return dict(Counter({key: len(vendor.calls) for key, vendor in played.items()}) + Counter())

    def clear(self) -> None:
        """Forget the calls so far."""
        for vendor in (self.sandbox.dodo, self.sandbox.axim, self.sandbox.two_checkout):
            vendor.calls.clear()


Way = Callable[[Sandbox], httpx.AsyncBaseTransport]
"""Makes what carries the calls to one vendor."""


def straight(sandbox: Sandbox) -> httpx.AsyncBaseTransport:
    """The way on which nothing happens to calls."""
    return httpx.ASGITransport(app=sandbox)


@asynccontextmanager
async def open_gateway(
    sandbox: Sandbox | None = None,
    settings: Settings | None = None,
    way: Way = straight,
    upstream: Settings = DIRECT,
) -> AsyncIterator[Gateway]:
    """Open a gateway over a sandbox of its own without rate limits, or over this one.

    `upstream` are the settings that calls to the vendors keep to.
    """
    played = sandbox or Sandbox(unlimited=True)
    vendors = connect(played.environment("http://sandbox"), lambda: way(played), upstream)
    app = create_app(vendors, settings or Settings.model_construct())
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
    ):
        yield Gateway(http=http, sandbox=played)
