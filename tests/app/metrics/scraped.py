"""A gateway over the sandbox whose metrics are read as Prometheus reads them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import ASGIApp

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox
from tests.app.gateway import with_whole_bodies

Samples = Mapping[tuple[str, ...], float]
"""Values by the values of the labels, in the order of their names."""


@dataclass(kw_only=True)
class Scraped:
    """A client of the gateway and its sandbox."""

    app: ASGIApp
    http: httpx.AsyncClient
    sandbox: Sandbox

    async def send(self, query: str, **headers: str) -> httpx.Response:
        """Send an operation."""
        return await self.http.post("/graphql", json={"query": query}, headers=headers)

    async def samples(self, name: str) -> Samples:
        """Return the samples of this name that are not 0."""
        found = samples((await self.http.get("/metrics")).text, name)
        return {labels: value for labels, value in found.items() if value}


def samples(text: str, name: str) -> Samples:
    """Return the samples of this name in the text format by their labels, in the order of names.

    The label `account` is left out: every vendor has one account.
    """
    return {
        tuple(
            value for name, value in sorted(sample.labels.items()) if name != "account"
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


@asynccontextmanager
async def scraped(sandbox: Sandbox | None = None, **settings: Any) -> AsyncIterator[Scraped]:
    """Open a gateway that caches, over a sandbox without rate limits of its own."""
    vendors_app = sandbox or Sandbox(unlimited=True)
    own = Settings.model_construct(**settings)
    vendors = connect(
        vendors_app.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=vendors_app, raise_app_exceptions=False),
        own,
    )
    app = create_app(vendors, own)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=with_whole_bodies(app)), base_url="http://localhost"
        ) as http,
    ):
        yield Scraped(app=app, http=http, sandbox=vendors_app)
