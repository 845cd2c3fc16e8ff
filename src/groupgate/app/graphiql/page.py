"""The explorer's page and static files, with a strict content security policy."""

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER: Final = Path(__file__).parent

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    # GraphiQL's only inline style, which stops the page from scrolling behind an open dialog.
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
    # A new release keeps the file names, so browsers must revalidate each file by its ETag.
    "cache-control": "no-cache",
}


async def explorer_page(_request: Request) -> Response:
    """Return the page, which loads its files from `graphiql/` and calls the API at `graphql`."""
    return FileResponse(_FOLDER / "index.html", headers=_HEADERS)


def explorer_files() -> Mount:
    """Return the route of the page's static files."""
    return Mount("/graphiql", _Files(directory=_FOLDER / "static"), name="graphiql")


class _Files(StaticFiles):
    """Static files with the headers of the page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return one file."""
        response = await super().get_response(path, scope)
        if path.endswith(".graphql"):
            response.headers["content-type"] = "text/plain; charset=utf-8"
        response.headers.update(_HEADERS)
        return response
