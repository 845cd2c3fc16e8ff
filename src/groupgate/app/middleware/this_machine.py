"""A gateway for this machine only does not answer to names from elsewhere.

Such a name comes from a page whose owner has pointed it at 127.0.0.1, to have the page's own
origin reach us (DNS rebinding), or from a proxy that opens to the network what was to stay here.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.addresses import host_of, is_loopback
from groupgate.app.protocol.answers import ResponseWriter
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.request_error import MISDIRECTED, RequestError

_MESSAGE: Final = (
    "Without tokens this gateway answers only to localhost and loopback addresses. Set up tokens, "
    "or allow anybody by GROUPGATE_ANONYMOUS."
)


class LoopbackOnly:
    """Answers 421 to requests whose Host is not a loopback name or address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else "localhost"
        if is_loopback(host_of(host)):
            await self._app(scope, receive, send)
            return
        request_error = RequestError.saying(MISDIRECTED, _MESSAGE)
        await ResponseWriter(Media.JSON, draft=False).request_error(request_error)(
            scope, receive, send
        )
