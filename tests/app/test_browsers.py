"""Browsers: which pages may call, what they are told, and that no page calls unawares."""

import pytest

from tests.app.serving import GRAPHQL, JSON, gateway, told

pytestmark = pytest.mark.anyio

SHOP = "https://shop.example"
EVIL = "https://evil.example"
URL = "/graphql?query={__typename}"
QUERY = {"query": "{ __typename }"}
ANSWER = {"data": {"__typename": "Query"}}
BY_FETCH = "Browsers may ask by fetch only, not by opening, showing or loading an address."
NOT_THIS = "Pages of this origin may not call."

FORM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
IMAGE = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def fetch(site: str, origin: str | None = None, accept: str = "*/*") -> dict[str, str]:
    """The headers of a browser's fetch from a page of this site."""
    told = {"Accept": accept, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": "empty"}
    return told | ({"Origin": origin} if origin else {})


def preflight(origin: str, headers: str = "content-type,authorization") -> dict[str, str]:
    """The headers with which a browser asks whether it may POST."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": headers,
    }


async def test_unless_configured_no_other_origin_is_let_in() -> None:
    async with gateway() as client:
        asked = await client.options("/graphql", headers=preflight(SHOP))
        posted = await client.post("/graphql", json=QUERY, headers={"Origin": SHOP})
    for response in (asked, posted):
        assert [name for name in response.headers if name.startswith("access-control")] == []
    assert asked.status_code == 204


async def test_a_configured_origin_may_ask_whether_it_may_call() -> None:
    async with gateway(cors_origins=(SHOP,)) as client:
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
async def test_a_preflight_that_fails_is_told_so_in_json(
    origin: str, method: str, message: str
) -> None:
    async with gateway(cors_origins=(SHOP,)) as client:
        headers = preflight(origin) | {"Access-Control-Request-Method": method}
        response = await client.options("/graphql", headers=headers)
    assert told(response) == (403, "FORBIDDEN", message)
    assert "access-control-allow-origin" not in response.headers
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize("query", ["{ __typename }", "{ nope }"])
async def test_a_configured_origin_may_read_answers_and_refusals(query: str) -> None:
    async with gateway(cors_origins=(SHOP,)) as client:
        response = await client.post("/graphql", json={"query": query}, headers={"Origin": SHOP})
    allowed = {k: v for k, v in response.headers.items() if k.startswith("access-control")}
    assert allowed == {
        "access-control-allow-origin": SHOP,
        "access-control-expose-headers": (
            "Age, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id"
        ),
    }
    assert set(response.headers["vary"].split(", ")) == {"Accept", "Origin"}


@pytest.mark.parametrize("headers", [{}, {"Origin": EVIL}])
async def test_answers_differ_by_origin_so_that_caches_keep_them_apart(
    headers: dict[str, str],
) -> None:
    async with gateway(cors_origins=(SHOP,)) as client:
        response = await client.post("/graphql", json=QUERY, headers=headers)
    assert "access-control-allow-origin" not in response.headers
    assert set(response.headers["vary"].split(", ")) == {"Accept", "Origin"}


async def test_every_origin_may_be_let_in_but_not_with_cookies() -> None:
    async with gateway(cors_origins=("*",)) as client:
        response = await client.post("/graphql", json=QUERY, headers={"Origin": EVIL})
    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers


async def test_credentials_are_for_named_origins() -> None:
    async with gateway(cors_origins=(SHOP,), cors_credentials=True) as client:
        asked = await client.options("/graphql", headers=preflight(SHOP))
        posted = await client.post("/graphql", json=QUERY, headers={"Origin": SHOP})
    for response in (asked, posted):
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
async def test_no_form_is_executed(content_type: str) -> None:
    """These types are all that a page may send to another site without being asked about it."""
    async with gateway() as client:
        response = await client.post(
            "/graphql",
            content=b'{"query": "{ __typename }"}',
            headers={"Content-Type": content_type, "Accept": FORM},
        )
    assert told(response)[:2] == (415, "UNSUPPORTED_MEDIA_TYPE")


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
async def test_what_a_browser_loads_by_itself_is_not_executed(
    destination: str, accept: str, site: str, method: str
) -> None:
    """Whether of our own origin or not, and if all origins are let in, too."""
    headers = {"Accept": accept, "Sec-Fetch-Site": site, "Sec-Fetch-Dest": destination}
    async with gateway(explorer=False, cors_origins=("*",)) as client:
        response = await client.request(method, URL, headers=headers)
    assert response.status_code == 403
    if method == "GET":
        assert told(response) == (403, "FORBIDDEN", BY_FETCH)


@pytest.mark.parametrize("accept", [FORM, IMAGE, "image/webp,*/*", "text/css,*/*;q=0.1"])
async def test_forms_and_images_give_themselves_away_over_plain_http_too(accept: str) -> None:
    """There browsers send no `Sec-Fetch-*`."""
    async with gateway(explorer=False) as client:
        response = await client.get(URL, headers={"Accept": accept})
    assert told(response) == (403, "FORBIDDEN", BY_FETCH)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("origin", [None, EVIL, "null"])
async def test_a_fetch_of_another_site_is_not_executed(site: str, origin: str | None) -> None:
    """Nor is one that sends no origin, for it could not read the answer."""
    async with gateway(cors_origins=(SHOP,)) as client:
        response = await client.get(URL, headers=fetch(site, origin))
    assert told(response) == (403, "FORBIDDEN", NOT_THIS)


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
async def test_programs_and_pages_that_may_call_are_answered(
    headers: dict[str, str], origins: tuple[str, ...]
) -> None:
    async with gateway(cors_origins=origins) as client:
        response = await client.get(URL, headers=headers)
    assert (response.status_code, response.json()) == (200, ANSWER)
