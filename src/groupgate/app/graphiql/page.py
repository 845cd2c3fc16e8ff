"""The explorer's page and its files, under headers that keep everything else out."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_HERE: Final = Path(__file__).parent

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    # The one inline style of GraphiQL: an open dialog keeps the page behind it from scrolling.
    "style-src": "'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='",
    "font-src": "data:",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}

_HEADERS: Final = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    # The names of the files stay when a release changes them; each has an ETag to ask with.
    "cache-control": "no-cache",
}


async def explorer_page(_request: Request) -> Response:
    """Answer with the page; it finds its files below `graphiql/` and the API at `graphql`."""
    return FileResponse(_HERE / "index.html", headers=_HEADERS)


def explorer_files() -> Mount:
    """Return the route of the files the page needs."""
    return Mount("/graphiql", _Files(directory=_HERE / "static"), name="graphiql")


class _Files(StaticFiles):
    """Static files under the headers of the page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with one file."""
        response = await super().get_response(path, scope)
        if path.endswith(".graphql"):
            response.headers["content-type"] = "text/plain; charset=utf-8"
        response.headers.update(_HEADERS)
        return response
