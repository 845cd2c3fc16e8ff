"""The direct route of `POST /graphql`, and hot responses.

Nearly every request is such a POST. Passing the middleware and the router one by one takes longer
than to find a response in the query cache, so the direct route does the same in one step.

A hot response is one of the query cache to a request whose headers are known: those of a request
that was answered from there. Another one with the same headers passes the same checks, so that only
its caller is identified and its body looked up. The server can do that without calling the app: the
app gives it what is known of a head (`REMEMBER_HEAD`).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from cachetools import LRUCache
from graphql import OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from groupgate.app.addresses import host_in_header, is_loopback
from groupgate.app.auth.caller import Caller
from groupgate.app.call import REQUEST_ID, choose_request_id
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.logs import log_field
from groupgate.app.middleware import RAW_SECURITY_HEADERS, internal_error
from groupgate.app.protocol.requests import DEADLINE
from groupgate.app.protocol.responses import (
    MIN_BYTES,
    Compressor,
    JsonResponse,
    may_compress,
    preferred_encoding,
    send_response,
)
from groupgate.app.query_cache import IS_CACHED, QueryCache
from groupgate.app.tracing.tracer import TRACE_ID
from groupgate.observer import AnswerSource, EndedRequest, Observer
from groupgate.request import Deadline, now

PATH: Final = "/graphql"

RawHeaders = tuple[tuple[bytes, bytes], ...]
"""Headers as ASGI has them, with names in lower case."""

OWN_HEADERS: Final = frozenset(
    {
        *(b"authorization", b"x-request-id", b"cookie", b"user-agent", b"referer"),
        *(b"accept-language", b"traceparent", b"tracestate", b"forwarded", b"via"),
        *(b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"),
    }
)
"""Headers that are not part of a known head: they have no effect but that of `OwnHeaders`."""

MAX_HEADS: Final = 512
MAX_HEAD_BYTES: Final = 1024
"""The largest head that is remembered, without own headers."""

REMEMBER_HEAD: Final = "groupgate.remember_head"
"""The key in the ASGI scope of the server's function that takes the KnownHead of the request.

The server may then answer further requests with this head itself. It does not offer to remember
a head that says how the connection or the body is to be treated.
"""

_logged_id: Final = log_field("request_id")

_REQUEST_ID: Final = REQUEST_ID.lower().encode()

_CHANGING: Final = frozenset({b"content-length", b"content-encoding", b"age"})


class OwnHeaders(NamedTuple):
    """What the headers say that are not part of a known head."""

    authorization: Sequence[str] = ()
    request_id: str = ""
    may_compress: bool = True

    @classmethod
    def read(cls, headers: Iterable[tuple[bytes, bytes]]) -> "OwnHeaders":
        """Read them from headers with names in lower case; others are ignored."""
        authorization, request_id, has_cookie = [], b"", False
        for name, value in headers:
            if name == b"authorization":
                authorization.append(value.decode("latin-1"))
            elif name == b"x-request-id":
                request_id = request_id or value
            elif name == b"cookie":
                has_cookie = True
        return cls(
            authorization,
            request_id.decode("latin-1"),
            may_compress(authorization[0] if authorization else None, has_cookie=has_cookie),
        )


class HotResponse(NamedTuple):
    """A response with status 200; its head are the lines of its headers, each with CRLF."""

    head: bytes
    body: bytes


class HotResponses:
    """What the responses to all known heads need.

    `find_caller` returns the caller with these Authorization headers; None if there is none, or if
    it cannot be found at once.
    """

    def __init__(
        self,
        query_cache: QueryCache,
        find_caller: Callable[[Sequence[str]], Caller | None],
        observer: Observer,
        compressor: Compressor,
    ) -> None:
        self.query_cache = query_cache
        self.find_caller = find_caller
        self.observer = observer
        self.compressor = compressor

    def know(
        self, request: RawHeaders, own: OwnHeaders, response: Iterable[tuple[bytes, bytes]]
    ) -> "KnownHead | None":
        """Return what is known of a head after the query cache has answered a request with it.

        `request` are its headers without own ones, `response` those of the response without the
        request id. Returns None if the head is too large, or if its requests need the app anyway.
        """
        is_large = sum(len(name) + len(value) for name, value in request) > MAX_HEAD_BYTES
        if is_large or self.find_caller(own.authorization) is None:
            return None
        accept = b",".join(value for name, value in request if name == b"accept-encoding")
        encoding = preferred_encoding(accept.decode("latin-1")) if accept else ""
        return KnownHead(self, encoding, (pair for pair in response if pair[0] not in _CHANGING))


class KnownHead:
    """What the head of requests determines of their responses from the query cache."""

    def __init__(
        self, responses: HotResponses, encoding: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> None:
        self._responses = responses
        self._encoding = encoding
        self._lines = b"".join(b"%b: %b\r\n" % pair for pair in headers)
        self._encoded_lines = b"%bcontent-encoding: %b\r\n" % (self._lines, encoding.encode())

    def find(self, body: bytes, own: OwnHeaders, started_at: float) -> HotResponse | None:
        """Return the response to this body, and report the end of the request.

        Returns None if the caller has to be found by other means, or if the response is not cached
        or not compressed yet: all that takes longer is left to the app. The request has begun at
        `started_at` on the event loop's clock.
        """
        hot = self._responses
        caller = hot.find_caller(own.authorization)
        if caller is None:
            return None
        found = hot.query_cache.find((False, body, caller.permissions))
        if found is None:
            return None
        content: bytes | None = found.body
        lines = self._lines
        if self._encoding and own.may_compress and len(found.body) >= MIN_BYTES:
            content, lines = hot.compressor.find(found.body, self._encoding), self._encoded_lines
        if content is None:
            return None
        request_id, moment = choose_request_id(own.request_id), now()
        hot.observer.request_ended(
            EndedRequest(
                request_id=request_id,
                status=200,
                milliseconds=(moment - started_at) * 1000,
                caller=caller.name,
                operation_type=OperationType.QUERY.value,
                operation_name=found.operation_name,
                source=AnswerSource.CACHED,
            )
        )
        head = b"content-length: %d\r\nage: %d\r\n%bx-request-id: %b\r\n" % (
            len(content),
            moment - found.read_at,
            lines,
            request_id.encode(),
        )
        return HotResponse(head, content)


class DirectRoute:
    """Passes `POST /graphql` to the endpoint, with a request id and with the security headers.

    Requests that other middleware could change or refuse go through all of it, as do those for
    other paths and methods: with an Upgrade, with a target in absolute form, and with
    `loopback_only` those for another host. A gateway with CORS has no direct route.

    A request whose headers are known is answered at once if the response to its body is cached.
    `seconds` is the time in which a request is answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoint: GraphQLEndpoint,
        hot: HotResponses,
        *,
        seconds: float,
        loopback_only: bool,
    ) -> None:
        self._app = app
        self._endpoint = endpoint
        self._hot = hot
        self._seconds = seconds
        self._loopback_only = loopback_only
        self._heads: LRUCache[RawHeaders, KnownHead] = LRUCache(MAX_HEADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = scope["headers"]
        head = tuple([pair for pair in headers if pair[0] not in OWN_HEADERS])
        if not self._may_serve(head):
            await self._app(scope, receive, send)
            return
        own = OwnHeaders.read(headers)
        known, unread = self._heads.get(head), receive
        if known is not None:
            rest = await self._send_cached(known, own, scope, receive, send)
            if rest is None:
                return
            unread = rest
        scope["request_id"] = choose_request_id(own.request_id)
        token = _logged_id.set(scope["request_id"])
        try:
            response = await self._respond(scope, unread)
            if scope.get(IS_CACHED):
                self._remember(head, own, scope, response.raw_headers)
            response.raw_headers.append((_REQUEST_ID, scope["request_id"].encode()))
            await send_response(response, scope, unread, send)
        except ClientDisconnect:
            return  # nobody is connected to receive a response
        finally:
            _logged_id.reset(token)

    def _may_serve(self, head: RawHeaders) -> bool:
        """True unless only the other middleware knows the response."""
        host = b""
        for name, value in head:
            if name == b"upgrade":
                return False
            if name == b"host":
                host = host or value
        return not self._loopback_only or _is_loopback(host)

    async def _send_cached(
        self, known: KnownHead, own: OwnHeaders, scope: Scope, receive: Receive, send: Send
    ) -> Receive | None:
        """Respond from the query cache, or return the function that receives the body."""
        deadline = scope[DEADLINE] = scope.get(DEADLINE) or Deadline.after(self._seconds)
        try:
            message = await deadline.wait_for(receive())
        except TimeoutError:
            return receive
        found = None
        if message["type"] == "http.request" and not message.get("more_body"):
            found = known.find(message.get("body", b""), own, deadline.at - self._seconds)
        if found is None:
            return _again(message, receive)
        _offer(known, scope)
        headers = [tuple(line.split(b": ", 1)) for line in found.head.split(b"\r\n")[:-1]]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": found.body})
        return None

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        try:
            response = await self._endpoint.respond(Request(scope, receive))
        except ClientDisconnect:
            raise
        except Exception as error:  # noqa: BLE001 - it is logged
            response = internal_error(error, scope["request_id"])
        if isinstance(response, JsonResponse):  # which has none of them
            response.raw_headers += RAW_SECURITY_HEADERS
            return response
        names = {name for name, _ in response.raw_headers}
        response.raw_headers += [pair for pair in RAW_SECURITY_HEADERS if pair[0] not in names]
        return response

    def _remember(
        self,
        head: RawHeaders,
        own: OwnHeaders,
        scope: Scope,
        headers: Sequence[tuple[bytes, bytes]],
    ) -> None:
        known = self._hot.know(head, own, headers)
        if known is not None:
            self._heads[head] = known
            _offer(known, scope)


def _offer(known: KnownHead, scope: Scope) -> None:
    """Let the server answer requests with this head, unless each of them is traced."""
    remember = scope.get(REMEMBER_HEAD)
    if remember is not None and TRACE_ID not in scope:
        remember(known)


def _again(message: Message, receive: Receive) -> Receive:
    """Return a function that returns this message first."""
    messages = [message]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


@lru_cache(maxsize=256)
def _is_loopback(host: bytes) -> bool:
    return is_loopback(host_in_header(host.decode("latin-1")))
