"""decode_body: content types, invalid JSON, and responses whose body is not read."""

import pytest

from groupgate.domain.errors import Malformed
from tests.upstream.stub_vendor import StubVendor, ok, read_item

pytestmark = pytest.mark.anyio

INVALID_JSON = "Dodo Payments returned invalid JSON."


async def read_error_message(vendor: StubVendor) -> str:
    with pytest.raises(Malformed) as caught:
        await read_item(vendor)
    return caught.value.message


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/problem+json",
        "text/json",
    ],
)
async def test_json_content_types_are_decoded(content_type: str) -> None:
    assert (await read_item(StubVendor(ok(Content_Type=content_type))))[0] == "x"


async def test_a_response_without_a_content_type_is_decoded() -> None:
    assert (await read_item(StubVendor(ok())))[0] == "x"


OTHER_TYPES = ["text/html; charset=utf-8", "text/plain", "application/octet-stream"]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
@pytest.mark.parametrize("body", [b'{"name":"x"}', b'\xef\xbb\xbf{"name":"x"}'])
async def test_json_with_another_content_type_is_decoded(content_type: str, body: bytes) -> None:
    assert (await read_item(StubVendor(ok(body, Content_Type=content_type))))[0] == "x"


@pytest.mark.parametrize("content_type", OTHER_TYPES)
@pytest.mark.parametrize("body", [b"<html>", b"OK", b"", b'{"name":'])
async def test_a_body_that_is_not_json_has_the_wrong_content_type(
    content_type: str, body: bytes
) -> None:
    message = "Dodo Payments returned a content type that is not JSON."
    assert await read_error_message(StubVendor(ok(body, Content_Type=content_type))) == message


async def test_a_json_error_with_another_content_type_is_malformed() -> None:
    vendor = StubVendor(ok(b'{"error":"maintenance"}', Content_Type="text/html"))
    message = "Dodo Payments returned JSON that differs from its documentation at $.name."
    assert await read_error_message(vendor) == message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"name":"x"',
        b'{"name":"x"} {}',
        b'{"name":"x","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
async def test_invalid_json_is_malformed_even_in_fields_that_are_not_read(body: bytes) -> None:
    assert await read_error_message(StubVendor(ok(body))) == INVALID_JSON


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"name":"x","n":NaN}', "x"),
        (b'{"name":"x","n":-Infinity}', "x"),
        (b'\xef\xbb\xbf{"name":"x"}', "x"),
        (b'{"name":"\xff"}', "\xff"),
        (b'{"name":"\\ud83d"}', "\ufffd"),
        (b'{"name":"x\ty"}', "x\ty"),
        (b'{"name":77}', "77"),
        (b'{"name":77,"n":"+","t":"0001-01-01"}', "77"),
    ],
)
async def test_damaged_text_is_repaired(body: bytes, name: str) -> None:
    assert (await read_item(StubVendor(ok(body))))[0] == name


async def test_a_number_of_any_length_is_accepted_in_a_field_that_is_not_read() -> None:
    """Python refuses to convert a number of more than 4,300 digits."""
    body = b'{"name":"x","n":' + b"9" * 5000 + b"}"
    assert (await read_item(StubVendor(ok(body))))[0] == "x"
