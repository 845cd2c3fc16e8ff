"""The whole app over a fake vendor, called through httpx without a network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import strawberry
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.access_control import AccessControl, Authenticator
from groupgate.app.factory import create_app
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.middleware import RequestId
from groupgate.app.query_cache import QueryCache
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, make_stores
from groupgate.domain.provider import Provider
from groupgate.observer import LogObserver
from groupgate.stores import Stores
from tests.fakes import FakeProvider

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


@asynccontextmanager
async def gateway_client(
    provider: Provider | None = None, *, stores: Stores | None = None, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a gateway with these settings; the environment is ignored."""
    vendor = provider or FakeProvider()
    vendors = Vendors(providers={vendor.key: vendor}, transports=())
    app = create_app(vendors, Settings.model_construct(**settings), stores=stores)
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


@asynccontextmanager
async def client_of(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of any app; it accepts application/graphql-response+json by default."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://gateway",
        headers={"Accept": GRAPHQL},
    ) as client:
        yield client


def with_whole_bodies(app: ASGIApp) -> ASGIApp:
    """Return an app that receives a body in one message, as from uvicorn; httpx sends two."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        body, is_read = b"", False

        async def receive_whole() -> Message:
            nonlocal body, is_read
            if is_read:
                return await receive()
            more_body = True
            while more_body:
                message = await receive()
                body += message.get("body", b"")
                more_body = message.get("more_body", False)
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await app(scope, receive_whole if scope["type"] == "http" else receive, send)

    return call


def endpoint_of(schema: strawberry.Schema, settings: Settings) -> ASGIApp:
    """Make the endpoint /graphql over another schema."""
    stores = make_stores(settings)
    authenticator = Authenticator.from_settings(settings, httpx.AsyncHTTPTransport)
    access_control = AccessControl(settings, authenticator, stores.buckets)
    return RequestId(
        GraphQLEndpoint(
            schema,
            {},
            settings,
            access_control,
            stores=stores,
            observer=LogObserver(),
            query_cache=QueryCache(ttl=0, max_bytes=0, counters={}),
        )
    )


def only_error(response: httpx.Response) -> tuple[int, str, str]:
    """Return the status, the code and the message of a response with one error and no data."""
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]
