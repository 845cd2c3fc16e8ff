"""A gateway whose calls to one vendor pass a faulty proxy over real connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from unittest.mock import patch

import httpx
from starlette.types import ASGIApp

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.http11.transport import Http11Transport
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Simulator
from groupgate.upstream.vendor_state import VendorState
from tests.e2e.gateway import simulators
from tests.faults.faults import no_fault
from tests.faults.proxy import Fault, Proxy, proxied
from tests.faults.serving import ServedSandbox
from tests.faults.stalls import measure_stalls
from tests.faults.table import Address

DEADLINE: Final = 1.0
GRACE: Final = 0.25
"""Seconds after the deadline by which a client must have its response."""

_TRANSPORT = partial(Http11Transport)
"""The transport to real vendors; as another object, it may call addresses beyond loopback."""

_CONNECT_TIMEOUT: Final = 0.5
"""Seconds; shorter than in production, so that all tries fit in the deadline."""


@dataclass(kw_only=True)
class ProxiedGateway:
    """A client of the gateway, the proxy and the simulators behind it."""

    app: ASGIApp
    http: httpx.AsyncClient
    proxy: Proxy
    sandbox: Sandbox
    simulator: Simulator
    vendor_state: VendorState
    deadline: float

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; assert that the response arrives by the deadline and return it."""
        began = asyncio.get_running_loop().time()
        with measure_stalls() as machine:
            response = await self.execute_untimed(query, **variables)
            took = asyncio.get_running_loop().time() - began
        assert took - machine.seconds <= self.deadline + GRACE
        return response

    async def execute_untimed(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation without a limit on its duration, for tests that send many at once."""
        body = {"query": query, "variables": variables}
        response: dict[str, Any] = (await self.http.post("/graphql", json=body)).json()
        return response


@asynccontextmanager
async def proxied_gateway(
    served: ServedSandbox,
    key: str,
    fault: Fault = no_fault,
    address: Address | None = None,
    **settings: Any,
) -> AsyncIterator[ProxiedGateway]:
    """Open a gateway with one vendor behind a proxy, or at another address if one is given."""
    sandbox = served.sandbox
    chosen = Settings.model_construct(**({"deadline": DEADLINE} | settings))
    async with proxied(served.port, fault) as (proxy, port):
        with address() if address else nullcontext(f"http://127.0.0.1:{port}") as base:
            vendors = connect(_environment(sandbox, key, base), _TRANSPORT, chosen)
            app = create_app(vendors, chosen)
            async with app.router.lifespan_context(app), _client(app) as http:
                with patch("groupgate.upstream.transport.CONNECT_TIMEOUT", _CONNECT_TIMEOUT):
                    yield ProxiedGateway(
                        app=app,
                        http=http,
                        proxy=proxy,
                        sandbox=sandbox,
                        simulator=simulators(sandbox)[key],
                        vendor_state=vendors.vendor_state[0],
                        deadline=chosen.deadline,
                    )
                proxy.release()


def _environment(sandbox: Sandbox, key: str, base: str) -> dict[str, str]:
    prefix = key.replace("_", "")
    return {
        name: value for name, value in sandbox.environment(base).items() if name.startswith(prefix)
    }


def _client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway")
