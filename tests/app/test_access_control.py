"""Access control: which requests need a token, the scopes of JWTs, and the log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import pytest
import structlog

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.refs import ProviderKey
from tests.app.auth.issuer import AUDIENCE, NAME, URL, Issuer, signed
from tests.app.gateway import GRAPHQL, JSON, client_of, gateway_client, only_error
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio

TOKENS = f"ci sha256:{sha256(b's3cret').hexdigest()} read"
QUERY = {"query": "{ __typename }"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NO_TOKEN = "The request has no token; send Authorization: Bearer <token>."


@asynccontextmanager
async def client_trusting(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of a gateway that accepts the JWTs of this issuer."""
    vendor = FakeProvider()
    settings = Settings.model_construct(jwt_issuer=NAME, jwt_audience=AUDIENCE, jwt_jwks_url=URL)
    vendors = Vendors(providers={vendor.key: vendor}, transports=())
    async with client_of(create_app(vendors, settings, transport=issuer.transport)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """Return the header with a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_without_a_token_is_401_for_every_media_type(
    method: str, accept: str
) -> None:
    """The status is 401 for application/json too."""
    async with gateway_client(tokens=TOKENS) as client:
        where: dict[str, Any] = {"params": QUERY} if method == "GET" else {"json": QUERY}
        response = await client.request(method, "/graphql", headers={"Accept": accept}, **where)
    assert only_error(response) == (401, "UNAUTHENTICATED", NO_TOKEN)
    assert response.headers["www-authenticate"] == 'Bearer realm="groupgate"'
    assert response.headers["cache-control"] == "no-store"
    media = GRAPHQL if accept == GRAPHQL else JSON
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("body", [b"{", b"", b"x" * 2_000_000, b'{"query":"{ nope }"}'])
async def test_the_body_of_an_unauthenticated_request_is_not_read(body: bytes) -> None:
    async with gateway_client(tokens=TOKENS) as client:
        headers = {"Content-Type": JSON}
        response = await client.post("/graphql", content=body, headers=headers)
    assert only_error(response) == (401, "UNAUTHENTICATED", NO_TOKEN)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/schema.graphql", "/"])
async def test_paths_without_vendor_data_need_no_token(path: str) -> None:
    async with gateway_client(tokens=TOKENS) as client:
        response = await client.get(path)
    assert response.status_code == 200


async def test_the_explorer_and_options_need_no_token() -> None:
    async with gateway_client(tokens=TOKENS) as client:
        page = await client.get("/graphql", headers={"Accept": BROWSER})
        options = await client.options("/graphql")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_a_valid_token_is_accepted() -> None:
    async with gateway_client(tokens=TOKENS) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer("s3cret"))
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


async def test_the_scopes_of_a_jwt_decide_which_vendors_are_visible() -> None:
    async with client_trusting(Issuer()) as client:
        answers = [
            (await client.post("/graphql", json={"query": query}, headers=bearer(token))).json()
            for token in (signed(scope="read:DODO"), signed(scope="read:AXIM"))
            for query in ["{ providers { key } }"]
        ]
    assert answers == [{"data": {"providers": [{"key": "DODO"}]}}, {"data": {"providers": []}}]


async def test_a_jwt_without_a_known_scope_is_403() -> None:
    async with client_trusting(Issuer()) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer(signed(scope="openid")))
    message = "The request requires the scope read, for all vendors or for one."
    assert only_error(response) == (403, "FORBIDDEN", message)
    challenge = 'Bearer realm="groupgate", error="insufficient_scope", scope="read"'
    assert response.headers["www-authenticate"] == challenge


async def test_while_the_issuer_does_not_respond_requests_are_503_with_retry_after() -> None:
    async with client_trusting(Issuer(failure=httpx.ConnectError("refused"))) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer(signed(scope="read")))
    message = "The token cannot be verified, because its issuer does not respond; retry in 10 s."
    assert only_error(response) == (503, "AUTH_UNAVAILABLE", message)
    assert response.headers["retry-after"] == "10"


async def test_log_lines_contain_the_caller_but_not_its_token() -> None:
    vendor = FakeProvider(key=ProviderKey.DODO, failure=RuntimeError("request_failed"))
    query = {"query": "{ provider(key: DODO) { productCollections { totalCount } } }"}
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as logs:
        async with gateway_client(vendor, tokens=TOKENS, log_level="debug") as client:
            await client.post("/graphql", json=query, headers=bearer("s3cret"))
    assert [(log["event"], log["caller"]) for log in logs] == [
        ("request_failed", "token:ci"),
        ("request_ended", "token:ci"),
    ]
    assert "s3cret" not in str(logs)
