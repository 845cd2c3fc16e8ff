"""The page `/metrics`, on the gateway's port or on one of its own; the lag of the event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.admission import Admission
from groupgate.app.health import Lifecycle
from groupgate.app.metrics.counts import Counts, Histogram
from groupgate.app.protocol.request_error import NOT_FOUND, WRONG_METHOD, RequestError
from groupgate.app.protocol.responses import error_response
from groupgate.app.query_cache import QueryCache
from groupgate.observer import VendorLevels
from groupgate.stores import StoreConnection

PATH: Final = "/metrics"

LAG_INTERVAL: Final = 0.5
"""Seconds between two measurements."""

Render = Callable[[str], Awaitable[tuple[bytes, str]]]
"""Returns the metrics and their media type, for an Accept header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What has a present state that metrics report, beside the counts."""

    vendors: Callable[[], Iterable[VendorLevels]]
    admission: Admission
    query_cache: QueryCache
    lifecycle: Lifecycle
    store: StoreConnection | None
    """None without a store of several processes."""


def make_renderer(counts: Counts, levels: Levels) -> Render:
    """Return the function that renders the metrics, for which prometheus-client is imported."""
    render: Render = import_module("groupgate.app.metrics.collector").make_renderer(counts, levels)
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


async def measure_lag(histogram: Histogram) -> None:
    """Measure how late a timer is, until the task is cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_INTERVAL
        await asyncio.sleep(LAG_INTERVAL)
        histogram.observe(max(0.0, loop.time() - due))
