"""The explorer's page and files over HTTP."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from groupgate.app.graphiql.page import explorer_files, explorer_page

POLICY = (
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='; "
    "font-src data:; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


async def get(path: str) -> httpx.Response:
    """Get a path of an app that has only the explorer."""
    app = Starlette(routes=[Route("/", explorer_page), explorer_files()])
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get(path)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/graphiql/explorer.js", "text/javascript; charset=utf-8"),
        ("/graphiql/explorer.css", "text/css; charset=utf-8"),
        ("/graphiql/icon.svg", "image/svg+xml"),
        ("/graphiql/examples/catalogue.graphql", "text/plain; charset=utf-8"),
        ("/graphiql/examples/index.json", "application/json"),
    ],
)
async def test_page_and_files_have_their_media_type_and_the_policy(
    path: str, content_type: str
) -> None:
    response = await get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/graphiql/", "/graphiql/page.py", "/graphiql/..%2fpage.py"])
async def test_other_files_of_the_package_are_404(path: str) -> None:
    assert (await get(path)).status_code == 404
