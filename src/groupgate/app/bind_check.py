"""A gateway without tokens serves this machine only: the check of its address and of `Host`."""

from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.addresses import host_in_header, is_loopback
from groupgate.app.protocol.request_error import MISDIRECTED, RequestError
from groupgate.app.protocol.responses import error_response
from groupgate.app.settings import Settings
from groupgate.configuration.model import Misconfigured

_MESSAGE: Final = (
    "A gateway without tokens serves localhost and loopback addresses only. Configure tokens, or "
    "allow anonymous callers with GROUPGATE_ANONYMOUS."
)

_log = structlog.get_logger()


def is_loopback_only(settings: Settings, host: str, *, is_sandbox: bool) -> bool:
    """True if the gateway must serve this machine only.

    That is so with real vendor keys, no tokens and no GROUPGATE_ANONYMOUS. Raises Misconfigured
    if the gateway would then listen on an address that other machines can reach.
    """
    if is_sandbox or settings.knows_callers or settings.anonymous:
        return False
    if not is_loopback(host):
        raise Misconfigured(
            f"On {host or 'all addresses'}, other machines could use your vendor keys: set "
            "GROUPGATE_TOKENS_FILE, GROUPGATE_TOKENS or GROUPGATE_JWT_ISSUER, or allow anonymous "
            "callers with GROUPGATE_ANONYMOUS=read or GROUPGATE_ANONYMOUS=write."
        )
    _log.warning("loopback_access_opened", host=host, scope="write", reason="no tokens, no JWTs")
    return True


class LoopbackOnly:
    """Responds with 421 to requests whose Host is not a loopback name or address.

    Another Host comes from a page whose owner points its name at 127.0.0.1 to reach the gateway
    under the page's own origin (DNS rebinding), or from a proxy that exposes the gateway to the
    network.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        host = Headers(scope=scope).get("host", "") if scope["type"] == "http" else "localhost"
        if is_loopback(host_in_header(host)):
            await self._app(scope, receive, send)
            return
        response = error_response(RequestError.with_message(MISDIRECTED, _MESSAGE))
        await response(scope, receive, send)
