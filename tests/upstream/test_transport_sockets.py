"""HttpTransport over the gateway's own connections: limits, deadlines, encodings, progress."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from groupgate.domain.errors import Malformed, Unavailable, Unconfirmed, Unreachable, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.http11.transport import Http11Transport
from groupgate.request import Deadline, now, sending_headers
from groupgate.upstream import transport as transport_module
from groupgate.upstream.transport import (
    HEADERS,
    MAX_BODY_BYTES,
    HttpTransport,
    UpstreamRequest,
    UpstreamResponse,
    exchange_over,
)
from tests.http11.socket_server import Server, open_connections, serving
from tests.listening import listening, port_of

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TOO_LARGE = "Dodo Payments returned more than 8 MiB."


@pytest.fixture
def anyio_backend() -> str:
    """These tests use real sockets, so time is real as well."""
    return "asyncio"


@asynccontextmanager
async def calling(
    *responses: bytes, silent: bool = False
) -> AsyncIterator[tuple["Vendor", Server]]:
    """Serve these responses to calls of a transport."""
    async with serving(*responses, silent=silent) as server:
        transport = Http11Transport()
        yield Vendor(transport, server.url.partition("/path")[0]), server
        await transport.aclose()


class Vendor:
    """Sends calls to one server."""

    def __init__(self, transport: Http11Transport, address: str) -> None:
        exchange = exchange_over(transport, f"{address}/base/")
        self._http = HttpTransport(ProviderKey.DODO, exchange, lambda: {"X-Key": "s3cret"})

    async def send(
        self, method: str = "GET", *, content: bytes | None = None, seconds: float | None = 5
    ) -> UpstreamResponse:
        """Send one call that has so many seconds."""
        request = UpstreamRequest(method=method, target="/a?b=c%2Fd", content=content)
        return await self._http.send(request, Deadline.after(seconds))

    async def error(self, method: str = "GET", *, seconds: float = 5) -> UpstreamError:
        """Return the error of one call."""
        with pytest.raises(UpstreamError) as caught:
            await self.send(method, seconds=seconds)
        return caught.value


async def test_the_request_is_that_of_the_base_url_with_the_headers_of_the_call() -> None:
    async with calling(OK) as (vendor, server):
        with sending_headers({"traceparent": "00-1"}):
            assert (await vendor.send()).body == b"ok"
        await vendor.send("POST")
        await vendor.send("DELETE")
        await vendor.send("PATCH", content=b"{}")
        host = server.url.removeprefix("http://").partition("/")[0].encode()
    first, post, delete, patch = server.heads
    assert first.split(b"\r\n") == [
        b"GET /base/a?b=c%2Fd HTTP/1.1",
        b"Host: " + host,
        b"traceparent: 00-1",
        *(f"{name}: {value}".encode() for name, value in HEADERS.items()),
        b"X-Key: s3cret",
        b"",
        b"",
    ]
    assert post.startswith(b"POST /base/a?b=c%2Fd HTTP/1.1\r\n")
    assert b"\r\nContent-Length: 0\r\n" in post
    assert b"Content-Length" not in delete
    assert b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n" in patch.replace(
        b"X-Key: s3cret\r\n", b""
    )


async def test_headers_are_found_in_any_case_and_joined_if_they_have_equal_names() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nRETRY-AFTER: 7\r\nx-a: 2\r\nContent-Length: 0\r\n\r\n"
    async with calling(head) as (vendor, _):
        response = await vendor.send()
    assert (response.status, response.body) == (200, b"")
    assert response.headers == {"x-a": "1, 2", "retry-after": "7", "content-length": "0"}


async def test_a_body_of_the_largest_size_is_read_and_the_connection_used_again() -> None:
    body = bytes(MAX_BODY_BYTES)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with calling(head + body, OK) as (vendor, server):
        assert (await vendor.send()).body == body
        assert (await vendor.send()).body == b"ok"
        assert server.connections == 1


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        CHUNKED + b"800001\r\n" + bytes(MAX_BODY_BYTES + 1) + b"\r\n",
    ],
)
async def test_a_larger_body_is_an_error_and_its_connection_is_closed(response: bytes) -> None:
    """No body of the first response was sent: its length alone decides."""
    async with calling(response, response, OK) as (vendor, server):
        assert (type(error := await vendor.error()), error.message) == (Malformed, TOO_LARGE)
        error = await vendor.error("PATCH")
        assert (type(error), error.message) == (Unconfirmed, TOO_LARGE)
        assert (await vendor.send()).body == b"ok"
        assert (await open_connections(server, 1), server.connections) == (1, 3)


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500, 503, 599])
async def test_the_body_of_a_failure_is_not_awaited(status: int) -> None:
    response = b"HTTP/1.1 %d No\r\nContent-Length: 9\r\n\r\n" % status
    async with calling(response, OK) as (vendor, server):
        assert ((await vendor.send()).body, (await vendor.send()).body) == (b"", b"ok")
        assert server.connections == 2


async def test_a_compressed_body_is_decoded_and_bounded() -> None:
    def compressed(body: bytes, encoding: bytes = b"gzip") -> bytes:
        encoded = gzip.compress(body) if encoding == b"gzip" else body
        lines = (b"HTTP/1.1 200 OK", b"Content-Encoding: " + encoding)
        return b"\r\n".join((*lines, b"Content-Length: %d" % len(encoded), b"", encoded))

    responses = (b"ok", b"x" * 1_000_000, bytes(MAX_BODY_BYTES + 1))
    async with calling(*map(compressed, responses), compressed(b"no", b"deflate")) as (vendor, _):
        assert (await vendor.send()).body == b"ok"
        assert (await vendor.send()).body == b"x" * 1_000_000
        assert (await vendor.error()).message == TOO_LARGE
        assert (await vendor.error()).message == (
            "Dodo Payments returned a body that is not compressed as its header says."
        )


@pytest.mark.parametrize(
    "response", [b"", b"HTTP/1.1 200 OK\r\n", CHUNKED, CHUNKED + b"2\r\nab\r\n"]
)
async def test_the_deadline_ends_a_call_wherever_its_response_stops(response: bytes) -> None:
    """The second call has an earlier deadline than the timer of its connection, if it has one."""
    async with calling(OK, response, OK) as (vendor, server):
        await vendor.send(seconds=60)
        began = now()
        error = await vendor.error(seconds=0.1)
        assert (type(error), error.message) == (
            Unavailable,
            "Dodo Payments did not respond in time.",
        )
        assert 0.1 <= now() - began < 1
        assert (await vendor.send()).body == b"ok"
        assert (await open_connections(server, 1), server.connections) == (1, 2)


async def test_a_response_that_stops_ends_the_call_before_its_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_module, "READ_TIMEOUT", 0.1)
    async with calling(CHUNKED + b"2\r\nab\r\n") as (vendor, _):
        began = now()
        assert (await vendor.error(seconds=60)).message == "Dodo Payments did not respond in time."
        assert 0.1 <= now() - began < 1


async def test_a_body_that_arrives_slowly_is_read_as_long_as_something_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It takes three times as long as the server may be silent."""
    monkeypatch.setattr(transport_module, "READ_TIMEOUT", 0.2)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(CHUNKED)
        for _ in range(6):
            await asyncio.sleep(0.1)
            writer.write(b"1\r\nx\r\n")
        writer.write(b"0\r\n\r\n")
        await reader.read()
        writer.close()

    async with listening(handle) as server:
        port = port_of(server)
        transport = Http11Transport()
        assert (await Vendor(transport, f"http://127.0.0.1:{port}").send()).body == b"xxxxxx"
        await transport.aclose()
        await asyncio.sleep(0.05)


async def test_a_call_whose_connection_is_not_open_at_the_deadline_is_not_in_flight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing was sent, so a write is known to be without effect."""

    async def never(*_args: object) -> None:
        await asyncio.sleep(60)

    transport = Http11Transport()
    monkeypatch.setattr(transport, "_open", never)
    exchange = exchange_over(transport, "http://127.0.0.1:1")
    http = HttpTransport(ProviderKey.DODO, exchange, dict)
    request = UpstreamRequest(method="PATCH", target="/a", is_in_flight=True)
    with pytest.raises(Unavailable) as caught:
        await http.send(request, Deadline.after(0.05))
    assert not isinstance(caught.value, Unreachable)
    assert (request.is_in_flight, request.connected_at) == (False, None)
    await transport.aclose()


async def test_only_the_first_call_of_a_connection_knows_when_it_was_opened() -> None:
    async with calling(OK) as (vendor, _):
        http = vendor._http
        moments = []
        for _ in range(2):
            request = UpstreamRequest(method="GET", target="/a", is_in_flight=True)
            await http.send(request, Deadline.after(5))
            assert request.is_in_flight
            moments.append(request.connected_at)
    assert isinstance(moments[0], float)
    assert moments[1] is None
