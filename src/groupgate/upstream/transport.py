"""One HTTP exchange with a vendor: a request, and a response whose body is bounded."""

import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
import structlog
from msgspec import Struct

from groupgate import __version__
from groupgate.domain.errors import (
    Malformed,
    Unavailable,
    Unconfirmed,
    Unreachable,
    UpstreamError,
)
from groupgate.domain.refs import AccountKey
from groupgate.http11.connection import Connection, ConnectionStream
from groupgate.http11.transport import Http11Transport, OutgoingRequest, origin_of
from groupgate.observer import LogThrottle
from groupgate.request import Deadline, headers_to_send, now

MEBIBYTE: Final = 1024 * 1024
MAX_BODY_BYTES: Final = 8 * MEBIBYTE

CONNECT_TIMEOUT: Final = 5.0
"""Seconds for a connection to be made."""
READ_TIMEOUT: Final = 10.0
"""Seconds without a byte of the response."""

HEADERS: Final = {
    "User-Agent": f"groupgate/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}

Params = Sequence[tuple[str, str | int]]
"""The parameters of a path's query."""

Authenticate = Callable[[], Mapping[str, str]]
"""Returns the authentication headers of one request; called for each."""

_log = structlog.get_logger()

_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]+")
"""What `quote` returns as it is; most ids are such."""

_EMPTY_STREAM = httpx.ByteStream(b"")
_TIMEOUTS: Final = {"connect": CONNECT_TIMEOUT, "read": READ_TIMEOUT}
_TOO_LARGE: Final = f"more than {MAX_BODY_BYTES // MEBIBYTE} MiB"
_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""They have a Content-Length also without a body."""
# Numbers: comparing with members of HTTPStatus takes longer.
_TOO_MANY_REQUESTS: Final = HTTPStatus.TOO_MANY_REQUESTS.value
_NO_CREDENTIALS: Final = frozenset({HTTPStatus.UNAUTHORIZED.value, HTTPStatus.FORBIDDEN.value})
_FAILURES: Final = _NO_CREDENTIALS | {HTTPStatus.REQUEST_TIMEOUT.value, _TOO_MANY_REQUESTS}


@dataclass(slots=True, kw_only=True)
class UpstreamRequest:
    """One request to a vendor; `target` is the path with its query below the base URL.

    `is_in_flight` is True from when it is sent until its outcome is known. A request that is no
    longer `is_wanted` is not sent again. `connected_at` is when a connection was opened for it, in
    seconds of the event loop's clock; None if it was sent on one that was open.
    """

    method: str
    target: str
    content: bytes | None = None
    is_in_flight: bool = False
    is_wanted: bool = True
    connected_at: float | None = None

    @property
    def is_read(self) -> bool:
        """True if the request changes nothing."""
        return self.method == "GET"

    def note_connecting(self) -> None:
        """Note that a connection is being made: nothing has been sent."""
        self.is_in_flight = False

    def note_connected(self) -> None:
        """Note that a connection was made: the request is being sent."""
        self.is_in_flight, self.connected_at = True, now()


class UpstreamResponse(Struct, frozen=True, kw_only=True):
    """A vendor's response. The body is not read if the status says that the vendor failed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The header, empty if it is missing."""
        return self.headers.get("content-type", "")

    @property
    def is_success(self) -> bool:
        """True for a status 2xx."""
        return _is_success(self.status)

    @property
    def is_throttled(self) -> bool:
        """True if the vendor has received too many requests."""
        return self.status == _TOO_MANY_REQUESTS

    @property
    def is_denied(self) -> bool:
        """True if the vendor does not accept the gateway's credentials."""
        return self.status in _NO_CREDENTIALS

    @property
    def is_failure(self) -> bool:
        """True if the status is one after which the body is not read: 401, 403, 408, 429, 5xx."""
        return _is_failed(self.status)


class UnreadableBody(Exception):
    """The body of a response cannot be read; `problem` completes "the vendor returned …"."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status
        self.problem = problem


Exchange = Callable[
    [UpstreamRequest, Mapping[str, str], Deadline], Coroutine[Any, Any, UpstreamResponse]
]
"""Sends a request with these headers, and reads the body of the response within its limit.

Raises TimeoutError at the deadline, UnreadableBody, and the exceptions of httpx.
"""


class HttpTransport:
    """Sends requests below one base URL, which `exchange` knows."""

    def __init__(
        self, provider: AccountKey, exchange: Exchange, authenticate: Authenticate
    ) -> None:
        self.provider = provider
        self._exchange = exchange
        self._authenticate = authenticate
        self._log_throttle = LogThrottle()

    async def send(self, request: UpstreamRequest, deadline: Deadline) -> UpstreamResponse:
        """Send the request; raise UpstreamError if no complete response arrives in time.

        Redirects are not followed.
        """
        headers = {**headers_to_send(), **HEADERS, **self._authenticate()}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        try:
            return await self._exchange(request, headers, deadline)
        except TimeoutError:
            raise timed_out(self.provider) from None
        except UnreadableBody as error:
            raise self._unreadable(request, error) from None
        except httpx.HTTPError as error:
            _log.debug("upstream_call_failed", **self.provider.labels, error=repr(error))
            raise self._error_from(error) from None

    def _unreadable(self, request: UpstreamRequest, error: UnreadableBody) -> Malformed:
        """Return the error for a body that cannot be read; a write may succeed all the same."""
        kind = Unconfirmed if _is_success(error.status) and not request.is_read else Malformed
        return kind(self.provider, f"{self.provider.display_name} returned {error.problem}.")

    def _error_from(self, error: httpx.HTTPError) -> UpstreamError:
        name = self.provider.display_name
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            reason = str(error) or type(error).__name__
            self._log_unreachable(reason)
            return Unreachable(self.provider, f"{name} could not be reached.", reason=reason)
        if isinstance(error, httpx.TimeoutException):
            return timed_out(self.provider)
        return Unavailable(self.provider, f"The connection to {name} broke.")

    def _log_unreachable(self, reason: str) -> None:
        if self._log_throttle.allows(reason):
            _log.warning("vendor_unreachable", **self.provider.labels, reason=reason)


def exchange_over(transport: httpx.AsyncBaseTransport, base_url: str) -> Exchange:
    """Return the exchange with a base URL over a transport: the fast one, if that is our own."""
    base_url = base_url.rstrip("/")
    if isinstance(transport, Http11Transport):
        return Http11Exchange(transport, base_url)
    return HttpxExchange(transport, base_url)


class Http11Exchange:
    """An exchange over connections of the gateway's own transport, without objects of httpx."""

    def __init__(self, transport: Http11Transport, base_url: str) -> None:
        url = httpx.URL(base_url)
        self._transport = transport
        self._origin = origin_of(url)
        self._host = url.netloc.decode("ascii")
        self._prefix = url.raw_path.decode("ascii").rstrip("/")

    async def __call__(
        self, request: UpstreamRequest, headers: Mapping[str, str], deadline: Deadline
    ) -> UpstreamResponse:
        """Send one request; see `Exchange`."""
        content = request.content
        if content is None and request.method in _METHODS_WITH_BODY:
            content = b""
        outgoing = OutgoingRequest(
            origin=self._origin,
            method=request.method,
            host=self._host,
            target=self._prefix + request.target,
            headers=headers.items(),
            content=content,
        )
        connection = await self._transport.send(
            outgoing,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            deadline=deadline.at,
            progress=request,
        )
        try:
            status, received = connection.status, connection.headers
            if _is_failed(status):
                body = b""
            elif "content-encoding" in received:
                # httpx decodes it; its decoders cannot be called without a response.
                stream = ConnectionStream(connection)
                response = httpx.Response(status, headers=received, stream=stream)
                body = await _read_body(response)
            else:
                _check_length(status, received)
                body = await _within_limit(status, connection)
        finally:
            self._transport.release(connection, outgoing.origin)
        return UpstreamResponse(status=status, headers=received, body=body)


class HttpxExchange:
    """An exchange over any transport of httpx; the base URL does not end with a slash.

    The transport is called directly: `httpx.AsyncClient` merges URLs, headers, cookies and
    redirects for every call, which no vendor's API needs.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, base_url: str) -> None:
        self._transport = transport
        self._base_url = base_url

    async def __call__(
        self, request: UpstreamRequest, headers: Mapping[str, str], deadline: Deadline
    ) -> UpstreamResponse:
        """Send one request; see `Exchange`."""
        http_request = httpx.Request(
            request.method,
            self._base_url + request.target,
            headers=headers,
            content=request.content,
            extensions={"timeout": _TIMEOUTS},
        )
        return await deadline.wait_for(self._send(http_request))

    async def _send(self, request: httpx.Request) -> UpstreamResponse:
        response = await self._transport.handle_async_request(request)
        try:
            has_failed = _is_failed(response.status_code)
            return UpstreamResponse(
                status=response.status_code,
                headers=response.headers,
                body=b"" if has_failed else await _read_body(response),
            )
        finally:
            await response.aclose()
            # The stream refers to the response; only garbage collection would end the cycle.
            response.stream = _EMPTY_STREAM


async def _within_limit(status: int, connection: Connection) -> bytes:
    body = await connection.read_all(MAX_BODY_BYTES)
    if body is None:
        raise UnreadableBody(status, _TOO_LARGE)
    return body


async def _read_body(response: httpx.Response) -> bytes:
    """Return the decoded body of a response; raise UnreadableBody if it is too large."""
    _check_length(response.status_code, response.headers)
    body = bytearray()
    try:
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                body.clear()  # The error's traceback would keep it in memory.
                raise UnreadableBody(response.status_code, _TOO_LARGE)
    except httpx.DecodingError:
        problem = "a body that is not compressed as its header says"
        raise UnreadableBody(response.status_code, problem) from None
    return bytes(body)


def _check_length(status: int, headers: Mapping[str, str]) -> None:
    """Raise UnreadableBody if the headers of a response declare a body that is too large."""
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        raise UnreadableBody(status, _TOO_LARGE)


def segment(native_id: str) -> str:
    """Return an id as one percent-encoded segment of a path."""
    return native_id if _UNRESERVED.fullmatch(native_id) else quote(native_id, safe="")


def is_addressable(native_id: str) -> bool:
    """Return True if an id can be a path segment; dot segments cannot (RFC 3986, 5.2.4)."""
    return native_id not in {"", ".", ".."}


def with_query(path: str, params: Params) -> str:
    """Return the path with these parameters as its query."""
    return f"{path}?{urlencode(params, quote_via=quote)}" if params else path


def timed_out(provider: AccountKey) -> Unavailable:
    """Return the error of a call without a response in time."""
    return Unavailable(provider, f"{provider.display_name} did not respond in time.")


def _is_success(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 # the class of statuses


def _is_failed(status: int) -> bool:
    """Return True if a status is one after which the body is not read."""
    return status in _FAILURES or status >= 500  # noqa: PLR2004 # the class of statuses
