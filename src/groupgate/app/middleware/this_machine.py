"""A gateway for this machine only does not answer to names from elsewhere.

Such a name comes from a page whose owner has pointed it at 127.0.0.1, to have the page's own
origin reach us (DNS rebinding), or from a proxy that opens to the network what was to stay here.
"""

from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.addresses import is_loopback, scheme_and_host
from groupgate.app.protocol.answers import Answers
from groupgate.app.protocol.media import Media
from groupgate.app.protocol.refusal import MISDIRECTED, Refusal

_MESSAGE: Final = (
    "Without tokens this gateway answers only to localhost and loopback addresses. Set up tokens, "
    "or allow anybody by GROUPGATE_ANONYMOUS."
)


class ThisMachine:
    """Answers 421 to requests whose Host is not a loopback name or address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        app = self._app
        if scope["type"] == "http":
            _, host = scheme_and_host("//" + Headers(scope=scope).get("host", ""))
            if not is_loopback(host):
                app = Answers(Media.JSON, draft=False).refusal(
                    Refusal.saying(MISDIRECTED, _MESSAGE)
                )
        await app(scope, receive, send)
