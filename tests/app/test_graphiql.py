"""The explorer's page and files over HTTP."""

import gzip
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from groupgate.app.graphiql import page
from groupgate.app.graphiql.page import explorer_files, explorer_page

POLICY = (
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


CONTENT = b"console.log(1);\n"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Serve the explorer from this folder, which has the page and one script."""
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text("<title>built</title>", "utf-8")
    (assets / "explorer-A1.js").write_bytes(CONTENT)
    (assets / "explorer-A1.js.gz").write_bytes(gzip.compress(CONTENT))
    (assets / "explorer-A1.js.br").write_bytes(b"brotli")
    monkeypatch.setattr(page, "BUILT", tmp_path)
    return tmp_path


async def get(path: str, accept_encoding: str = "identity") -> tuple[httpx.Response, bytes]:
    """Get a path of an app that has only the explorer; return the response and its raw body."""
    app = Starlette(routes=[Route("/", explorer_page), explorer_files()])
    transport = httpx.ASGITransport(app=app)
    headers = {"accept-encoding": accept_encoding}
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
        client.stream("GET", path, headers=headers) as response,
    ):
        return response, b"".join([part async for part in response.aiter_raw()])


def check_security_headers(response: httpx.Response) -> None:
    """Check the headers that every file has."""
    assert response.headers["content-security-policy"] == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["referrer-policy"] == "no-referrer"


@pytest.mark.anyio
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/graphiql/missing.css", "text/css; charset=utf-8"),
        ("/graphiql/icon.svg", "image/svg+xml"),
    ],
)
async def test_page_and_files_have_their_media_type_and_the_policy(
    path: str, content_type: str
) -> None:
    response, _body = await get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == content_type
    assert response.headers["cache-control"] == "no-cache"
    check_security_headers(response)


@pytest.mark.anyio
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("accepted", "encoding", "expected"),
    [
        ("br, gzip", "br", b"brotli"),
        ("gzip;q=1.0, br;q=0.5", "br", b"brotli"),
        ("gzip", "gzip", None),
        ("br;q=0, gzip;q=0.1", "gzip", None),
        ("identity", None, CONTENT),
        ("br;q=0.000, gzip; q=0", None, CONTENT),
        ("zstd", None, CONTENT),
    ],
)
async def test_built_files_are_immutable_and_compressed_if_the_client_accepts_it(
    accepted: str, encoding: str | None, expected: bytes | None
) -> None:
    response, body = await get("/graphiql/assets/explorer-A1.js", accepted)
    assert response.status_code == 200
    assert response.headers.get("content-encoding") == encoding
    assert (gzip.decompress(body) if expected is None else body) == (expected or CONTENT)
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["vary"] == "Accept-Encoding"
    check_security_headers(response)


@pytest.mark.anyio
async def test_without_the_built_files_the_page_says_how_to_add_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "BUILT", tmp_path / "missing")
    response, body = await get("/")
    assert response.status_code == 503
    assert b"<h1>The explorer is not installed</h1>" in body
    assert b"<pre>pip install --force-reinstall --no-deps .</pre>" in body
    check_security_headers(response)
    assert (await get("/graphiql/assets/explorer-A1.js", "br"))[0].status_code == 404
    assert (await get("/graphiql/missing.css"))[0].status_code == 200


@pytest.mark.anyio
@pytest.mark.skipif(not page.BUILT.is_dir(), reason="The explorer is not built.")
async def test_the_built_page_names_files_that_exist_in_every_encoding() -> None:
    """And nothing of another host."""
    _response, body = await get("/")
    names = re.findall(r'(?:src|href)="([^"]+)"', body.decode())
    assert [re.sub(r"-[0-9A-Z]+", "", name) for name in names] == [
        "graphiql/icon.svg",
        "graphiql/assets/explorer.css",
        "graphiql/assets/start.js",
        "graphiql/assets/explorer.js",
    ]
    style = (page.BUILT / "assets" / names[1].rpartition("/")[2]).read_text("utf-8")
    fonts = re.findall(r"url\([\"']?\./([^)\"']+)", style)
    assert len(fonts) > 1
    for name in [*names[1:], *(f"graphiql/assets/{font}" for font in fonts)]:
        for encoding in ("br", "gzip"):
            response, _body = await get(f"/{name}", encoding)
            assert response.headers["content-encoding"] == encoding
    assert "react-dom 18.3.1: MIT" in (await get("/graphiql/assets/licenses.txt"))[1].decode()


@pytest.mark.anyio
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    "path",
    [
        "/graphiql/",
        "/graphiql/page.py",
        "/graphiql/..%2fpage.py",
        "/graphiql/assets/",
        "/graphiql/assets/missing.js",
        "/graphiql/assets/..%2findex.html",
    ],
)
async def test_other_files_of_the_package_are_404(path: str) -> None:
    assert (await get(path, "br"))[0].status_code == 404
