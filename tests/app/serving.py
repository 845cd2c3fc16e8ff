"""The whole app over fake vendors, asked through httpx without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.provider import Provider
from tests.fakes import FakeProvider

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@asynccontextmanager
async def gateway(
    provider: Provider | None = None, **given: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the gateway; `given` are settings, the environment has no say."""
    vendor = provider or FakeProvider()
    vendors = Vendors(providers={vendor.key: vendor}, clients=())
    app = create_app(vendors, Settings.model_construct(**given))
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of any app; it asks for the newer media type unless told otherwise."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://gateway",
        headers={"Accept": GRAPHQL},
    ) as client:
        yield client


def told(response: httpx.Response) -> tuple[int, str, str]:
    """Return the status, the code and the message of an answer that is one error, and no data."""
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]
