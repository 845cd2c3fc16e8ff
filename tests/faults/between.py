"""A gateway, a proxy and the vendors, with real connections between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import httpx
from starlette.types import ASGIApp

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Simulator
from groupgate.upstream.http11 import Http11Transport
from groupgate.upstream.vendor_state import VendorState
from tests.faults.faults import none
from tests.faults.proxy import Fault, Proxy, proxied
from tests.faults.serving import Served
from tests.faults.stalls import stalls
from tests.faults.table import Address

DEADLINE: Final = 1.0
GRACE: Final = 0.25
"""Seconds; after the deadline and these a client has its answer."""

_TRANSPORT = partial(Http11Transport)
"""The transport to real vendors; as another object, it may call addresses beyond loopback."""

_TIMEOUT = httpx.Timeout(10, connect=0.5)
"""Connections are given up sooner than in life, so that there is time for every try."""


@dataclass(kw_only=True)
class Between:
    """A client of the gateway, and what is behind it."""

    app: ASGIApp
    http: httpx.AsyncClient
    proxy: Proxy
    sandbox: Sandbox
    vendor: Simulator
    vendor_state: VendorState
    deadline: float

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation, and see that its answer is there in time."""
        began = asyncio.get_running_loop().time()
        with stalls() as machine:
            answer = await self.ask_in_a_crowd(query, **variables)
            took = asyncio.get_running_loop().time() - began
        assert took - machine.seconds <= self.deadline + GRACE
        return answer

    async def ask_in_a_crowd(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation of many, whose answers this machine may be slow to write."""
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        return answer


@asynccontextmanager
async def between(
    served: Served,
    key: str,
    fault: Fault = none,
    address: Address | None = None,
    **given: Any,
) -> AsyncIterator[Between]:
    """Open a gateway that reaches one vendor through the proxy, or looks for it elsewhere."""
    sandbox = served.sandbox
    settings = Settings.model_construct(**({"deadline": DEADLINE} | given))
    async with proxied(served.port, fault) as (proxy, port):
        with address() if address else nullcontext(f"http://127.0.0.1:{port}") as base:
            vendors = connect(_variables(sandbox, key, base), _TRANSPORT, settings)
            app = create_app(vendors, settings)
            for client in vendors.clients:
                client.timeout = _TIMEOUT
            async with app.router.lifespan_context(app), _client(app) as http:
                yield Between(
                    app=app,
                    http=http,
                    proxy=proxy,
                    sandbox=sandbox,
                    vendor=_vendor(sandbox, key),
                    vendor_state=vendors.vendor_state[0],
                    deadline=settings.deadline,
                )
                proxy.release()


def _variables(sandbox: Sandbox, key: str, base: str) -> dict[str, str]:
    prefix = key.replace("_", "")
    return {
        name: value for name, value in sandbox.environment(base).items() if name.startswith(prefix)
    }


def _vendor(sandbox: Sandbox, key: str) -> Simulator:
    vendor: Simulator = getattr(sandbox, key.lower())
    return vendor


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway")
