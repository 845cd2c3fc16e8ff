"""Responses as the server writes them: whole ones in one step, others as uvicorn does."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from groupgate.cli.cycles import MAX_COPIED_BYTES
from tests.cli.test_connections import serving

pytestmark = pytest.mark.anyio

Headers = Sequence[tuple[bytes, bytes]]

GET = b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n"
LENGTH = (b"content-length", b"2")
OTHER = (b"x-other", b"value")


async def exchange(
    headers: Headers, *bodies: bytes, request: bytes = GET, status: int = 200
) -> bytes:
    """Return what the server sends for a response of these parts, without the date."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        start: dict[str, Any] = {"type": "http.response.start", "status": status}
        await send(start | {"headers": headers})
        for number, body in enumerate(bodies, start=1):
            more = number < len(bodies)
            await send({"type": "http.response.body", "body": body, "more_body": more})

    async with serving(app) as gateway, gateway.client() as client:
        client.writer.write(request)
        client.writer.write_eof()
        return re.sub(rb"date: [^\r]*\r\n", b"", await client.reader.read())


async def test_a_whole_response() -> None:
    received = await exchange([LENGTH, OTHER], b"ok")
    assert received == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-other: value\r\n\r\nok"


async def test_a_long_response() -> None:
    body = b"x" * (MAX_COPIED_BYTES + 1)
    received = await exchange([(b"content-length", b"%d" % len(body)), OTHER], body)
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nx-other: value\r\n\r\n" % len(body)
    assert received == head + body


async def test_a_response_in_parts() -> None:
    received = await exchange([LENGTH], b"o", b"k")
    assert received == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


async def test_a_response_without_a_length_is_sent_in_chunks() -> None:
    received = await exchange([], b"o", b"k")
    assert received.endswith(b"transfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n")


async def test_the_response_to_head_has_no_body() -> None:
    received = await exchange([LENGTH], b"ok", request=GET.replace(b"GET", b"HEAD"))
    assert received == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


async def test_no_content() -> None:
    received = await exchange([OTHER], b"", status=204)
    assert received == b"HTTP/1.1 204 No Content\r\nx-other: value\r\n\r\n"


@pytest.mark.parametrize("by", ["client", "app"])
async def test_the_last_response_says_that_the_connection_is_closed(by: str) -> None:
    request = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    close = (b"connection", b"close")
    received = await (
        exchange([LENGTH], b"ok", request=request)
        if by == "client"
        else exchange([LENGTH, close], b"ok")
    )
    assert received == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@pytest.mark.parametrize(
    "header", [(b"x-a", b"b\r\nset-cookie: c"), (b"x a", b"b"), (b"etag", b"b\nc")]
)
async def test_an_invalid_header_is_not_sent(header: tuple[bytes, bytes]) -> None:
    for _ in range(2):  # the result of the check is kept
        received = await exchange([LENGTH, header], b"ok")
        assert received.startswith(b"HTTP/1.1 500 ")
        assert b"set-cookie" not in received


@pytest.mark.parametrize("body", [b"o", b"okay"])
async def test_a_body_of_another_length_is_not_a_response(body: bytes) -> None:
    received = await exchange([LENGTH], body)
    assert not received.endswith(b"\r\n\r\nok")
