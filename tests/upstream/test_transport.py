"""HttpTransport: bodies, redirects, and the reason for which a vendor cannot be reached."""

import asyncio
import gzip

import httpx
import pytest
from structlog.testing import capture_logs

from groupgate.domain.errors import Malformed, Unavailable, Unreachable
from groupgate.request import request_scope
from groupgate.upstream.transport import MAX_BODY_BYTES, MEBIBYTE
from tests.upstream.stub_vendor import (
    CACHE_POLICY,
    ChunkedBody,
    Item,
    StubVendor,
    http_status,
    ok,
    read_item,
)

pytestmark = pytest.mark.anyio

CHUNK = b"x" * MEBIBYTE


async def read(response: httpx.Response) -> str:
    return (await read_item(StubVendor(response)))[0]


async def read_error_message(response: httpx.Response) -> str:
    with pytest.raises(Malformed) as caught:
        await read(response)
    return caught.value.message


async def test_reading_an_endless_body_stops_after_eight_mebibytes() -> None:
    """The ninth chunk of one mebibyte exceeds the limit."""
    body = ChunkedBody(CHUNK, None)
    assert await read_error_message(httpx.Response(200, stream=body)) == (
        "Dodo Payments returned more than 8 MiB."
    )
    assert body.chunks_read == 9


async def test_a_body_whose_content_length_is_too_large_is_not_read() -> None:
    body, headers = ChunkedBody(CHUNK, 50), {"Content-Length": str(50 * MEBIBYTE)}
    assert await read_error_message(httpx.Response(200, headers=headers, stream=body)) == (
        "Dodo Payments returned more than 8 MiB."
    )
    assert body.chunks_read == 0


async def test_a_body_of_exactly_eight_mebibytes_is_read() -> None:
    name = b"y" * (MAX_BODY_BYTES - len(b'{"name":""}'))
    assert await read(ok(b'{"name":"' + name + b'"}')) == name.decode()


async def test_the_body_of_a_5xx_response_is_not_read() -> None:
    body = ChunkedBody(CHUNK, None)
    with request_scope(deadline=0.1), pytest.raises(Unavailable) as caught:
        await StubVendor(httpx.Response(502, stream=body)).client.get("/a", Item)
    assert (caught.value.message, body.chunks_read) == ("Dodo Payments returned status 502.", 0)


async def test_a_gzip_body_is_decompressed_and_an_invalid_one_is_malformed() -> None:
    body = gzip.compress(b'{"name":"x"}')
    headers = {"Content-Encoding": "gzip"}
    assert await read(httpx.Response(200, headers=headers, stream=ChunkedBody(body, 1))) == "x"
    invalid = httpx.Response(200, headers=headers, stream=ChunkedBody(b"no gzip", 1))
    assert (
        await read_error_message(invalid)
        == "Dodo Payments returned a body that is not compressed as its header says."
    )


async def test_a_read_whose_body_breaks_off_is_retried() -> None:
    """A connection that is reset within a body is a failure, and not a malformed response."""
    broken = ChunkedBody(b'{"na', 1, error=httpx.ReadError("x"))
    vendor = StubVendor(httpx.Response(200, stream=broken), ok(), policy=CACHE_POLICY)
    assert (await read_item(vendor))[0] == "x"
    assert len(vendor.requests) == 2


async def test_redirects_are_not_followed() -> None:
    """The credentials are sent to the configured host only."""
    vendor = StubVendor(http_status(307, Location="http://elsewhere/"))
    with request_scope(), pytest.raises(Malformed):
        await vendor.client.get("/a", Item)
    assert [request.url.host for request in vendor.requests] == ["vendor"]


async def read_unreachable(vendor: StubVendor) -> Unreachable:
    """Return the error of a read with a deadline of one second."""
    with pytest.raises(Unreachable) as caught:
        await read_item(vendor, deadline=1)
    return caught.value


async def test_the_reason_is_logged_once_a_minute_and_is_not_in_the_message() -> None:
    vendor = StubVendor(httpx.ConnectError("the connection was refused"))
    with capture_logs() as logs:
        errors = [await read_unreachable(vendor)]
        await asyncio.sleep(58)
        errors.append(await read_unreachable(vendor))
        vendor.responses = [httpx.ConnectTimeout("no connection within 5 s")]
        errors.append(await read_unreachable(vendor))
        await asyncio.sleep(60)
        vendor.responses = [httpx.ConnectError("the connection was refused")]
        errors.append(await read_unreachable(vendor))
    assert {error.message for error in errors} == {"Dodo Payments could not be reached."}
    refused, timeout = "the connection was refused", "no connection within 5 s"
    assert [error.reason for error in errors] == [refused, refused, timeout, refused]
    assert [
        (line["log_level"], line["provider"], line["reason"])
        for line in logs
        if line["event"] == "vendor_unreachable"
    ] == [("warning", "DODO", refused), ("warning", "DODO", timeout), ("warning", "DODO", refused)]
