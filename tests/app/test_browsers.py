"""Browsers: which pages may call the gateway, CORS headers, and unintended requests."""

import pytest

from tests.app.gateway import GRAPHQL, JSON, gateway_client, only_error

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
EVIL = "https://evil.example"
URL = "/graphql?query={__typename}"
QUERY = {"query": "{ __typename }"}
ANSWER = {"data": {"__typename": "Query"}}
BY_FETCH = "Browsers may send queries by fetch only, not by opening or embedding a URL."
OTHER_ORIGIN = "Pages of this origin may not call the gateway (GROUPGATE_CORS_ORIGINS)."

FORM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
IMAGE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def fetch(site: str, origin: str | None = None, accept: str = "*/*") -> dict[str, str]:
    """Return the headers of a browser's fetch from a page of this site."""
    headers = {"Accept": accept, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": "empty"}
    return headers | ({"Origin": origin} if origin else {})


def preflight(origin: str, headers: str = "content-type,authorization") -> dict[str, str]:
    """Return the headers of a preflight for a POST."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }


async def test_no_other_origin_is_allowed_by_default() -> None:
    async with gateway_client() as client:
        preflighted = await client.options("/graphql", headers=preflight(SHOP))
        posted = await client.post("/graphql", json=QUERY, headers={"Origin": SHOP})
    for response in (preflighted, posted):
        assert [name for name in response.headers if name.startswith("access-control")] == []
    assert preflighted.status_code == 204


async def test_a_preflight_from_a_configured_origin_succeeds() -> None:
    async with gateway_client(cors_origins=(SHOP,)) as client:
        response = await client.options("/graphql", headers=preflight(SHOP))
    assert response.status_code == 200
    allowed = {k: v for k, v in response.headers.items() if k.startswith("access-control")}
    assert allowed == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-methods": "GET, HEAD, POST",
        "access-control-allow-headers": "content-type,authorization",
        "access-control-max-age": "600",
    }
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize(
    ("origin", "method", "message"),
    [
        (EVIL, "POST", "Disallowed CORS origin."),
        (f"{SHOP}.evil.example", "POST", "Disallowed CORS origin."),
        ("null", "POST", "Disallowed CORS origin."),
        (SHOP, "DELETE", "Disallowed CORS method."),
    ],
)
async def test_a_rejected_preflight_has_an_error_in_json(
    origin: str, method: str, message: str
) -> None:
    async with gateway_client(cors_origins=(SHOP,)) as client:
        headers = preflight(origin) | {"Access-Control-Request-Method": method}
        response = await client.options("/graphql", headers=headers)
    assert only_error(response) == (403, "FORBIDDEN", message)
    assert "access-control-allow-origin" not in response.headers
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize("query", ["{ __typename }", "{ nope }"])
async def test_a_configured_origin_may_read_results_and_errors(query: str) -> None:
    async with gateway_client(cors_origins=(SHOP,)) as client:
        response = await client.post("/graphql", json={"query": query}, headers={"Origin": SHOP})
    allowed = {k: v for k, v in response.headers.items() if k.startswith("access-control")}
    assert allowed == {
        "access-control-allow-origin": SHOP,
        "access-control-expose-headers": (
            "Age, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, "
            "WWW-Authenticate, X-Request-Id"
        ),
    }
    assert set(response.headers["vary"].split(", ")) == {"Accept", "Accept-Encoding", "Origin"}


@pytest.mark.parametrize("headers", [{}, {"Origin": EVIL}])
async def test_responses_vary_by_origin(
    headers: dict[str, str],
) -> None:
    async with gateway_client(cors_origins=(SHOP,)) as client:
        response = await client.post("/graphql", json=QUERY, headers=headers)
    assert "access-control-allow-origin" not in response.headers
    assert set(response.headers["vary"].split(", ")) == {"Accept", "Accept-Encoding", "Origin"}


async def test_every_origin_can_be_allowed_without_cookies() -> None:
    async with gateway_client(cors_origins=("*",)) as client:
        response = await client.post("/graphql", json=QUERY, headers={"Origin": EVIL})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


async def test_credentials_are_allowed_for_named_origins() -> None:
    async with gateway_client(cors_origins=(SHOP,), cors_credentials=True) as client:
        preflighted = await client.options("/graphql", headers=preflight(SHOP))
        posted = await client.post("/graphql", json=QUERY, headers={"Origin": SHOP})
    for response in (preflighted, posted):
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["access-control-allow-origin"] == SHOP


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "",
    ],
)
async def test_a_form_is_rejected(content_type: str) -> None:
    """A page may send these types to another site without a preflight."""
    async with gateway_client() as client:
        response = await client.post(
            "/graphql",
            content=b'{"query": "{ __typename }"}',
            headers={"Content-Type": content_type, "Accept": FORM},
        )
    assert only_error(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
@pytest.mark.parametrize(
    ("destination", "accept"),
    [
        ("document", FORM),
        ("iframe", FORM),
        ("image", IMAGE),
        ("script", "*/*"),
        ("style", "text/css,*/*;q=0.1"),
        ("video", "*/*"),
        ("object", FORM),
        ("script", JSON),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_navigation_and_embedding_are_rejected(
    destination: str, accept: str, site: str, method: str
) -> None:
    """This holds for every origin, even if all origins are allowed."""
    headers = {"Accept": accept, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": destination}
    async with gateway_client(explorer=False, cors_origins=("*",)) as client:
        response = await client.request(method, URL, headers=headers)
    assert response.status_code == 403
    if method == "GET":
        assert only_error(response) == (403, "FORBIDDEN", BY_FETCH)


@pytest.mark.parametrize("accept", [FORM, IMAGE, "image/webp,*/*", "text/css,*/*;q=0.1"])
async def test_forms_and_images_are_rejected_over_plain_http_too(accept: str) -> None:
    """Over plain http, browsers send no `Sec-Fetch-*`."""
    async with gateway_client(explorer=False) as client:
        response = await client.get(URL, headers={"Accept": accept})
    assert only_error(response) == (403, "FORBIDDEN", BY_FETCH)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("origin", [None, EVIL, "null"])
async def test_a_fetch_from_another_site_is_rejected(site: str, origin: str | None) -> None:
    """A fetch without an origin is rejected too, as its page cannot read the response."""
    async with gateway_client(cors_origins=(SHOP,)) as client:
        response = await client.get(URL, headers=fetch(site, origin))
    assert only_error(response) == (403, "FORBIDDEN", OTHER_ORIGIN)


@pytest.mark.parametrize(
    ("headers", "origins"),
    [
        (fetch("same-origin"), ()),
        (fetch("none"), ()),
        (fetch("cross-site", SHOP), (SHOP,)),
        (fetch("same-site", SHOP), (SHOP,)),
        (fetch("cross-site", EVIL), ("*",)),
        ({"Accept": "*/*"}, ()),
        ({"Accept": f"{GRAPHQL}, {JSON};q=0.9"}, ()),
        ({"Accept": "application/json, text/plain, */*"}, ()),
        ({"Accept": "APPLICATION/JSON, image/webp"}, ()),
        ({"Accept": "application/*"}, ()),
        ({"Accept": ""}, ()),
    ],
)
async def test_programs_and_allowed_pages_are_served(
    headers: dict[str, str], origins: tuple[str, ...]
) -> None:
    async with gateway_client(cors_origins=origins) as client:
        response = await client.get(URL, headers=headers)
    assert (response.status_code, response.json()) == (200, ANSWER)
