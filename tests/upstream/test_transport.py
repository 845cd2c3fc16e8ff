"""Bodies: how much is read, what counts as JSON, and what is said of the rest."""

import gzip

import httpx
import pytest

from groupgate.domain.errors import Malformed, Unavailable, WriteOutcome
from groupgate.request import request_scope
from groupgate.upstream.json_body import NoBody
from groupgate.upstream.transport import MAX_BODY_BYTES
from tests.upstream.vendor import Chunks, Shape, Vendor, ok, status

pytestmark = pytest.mark.anyio

MEBIBYTE = b"x" * 1024 * 1024


async def read(answer: httpx.Response) -> str:
    with request_scope(deadline=10):
        return (await Vendor(answer).client.get("/a", Shape)).name


async def message_of(answer: httpx.Response) -> str:
    with pytest.raises(Malformed) as caught:
        await read(answer)
    return caught.value.message


async def test_no_more_than_eight_mebibytes_are_read() -> None:
    """Of a body that never ends, nine chunks of one are taken."""
    body = Chunks(MEBIBYTE, None)
    assert await message_of(httpx.Response(200, stream=body)) == (
        "Dodo Payments returned more than 8 MiB."
    )
    assert body.read == 9


async def test_a_body_that_says_how_large_it_is_is_not_read_at_all() -> None:
    """Fifty mebibytes, told in the header."""
    body, headers = Chunks(MEBIBYTE, 50), {"Content-Length": str(50 * len(MEBIBYTE))}
    assert await message_of(httpx.Response(200, headers=headers, stream=body)) == (
        "Dodo Payments returned more than 8 MiB."
    )
    assert body.read == 0


async def test_eight_mebibytes_are_read() -> None:
    """The largest body there may be."""
    name = b"y" * (MAX_BODY_BYTES - len(b'{"name":""}'))
    assert await read(ok(b'{"name":"' + name + b'"}')) == name.decode()


async def test_the_body_of_a_failure_is_not_read() -> None:
    """However long it is: the status says all."""
    body = Chunks(MEBIBYTE, None)
    with request_scope(deadline=0.1), pytest.raises(Unavailable) as caught:
        await Vendor(httpx.Response(502, stream=body)).client.get("/a", Shape)
    assert (caught.value.message, body.read) == ("Dodo Payments returned status 502.", 0)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        "text/json",
    ],
)
async def test_json_by_any_of_its_names_is_read(content_type: str) -> None:
    """And where there is no name at all."""
    assert await read(ok(Content_Type=content_type)) == "x"
    assert await read(ok()) == "x"


@pytest.mark.parametrize("content_type", ["text/html", "text/plain", "application/jsonp"])
async def test_what_says_that_it_is_no_json_is_not_read_as_such(content_type: str) -> None:
    """Even if it could be."""
    message = "Dodo Payments returned a content type that is not JSON."
    assert await message_of(ok(Content_Type=content_type)) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Dodo Payments returned invalid JSON."),
        (b"<html>", "Dodo Payments returned invalid JSON."),
        (b'{"name":"x"', "Dodo Payments returned invalid JSON."),
        (b'{"name":"x"} {}', "Dodo Payments returned invalid JSON."),
        (b'{"name":"x","n":NaN}', "Dodo Payments returned invalid JSON."),
        (b'{"name":"x","n":-Infinity}', "Dodo Payments returned invalid JSON."),
        (b'{"name":"\xff"}', "Dodo Payments returned invalid JSON."),
        (
            b'{"name":"x","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "Dodo Payments returned invalid JSON.",
        ),
    ],
)
async def test_json_says_one_thing(body: bytes, message: str) -> None:
    """Also where nobody asked: in a body that is partly wrong, nothing is to be trusted."""
    assert await message_of(ok(body)) == message


async def test_numbers_of_any_length_are_left_alone() -> None:
    """Python converts no number of more than 4,300 digits; here nobody asked for it."""
    assert await read(ok(b'{"name":"x","n":' + b"9" * 5000 + b"}")) == "x"


async def test_compressed_bodies_are_read_and_broken_ones_are_not_repeated() -> None:
    """gzip, as httpx asks for it."""
    body = gzip.compress(b'{"name":"x"}')
    headers = {"Content-Encoding": "gzip"}
    assert await read(httpx.Response(200, headers=headers, stream=Chunks(body, 1))) == "x"
    broken = httpx.Response(200, headers=headers, stream=Chunks(b"no gzip", 1))
    assert (
        await message_of(broken)
        == "Dodo Payments returned a body that is not compressed as its header says."
    )


@pytest.mark.parametrize("body", [b"", b" ", b"OK", b"true", b"null", b"{}", b'{"id":"x"}'])
async def test_where_nothing_is_expected_an_answer_may_say_anything(body: bytes) -> None:
    """A write whose answer says nothing of weight."""
    vendor = Vendor(ok(body))
    with request_scope():
        await vendor.client.write("DELETE", "/a", NoBody)
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"code":"X","message":""}', b'{"error_code":"X"}'])
async def test_an_error_is_not_taken_for_nothing(body: bytes) -> None:
    """Whatever the status says, nobody knows then what was applied."""
    with request_scope(), pytest.raises(Malformed) as caught:
        await Vendor(ok(body)).client.write("DELETE", "/a", NoBody)
    assert caught.value.outcome is WriteOutcome.UNKNOWN


async def test_redirects_are_not_followed() -> None:
    """Our key goes to the address that it was given for, and nowhere else."""
    vendor = Vendor(status(307, Location="http://elsewhere/"))
    with request_scope(), pytest.raises(Malformed):
        await vendor.client.get("/a", Shape)
    assert [request.url.host for request in vendor.requests] == ["vendor"]
