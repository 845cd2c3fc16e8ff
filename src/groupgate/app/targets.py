"""Targets of requests: in absolute form, below a path prefix, and in redirects."""

import re
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.graphiql.page import ROOT_PATH

_ABSOLUTE_FORM: Final = re.compile(
    rb"https?://(?P<host>[^/]+)(?P<path>/.*)?", re.IGNORECASE | re.DOTALL
)


class OriginForm:
    """Serves request targets in absolute form, `GET http://host/path`, which proxies send.

    The host in the target replaces the Host header (RFC 9112, 3.2.2).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            match = _ABSOLUTE_FORM.fullmatch(scope.get("raw_path") or b"")
            if match is not None:
                scope = _in_origin_form(scope, match["host"], match["path"] or b"/")
        await self._app(scope, receive, send)


def _in_origin_form(scope: Scope, host: bytes, path: bytes) -> Scope:
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    return {
        **scope,
        "headers": [(b"host", host), *headers],
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
    }


class RootPath:
    """Removes the path prefix of the gateway behind a proxy, if the proxy has not removed it.

    `prefix` begins with a slash and does not end with one; alone, it is the path of the explorer.
    Several slashes at the start of a path count as one: nginx makes two of them from
    `location /shop { proxy_pass http://gateway/; }`.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path: str = scope["path"]
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        path = "/" + path.lstrip("/")
        own = {**scope, ROOT_PATH: self._prefix, "path": path, "raw_path": quote(path).encode()}
        await self._app(own, receive, send)


class RelativeRedirects:
    """Replaces the absolute URL in a redirect of Starlette by a relative one.

    Starlette redirects between paths with and without a slash at the end. The gateway does not
    know the scheme, the host and the path prefix that a client sees.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def send_relative(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                location = urlsplit(headers.get("location", ""))
                if location.netloc:
                    headers["location"] = _relative(scope["path"], location)
            await send(message)

        await self._app(scope, receive, send_relative)


def _relative(path: str, target: SplitResult) -> str:
    """Return the URL of a target whose path differs from this one in slashes at the end only."""
    name = target.path.rstrip("/").rpartition("/")[2]
    if target.path.endswith("/"):
        relative = f"{name}/"
    else:
        relative = "../" * (len(path) - len(path.rstrip("/"))) + name
    return f"{relative}?{target.query}" if target.query else relative
