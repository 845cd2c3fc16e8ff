"""Connections of clients that stall: they are closed, and others are not."""

import asyncio
import gc
import json
import logging
import socket
from asyncio import selector_events
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
    """Serve an app as `groupgate serve` does, without the garbage collection at its start.

    That would scan all modules of the tests.
    """
    own, thresholds = Settings.model_construct(**settings), gc.get_threshold()
    (listener,) = listen("127.0.0.1", 0)
    with pytest.MonkeyPatch.context() as patch, listener:
        for name in ("collect", "freeze"):
            patch.setattr(gc, name, lambda: None)
        server = Server(server_config(app, own), Lifecycle(), 1)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        await wait_until(lambda: server.started)
        try:
            async with asyncio.timeout(30):
                yield Gateway(server=server, port=listener.getsockname()[1])
        finally:
            server.should_exit = True
            await task
            gc.set_threshold(*thresholds)


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


async def test_a_request_may_take_longer_than_idle_connections_are_kept() -> None:
    """The timer of the response before fires meanwhile; the time counts from the last response."""
    loop = asyncio.get_running_loop()
    async with serving(echo, keep_alive=1) as gateway, gateway.client() as client:
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")
        client.writer.write(REQUEST.replace(b"/echo", b"/slow"))
        assert await client.response() == (200, b"ok")
        answered_at = loop.time()
        assert await client.closed()
        assert 0.9 < loop.time() - answered_at < 1.6


UPGRADE = "HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA\r\nConnection: Upgrade, HTTP2-Settings\r\n"


async def test_an_offer_of_http2_is_ignored_and_the_body_read() -> None:
    """Java's HTTP client sends it with every request; httptools drops the body then."""
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(HEAD + f"{UPGRADE}Upgrade: h2c\r\n\r\nok".encode())
        assert await client.response() == (200, b"ok")


async def test_h11_reads_a_request_in_parts_that_offers_http2_and_the_next_ones() -> None:
    offer = HEAD + f"{UPGRADE}Upgrade: h2c\r\n\r\nok".encode()
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")
        for part in (offer[:9], offer[9:70], offer[70:-1], offer[-1:]):
            client.writer.write(part)
            await asyncio.sleep(0.02)
        assert await client.response() == (200, b"ok")
        (own,) = gateway.server.server_state.connections
        assert isinstance(own, connections.UpgradeConnection)
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")


async def test_an_offer_of_another_protocol_behind_a_running_request_ends_the_connection() -> None:
    """The first request is not repeated by h11, nor answered twice."""
    calls = []

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        calls.append(scope["path"])
        await echo(scope, receive, send)

    offer = HEAD + f"{UPGRADE}Upgrade: h2c\r\n\r\nok".encode()
    async with serving(count) as gateway, gateway.client() as client:
        client.writer.write(REQUEST.replace(b"/echo", b"/slow") + offer)
        assert await client.closed()
        client.writer.close()
    assert calls in ([], ["/slow"])


async def test_requests_that_are_sent_without_waiting_are_answered_in_their_order() -> None:
    async with serving(echo) as gateway, gateway.client() as client:
        slow = REQUEST.replace(b"/echo", b"/slow").replace(b"ok", b"no")
        client.writer.write(slow + REQUEST + slow[:40])
        assert await client.response() == (200, b"no")
        assert await client.response() == (200, b"ok")
        client.writer.write(slow[40:])
        assert await client.response() == (200, b"no")


CHUNKED = HEAD.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked") + b"\r\n"
GET = b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        GET + b"\r\n",
        GET + b"Host: a\r\nHost: a\r\n\r\n",
        GET + b"Host: a\r\nX : b\r\n\r\n",
        GET + b"Host: a\r\nX: \0\r\n\r\n",
        GET + b"Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        GET + b"Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        GET + b"Host: a\r\nTransfer-Encoding: x\r\n\r\n",
        b"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1 x\r\nHost: a\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        CHUNKED + b"x\r\n",
        CHUNKED + b"1\r\nabc\r\n",
        GET + b"Host: a\r\nX: " + b"x" * 70_000,
        CHUNKED + b"0\r\nX: " + b"x" * 70_000,
    ],
)
async def test_an_invalid_request_gets_status_400_and_the_connection_is_closed(
    request_: bytes,
) -> None:
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(request_)
        assert await client.response() == (400, b"Invalid HTTP request received.")
        assert await client.closed()


async def test_what_is_invalid_behind_a_request_is_not_its_response() -> None:
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(REQUEST.replace(b"/echo", b"/slow") + b"garbage\r\n\r\n")
        assert await client.response() == (200, b"ok")
        assert await client.closed()


async def test_the_head_of_a_request_may_be_large_and_its_body_larger() -> None:
    head = HEAD.replace(b"Content-Length: 2", b"Content-Length: 300000")
    async with serving(echo) as gateway, gateway.client() as client:
        for _ in range(2):
            client.writer.write(head + b"X: " + b"x" * 60_000 + b"\r\n\r\n" + b"b" * 300_000)
            assert await client.response() == (200, b"b" * 300_000)


async def test_trailers_are_no_headers() -> None:
    """The app sees the headers that precede the body only."""
    seen = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        await echo(scope, receive, send)
        seen.append([name for name, _ in scope["headers"]])

    async with serving(note) as gateway, gateway.client() as client:
        client.writer.write(CHUNKED + b"2\r\nok\r\n0\r\nAuthorization: x\r\n\r\n")
        assert await client.response() == (200, b"ok")
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")
    assert seen == [[b"host", b"transfer-encoding"], [b"host", b"content-length"]]


@pytest.mark.parametrize(
    ("target", "path", "raw_path", "query"),
    [
        (b"/a%20b?c=%20", "/a b", b"/a%20b", b"c=%20"),
        (b"http://other.example/a?b", "http://other.example/a", b"http://other.example/a", b"b"),
        (b"*", "*", b"*", b""),
        (b"//a?", "//a", b"//a", b""),
    ],
)
async def test_the_app_receives_the_target_as_it_was_sent(
    target: bytes, path: str, raw_path: bytes, query: bytes
) -> None:
    scopes = []

    async def note(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await echo(scope, receive, send)

    async with serving(note) as gateway, gateway.client() as client:
        client.writer.write(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: gateway\r\n\r\n")
        assert await client.response() == (200, b"")
    scope = scopes[-1]  # the first one is that of the lifespan
    assert (scope["method"], scope["path"]) == ("OPTIONS", path)
    assert (scope["raw_path"], scope["query_string"]) == (raw_path, query)


async def test_a_request_of_http_1_0_needs_no_host_and_ends_its_connection() -> None:
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert await client.response() == (200, b"")
        assert await client.closed()


async def test_the_garbage_collector_scans_rarely_while_the_server_runs() -> None:
    async with serving(echo):
        assert gc.get_threshold() == (10_000, 10, 10)


async def test_a_small_response_is_written_in_one_packet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The head of a response without a body is written at its end."""
    written: list[bytes] = []
    transport = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]
    write = transport.write

    def note(self: asyncio.Transport, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1"):
            written.append(data)
        write(self, data)

    monkeypatch.setattr(transport, "write", note)
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(REQUEST)
        assert await client.response() == (200, b"ok")
        client.writer.write(b"HEAD / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
        assert (await client.reader.read()).endswith(b"\r\n\r\n")
    assert [data.partition(b"\r\n\r\n")[2] for data in written] == [b"ok", b""]


async def test_a_client_that_expects_it_is_told_to_continue() -> None:
    async with serving(echo) as gateway, gateway.client() as client:
        client.writer.write(HEAD + b"Expect: 100-continue\r\n\r\n")
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.writer.write(b"ok")
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
