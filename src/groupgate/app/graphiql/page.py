"""The explorer's page and files, with a strict content security policy."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER: Final = Path(__file__).parent

BUILT: Final = _FOLDER / "built"
"""What the build hook makes: `index.html` and `assets/`. Missing if npm could not be reached."""

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    # GraphiQL's only inline style, which stops the page from scrolling behind an open dialog.
    "style-src": "'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='",
    "font-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def _policy_header(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


_POLICY_WITH_BASE: Final = _policy_header(_POLICY | {"base-uri": "'self'"})

_HEADERS: Final = {
    "content-security-policy": _policy_header(_POLICY),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    # A new release keeps these file names, so browsers must revalidate each file by its ETag.
    "cache-control": "no-cache",
}

ROOT_PATH: Final = "groupgate.root_path"
"""The key in the ASGI scope of the path prefix that clients see, behind a proxy."""

_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
"""The encodings of the built files, the smallest first, and the ends of their names."""


async def explorer_page(request: Request) -> Response:
    """Return the page, which loads its files from `graphiql/` and calls the API at `graphql`.

    Both URLs are relative to the page's, or to the path prefix if the gateway knows it. If the
    explorer was not built, the page says how to add it, with status 503.
    """
    page = BUILT / "index.html"
    if page.is_file():
        root_path = request.scope.get(ROOT_PATH)
        return (
            _page_with_base(page, root_path) if root_path else FileResponse(page, headers=_HEADERS)
        )
    status = HTTPStatus.SERVICE_UNAVAILABLE
    return FileResponse(_FOLDER / "missing.html", status, headers=_HEADERS)


async def explorer_at_endpoint(request: Request) -> Response:
    """Return the page at `/graphql`; its files' URLs are relative to the path without a slash."""
    if request.url.path.endswith("/graphql/"):
        return RedirectResponse(f"../graphql?{request.url.query}".rstrip("?"))
    return await explorer_page(request)


def _page_with_base(page: Path, root_path: str) -> Response:
    """Return the page with its base URL: clients may see its path with or without a slash."""
    base = f'<base href="{escape(root_path)}/">'
    html = page.read_text(encoding="utf-8").replace("<head>", f"<head>\n    {base}", 1)
    return HTMLResponse(html, headers=_HEADERS | {"content-security-policy": _POLICY_WITH_BASE})


def explorer_files() -> Mount:
    """Return the routes of the page's files."""
    assets = _Assets(directory=BUILT / "assets", check_dir=False)
    files = _Files(directory=_FOLDER / "static")
    return Mount("/graphiql", routes=[Mount("/assets", assets), Mount("/", files)], name="graphiql")


class _Files(StaticFiles):
    """Static files with the headers of the page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response


class _Assets(StaticFiles):
    """The built files, compressed if the client accepts it. A changed file has another name."""

    async def check_config(self) -> None:
        """Accept a missing folder: if the explorer was not built, its files are 404."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file in the best encoding that the client accepts."""
        encoding = _best_encoding(Headers(scope=scope))
        response = await super().get_response(path + _ENCODINGS.get(encoding, ""), scope)
        response.headers.update(_HEADERS)
        response.headers["cache-control"] = _IMMUTABLE
        response.headers["vary"] = "Accept-Encoding"
        if encoding:
            response.headers["content-encoding"] = encoding
        return response


def _best_encoding(headers: Headers) -> str:
    """Return `br`, `gzip` or "" (none), by `Accept-Encoding`."""
    accepted = set[str]()
    for item in ",".join(headers.getlist("accept-encoding")).lower().split(","):
        name, _, weight = item.replace(" ", "").partition(";")
        if weight.removeprefix("q=").strip("0.") or not weight:
            accepted.add(name)
    return next((encoding for encoding in _ENCODINGS if encoding in accepted), "")
