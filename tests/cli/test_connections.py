"""Connections of clients that stall: they are closed, and others are not."""

import asyncio
import gc
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.cli import connections
from groupgate.cli.listening import listen
from groupgate.cli.server import Server, server_config
from tests.faults.disconnecting_client import wait_until

pytestmark = pytest.mark.anyio

STALL_TIMEOUT = 0.3
HEAD = b"POST /echo HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\n"
REQUEST = HEAD + b"\r\nok"


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Respond with the body of the request, or with 64 MiB at /large; wait long at /slow."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/slow":
        await asyncio.sleep(4 * STALL_TIMEOUT)
    if scope["path"] == "/large":
        body = b" " * 64 * 1024 * 1024
    length = str(len(body)).encode()
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass(kw_only=True)
class Client:
    """One connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def response(self) -> tuple[int, bytes]:
        """Read one response; return its status and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        (length,) = (line[16:] for line in lines if line.startswith(b"content-length: "))
        return int(head[9:12]), await self.reader.readexactly(int(length))

    async def closed(self) -> bool:
        """Wait until the server closes the connection; return True if it sent nothing more."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True


@dataclass(kw_only=True)
class Gateway:
    """The server of `groupgate serve` on a port."""

    server: Server
    port: int

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Open a connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield Client(reader=reader, writer=writer)
        finally:
            writer.close()


@asynccontextmanager
async def serving(app: ASGIApp, **settings: Any) -> AsyncIterator[Gateway]:
    """Serve an app as `groupgate serve` does."""
    own = Settings.model_construct(**settings)
    (listener,) = listen("127.0.0.1", 0)
    with listener:
        server = Server(server_config(app, own), Lifecycle(), 1)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        try:
            async with asyncio.timeout(30):
                yield Gateway(server=server, port=listener.getsockname()[1])
        finally:
            server.should_exit = True
            await task
            gc.unfreeze()


@pytest.fixture
def _short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALL_TIMEOUT", STALL_TIMEOUT)


@pytest.fixture
async def gateway(_short_timeout: None) -> AsyncIterator[Gateway]:
    """Serve `echo`, with a short timeout."""
    async with serving(echo) as one:
        yield one


@pytest.mark.parametrize("sent", [b"", b"P", HEAD])
async def test_a_connection_without_a_whole_head_is_closed(gateway: Gateway, sent: bytes) -> None:
    async with gateway.client() as client:
        client.writer.write(sent)
        assert await client.closed()


@pytest.mark.parametrize("first", [b"", REQUEST])
async def test_a_head_that_never_ends_is_closed(gateway: Gateway, first: bytes) -> None:
    """Each byte is in time; that holds for the second request of a connection too."""
    async with gateway.client() as client:
        if first:
            client.writer.write(first)
            assert await client.response() == (200, b"ok")
        closed = asyncio.create_task(client.closed())
        client.writer.write(b"GET / HTTP/1.1\r\nX: ")
        while not closed.done():
            client.writer.write(b"x")
            await asyncio.wait([closed], timeout=STALL_TIMEOUT / 10)
        assert closed.result()


@pytest.mark.usefixtures("_short_timeout")
async def test_a_body_that_continues_after_the_response_is_closed() -> None:
    """The response was sent early; the rest of the body never ends."""

    async def reject(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"no"})

    async with serving(reject) as gateway, gateway.client() as client:
        client.writer.write(b"POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 1000000\r\n\r\n")
        assert await client.response() == (413, b"no")
        closed = asyncio.create_task(client.closed())
        while not closed.done():
            client.writer.write(b"x")
            await asyncio.wait([closed], timeout=STALL_TIMEOUT / 10)
        assert closed.result()


async def test_a_client_that_does_not_receive_is_closed(gateway: Gateway) -> None:
    connections_of = gateway.server.server_state.connections
    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(b"POST /large HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n")
        await wait_until(lambda: len(connections_of) == 1)
        await wait_until(lambda: len(connections_of) == 0)


async def test_an_idle_connection_is_kept_open(gateway: Gateway) -> None:
    """It serves the next request after a longer pause."""
    async with gateway.client() as client:
        for _ in range(2):
            client.writer.write(REQUEST)
            assert await client.response() == (200, b"ok")
            await asyncio.sleep(4 * STALL_TIMEOUT)


async def test_a_running_request_is_not_closed(gateway: Gateway) -> None:
    async with gateway.client() as client:
        client.writer.write(REQUEST.replace(b"/echo", b"/slow"))
        assert await client.response() == (200, b"ok")


@pytest.mark.parametrize(("settings", "seconds"), [({}, 75), ({"keep_alive": 120}, 120)])
def test_idle_connections_are_kept_open_for_the_seconds_of_the_setting(
    settings: dict[str, Any], seconds: int
) -> None:
    own = Settings.model_construct(**settings)
    assert server_config(echo, own).timeout_keep_alive == seconds


async def test_an_idle_connection_is_closed_after_the_seconds_of_the_setting() -> None:
    async with serving(echo, keep_alive=1) as gateway, gateway.client() as client:
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")
        assert await client.closed()


UPGRADE = "HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n"


async def test_an_offer_of_http2_is_ignored_and_the_body_read() -> None:
    """Java's HTTP client sends it with every request; httptools drops the body then."""
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(HEAD + f"{UPGRADE}Upgrade: h2c\r\n\r\nok".encode())
        assert await client.response() == (200, b"ok")


@pytest.mark.parametrize("path", ["/graphql", "/", "/nothing"])
async def test_a_websocket_gets_a_clear_refusal(
    caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Nothing is logged."""
    vendors = Vendors(providers={}, transports=())
    app = create_app(vendors, Settings.model_construct())
    handshake = (
        f"GET {path} HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    )
    uvicorn_log = logging.getLogger("uvicorn.error")
    uvicorn_log.addHandler(caplog.handler)
    async with serving(app) as gateway, gateway.client() as client:
        client.writer.write(handshake.encode())
        status, body = await client.response()
    uvicorn_log.removeHandler(caplog.handler)
    assert status == 400
    assert json.loads(body) == {
        "errors": [
            {
                "message": "The gateway has no WebSockets; send operations to /graphql by HTTP "
                "POST.",
                "extensions": {"code": "BAD_REQUEST"},
            }
        ]
    }
    assert caplog.messages == []
