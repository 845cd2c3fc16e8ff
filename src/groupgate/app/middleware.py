"""ASGI middleware: request ids, security headers and errors."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from graphql import GraphQLError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from groupgate.app.call import REQUEST_ID, choose_request_id
from groupgate.app.protocol.request_error import FAILED, UNREADABLE, Reason, RequestError
from groupgate.app.protocol.responses import error_response
from groupgate.schema.errors import format_errors

# No Strict-Transport-Security: only the proxy in front of the gateway knows if there is TLS.
_SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        # CORS decides which sites may read a response; this header forbids other sites to embed
        # a response as an image or a script, which CORS does not cover.
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)

RAW_SECURITY_HEADERS: Final = tuple(
    (name.lower().encode(), value.encode()) for name, value in _SECURITY_HEADERS.items()
)
"""The same as ASGI's pairs of bytes."""


class RequestId:
    """Adds a request id to `scope["request_id"]`, to log lines and to the response.

    The id is the client's `X-Request-Id` if that is valid, else a new one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = choose_request_id(Headers(scope=scope).get(REQUEST_ID, ""))
        scope["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)


class SecurityHeaders:
    """Adds the security headers for browsers that a response does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class WebSocketRefusal:
    """Responds with status 400 to the handshake of a WebSocket; operations need plain HTTP."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if headers.get("upgrade", "").lower() != "websocket":
            await self._app(scope, receive, send)
            return
        message = "The gateway has no WebSockets; send operations to /graphql by HTTP POST."
        response = error_response(RequestError.with_message(UNREADABLE, message))
        await response(scope, receive, send)


class UnexpectedErrors:
    """Logs any exception and responds with status 500 in JSON, without its message.

    Must be inside RequestId, because the response contains the request id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            return  # nobody is connected to receive a response
        except Exception as error:
            if started:
                raise
            await internal_error(error, scope["request_id"])(scope, receive, send)


def internal_error(error: Exception, request_id: str) -> Response:
    """Log an unexpected exception; return the response to its request, without its message."""
    errors = format_errors([GraphQLError("", original_error=error)], request_id)
    return error_response(RequestError(FAILED, errors))


async def handle_http_error(_request: Request, error: Exception) -> Response:
    """Respond in JSON to an HTTPException, which Starlette raises where no route matches."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    reason = Reason(code=status.name, status=status)
    return error_response(RequestError.with_message(reason, f"{error.detail}.", error.headers))
