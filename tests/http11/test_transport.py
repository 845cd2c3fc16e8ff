"""The HTTP/1.1 transport, against a server on a socket that sends prepared bytes."""

import asyncio
import gc
import gzip
import weakref
from contextvars import ContextVar

import httpx
import pytest

from groupgate.http11 import connection
from groupgate.http11.transport import Http11Transport
from tests.http11.socket_server import Server, open_connections, serving
from tests.listening import listening, port_of

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
def anyio_backend() -> str:
    """These tests use real sockets, so time is real as well."""
    return "asyncio"


async def get(transport: Http11Transport, url: str, read: float = 5) -> tuple[int, bytes]:
    """Send a GET and read the response."""
    request = httpx.Request("GET", url, extensions={"timeout": {"connect": 5, "read": read}})
    response = await transport.handle_async_request(request)
    try:
        return response.status_code, await response.aread()
    finally:
        await response.aclose()


async def test_a_connection_is_used_again_and_closed_with_the_transport() -> None:
    async with serving(OK) as server:
        transport = Http11Transport()
        assert [await get(transport, server.url) for _ in range(3)] == [(200, b"ok")] * 3
        assert (server.connections, server.open_connections) == (1, 1)
        assert server.heads[0].startswith(b"GET /path?q=1 HTTP/1.1\r\nHost: 127.0.0.1:")
        await transport.aclose()
        assert await open_connections(server, 0) == 0


async def test_calls_at_the_same_time_have_a_connection_each_and_these_are_used_again() -> None:
    async with serving(OK) as server:
        transport = Http11Transport()
        for _ in range(2):
            results = await asyncio.gather(*(get(transport, server.url) for _ in range(150)))
            assert results == [(200, b"ok")] * 150
        assert server.connections == 150
        await transport.aclose()


async def test_a_connection_that_was_idle_too_long_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(OK) as server:
        transport = Http11Transport()
        await asyncio.gather(*(get(transport, server.url) for _ in range(5)))
        monkeypatch.setattr(connection, "KEEP_ALIVE", 0)
        await get(transport, server.url)
        assert (await open_connections(server, 1), server.connections) == (1, 6)
        await transport.aclose()


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end", b"to the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold, cut", b"old, cut"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
    ],
)
async def test_bodies_are_delimited_in_every_way_of_the_protocol(
    response: bytes, expected: bytes
) -> None:
    async with serving(response) as server:
        transport = Http11Transport()
        assert [(await get(transport, server.url))[1] for _ in range(2)] == [expected] * 2
        await transport.aclose()


async def test_a_compressed_body_is_decoded_by_httpx() -> None:
    body = gzip.compress(b"x" * 100_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with serving(head + body) as server:
        transport = Http11Transport()
        assert await get(transport, server.url) == (200, b"x" * 100_000)
        await transport.aclose()


REQUEST: ContextVar[object] = ContextVar("request")


class _Request:
    """Something that belongs to a request, and must not be kept after it."""


async def test_a_kept_connection_does_not_keep_the_context_of_its_request() -> None:
    transport = Http11Transport()

    async def call() -> weakref.ref[_Request]:
        request = _Request()
        REQUEST.set(request)
        await get(transport, server.url)
        return weakref.ref(request)

    async with serving(OK) as server:
        request = await asyncio.create_task(call())
        await asyncio.sleep(0)  # the end of the task is an event of its context
        gc.collect()
        assert (request(), server.open_connections) == (None, 1)
        await transport.aclose()


BROKEN = httpx.RemoteProtocolError


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\ncut", BROKEN),
        (CHUNKED + b"9\r\ncut", BROKEN),
        (b"cut", BROKEN),
        (b"SSH-2.0-OpenSSH_9.2\r\n", BROKEN),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", BROKEN),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 150_000 + b"\r\n\r\n", BROKEN),
        (b"", httpx.ReadTimeout),
    ],
)
async def test_a_broken_response_is_an_error_and_its_connection_is_closed(
    response: bytes, error: type[httpx.HTTPError]
) -> None:
    async with serving(response, OK) as server:
        transport = Http11Transport()
        with pytest.raises(error):
            await get(transport, server.url, read=0.1)
        assert await get(transport, server.url) == (200, b"ok")
        assert (await open_connections(server, 1), server.connections) == (1, 2)
        await transport.aclose()


async def test_a_second_response_to_one_request_is_not_taken_for_the_next_one() -> None:
    async with serving(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK) as server:
        transport = Http11Transport()
        assert [await get(transport, server.url) for _ in range(2)] == [(200, b"ok")] * 2
        assert server.connections == 2
        await transport.aclose()


async def test_nobody_listens_and_no_such_host() -> None:
    async with listening(Server(responses=[OK]).handle) as server:
        port = port_of(server)
    transport = Http11Transport()
    for url, reason in (
        (f"http://127.0.0.1:{port}/", "the connection was refused"),
        ("http://vendor.invalid/", "the host name was not found"),
    ):
        with pytest.raises(httpx.ConnectError, match=f"^{reason}$"):
            await get(transport, url)


async def test_a_call_that_is_cancelled_at_any_moment_loses_no_connection() -> None:
    """After 250 cancelled calls a call works; what was opened in vain is idle, and is closed."""
    async with serving(OK) as server:
        transport = Http11Transport()
        for number in range(200):
            task = asyncio.create_task(get(transport, server.url))
            for _ in range(number % 20):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        server.silent = True
        waiting = [asyncio.create_task(get(transport, server.url)) for _ in range(50)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        server.silent = False
        assert await get(transport, server.url) == (200, b"ok")
        await transport.aclose()
        assert await open_connections(server, 0) == 0


async def test_a_body_is_not_received_faster_than_it_is_read() -> None:
    """Of 30 MiB only a bounded part is held while nobody reads."""
    size = 30 * 1024 * 1024
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    async with serving(head + bytes(size)) as server:
        transport = Http11Transport()
        response = await transport.handle_async_request(httpx.Request("GET", server.url))
        await asyncio.sleep(0.2)
        chunks = [len(chunk) async for chunk in response.aiter_raw()]
        await response.aclose()
        assert sum(chunks) == size
        assert max(chunks) < 4 * connection.MAX_BUFFERED
        await transport.aclose()


async def test_a_line_break_in_a_header_is_refused() -> None:
    async with serving(OK) as server:
        request = httpx.Request("GET", server.url, headers={"X-Key": "a\r\nX-Other: b"})
        with pytest.raises(httpx.LocalProtocolError):
            await Http11Transport().handle_async_request(request)
        assert server.heads == []


async def test_a_proxy_of_the_environment_is_used_for_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The request target is absolute, and the proxy's credentials are sent."""
    async with serving(OK) as proxy:
        address = proxy.url.removeprefix("http://").partition("/")[0]
        monkeypatch.setenv("http_proxy", f"http://me:s%40cret@{address}")
        transport = Http11Transport()
        assert await get(transport, "http://vendor.example/a?b=c") == (200, b"ok")
        monkeypatch.setenv("no_proxy", "vendor.example,127.0.0.1")
        assert await get(transport, proxy.url) == (200, b"ok")
        await transport.aclose()
    assert proxy.heads[0].startswith(b"GET http://vendor.example/a?b=c HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6c0BjcmV0\r\n" in proxy.heads[0]
    assert proxy.heads[1].startswith(b"GET /path?q=1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization" not in proxy.heads[1]


async def test_a_proxy_that_refuses_and_one_of_another_kind_are_connect_errors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(httpx.ProxyError, match="the proxy returned 407"):
            await get(Http11Transport(), "https://vendor.example/")
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(httpx.ProxyError, match="socks5"):
        await get(Http11Transport(), "https://vendor.example/")
