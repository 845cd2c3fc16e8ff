"""The page `/metrics`, on the gateway's port or on one of its own."""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.metrics.workers import Measurements
from groupgate.app.protocol.request_error import NOT_FOUND, WRONG_METHOD, RequestError
from groupgate.app.protocol.responses import error_response

PATH: Final = "/metrics"

Render = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Returns the metrics and their media type, for an Accept header."""


def make_renderer(measurements: Measurements) -> Render:
    """Return the function that renders the metrics; its first call imports prometheus-client."""
    made: list[Render] = []

    async def render(accept: str) -> tuple[bytes, str]:
        if not made:
            collector = import_module("groupgate.app.metrics.collector")
            made.append(collector.make_renderer(measurements))
        return await made[0](accept)

    return render


class MetricsPage:
    """Middleware that serves the metrics at `/metrics`; needs no token.

    With a `port`, everything that arrives there is for this page, and `/metrics` is unknown
    elsewhere. The port is that of the socket, which no header changes.
    """

    def __init__(self, app: ASGIApp, render: Render, port: int | None) -> None:
        self._app = app
        self._render = render
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or not self._is_own(scope):
            await self._app(scope, receive, send)
            return
        response = await self._respond(Request(scope))
        await response(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        if self._port is None:
            return bool(scope["path"] == PATH)
        server = scope.get("server")
        return server is not None and server[1] == self._port

    async def _respond(self, request: Request) -> Response:
        if request.url.path != PATH:
            message = f"This port serves {PATH} only."
            return error_response(RequestError.with_message(NOT_FOUND, message))
        if request.method not in {"GET", "HEAD"}:
            message = "Metrics are read by GET."
            headers = {"Allow": "GET, HEAD"}
            return error_response(RequestError.with_message(WRONG_METHOD, message, headers))
        body, media = await self._render(request.headers.get("accept", ""))
        headers = {"Content-Type": media, "Cache-Control": "no-store"}
        return Response(body, headers=headers)
