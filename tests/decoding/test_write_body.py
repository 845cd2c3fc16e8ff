"""Responses to writes: which are a success, which report an error, and which cannot be read."""

from collections.abc import Callable

import httpx
import msgspec
import pytest

from groupgate.decoding.json_body import AnyBody, NoBody
from groupgate.domain.errors import Malformed, Rejected, Unconfirmed, WriteOutcome
from groupgate.request import request_scope
from tests.upstream.stub_vendor import ChunkedBody, Item, StubVendor, ok

pytestmark = pytest.mark.anyio

INVALID_JSON = "Dodo Payments returned a status of success, whose body is not valid JSON."
ERROR_INSIDE = "Dodo Payments returned an error with a status of success."


async def write(vendor: StubVendor, shape: type[object]) -> object:
    """Send a write in a request of its own."""
    with request_scope():
        return await vendor.client.write("DELETE", "/a", shape)


async def write_error(response: httpx.Response, shape: type[object] = AnyBody) -> Malformed:
    """Return the error of a write, which is sent once."""
    vendor = StubVendor(response)
    with pytest.raises(Malformed) as caught:
        await write(vendor, shape)
    assert len(vendor.requests) == 1
    return caught.value


@pytest.mark.parametrize("shape", [NoBody, AnyBody])
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"\r\n", b"true", b"null", b"{}", b"[]", b"7", b'{"id":"x"}'),
        *(b'"true"', b'"Erl\xf6st"', b"\xef\xbb\xbftrue", b'{"message":"Updated"}'),
        *(b'{"code":null,"message":""}', b'{"code":200}', b'{"code":"201","message":"Created"}'),
        *(b'{"success":true,"code":"GROUP_UPDATED"}', b'{"success":null}', b'{"success":1}'),
        *(b'{"error":null}', b'{"error":false}', b'{"error":""}', b'{"error":0}'),
        *(b'{"errors":[]}', b'{"Errors":{}}', b'{"error_code":"0"}', b'{"data":{"error":"x"}}'),
    ],
)
async def test_a_body_without_an_error_is_a_success(shape: type[object], body: bytes) -> None:
    vendor = StubVendor(ok(body))
    assert await write(vendor, shape) is None
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204, 205, 206, 207, 299])
@pytest.mark.parametrize("content_type", ["", "text/html", "text/plain; charset=x", "image/png"])
async def test_every_status_2xx_is_a_success_whatever_the_content_type(
    status: int, content_type: str
) -> None:
    response = httpx.Response(status, content=b"", headers={"Content-Type": content_type})
    assert await write(StubVendor(response), Item) is None


@pytest.mark.parametrize("shape", [NoBody, AnyBody, Item])
@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        (b'{"code":"X","message":""}', "$.code"),
        (b'{"code":500}', "$.code"),
        (b'{"error_code":"X"}', "$.error_code"),
        (b'{"errorCode":"X"}', "$.errorCode"),
        (b'{"error":"no"}', "$.error"),
        (b'{"error":true}', "$.error"),
        (b'{"error":{"message":"no"}}', "$.error"),
        (b'{"errors":["no"]}', "$.errors"),
        (b'{"Errors":{"name":"no"}}', "$.Errors"),
        (b'{"success":false,"code":200}', "$.success"),
        (b'{"success":"false"}', "$.success"),
        (b'{"success":0}', "$.success"),
        (b'{"success":true,"errors":["no"]}', "$.errors"),
        (b'\xef\xbb\xbf {"name":"x","error":"no"}', "$.error"),
    ],
)
async def test_an_error_with_a_status_of_success_has_an_unknown_outcome(
    shape: type[object], body: bytes, json_path: str
) -> None:
    error = await write_error(ok(body), shape)
    assert (type(error), error.message, error.json_path, error.outcome) == (
        Malformed,
        ERROR_INSIDE,
        json_path,
        WriteOutcome.UNKNOWN,
    )


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"\n <p>", b'{"name":"x"', b"tru", b"OK", b"{true", b"NaN1", b"[" * 9999],
)
async def test_a_body_that_is_not_json_is_unconfirmed(body: bytes) -> None:
    for shape in (AnyBody, Item):
        error = await write_error(ok(body), shape)
        assert (type(error), error.message, error.json_path, error.outcome) == (
            Unconfirmed,
            INVALID_JSON,
            "$",
            WriteOutcome.UNKNOWN,
        )


@pytest.mark.parametrize("shape", [NoBody, AnyBody, Item])
@pytest.mark.parametrize("body", [b"false", b'"false"', b"\xef\xbb\xbffalse", b" 0 ", b'"0"'])
async def test_false_is_unconfirmed(shape: type[object], body: bytes) -> None:
    error = await write_error(ok(body), shape)
    message = "Dodo Payments returned a status of success, whose body is false."
    assert (type(error), error.message) == (Unconfirmed, message)


async def test_text_is_ignored_where_the_vendor_documents_no_body_but_a_page_is_unconfirmed() -> (
    None
):
    for body in (b"OK", b"tru", b'{"name":'):
        assert await write(StubVendor(ok(body)), NoBody) is None
    error = await write_error(ok(b"<html>"), NoBody)
    assert (type(error), error.message) == (Unconfirmed, INVALID_JSON)


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (
            lambda: httpx.Response(200, headers={"Content-Length": str(9 * 1024 * 1024)}),
            "Dodo Payments returned more than 8 MiB.",
        ),
        (
            lambda: httpx.Response(200, stream=ChunkedBody(b"x" * 1024 * 1024, None)),
            "Dodo Payments returned more than 8 MiB.",
        ),
        (
            lambda: httpx.Response(
                201, headers={"Content-Encoding": "gzip"}, stream=ChunkedBody(b"no gzip", 1)
            ),
            "Dodo Payments returned a body that is not compressed as its header says.",
        ),
    ],
    ids=["large", "endless", "broken gzip"],
)
@pytest.mark.parametrize("shape", [NoBody, AnyBody, Item])
async def test_a_body_that_cannot_be_received_is_unconfirmed(
    shape: type[object], response: Callable[[], httpx.Response], message: str
) -> None:
    error = await write_error(response(), shape)
    assert (type(error), error.message, error.outcome) == (
        Unconfirmed,
        message,
        WriteOutcome.UNKNOWN,
    )


async def test_a_large_body_of_a_rejection_confirms_nothing() -> None:
    response = httpx.Response(422, headers={"Content-Length": str(9 * 1024 * 1024)})
    assert type(await write_error(response)) is Malformed
    assert type(await write_error(httpx.Response(302))) is Rejected


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b'{"name":"x","more":1}', Item(name="x")),
        (b'\xef\xbb\xbf{"name":"x"}', Item(name="x")),
        (b'{"name":"x","name":"y"}', Item(name="y")),
        (b"", None),
        (b"true", None),
        (b"{}", None),
        (b'{"name":null}', None),
        (b'["x"]', None),
    ],
)
async def test_the_result_is_none_if_the_body_does_not_have_the_shape(
    body: bytes, result: Item | None
) -> None:
    assert await write(StubVendor(ok(body, Content_Type="text/html")), Item) == result


class Flags(msgspec.Struct):
    """A response with numbers and booleans."""

    count: int
    is_on: bool


@pytest.mark.parametrize(
    "body", [b'{"count":2,"is_on":true}', b'{"count":"2","is_on":"true"}', b'{"count":2,"is_on":1}']
)
async def test_equivalent_values_are_accepted(body: bytes) -> None:
    assert await write(StubVendor(ok(body)), Flags) == Flags(count=2, is_on=True)
