"""The gate before /graphql: who comes in, what stays open, and what is logged."""

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
from tests.app.serving import GRAPHQL, JSON, client_of, gateway, told
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio

TOKENS = f"ci sha256:{sha256(b's3cret').hexdigest()} read"
QUERY = {"query": "{ __typename }"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SHOW_A_TOKEN = "Show a token: Authorization: Bearer <token>."


@asynccontextmanager
async def trusting(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that takes the JWTs of this issuer."""
    vendor = FakeProvider()
    settings = Settings.model_construct(jwt_issuer=NAME, jwt_audience=AUDIENCE, jwt_jwks_url=URL)
    vendors = Vendors(providers={vendor.key: vendor}, clients=())
    async with client_of(create_app(vendors, settings, transport=issuer.transport)) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL, "*/*"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_without_a_token_nothing_is_answered_to_any_client(method: str, accept: str) -> None:
    """401 to clients of the older type too: it is no matter of the document."""
    async with gateway(tokens=TOKENS) as client:
        where: dict[str, Any] = {"params": QUERY} if method == "GET" else {"json": QUERY}
        response = await client.request(method, "/graphql", headers={"Accept": accept}, **where)
    assert told(response) == (401, "UNAUTHENTICATED", SHOW_A_TOKEN)
    assert response.headers["www-authenticate"] == 'Bearer realm="groupgate"'
    assert response.headers["cache-control"] == "no-store"
    media = GRAPHQL if accept == GRAPHQL else JSON
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("body", [b"{", b"", b"x" * 2_000_000, b'{"query":"{ nope }"}'])
async def test_strangers_learn_nothing_from_what_they_send(body: bytes) -> None:
    """It is not even read."""
    async with gateway(tokens=TOKENS) as client:
        headers = {"Content-Type": JSON}
        response = await client.post("/graphql", content=body, headers=headers)
    assert told(response) == (401, "UNAUTHENTICATED", SHOW_A_TOKEN)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/schema.graphql", "/"])
async def test_what_holds_no_data_of_vendors_is_open(path: str) -> None:
    async with gateway(tokens=TOKENS) as client:
        response = await client.get(path)
    assert response.status_code == 200


async def test_the_explorer_and_the_methods_are_open() -> None:
    async with gateway(tokens=TOKENS) as client:
        page = await client.get("/graphql", headers={"Accept": BROWSER})
        options = await client.options("/graphql")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_with_a_token_all_goes_on_as_usual() -> None:
    async with gateway(tokens=TOKENS) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer("s3cret"))
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


async def test_a_jwt_opens_what_its_scopes_say() -> None:
    async with trusting(Issuer()) as client:
        answers = [
            (await client.post("/graphql", json={"query": query}, headers=bearer(token))).json()
            for token in (signed(scope="read:DODO"), signed(scope="read:AXIM"))
            for query in ["{ providers { key } }"]
        ]
    assert answers == [{"data": {"providers": [{"key": "DODO"}]}}, {"data": {"providers": []}}]


async def test_a_jwt_without_a_scope_of_ours_opens_nothing() -> None:
    async with trusting(Issuer()) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer(signed(scope="openid")))
    message = "This needs the scope read, for all vendors or for one."
    assert told(response) == (403, "FORBIDDEN", message)
    challenge = 'Bearer realm="groupgate", error="insufficient_scope", scope="read"'
    assert response.headers["www-authenticate"] == challenge


async def test_while_the_issuer_is_away_the_gateway_says_when_to_come_back() -> None:
    async with trusting(Issuer(failure=httpx.ConnectError("refused"))) as client:
        response = await client.post("/graphql", json=QUERY, headers=bearer(signed(scope="read")))
    message = "Tokens cannot be checked now: their issuer does not answer."
    assert told(response) == (503, "AUTH_UNAVAILABLE", message)
    assert response.headers["retry-after"] == "10"


async def test_log_lines_say_who_called() -> None:
    """And never with what."""
    vendor = FakeProvider(key=ProviderKey.DODO, failure=RuntimeError("unforeseen"))
    query = {"query": "{ provider(key: DODO) { productCollections { totalCount } } }"}
    with structlog.testing.capture_logs(
        processors=[structlog.contextvars.merge_contextvars]
    ) as logs:
        async with gateway(vendor, tokens=TOKENS) as client:
            await client.post("/graphql", json=query, headers=bearer("s3cret"))
    assert [(log["event"], log["caller"]) for log in logs] == [("request_failed", "token:ci")]
    assert "s3cret" not in str(logs)
