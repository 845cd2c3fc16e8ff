"""The direct route of `POST /graphql`: what the middleware does for it, in one step.

Nearly every request is such a POST. Passing the middleware and the router one by one takes longer
than to find a response in the query cache.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cachetools import LRUCache
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from groupgate.app.addresses import host_in_header, is_loopback
from groupgate.app.auth.caller import Caller
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.middleware import RAW_SECURITY_HEADERS, choose_request_id, internal_error
from groupgate.app.protocol.requests import DEADLINE
from groupgate.app.protocol.responses import MIN_BYTES, accepted_encoding, send_response
from groupgate.app.query_cache import IS_CACHED, QueryCache, QueryResponse
from groupgate.observer import AnswerSource, EndedRequest, Observer
from groupgate.request import Deadline

PATH: Final = "/graphql"

_QUERY: Final = OperationType.QUERY.value

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


class CachedPosts:
    """The query cache for POSTs whose headers are accepted, where all callers are the same.

    `caller` is None where they are not, or where they have a rate limit; nothing is found then.
    `seconds` is the time in which a request is answered.
    """

    def __init__(
        self, query_cache: QueryCache, caller: Caller | None, observer: Observer, seconds: float
    ) -> None:
        self.is_enabled = query_cache.is_enabled and caller is not None
        self._query_cache = query_cache
        self._caller = caller
        self._observer = observer
        self._seconds = seconds

    def begin_deadline(self) -> Deadline:
        """Return the deadline of a request that begins now."""
        return Deadline.after(self._seconds)

    def find(self, body: bytes, request_id: str, deadline: Deadline) -> QueryResponse | None:
        """Return the response to this body, and report the end of the request; None if unknown."""
        if self._caller is None:
            return None
        found = self._query_cache.find((False, body, self._caller.permissions))
        if found is not None:
            self._observer.request_ended(
                EndedRequest(
                    request_id=request_id,
                    status=200,
                    milliseconds=(self._seconds - deadline.left) * 1000,
                    caller=self._caller.name,
                    operation_type=_QUERY,
                    operation_name=found.operation_name,
                    source=AnswerSource.CACHED,
                )
            )
        return found


class DirectRoute:
    """Passes `POST /graphql` to the endpoint, with a request id and with the security headers.

    Requests that other middleware could change or refuse go through all of it, as do those for
    other paths and methods: with an Upgrade, with a target in absolute form, and with
    `loopback_only` those for another host. A gateway with CORS has no direct route.

    Where all callers are the same and have no rate limit, the headers of requests that were
    answered from the query cache are remembered. A request with the same headers passes the same
    checks, so only its body is read before the query cache is asked.
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
        head, given_id, host, may_compress = [], b"", b"", False
        for name, value in scope["headers"]:
            if name == b"upgrade":
                await self._app(scope, receive, send)
                return
            if name not in _WITHOUT_EFFECT:
                head.append((name, value))
            elif name == b"x-request-id":
                given_id = given_id or value
            elif name == b"host":
                host = host or value
            elif name == b"accept-encoding":
                may_compress = True
        if self._loopback_only and not _is_loopback(host):
            await self._app(scope, receive, send)
            return
        scope["request_id"] = choose_request_id(given_id.decode("latin-1"))
        unread = await self._send_cached(
            tuple(head), scope, receive, send, may_compress=may_compress
        )
        if unread is None:
            return
        tokens = bind_contextvars(request_id=scope["request_id"])
        try:
            await self._handle(tuple(head), scope, unread, send)
        finally:
            reset_contextvars(**tokens)

    async def _send_cached(
        self,
        head: RawHeaders,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        may_compress: bool,
    ) -> Receive | None:
        """Respond from the query cache, or return the function that receives the body."""
        headers = self._heads.get(head)
        if headers is None:
            return receive
        deadline = scope[DEADLINE] = self._cached.begin_deadline()
        try:
            message = await deadline.wait_for(receive())
        except TimeoutError:
            return receive
        found, request_id = None, scope["request_id"]
        if message["type"] == "http.request" and not message.get("more_body"):
            found = self._cached.find(message.get("body", b""), request_id, deadline)
        if found is None:
            return _again(message, receive)
        body = found.body
        if may_compress and len(body) >= MIN_BYTES:
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


def _again(message: Message, receive: Receive) -> Receive:
    """Return a function that returns this message first."""
    messages = [message]

    async def receive_again() -> Message:
        return messages.pop() if messages else await receive()

    return receive_again


@lru_cache(maxsize=256)
def _is_loopback(host: bytes) -> bool:
    return is_loopback(host_in_header(host.decode("latin-1")))
