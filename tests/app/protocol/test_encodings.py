"""Compression of responses: which encoding, which responses, and what is kept."""

import gzip
import json
import sys
from collections.abc import Callable
from typing import Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest

from groupgate.app.protocol import responses
from groupgate.app.protocol.responses import Compressor, preferred_encoding
from tests.app.gateway import gateway_client
from tests.e2e.test_direct_route import open_client

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.anyio

DECOMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstd.decompress,
}
LONG = {"query": "{ __schema { types { name description } } }"}
SHORT = {"query": "{ __typename }"}


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP;q=1.0, br;q=0.5", "gzip"),
        ("gzip;q=0.5, br;q=0.8, zstd;q=0.2", "br"),
        ("gzip;q=0", ""),
        ("*", "zstd"),
        ("*;q=0.5, zstd;q=0", "br"),
        ("*;q=0, gzip", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("identity;q=0.5, gzip", "gzip"),
        ("gzip;q=2", ""),
        ("gzip;q=x, br;q=0.1", "br"),
        ("deflate, compress", ""),
    ],
)
def test_the_client_decides_by_qualities(accept: str, expected: str) -> None:
    assert preferred_encoding(accept) == expected


async def raw(
    client: httpx.AsyncClient, body: Any = LONG, **headers: str
) -> tuple[dict[str, str], bytes]:
    """Send an operation; return the headers and the bytes of the response as they were sent."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.stream("POST", "/graphql", json=body, headers=given) as response:
        sent = b"".join([chunk async for chunk in response.aiter_raw()])
        return dict(response.headers), sent


@pytest.mark.parametrize("encoding", DECOMPRESS)
async def test_a_long_response_is_compressed(encoding: str) -> None:
    async with gateway_client() as client:
        _, plain = await raw(client, accept_encoding="identity")
        headers, sent = await raw(client, accept_encoding=encoding)
    assert headers["content-encoding"] == encoding
    assert headers["content-length"] == str(len(sent))
    assert headers["vary"] == "Accept, Accept-Encoding"
    assert len(sent) < len(plain) / 3
    assert DECOMPRESS[encoding](sent) == plain


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (SHORT, {"accept_encoding": "gzip"}),
        (LONG, {"accept_encoding": "identity"}),
        (LONG, {"accept_encoding": "gzip", "cookie": "session=1"}),
        (LONG, {"accept_encoding": "gzip", "authorization": "Basic YTpi"}),
    ],
)
async def test_a_short_response_and_one_with_credentials_of_a_browser_are_not(
    body: dict[str, str], headers: dict[str, str]
) -> None:
    async with gateway_client() as client:
        sent_headers, sent = await raw(client, body, **headers)
    assert "content-encoding" not in sent_headers
    assert sent_headers["vary"] == "Accept, Accept-Encoding"
    assert "data" in json.loads(sent)


async def test_a_repeated_response_is_compressed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on the direct route, for which the same headers without an encoding are the same."""
    compressed: list[int] = []

    def count(body: bytes) -> bytes:
        compressed.append(len(body))
        return gzip.compress(body)

    monkeypatch.setattr(responses, "_COMPRESS", {"gzip": count})
    query = {
        "query": "{ provider(key: AXIM) { products(first: 50) { nodes { id name description } } } }"
    }
    async with open_client() as client:
        sent = [
            await raw(client, query, accept_encoding=accept)
            for accept in ("identity", "gzip", "gzip", "gzip", "identity", "gzip")
        ]
    plain = sent[0][1]
    assert [headers.get("content-encoding") for headers, _ in sent] == [
        None,
        "gzip",
        "gzip",
        "gzip",
        None,
        "gzip",
    ]
    assert [gzip.decompress(body) for _, body in sent if body != plain] == [plain] * 4
    assert sent[4][1] == plain
    assert compressed == [len(plain)]


async def test_the_schema_is_compressed() -> None:
    async with gateway_client() as client:
        response = await client.get("/schema.graphql", headers={"Accept-Encoding": "br"})
    assert response.headers["content-encoding"] == "br"


def test_compressed_bodies_take_a_bounded_memory() -> None:
    compressor = Compressor()
    size = responses.MAX_CACHED_BYTES // 10
    for number in range(30):
        body = str(number).encode() * (size // len(str(number)))
        compressor.compress(body, "zstd", is_repeated=True)
    assert 8 <= len(compressor._cached) <= 10
    assert compressor._cached.currsize <= responses.MAX_CACHED_BYTES
