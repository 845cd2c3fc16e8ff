"""Clients that can go away before they are answered, and vendors that take their time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox


class SlowVendors(httpx.AsyncBaseTransport):
    """The played vendors; calls of one method arrive, and are answered when they are let go.

    Where there is a `failure`, these are answered with it and not carried out.
    """

    def __init__(self, slow: str, failure: int | None = None) -> None:
        self.sandbox = Sandbox(unlimited=True)
        self.calls: list[str] = []
        self.given_up: list[str] = []
        self.holds = asyncio.Event()
        self.detach_all = asyncio.Event()
        self._slow = slow
        self._failure = failure
        self._played = httpx.ASGITransport(app=self.sandbox)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = f"{request.method} {request.url.path}"
        self.calls.append(call)
        if request.method != self._slow:
            return await self._played.handle_async_request(request)
        self.holds.set()
        try:
            await self.detach_all.wait()
        except asyncio.CancelledError:
            self.given_up.append(call)
            raise
        if self._failure is not None:
            return httpx.Response(self._failure)
        return await self._played.handle_async_request(request)


class Leaver:
    """A client of the app itself: it has sent all it has to say, and goes when it is told to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._goes = asyncio.Event()
        self.heard: list[Message] = []

    def go(self) -> None:
        """Go away."""
        self._goes.set()

    def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> asyncio.Task[None]:
        """Send an operation; the task is that of the app."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"content_type": "application/json", **headers}
        return self.send(_scope("POST", b"", headers), body)

    def get(self, query_string: bytes) -> asyncio.Task[None]:
        """Send a GET."""
        return self.send(_scope("GET", query_string, {}), b"")

    def send(self, scope: Scope, body: bytes) -> asyncio.Task[None]:
        """Send a request."""
        parts = [body[:9], body[9:]]

        async def receive() -> Message:
            if parts:
                return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}
            await self._goes.wait()
            return {"type": "http.disconnect"}

        async def hear(message: Message) -> None:
            self.heard.append(message)

        return asyncio.ensure_future(_run(self._app, scope, receive, hear))

    def answer(self) -> Any:
        """The body of the answer that was heard."""
        return json.loads(b"".join(message.get("body", b"") for message in self.heard))

    def headers(self) -> dict[str, str]:
        """The headers of the answer that was heard."""
        return {name.decode(): value.decode() for name, value in self.heard[0]["headers"]}


@asynccontextmanager
async def app_over(vendors: SlowVendors, **given: Any) -> AsyncIterator[ASGIApp]:
    """Open the app over these vendors."""
    settings = Settings.model_construct(**given)
    environment = vendors.sandbox.environment("http://sandbox")
    app = create_app(connect(environment, lambda: vendors, settings), settings)
    async with app.router.lifespan_context(app):
        yield app


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _scope(method: str, query_string: bytes, headers: Mapping[str, str]) -> Scope:
    named = {"host": "gateway", "accept": "application/json", **headers}
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
            (name.replace("_", "-").encode(), value.encode()) for name, value in named.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("gateway", 80),
    }
