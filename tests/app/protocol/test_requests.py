"""Reading requests: bodies, strict JSON, parameters of bodies and URLs."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.factory import create_app
from groupgate.app.protocol.request_error import UNREADABLE, RequestError
from groupgate.app.protocol.requests import (
    NotJsonError,
    Parameters,
    WrongShapeError,
    decode_json,
    parameters_from_body,
    parameters_from_url,
)
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from tests.app.gateway import client_of, gateway_client, only_error
from tests.app.live import served

BODY = b'{"query": "{ __typename }"}'
TYPE = "The body must be JSON in UTF-8, sent as Content-Type: application/json."
COMPRESSED = "Compressed bodies are not supported; send the body without Content-Encoding."
LARGE = "The body has more than 1,048,576 bytes."
LIMIT = 1_048_576


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; charset=utf8",
        "application/json; charset=UTF8",
        "application/json ; boundary=x",
    ],
)
async def test_json_content_types_are_accepted(content_type: str) -> None:
    async with gateway_client() as client:
        response = await client.post(
            "/graphql", content=BODY, headers={"Content-Type": content_type}
        )
    assert response.status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json-seq",
        "application/vnd.api+json",
        "application/graphql",
        "application/graphql-response+json",
        "application/json, text/plain",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset=utf8; charset=utf-8",
        "application/json; charset=utf-88",
    ],
)
async def test_other_types_are_415(content_type: str) -> None:
    async with gateway_client() as client:
        response = await client.post(
            "/graphql", content=BODY, headers={"Content-Type": content_type}
        )
    assert only_error(response) == (415, "UNSUPPORTED_MEDIA_TYPE", TYPE)
    assert response.headers["accept"] == "application/json"


@pytest.mark.anyio
@pytest.mark.parametrize("types", [[], ["application/json", "text/plain"]])
async def test_exactly_one_content_type_is_required(types: list[str]) -> None:
    async with gateway_client() as client:
        headers = [("Content-Type", each) for each in types]
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert only_error(response) == (415, "UNSUPPORTED_MEDIA_TYPE", TYPE)


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["gzip", "identity, gzip", "br", "x"])
async def test_compressed_bodies_are_415(encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with gateway_client() as client:
        response = await client.post("/graphql", content=gzip.compress(BODY), headers=headers)
    assert only_error(response) == (415, "UNSUPPORTED_MEDIA_TYPE", COMPRESSED)
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.anyio
async def test_the_identity_encoding_is_accepted() -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "Identity"}
    async with gateway_client() as client:
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert response.status_code == 200


class Chunks:
    """A body in chunks that counts the chunks that were read."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = sizes
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for size in self._sizes:
            self.read += 1
            yield b" " * size


class ReadAtResponse:
    """Records how many chunks of a body were read when the response started."""

    def __init__(self, app: ASGIApp, body: Chunks) -> None:
        self._app = app
        self._body = body
        self.read = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.read = self._body.read
            await send(message)

        await self._app(scope, receive, record)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("sizes", "declared", "read"),
    [((10, 10), {"Content-Length": str(LIMIT + 1)}, 0), ((LIMIT, 1, 1_000, 1_000), {}, 2)],
    ids=["declared", "in parts"],
)
async def test_a_body_is_413_as_soon_as_it_exceeds_the_limit(
    sizes: tuple[int, ...], declared: dict[str, str], read: int
) -> None:
    """The rest of the body is read after the response has been sent, and dropped."""
    body = Chunks(*sizes)
    app = ReadAtResponse(
        create_app(Vendors(providers={}, transports=()), Settings.model_construct()), body
    )
    async with client_of(app) as client:
        headers = {"Content-Type": "application/json", **declared}
        response = await client.post("/graphql", content=body, headers=headers)
    assert only_error(response) == (413, "CONTENT_TOO_LARGE", LARGE)
    assert response.headers["connection"] == "close"
    assert app.read == read


@pytest.mark.anyio
async def test_the_limit_is_a_setting() -> None:
    async with gateway_client(max_body_bytes=26) as client:
        headers = {"Content-Type": "application/json"}
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert only_error(response) == (413, "CONTENT_TOO_LARGE", "The body has more than 26 bytes.")


@pytest.mark.anyio
@pytest.mark.parametrize("length", ["x", "1e3", "9" * 5_000])
async def test_a_content_length_that_is_not_a_number_is_400(length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length}
    async with gateway_client() as client:
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert only_error(response) == (400, "BAD_REQUEST", "Content-Length is not a number.")


@pytest.mark.anyio
async def test_the_connection_is_closed_after_413() -> None:
    """The client receives the whole response although it is still sending."""
    app = create_app(Vendors(providers={}, transports=()), Settings.model_construct())
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999\r\n\r\n{"
        )
        response = await reader.read()
        writer.close()
    assert response.startswith(b"HTTP/1.1 413 ")
    assert response.endswith(b'"extensions":{"code":"CONTENT_TOO_LARGE"}}]}')


@pytest.mark.anyio
@pytest.mark.parametrize("sent", [b"", b"{"])
async def test_a_body_that_has_not_arrived_at_the_deadline_is_408(sent: bytes) -> None:
    """The connection is closed, so that slow clients cannot keep it open."""
    settings = Settings.model_construct(deadline=0.05)
    async with served(create_app(Vendors(providers={}, transports=()), settings)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            b"Content-Length: 27\r\n\r\n" + sent
        )
        response = await reader.read()
        writer.close()
    assert response.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close\r\n" in response.lower()
    assert response.endswith(
        b'{"errors":[{"message":"The body did not arrive in time.",'
        b'"extensions":{"code":"REQUEST_TIMEOUT"}}]}'
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b' {"a": [1, 2.5, null, true, "x"]}\n', {"a": [1, 2.5, None, True, "x"]}),
        (b'{"\\ud83c\\udfc3": "\\u0000"}', {"🏃": "\0"}),
        ('{"a": "🏊"}'.encode(), {"a": "🏊"}),
        (b'{"a": 18446744073709551616}', {"a": 2**64}),
        (b'{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
    ],
)
def test_json_is_decoded(raw: bytes, expected: dict[str, Any]) -> None:
    assert decode_json(raw, dict[str, Any]) == expected


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1, "a": 1}', "an object has the same key twice"),
        (b'{"a": [{"b": 1, "\\u0062": 2}]}', "an object has the same key twice"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": "\\ud800"}', "a string is not valid Unicode"),
        (b'{"a": "\\udfc3\\ud83c"}', "a string is not valid Unicode"),
        (b'{"a": "\xed\xa0\x80"}', "the text is not UTF-8"),
        (b'{"a": ' + b"[" * 15_000 + b"]" * 15_000 + b"}", "the nesting is too deep"),
        (b"[" + b"0," * 10_001 + b"0]", "the text holds more than 10,000 values"),
    ],
)
def test_invalid_json_is_rejected(raw: bytes, message: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(raw, dict[str, Any])
    assert str(caught.value) == message


COMMAS = "," * 20_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f'{{"a": "{COMMAS}"}}', {"a": COMMAS}),
        (f'{{"a": "\\"{COMMAS}\\\\"}}', {"a": f'"{COMMAS}\\'}),
        (f'{{"{COMMAS}:": 1}}', {f"{COMMAS}:": 1}),
        (f'{{"a": [{"1," * 9_999}1]}}', {"a": [1] * 10_000}),
        (
            "{" + ",".join(f'"a{i}": {{}}' for i in range(10_000)) + "}",
            {f"a{i}": {} for i in range(10_000)},
        ),
    ],
    ids=["text", "text with escapes", "key", "list", "object"],
)
def test_ten_thousand_values_and_any_text_are_decoded(raw: str, expected: dict[str, Any]) -> None:
    assert decode_json(raw.encode(), dict[str, Any]) == expected


@pytest.mark.parametrize(
    "raw",
    [
        f'{{"a": [{"1," * 10_001}1]}}',
        "{" + ",".join(f'"a{i}": 1' for i in range(10_001)) + "}",
        '{"a":' * 10_001 + "1" + "}" * 10_001,
        '{"a": "\\\\", "b": [' + '",",' * 10_001 + "1]}",
    ],
    ids=["list", "object", "nested objects", "after a text"],
)
def test_more_than_ten_thousand_values_are_rejected(raw: str) -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(raw.encode(), dict[str, Any])
    assert str(caught.value) == "the text holds more than 10,000 values"


def test_a_text_that_does_not_end_is_rejected_in_linear_time() -> None:
    with pytest.raises(NotJsonError) as caught:
        decode_json(b'{"a": "' + b'\\"' * 500_000, dict[str, Any])
    assert str(caught.value).startswith("Unterminated string starting at")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"[]", "Expected `object`, got `array`."),
        (b'{"a": 1' + b"0" * 5000 + b"}", "Integer value out of range - at `$[...]`."),
        (b'{"a": 1e999}', "Number out of range - at `$[...]`."),
    ],
)
def test_json_of_another_type_is_a_different_error(raw: bytes, message: str) -> None:
    with pytest.raises(WrongShapeError) as caught:
        decode_json(raw, dict[str, Any])
    assert str(caught.value) == message


def test_a_url_is_decoded_like_a_form() -> None:
    found = parameters_from_url(
        b"query=%7B+a%20%7D&operationName=%C3%84&variables=%7B%22a%22%3A1%7D&id=x&b=1"
    )
    assert found == Parameters(query="{ a }", operation_name="Ä", variables={"a": 1}, id="x")


def test_empty_url_parameters_count_as_missing() -> None:
    assert parameters_from_url(b"query=&operationName=&variables=&extensions=") == Parameters()


def test_null_in_a_url_is_an_operation_name_but_no_variables() -> None:
    found = parameters_from_url(b"operationName=null&variables=null")
    assert found == Parameters(operation_name="null", variables=None)


def test_unencoded_bytes_in_a_url_are_rejected() -> None:
    with pytest.raises(RequestError) as caught:
        parameters_from_url(b"query=\xc3\xa4")
    assert caught.value.reason is UNREADABLE
    assert [error["message"] for error in caught.value.errors] == [
        "The URL must be percent-encoded UTF-8."
    ]


def test_an_empty_operation_name_in_a_body_counts_as_missing() -> None:
    found = parameters_from_body(b'{"query": "{ a }", "operationName": ""}')
    assert found == Parameters(query="{ a }", operation_name=None)


@pytest.mark.anyio
async def test_an_empty_operation_name_executes_the_only_operation() -> None:
    async with gateway_client() as client:
        body = {"query": "query A { __typename }", "operationName": ""}
        response = await client.post("/graphql", json=body)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
async def test_a_document_with_twenty_thousand_commas_is_executed() -> None:
    async with gateway_client() as client:
        response = await client.post("/graphql", json={"query": f"{{ __typename {COMMAS} }}"})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


def test_null_in_a_body_counts_as_missing() -> None:
    body = b'{"query": null, "operationName": null, "variables": null, "extensions": null}'
    assert parameters_from_body(body) == Parameters()


def test_a_document_id_can_have_three_names() -> None:
    found = parameters_from_body(b'{"documentId": "a", "doc_id": "b", "id": "c"}')
    assert found == Parameters(document_id="a", doc_id="b", id="c")
