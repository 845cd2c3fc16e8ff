"""A client that can disconnect before the response, and simulators that can hold calls back."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Scope

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox


class HeldSimulators(httpx.AsyncBaseTransport):
    """The simulators; calls of one method arrive, and are answered after `release` is set.

    With a `failure`, such calls get this status instead and are not carried out.
    """

    def __init__(self, method: str, failure: int | None = None) -> None:
        self.sandbox = Sandbox(unlimited=True)
        self.calls: list[str] = []
        self.cancelled: list[str] = []
        self.is_holding = asyncio.Event()
        self.release = asyncio.Event()
        self._method = method
        self._failure = failure
        self._transport = httpx.ASGITransport(app=self.sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = f"{request.method} {request.url.path}"
        self.calls.append(call)
        if request.method != self._method:
            return await self._transport.handle_async_request(request)
        self.is_holding.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.append(call)
            raise
        if self._failure is not None:
            return httpx.Response(self._failure)
        return await self._transport.handle_async_request(request)


class DisconnectingClient:
    """A client that calls the app directly; it stays connected until `disconnect` is called."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._disconnected = asyncio.Event()
        self.received: list[Message] = []

    def disconnect(self) -> None:
        """Close the connection."""
        self._disconnected.set()

    def post(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> asyncio.Task[None]:
        """Send an operation; the task is that of the app."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content_type": "application/json", **headers}
        return self._send(_scope("POST", b"", headers), body)

    def get(self, query_string: bytes) -> asyncio.Task[None]:
        """Send a GET."""
        return self._send(_scope("GET", query_string, {}), b"")

    def _send(self, scope: Scope, body: bytes) -> asyncio.Task[None]:
        parts = [body[:9], body[9:]]

        async def receive() -> Message:
            if parts:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            await self._disconnected.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.received.append(message)

        async def run() -> None:
            await self._app(scope, receive, send)

        return asyncio.create_task(run())

    def json(self) -> Any:
        """Return the body of the response."""
        return json.loads(b"".join(message.get("body", b"") for message in self.received))

    def headers(self) -> dict[str, str]:
        """Return the headers of the response."""
        return {name.decode(): value.decode() for name, value in self.received[0]["headers"]}


@asynccontextmanager
async def open_app(vendors: HeldSimulators, **settings: Any) -> AsyncIterator[ASGIApp]:
    """Open the app over these simulators."""
    own = Settings.model_construct(**settings)
    environment = vendors.sandbox.environment("http://sandbox")
    app = create_app(connect(environment, lambda: vendors, own), own)
    async with app.router.lifespan_context(app):
        yield app


def _scope(method: str, query_string: bytes, headers: Mapping[str, str]) -> Scope:
    all_headers = {"host": "gateway", "accept": "application/json", **headers}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "root_path": "",
        "query_string": query_string,
        "headers": [
            (name.replace("_", "-").encode(), value.encode()) for name, value in all_headers.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }
