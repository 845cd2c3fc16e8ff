"""Requests that the server answers without its app: which, with what, and when not."""

import asyncio
import gzip
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from groupgate.app.tracing.tracer import TRACE_ID
from groupgate.observer import AnswerSource
from tests.cli.hot_gateway import BODY, HotClient, HotGateway, hot_gateway, post, status_of
from tests.faults.disconnecting_client import wait_until

pytestmark = pytest.mark.anyio

GROUPS = "query { provider(key: %s) { groups(first: 2) { nodes { id } } } }"


async def make_hot(hot: HotGateway, client: HotClient, *headers: str) -> None:
    """Execute the query, and have its response and its head remembered."""
    for number in range(3):
        assert status_of(await client.send(post(*headers))) == 200
        assert len(hot.parsed) == min(number + 1, 2)
    hot.parsed.clear()
    hot.events.ended.clear()
    hot.events.calls.clear()


def token(name: str, *scopes: str) -> str:
    """Return the line of a token whose secret is its name."""
    return f"{name} sha256:{sha256(name.encode()).hexdigest()} {' '.join(scopes)}"


def body_of(query: str) -> bytes:
    """Return the body of a query."""
    return json.dumps({"query": query}).encode()


async def test_the_third_request_is_answered_without_the_app() -> None:
    """Its bytes are those of a response of the app, and so is what its end reports."""
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        request = post("X-Request-Id: mine")
        answered = await client.send(request)
        assert hot.parsed == []
        by_app = await client.send(request[: -len(BODY)], BODY)
        assert hot.parsed == ["POST"]
        total = hot.server.server.server_state.total_requests
    assert answered == by_app
    assert answered.startswith(b"HTTP/1.1 200 OK\r\ncontent-length: ")
    assert b"\r\nx-request-id: mine\r\n\r\n{" in answered
    assert total == 5
    assert hot.events.calls == []
    server, app = hot.events.ended
    assert (server.request_id, server.status, server.method) == ("mine", 200, "POST")
    assert (server.caller, server.operation_type) == ("anonymous", "query")
    assert (server.operation_name, server.source) == ("Names", AnswerSource.CACHED)
    assert 0 < server.milliseconds < 1_000
    names = set(server.__struct_fields__) - {"milliseconds"}
    assert {name: getattr(server, name) for name in names} == {
        name: getattr(app, name) for name in names
    }


async def test_each_response_has_its_own_id_and_age(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hot_gateway(cache_ttl=60) as hot, hot.client() as client:
        await make_hot(hot, client)
        first = await client.send(post())
        loop = asyncio.get_running_loop()
        time = loop.time
        monkeypatch.setattr(loop, "time", lambda: time() + 7)
        second = await client.send(post("X-Request-Id: not valid!"))
        assert hot.parsed == []
    assert [b"\r\nage: 0\r\n" in first, b"\r\nage: 7\r\n" in second] == [True, True]
    ids = [re.findall(rb"\r\nx-request-id: ([0-9a-f]{16})\r\n", one) for one in (first, second)]
    assert len({*ids[0], *ids[1]}) == 2


@pytest.mark.parametrize(
    "headers",
    [
        ("User-Agent: a client (1.0)", "Referer: x"),
        ("X-Forwarded-For: 192.0.2.1", "x-forwarded-for: 192.0.2.2", "Via: 1.1 proxy"),
        ("TRACEPARENT: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Cookie: a=b"),
        ("Authorization: Bearer ignored-without-tokens",),
    ],
)
async def test_headers_of_single_requests_are_not_part_of_the_head(
    headers: tuple[str, ...],
) -> None:
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        assert status_of(await client.send(post(*headers))) == 200
        assert hot.parsed == []


@pytest.mark.parametrize(
    "headers",
    [
        ("Accept: application/json",),
        ("Idempotency-Key: 1",),
        ("X-Unknown: 1",),
        ("Connection: keep-alive",),
        ("Accept-Encoding: gzip",),
    ],
)
async def test_another_head_is_checked_by_the_app_first(headers: tuple[str, ...]) -> None:
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        responses = [await client.send(post(*headers)) for _ in range(3)]
        assert [status_of(one) for one in responses] == [200] * 3
        assert hot.parsed == ["POST"]


REQUEST = post()
CHUNKED = (
    post()
    .replace(f"Content-Length: {len(BODY)}".encode(), b"Transfer-Encoding: chunked")
    .replace(BODY, b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))
)
LARGE = BODY + b" " * 16_384


@pytest.mark.parametrize(
    "parts",
    [
        (REQUEST[:5], REQUEST[5:]),
        (REQUEST[: -len(BODY)], BODY),
        (REQUEST[:-1], REQUEST[-1:]),
        (CHUNKED,),
        (post(body=LARGE),),
        (b"\r\n" + REQUEST,),
        (post("Cache-Control: no-cache"),),
        (post("Groupgate-Explain: 1"),),
        (post("X-Forwarded-For:192.0.2.1"),),
        (post("Authorization:  Bearer x"),),
        (post("Cookie: "),),
    ],
    ids=[
        *("head in parts", "head, body", "last byte", "chunked", "large", "empty line before"),
        *("no-cache", "explained", "no space", "two spaces", "empty"),
    ],
)
async def test_the_app_answers_what_the_server_does_not_know(parts: tuple[bytes, ...]) -> None:
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        for number in range(3):
            response = await client.send(*parts)
            assert status_of(response) == 200
            assert json.loads(response.partition(b"\r\n\r\n")[2])["data"]
            assert len(hot.parsed) == number + 1
        assert status_of(await client.send(REQUEST)) == 200
        assert len(hot.parsed) == 3


async def test_a_client_that_expects_it_is_told_to_continue_each_time() -> None:
    told = b"HTTP/1.1 100 Continue\r\n\r\n"
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        for number in range(3):
            client.writer.write(post("Expect: 100-continue"))
            assert await client.reader.readuntil(b"\r\n\r\n") == told
            assert status_of(await client.response()) == 200
            assert len(hot.parsed) == number + 1


@pytest.mark.parametrize(
    "request_",
    [post("Connection: close"), post().replace(b"HTTP/1.1", b"HTTP/1.0")],
    ids=["close", "1.0"],
)
async def test_a_connection_that_the_client_ends_is_closed(request_: bytes) -> None:
    async with hot_gateway() as hot, hot.client() as one:
        await make_hot(hot, one)
        for number in range(3):
            async with hot.client() as client:
                response = await client.send(request_)
                assert b"\r\nconnection: close\r\n" in response
                assert await client.reader.read() == b""
                assert len(hot.parsed) == number + 1


async def test_requests_that_are_sent_without_waiting_are_answered_in_their_order() -> None:
    """One behind a request that is not answered yet waits for it."""
    other = post("X-Request-Id: other", body=body_of(GROUPS % "DODO"))
    mine = post("X-Request-Id: mine")
    head = b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        client.writer.write(other)
        await asyncio.sleep(0)
        client.writer.write(mine)
        ids = [re.findall(rb"x-request-id: (.*)\r\n", await client.response()) for _ in range(2)]
        assert ids == [[b"other"], [b"mine"]]
        hot.parsed.clear()
        client.writer.write(mine + head + other + mine)
        ids = [re.findall(rb"x-request-id: (.*)\r\n", await client.response())]
        await client.reader.readuntil(b"\r\n\r\n")
        ids += [re.findall(rb"x-request-id: (.*)\r\n", await client.response()) for _ in range(2)]
        assert ids == [[b"mine"], [b"other"], [b"mine"]]
        assert hot.parsed == ["POST", "HEAD", "POST", "POST"]
        await client.send(mine)
        assert len(hot.parsed) == 4


async def test_another_connection_needs_no_request_of_its_own_first() -> None:
    async with hot_gateway() as hot, hot.client() as one, hot.client() as other:
        await make_hot(hot, one)
        assert status_of(await other.send(REQUEST)) == 200
        assert hot.parsed == []


async def test_garbage_behind_an_answered_request_gets_status_400() -> None:
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        await client.send(REQUEST)
        client.writer.write(b"garbage\r\n\r\n")
        assert (await client.reader.read()).startswith(b"HTTP/1.1 400 ")


async def test_an_idle_connection_is_closed_when_the_last_answer_is_old_enough() -> None:
    """The timer of the first response is not that of the last one."""
    loop = asyncio.get_running_loop()
    async with hot_gateway(keep_alive=1) as hot, hot.client() as one, hot.client() as client:
        await make_hot(hot, one)
        for _ in range(3):
            await client.send(REQUEST)
            answered_at = loop.time()
            await asyncio.sleep(0.6)
        assert hot.parsed == []
        assert await client.reader.read() == b""
        assert 0.9 < loop.time() - answered_at < 1.6


async def test_an_answered_connection_is_closed_when_the_server_stops() -> None:
    async with hot_gateway() as hot, hot.client() as one, hot.client() as client:
        await make_hot(hot, one)
        await client.send(REQUEST)
        hot.server.server.should_exit = True
        assert await client.reader.read() == b""


async def test_a_client_that_receives_nothing_gets_no_more_responses() -> None:
    """While the write buffer is full, the app waits with the next one."""
    async with hot_gateway() as hot, hot.client() as client:
        await make_hot(hot, client)
        (connection,) = hot.server.server.server_state.connections
        connection.pause_writing()
        client.writer.write(REQUEST)
        await wait_until(lambda: hot.parsed == ["POST"])
        await asyncio.sleep(0.05)
        connection.resume_writing()
        assert status_of(await client.response()) == 200


async def test_a_token_is_checked_for_each_request(tmp_path: Path) -> None:
    """One that is wrong, or that was revoked, is refused by the app."""
    file = tmp_path / "tokens"
    file.write_text(f"{token('anna', 'read')}\n{token('bert', 'read')}\n", encoding="utf-8")
    file.chmod(0o600)
    async with hot_gateway(tokens_file=file) as hot, hot.client() as client:
        await make_hot(hot, client, "Authorization: Bearer anna")
        for name in ("anna", "bert"):
            assert status_of(await client.send(post(f"Authorization: bearer {name}"))) == 200
        assert [ended.caller for ended in hot.events.ended] == ["token:anna", "token:bert"]
        assert hot.parsed == []
        for headers in (
            ["Authorization: Bearer wrong"],
            [],
            ["Authorization: Basic anna"],
            ["Authorization: Bearer anna", "Authorization: Bearer bert"],
            ["Authorization:Bearer wrong"],
        ):
            assert status_of(await client.send(post(*headers))) == 401
        assert len(hot.parsed) == 5
        file.write_text(f"{token('bert', 'read')}\n", encoding="utf-8")
        hot.lifecycle.reload()
        assert status_of(await client.send(post("Authorization: Bearer anna"))) == 401
        for _ in range(2):  # the responses are forgotten too
            assert status_of(await client.send(post("Authorization: Bearer bert"))) == 200
        assert len(hot.parsed) == 7


async def test_callers_with_other_permissions_get_their_own_responses() -> None:
    tokens = ";".join([token("anna", "read:AXIM"), token("bert", "read:DODO")])
    query = body_of("{ providers { key } }")
    async with hot_gateway(tokens=tokens) as hot, hot.client() as client:
        seen = {
            name: {
                (await client.send(post(f"Authorization: Bearer {name}", body=query))).partition(
                    b"\r\n\r\n"
                )[2]
                for _ in range(4)
            }
            for name in ("anna", "bert", "anna", "bert")
        }
        parsed = len(hot.parsed)
    assert seen == {
        "anna": {b'{"data":{"providers":[{"key":"AXIM"}]}}'},
        "bert": {b'{"data":{"providers":[{"key":"DODO"}]}}'},
    }
    assert parsed == 3, "two executed, one of them remembered"


async def test_a_write_makes_the_response_cold() -> None:
    async with hot_gateway(anonymous="write") as hot, hot.client() as client:
        await make_hot(hot, client)
        group = json.loads((await client.send(REQUEST)).partition(b"\r\n\r\n")[2])
        (first, *_) = group["data"]["provider"]["groups"]["nodes"]
        change = (
            'mutation { groupUpdate(id: %s, input: {name: "Other"}) { userErrors { message } } }'
        )
        written = await client.send(post(body=body_of(change % json.dumps(first["id"]))))
        assert b'"userErrors":[]' in written
        hot.parsed.clear()
        hot.events.calls.clear()
        await client.send(REQUEST)
        assert (len(hot.parsed), len(hot.events.calls)) == (1, 1)
        await client.send(REQUEST)
        assert (len(hot.parsed), len(hot.events.calls)) == (1, 1)


async def test_the_response_is_not_used_after_its_time() -> None:
    async with hot_gateway(cache_ttl=0.2) as hot, hot.client() as client:
        await make_hot(hot, client)
        await asyncio.sleep(0.25)
        await client.send(REQUEST)
        assert (len(hot.parsed), len(hot.events.calls)) == (1, 1)


async def test_a_compressed_response_is_compressed_by_the_app_once() -> None:
    """With the cookie of a browser it is not compressed."""
    body = body_of("{ provider(key: AXIM) { products(first: 50) { nodes { id name } } } }")
    request = post("Accept-Encoding: gzip", body=body)
    async with hot_gateway() as hot, hot.client() as client:
        responses = [await client.send(request) for _ in range(4)]
        assert len(hot.parsed) == 2
        plain = await client.send(post("Accept-Encoding: gzip", "Cookie: a=b", body=body))
        assert len(hot.parsed) == 2
    contents = [one.partition(b"\r\n\r\n")[2] for one in responses]
    assert len(set(contents)) == 1
    assert all(b"\r\ncontent-encoding: gzip\r\nx-request-id: " in one for one in responses[2:])
    assert b"content-encoding" not in plain
    assert gzip.decompress(contents[0]) == plain.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(
    "settings",
    [
        {"rate_points_per_minute": 100_000},
        {"cors_origins": ("https://shop.example",)},
        {"response_cache_bytes": 0},
        {"cache_ttl": 0},
        {"state": [(TRACE_ID, "0" * 32)]},
    ],
    ids=lambda settings: next(iter(settings)),
)
async def test_the_app_answers_everything_with_these_settings(settings: dict[str, Any]) -> None:
    """Its rate limit, CORS and traces are not for the server, or nothing is cached."""
    async with hot_gateway(**settings) as hot, hot.client() as client:
        for number in range(4):
            assert status_of(await client.send(REQUEST)) == 200
            assert len(hot.parsed) == number + 1


async def test_a_gateway_for_this_machine_refuses_other_hosts() -> None:
    async with hot_gateway(given={"loopback_only": True}) as hot, hot.client() as client:
        await make_hot(hot, client)
        refused = await client.send(REQUEST.replace(b"localhost", b"elsewhere"))
        assert status_of(refused) == 421


async def test_the_path_prefix_of_a_proxy_is_part_of_the_head() -> None:
    async with hot_gateway(given={"root_path": "/shop"}) as hot, hot.client() as client:
        for number in range(4):
            assert status_of(await client.send(post(target="/shop/graphql"))) == 200
            assert len(hot.parsed) == min(number + 1, 2)
        assert status_of(await client.send(post(target="/other/graphql"))) == 404
