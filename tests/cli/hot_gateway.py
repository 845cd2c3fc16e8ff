"""A gateway on the server of `groupgate serve`, over the simulators; its clients write bytes."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.observer import EndedRequest, LogObserver, UpstreamCall
from groupgate.sandbox.app import Sandbox
from tests.cli.test_connections import Gateway, serving

BODY: Final = (
    b'{"query": "query Names { provider(key: AXIM) { groups(first: 2) { nodes { id } } } }"}'
)


class Events(LogObserver):
    """Keeps the requests that have ended, and the calls to vendors."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[EndedRequest] = []
        self.calls: list[UpstreamCall] = []

    def request_ended(self, request: EndedRequest) -> None:
        """Keep the request."""
        self.ended.append(request)

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Keep the call."""
        self.calls.append(call)


@dataclass(kw_only=True)
class HotGateway:
    """A gateway that notes which requests reach its app."""

    server: Gateway
    lifecycle: Lifecycle
    events: Events
    parsed: list[str] = field(default_factory=list)
    """The methods of the requests that the server has parsed and passed to the app."""

    @asynccontextmanager
    async def client(self) -> AsyncIterator["HotClient"]:
        """Open a connection."""
        async with self.server.client() as client:
            yield HotClient(reader=client.reader, writer=client.writer)


@dataclass(kw_only=True)
class HotClient:
    """A client that writes requests as bytes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> bytes:
        """Write a request in these parts, which arrive one after another; return the response."""
        for part in parts:
            self.writer.write(part)
            await asyncio.sleep(0.02 if len(parts) > 1 else 0)
        return await self.response()

    async def response(self) -> bytes:
        """Read one response, and return it without its date."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        (length,) = re.findall(rb"\r\ncontent-length: (\d+)\r\n", head)
        body = await self.reader.readexactly(int(length))
        return re.sub(rb"date: [^\r]+\r\n", b"", head) + body


def post(*headers: str, body: bytes = BODY, target: str = "/graphql") -> bytes:
    """Return a request with these headers besides those that it needs."""
    lines = [
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        *headers,
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def status_of(response: bytes) -> int:
    """Return the status of a response."""
    return int(response[9:12])


@asynccontextmanager
async def hot_gateway(
    *, state: Sequence[tuple[str, Any]] = (), given: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[HotGateway]:
    """Serve a gateway over simulators; `state` is added to the scope of each request.

    `given` are further arguments of `create_app`.
    """
    sandbox, events, lifecycle = Sandbox(unlimited=True), Events(), Lifecycle()
    own = Settings.model_construct(**settings)
    vendors = connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox),
        own,
        observer=events,
    )
    app = create_app(vendors, own, observer=events, lifecycle=lifecycle, **given or {})
    parsed: list[str] = []

    async with serving(_noting(app, parsed, dict(state)), **settings) as server:
        yield HotGateway(server=server, lifecycle=lifecycle, events=events, parsed=parsed)


def _noting(app: ASGIApp, parsed: list[str], state: dict[str, Any]) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            parsed.append(scope["method"])
            scope.update(state)
        await app(scope, receive, send)

    return call
