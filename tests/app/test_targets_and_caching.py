"""Request targets in absolute form, paths with a slash at the end, and headers for caches."""

import asyncio
from hashlib import sha256
from typing import Any, Literal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.cli.connections import Connection
from tests.app.gateway import client_of, gateway_client
from tests.app.live import served

pytestmark = pytest.mark.anyio

ANSWER = {"data": {"__typename": "Query"}}
QUERY = {"query": "{ __typename }"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
TOKENS = f"anna sha256:{sha256(b'anna').hexdigest()} read"
BEARER = {"Authorization": "Bearer anna"}


def gateway(*, loopback_only: bool = False) -> ASGIApp:
    """Make a gateway without vendors."""
    vendors = Vendors(providers={}, transports=())
    return create_app(vendors, Settings.model_construct(), loopback_only=loopback_only)


async def raw_response(
    app: ASGIApp,
    head: str,
    http: Literal["h11", "httptools"] | type[asyncio.Protocol] = Connection,
) -> bytes:
    """Send a request as it is to an app served by uvicorn; return its response."""
    async with served(app, http=http) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode())
        response = await reader.read()
        writer.close()
    return response


@pytest.mark.parametrize("http", ["h11", "httptools", Connection])
@pytest.mark.parametrize(
    "target",
    [
        "http://gateway.example/graphql?query=%7B__typename%7D",
        "HTTP://gateway.example:8000/graphql?query=%7B__typename%7D",
        "https://gateway.example/%67raphql/?query=%7B__typename%7D",
    ],
)
async def test_a_target_in_absolute_form_is_served(
    target: str, http: Literal["h11", "httptools"] | type[asyncio.Protocol]
) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: gateway.example\r\nAccept: application/json"
    response = await raw_response(gateway(), head, http)
    assert response.startswith(b"HTTP/1.1 200 ")
    assert response.endswith(b'\r\n\r\n{"data":{"__typename":"Query"}}')


async def test_a_target_without_a_path_is_the_root() -> None:
    head = "GET http://gateway.example HTTP/1.1\r\nHost: gateway.example"
    response = await raw_response(gateway(), head)
    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-type: text/html; charset=utf-8\r\n" in response


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://localhost/healthz", "localhost", 200),
        ("http://127.0.0.1:8000/healthz", "gateway.example", 200),
        ("http://gateway.example/healthz", "localhost", 421),
        ("http://user@localhost/healthz", "localhost", 421),
    ],
)
async def test_the_host_of_a_target_replaces_the_host_header(
    target: str, host: str, status: int
) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: {host}"
    response = await raw_response(gateway(loopback_only=True), head)
    assert response.startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    "target",
    ["/shop/graphql", "/graphql", "//graphql", "/shop//graphql", "http://gateway/shop/graphql"],
)
async def test_a_path_prefix_is_removed_unless_the_proxy_has_done_it(target: str) -> None:
    app = create_app(
        Vendors(providers={}, transports=()), Settings.model_construct(), root_path="/shop"
    )
    body = '{"query":"{ __typename }"}'
    head = (
        f"POST {target} HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n"
    )
    response = await raw_response(app, f"{head}Connection: close\r\n\r\n{body}")
    assert response.startswith(b"HTTP/1.1 200 ")
    assert response.endswith(b'\r\n\r\n{"data":{"__typename":"Query"}}')


@pytest.mark.parametrize("path", ["/shopping/graphql", "/shop/shop/graphql", "/shop.graphql"])
async def test_other_paths_below_a_prefix_are_not_found(path: str) -> None:
    app = create_app(
        Vendors(providers={}, transports=()), Settings.model_construct(), root_path="/shop"
    )
    async with client_of(app) as client:
        assert (await client.post(path, json=QUERY)).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_graphql_is_served_with_a_slash_at_the_end(method: str) -> None:
    async with gateway_client() as client:
        where: dict[str, Any] = {"params": QUERY} if method == "GET" else {"json": QUERY}
        response = await client.request(method, "/graphql/", **where)
    assert (response.status_code, response.json()) == (200, ANSWER)


@pytest.mark.parametrize(
    ("path", "location", "target"),
    [
        ("/healthz/", "../healthz", "/healthz"),
        ("/schema.graphql/?a=%2F", "../schema.graphql?a=%2F", "/schema.graphql"),
        ("/graphiql", "graphiql/", "/graphiql/"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "/api/v1"])
async def test_redirects_are_relative_and_keep_a_path_prefix(
    path: str, location: str, target: str, prefix: str
) -> None:
    app = gateway()
    if prefix:
        app = Starlette(routes=[Mount(prefix, app)])
    async with client_of(app) as client:
        response = await client.get(prefix + path)
    assert (response.status_code, response.headers["location"]) == (307, location)
    assert response.next_request is not None
    assert response.next_request.url.path == prefix + target


async def test_a_redirect_from_two_slashes_goes_up_two_segments() -> None:
    async with gateway_client() as client:
        response = await client.get("/healthz//")
    assert (response.status_code, response.headers["location"]) == (307, "../../healthz")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("/graphql/", "../graphql"),
        ("/graphql/?query=%7Ba%7D", "../graphql?query=%7Ba%7D"),
    ],
)
async def test_the_explorer_is_redirected_to_the_path_without_a_slash(
    url: str, location: str
) -> None:
    """The page loads its files from relative URLs."""
    async with gateway_client() as client:
        response = await client.get(url, headers=BROWSER)
    assert (response.status_code, response.headers["location"]) == (307, location)


async def get(
    client: httpx.AsyncClient, path: str, method: str = "GET", **headers: str
) -> tuple[int, str | None, str | None]:
    """Send a request; return its status and its headers for caches."""
    response = await client.request(method, path, headers=headers)
    return (
        response.status_code,
        response.headers.get("cache-control"),
        response.headers.get("vary"),
    )


URL = "/graphql?query={__typename}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_result_that_needed_a_token_is_not_stored(method: str) -> None:
    async with gateway_client(tokens=TOKENS, anonymous="read") as client:
        with_token = await get(client, URL, method, **BEARER)
        without_token = await get(client, URL, method)
    assert with_token == (200, "no-store", "Authorization, Accept, Accept-Encoding")
    assert without_token == (200, "no-cache", "Authorization, Accept, Accept-Encoding")


@pytest.mark.parametrize(
    ("path", "status"), [(URL, 401), ("/graphql?query={nope}", 401), ("/graphql", 401)]
)
async def test_an_error_is_not_stored(path: str, status: int) -> None:
    async with gateway_client(tokens=TOKENS) as client:
        assert await get(client, path) == (
            status,
            "no-store",
            "Authorization, Accept, Accept-Encoding",
        )


async def test_a_post_has_no_headers_for_caches_of_results() -> None:
    async with gateway_client(tokens=TOKENS) as client:
        response = await client.post("/graphql", json=QUERY, headers=BEARER)
    assert (response.status_code, response.headers["vary"]) == (200, "Accept, Accept-Encoding")
    assert "cache-control" not in response.headers


@pytest.mark.parametrize(
    ("path", "cache_control"),
    [
        ("/", "no-cache"),
        ("/graphiql/icon.svg", "no-cache"),
        ("/schema.graphql", "no-cache"),
        ("/healthz", "no-store"),
        ("/readyz", "no-store"),
        ("/nothing", "no-store"),
    ],
)
async def test_every_other_path_has_cache_control(path: str, cache_control: str) -> None:
    async with gateway_client() as client:
        response = await client.get(path)
    assert response.headers["cache-control"] == cache_control
