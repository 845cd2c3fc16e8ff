"""The direct route of `POST /graphql`: remembered headers never skip a check."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.types import Message

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.observer import EndedRequest, LogObserver
from groupgate.sandbox.app import Sandbox

pytestmark = pytest.mark.anyio

QUERY = "{ provider(key: AXIM) { groups(first: 2) { nodes { id name } } } }"
BODY = b'{"query": "{ provider(key: AXIM) { groups(first: 2) { nodes { id name } } } }"}'


class EndedRequests(LogObserver):
    """Keeps the requests that have ended."""

    def __init__(self) -> None:
        self.ended: list[EndedRequest] = []

    def request_ended(self, request: EndedRequest) -> None:
        """Keep the request."""
        self.ended.append(request)


@asynccontextmanager
async def open_client(
    observer: EndedRequests | None = None, *, loopback_only: bool = False, **given: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a gateway that caches, whose headers of QUERY are remembered already."""
    sandbox = Sandbox(unlimited=True)
    settings = Settings.model_construct(**given)
    vendors = connect(
        sandbox.environment("http://sandbox"), lambda: httpx.ASGITransport(app=sandbox), settings
    )
    app = create_app(vendors, settings, observer=observer, loopback_only=loopback_only)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        for _ in range(3):
            assert (await post(client)).status_code == 200
        yield client


async def post(
    client: httpx.AsyncClient, /, content: bytes = BODY, **headers: str
) -> httpx.Response:
    """Send a body with these headers besides Content-Type."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(
        "/graphql", content=content, headers={"content-type": "application/json", **given}
    )


async def test_the_response_has_the_headers_of_the_executed_one() -> None:
    """Only the age and the request's id are its own; a valid id of the client is returned."""
    observer = EndedRequests()
    async with open_client(observer) as client:
        executed = await post(client, cache_control="no-cache")
        answer = await post(client, x_request_id="mine")
        other = await post(client, x_request_id="not valid!")
    own = {"age", "x-request-id"}
    assert {name: executed.headers[name] for name in executed.headers.keys() - own} == {
        name: answer.headers[name] for name in answer.headers.keys() - own
    }
    assert answer.content == executed.content
    assert (answer.headers["x-request-id"], answer.headers["age"]) == ("mine", "0")
    assert len(other.headers["x-request-id"]) == 16
    assert [ended.upstream_calls for ended in observer.ended] == [1, 0, 0, 1, 0, 0]
    assert {ended.caller for ended in observer.ended} == {"anonymous"}
    assert observer.ended[-2].request_id == "mine"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content_type": "text/plain"}, 415),
        ({"content_encoding": "gzip"}, 415),
        ({"accept": "image/png"}, 406),
        ({"upgrade": "websocket"}, 400),
        ({"host": "elsewhere.example"}, 421),
        ({"content_length": "9999999"}, 413),
    ],
    ids=str,
)
async def test_other_headers_are_checked(headers: dict[str, str], status: int) -> None:
    """The same body is refused if it comes with headers that are not accepted."""
    async with open_client(loopback_only=True) as client:
        refused = await post(client, BODY, **headers)
        assert refused.status_code == status
        assert "data" not in refused.json()
        assert (await post(client)).status_code == 200


async def test_each_media_type_and_origin_has_its_own_headers() -> None:
    """They are part of what is remembered, or take the other route."""
    async with open_client(cors_origins=("https://shop.example",)) as client:
        for _ in range(3):
            answer = await post(client, accept="application/graphql-response+json")
            media, _, _ = answer.headers["content-type"].partition(";")
            assert media == "application/graphql-response+json"
            answer = await post(client, origin="https://shop.example")
            assert answer.headers["access-control-allow-origin"] == "https://shop.example"
            answer = await post(client)
            assert answer.headers["content-type"] == "application/json; charset=utf-8"
            assert "access-control-allow-origin" not in answer.headers


async def test_an_unknown_body_is_executed() -> None:
    """Its response is that of its own query, also if it is malformed."""
    async with open_client() as client:
        other = await post(client, BODY.replace(b"first: 2", b"first: 1"))
        assert len(other.json()["data"]["provider"]["groups"]["nodes"]) == 1
        malformed = await post(client, BODY.replace(b"}", b")"))
        assert malformed.status_code == 400


async def test_callers_with_tokens_are_authenticated_each_time() -> None:
    """With tokens, nothing is remembered: a request without a valid one is refused."""
    digest = "7a5df5ffa0dec2228d90b8d0a0f1b0767b748b0a41314c123075b8289e4e053f"
    line = f"shop sha256:{digest} read"
    async with open_client(tokens=line, anonymous="read") as client:
        refused = await post(client, authorization="Bearer wrong")
        assert refused.status_code == 401
        assert (await post(client)).status_code == 200


@pytest.mark.parametrize("messages", [2, 0], ids=["two parts", "never"])
async def test_a_body_that_arrives_in_parts_or_never(messages: int) -> None:
    """Parts are joined; a body that does not arrive gets 408 at the deadline, not later."""
    async with open_client(deadline=0.2) as client:
        transport = client._transport
        assert isinstance(transport, httpx.ASGITransport)
        sent: list[Message] = []
        first: Message = {"type": "http.request", "body": BODY[:9], "more_body": True}
        second: Message = {"type": "http.request", "body": BODY[9:], "more_body": False}
        parts = [first, second][:messages]

        async def receive() -> Message:
            if not parts:
                await asyncio.Event().wait()
            return parts.pop(0)

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [
            *((b"host", b"localhost"), (b"accept", b"*/*")),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
        ]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b""}
        started_at = asyncio.get_running_loop().time()
        async with asyncio.timeout(5):
            await transport.app({**scope, "headers": headers, "client": None}, receive, send)
        assert sent[0]["status"] == (200 if messages else 408)
        assert asyncio.get_running_loop().time() - started_at < 4
