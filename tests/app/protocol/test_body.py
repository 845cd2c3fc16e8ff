"""Bodies that are not read: of another type, compressed, too large, or too slow."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from tests.app.live import served
from tests.app.serving import client_of, gateway, told

BODY = b'{"query": "{ __typename }"}'
TYPE = "The body must be JSON in UTF-8, sent as Content-Type: application/json."
COMPRESSED = "Compressed bodies are not read: send it without Content-Encoding."
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
        "application/json ; boundary=x",
    ],
)
async def test_json_is_read(content_type: str) -> None:
    async with gateway() as client:
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
    ],
)
async def test_other_types_are_415(content_type: str) -> None:
    async with gateway() as client:
        response = await client.post(
            "/graphql", content=BODY, headers={"Content-Type": content_type}
        )
    assert told(response) == (415, "UNSUPPORTED_MEDIA_TYPE", TYPE)
    assert response.headers["accept"] == "application/json"


@pytest.mark.anyio
@pytest.mark.parametrize("types", [[], ["application/json", "text/plain"]])
async def test_one_type_has_to_be_given(types: list[str]) -> None:
    async with gateway() as client:
        headers = [("Content-Type", each) for each in types]
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert told(response) == (415, "UNSUPPORTED_MEDIA_TYPE", TYPE)


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", ["gzip", "identity, gzip", "br", "x"])
async def test_compressed_bodies_are_415(encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    async with gateway() as client:
        response = await client.post("/graphql", content=gzip.compress(BODY), headers=headers)
    assert told(response) == (415, "UNSUPPORTED_MEDIA_TYPE", COMPRESSED)
    assert response.headers["accept-encoding"] == "identity"


@pytest.mark.anyio
async def test_an_encoding_that_changes_nothing_is_read() -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "Identity"}
    async with gateway() as client:
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert response.status_code == 200


class Chunks:
    """A body in parts, which counts those that were asked for."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = sizes
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for size in self._sizes:
            self.read += 1
            yield b" " * size


class AtAnswer:
    """An app that notes how much of a body had been asked for when its answer began."""

    def __init__(self, app: ASGIApp, body: Chunks) -> None:
        self._app = app
        self._body = body
        self.read = -1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.read = self._body.read
            await send(message)

        await self._app(scope, receive, noting)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("sizes", "declared", "read"),
    [((10, 10), {"Content-Length": str(LIMIT + 1)}, 0), ((LIMIT, 1, 1_000, 1_000), {}, 2)],
    ids=["declared", "in parts"],
)
async def test_a_body_is_413_as_soon_as_it_is_known_to_be_too_large(
    sizes: tuple[int, ...], declared: dict[str, str], read: int
) -> None:
    """What comes after the answer is read only to be dropped."""
    body = Chunks(*sizes)
    app = AtAnswer(create_app(Vendors(providers={}, clients=()), Settings.model_construct()), body)
    async with client_of(app) as client:
        headers = {"Content-Type": "application/json", **declared}
        response = await client.post("/graphql", content=body, headers=headers)
    assert told(response) == (413, "CONTENT_TOO_LARGE", LARGE)
    assert response.headers["connection"] == "close"
    assert app.read == read


@pytest.mark.anyio
async def test_the_limit_can_be_set() -> None:
    async with gateway(max_body_bytes=26) as client:
        headers = {"Content-Type": "application/json"}
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert told(response) == (413, "CONTENT_TOO_LARGE", "The body has more than 26 bytes.")


@pytest.mark.anyio
@pytest.mark.parametrize("length", ["x", "1e3", "9" * 5_000])
async def test_a_size_that_is_no_number_is_400(length: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": length}
    async with gateway() as client:
        response = await client.post("/graphql", content=BODY, headers=headers)
    assert told(response) == (400, "BAD_REQUEST", "Content-Length is not a number.")


@pytest.mark.anyio
async def test_the_connection_is_closed_on_a_body_that_is_too_large() -> None:
    """A client that goes on sending is heard for a moment only, and gets its answer whole."""
    app = create_app(Vendors(providers={}, clients=()), Settings.model_construct())
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999\r\n\r\n{"
        )
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'"extensions":{"code":"CONTENT_TOO_LARGE"}}]}')


@pytest.mark.anyio
@pytest.mark.parametrize("sent", [b"", b"{"])
async def test_a_body_that_is_not_there_at_the_deadline_is_408(sent: bytes) -> None:
    """And the connection is closed, so that nobody can hold it open by saying little."""
    settings = Settings.model_construct(deadline=0.05)
    async with served(create_app(Vendors(providers={}, clients=()), settings)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
            b"Content-Length: 27\r\n\r\n" + sent
        )
        answer = await reader.read()
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert answer.endswith(
        b'{"errors":[{"message":"The body did not arrive in time.",'
        b'"extensions":{"code":"REQUEST_TIMEOUT"}}]}'
    )
