"""Middleware: security headers, request ids, unexpected errors."""

import httpx
import pytest

from tests.app.gateway import JSON, gateway_client

pytestmark = pytest.mark.anyio

STRICT = "default-src 'none'; frame-ancestors 'none'"


def security_headers(response: httpx.Response) -> dict[str, str]:
    """Return the security headers of a response."""
    names = (
        "content-security-policy",
        "cross-origin-resource-policy",
        "referrer-policy",
        "x-content-type-options",
        "x-frame-options",
    )
    return {name: response.headers[name] for name in names}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/graphql?query={__typename}"),
        ("GET", "/graphql"),
        ("PUT", "/graphql"),
        ("OPTIONS", "/graphql"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/schema.graphql"),
        ("GET", "/nothing"),
    ],
)
async def test_every_response_has_the_security_headers(method: str, path: str) -> None:
    async with gateway_client() as client:
        response = await client.request(method, path, headers={"Accept": JSON})
    assert security_headers(response) == {
        "content-security-policy": STRICT,
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert "strict-transport-security" not in response.headers


@pytest.mark.parametrize("path", ["/", "/graphiql/icon.svg"])
async def test_the_explorer_has_its_own_policy(path: str) -> None:
    async with gateway_client() as client:
        response = await client.get(path, headers={"Accept": "text/html"})
    policy = security_headers(response)["content-security-policy"]
    assert policy != STRICT
    assert policy.startswith("default-src 'none'; script-src 'self'")
    assert len(response.headers.get_list("content-security-policy")) == 1
