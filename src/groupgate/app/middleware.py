"""ASGI middleware: request ids, security headers and errors, in one step for `POST /graphql`.

Nearly every request is such a POST. Passing the middleware and the router one by one takes longer
than to find a response in the query cache, so the direct route does the same for it.
"""

import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, NamedTuple

from cachetools import LRUCache
from graphql import GraphQLError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, bound_contextvars, reset_contextvars

from groupgate.app.addresses import host_in_header, is_loopback
from groupgate.app.call import REQUEST_ID
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.protocol.request_error import FAILED, UNREADABLE, Reason, RequestError
from groupgate.app.protocol.requests import DEADLINE
from groupgate.app.protocol.responses import (
    MIN_BYTES,
    accepted_encoding,
    error_response,
    send_response,
)
from groupgate.app.query_cache import IS_CACHED, CachedPosts
from groupgate.schema.errors import format_errors

_VALID_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")

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

PATH: Final = "/graphql"

RawHeaders = tuple[tuple[bytes, bytes], ...]

_WITHOUT_EFFECT: Final = frozenset(
    {
        *(b"host", b"user-agent", b"x-request-id", b"connection", b"referer", b"cookie"),
        *(b"accept-encoding", b"accept-language", b"traceparent", b"tracestate"),
        *(b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"),
        *(b"x-real-ip",),
    }
)
"""Headers that change nothing else in the response, or only its encoding.

The others are part of a known head.
"""

MAX_HEADS: Final = 512
MAX_HEAD_BYTES: Final = 1024
"""The largest head that is remembered."""


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


def choose_request_id(given: str) -> str:
    """Return the id that the client has given, if that is valid, else a new one."""
    return given if _VALID_REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


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


class DirectRoute:
    """Passes `POST /graphql` to the endpoint, with a request id and with the security headers.

    Requests that other middleware could change or refuse go through all of it, as do those for
    other paths and methods: with an Upgrade, with a target in absolute form, and with
    `loopback_only` those for another host. A gateway with CORS has no direct route.

    The headers of requests that were answered from the query cache are remembered, without the
    token. A request with the same headers passes the same checks, so only its caller is identified
    and its body is read before the query cache is asked.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoint: GraphQLEndpoint,
        cached: CachedPosts,
        *,
        loopback_only: bool,
    ) -> None:
        self._app = app
        self._endpoint = endpoint
        self._cached = cached
        self._loopback_only = loopback_only
        self._heads: LRUCache[RawHeaders, RawHeaders] = LRUCache(MAX_HEADS)
        """The headers of responses by the headers of requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        head = _read_head(scope)
        if head is None:
            await self._app(scope, receive, send)
            return
        if self._loopback_only and not _is_loopback(head.host):
            await self._app(scope, receive, send)
            return
        scope["request_id"] = choose_request_id(head.request_id.decode("latin-1"))
        unread = await self._send_cached(head, scope, receive, send)
        if unread is None:
            return
        tokens = bind_contextvars(request_id=scope["request_id"])
        try:
            await self._handle(head.known, scope, unread, send)
        finally:
            reset_contextvars(**tokens)

    async def _send_cached(
        self, head: "_Head", scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        """Respond from the query cache, or return the function that receives the body."""
        headers = self._heads.get(head.known)
        if headers is None:
            return receive
        deadline = scope[DEADLINE] = scope.get(DEADLINE) or self._cached.begin_deadline()
        try:
            message = await deadline.wait_for(receive())
        except TimeoutError:
            return receive
        found, request_id = None, scope["request_id"]
        if message["type"] == "http.request" and not message.get("more_body"):
            body = message.get("body", b"")
            found = self._cached.find(body, head.authorization, request_id, deadline)
        if found is None:
            return _again(message, receive)
        body = found.body
        if head.may_compress and len(body) >= MIN_BYTES:
            encoding = accepted_encoding(Headers(scope=scope))
            if encoding:
                body = self._endpoint.compressor.compress(body, encoding, is_repeated=True)
                headers = (*headers, (b"content-encoding", encoding.encode()))
        own = [
            (b"content-length", str(len(body)).encode()),
            (b"age", str(int(found.age)).encode()),
            *headers,
            (b"x-request-id", request_id.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": own})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _handle(self, head: RawHeaders, scope: Scope, receive: Receive, send: Send) -> None:
        request_id: str = scope["request_id"]
        try:
            response = await self._endpoint.respond(Request(scope, receive))
        except ClientDisconnect:
            return  # nobody is connected to receive a response
        except Exception as error:  # noqa: BLE001 - it is logged
            response = internal_error(error, request_id)
        headers = response.raw_headers
        names = {name for name, _ in headers}
        headers += [pair for pair in RAW_SECURITY_HEADERS if pair[0] not in names]
        if scope.get(IS_CACHED) and self._cached.is_enabled:
            self._remember(head, headers)
        headers.append((b"x-request-id", request_id.encode()))
        await send_response(response, scope, receive, send)

    def _remember(self, head: RawHeaders, headers: Iterable[tuple[bytes, bytes]]) -> None:
        if sum(len(name) + len(value) for name, value in head) <= MAX_HEAD_BYTES:
            changing = {b"content-length", b"content-encoding", b"age"}
            self._heads[head] = tuple(pair for pair in headers if pair[0] not in changing)


class _Head(NamedTuple):
    """The headers of a request, by what they are for."""

    known: RawHeaders
    """Those by which a head is remembered."""
    authorization: Sequence[str]
    request_id: bytes
    host: bytes
    may_compress: bool


def _read_head(scope: Scope) -> _Head | None:
    """Return the headers of a request; None if it has an Upgrade."""
    known, authorization, request_id, host, may_compress = [], [], b"", b"", False
    for name, value in scope["headers"]:
        if name == b"upgrade":
            return None
        if name == b"authorization":
            authorization.append(value.decode("latin-1"))
        elif name not in _WITHOUT_EFFECT:
            known.append((name, value))
        elif name == b"x-request-id":
            request_id = request_id or value
        elif name == b"host":
            host = host or value
        elif name == b"accept-encoding":
            may_compress = True
    return _Head(tuple(known), authorization, request_id, host, may_compress)


def _again(message: Message, receive: Receive) -> Receive:
    """Return a function that returns this message first."""
    messages = [message]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


@lru_cache(maxsize=256)
def _is_loopback(host: bytes) -> bool:
    return is_loopback(host_in_header(host.decode("latin-1")))
