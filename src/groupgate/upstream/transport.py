"""One HTTP exchange with a vendor: a request, and a response whose body is bounded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
import structlog

from groupgate import __version__
from groupgate.domain.errors import (
    Malformed,
    Unavailable,
    Unconfirmed,
    Unreachable,
    UpstreamError,
)
from groupgate.domain.refs import AccountKey
from groupgate.request import headers_to_send, now

LOG_INTERVAL: Final = 60.0
"""Seconds between two log lines with the same key."""

MEBIBYTE: Final = 1024 * 1024
MAX_BODY_BYTES: Final = 8 * MEBIBYTE

TIMEOUTS: Final[dict[str, float | None]] = {
    "connect": 5.0,
    "read": 10.0,
    "write": 10.0,
    "pool": None,
}
"""Seconds for a connection to be made, and without a byte of the response."""

HEADERS: Final = {
    "User-Agent": f"groupgate/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
}

Authenticate = Callable[[], Mapping[str, str]]
"""Returns the authentication headers of one request; called for each."""

_log = structlog.get_logger()

_EMPTY_STREAM = httpx.ByteStream(b"")
_NO_CREDENTIALS: Final = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


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

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Update `is_in_flight`: while a connection is being made, nothing has been sent.

        httpcore calls this (extension `trace`).
        """
        if event == "connection.connect_tcp.started":
            self.is_in_flight = False
        elif event.endswith("send_request_headers.started"):
            if not self.is_in_flight:
                self.connected_at = now()
            self.is_in_flight = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamResponse:
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
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_throttled(self) -> bool:
        """True if the vendor has received too many requests."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS

    @property
    def is_denied(self) -> bool:
        """True if the vendor does not accept the gateway's credentials."""
        return self.status in _NO_CREDENTIALS

    @property
    def is_failure(self) -> bool:
        """True if the status is one after which the body is not read: 401, 403, 408, 429, 5xx."""
        return _is_failure(self.status)


class LogThrottle:
    """Allows a line with the same key once a minute."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def allows(self, key: str) -> bool:
        """Return True if the line is due, and count it as logged."""
        moment = now()
        if moment - self._logged_at.get(key, -LOG_INTERVAL) < LOG_INTERVAL:
            return False
        self._logged_at[key] = moment
        return True


class HttpTransport:
    """Sends requests below one base URL.

    The transport of httpx is called directly: `httpx.AsyncClient` merges URLs, headers, cookies and
    redirects for every call, which no vendor's API needs.
    """

    def __init__(
        self,
        provider: AccountKey,
        transport: httpx.AsyncBaseTransport,
        base_url: str,
        authenticate: Authenticate,
    ) -> None:
        self.provider = provider
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._authenticate = authenticate
        self._log_throttle = LogThrottle()

    async def send(self, request: UpstreamRequest) -> UpstreamResponse:
        """Send the request; raise UpstreamError if no complete response arrives.

        Redirects are not followed.
        """
        headers = {**headers_to_send(), **HEADERS, **self._authenticate()}
        if request.content is not None:
            headers["Content-Type"] = "application/json"
        http_request = httpx.Request(
            request.method,
            self._base_url + request.target,
            headers=headers,
            content=request.content,
            extensions={"trace": request.trace, "timeout": TIMEOUTS},
        )
        try:
            response = await self._transport.handle_async_request(http_request)
            try:
                return UpstreamResponse(
                    status=response.status_code,
                    headers=response.headers,
                    body=await self._body(request, response),
                )
            finally:
                await response.aclose()
                # The stream refers to the response; only garbage collection would end the cycle.
                response.stream = _EMPTY_STREAM
        except httpx.HTTPError as error:
            _log.debug("upstream_call_failed", **self.provider.labels, error=repr(error))
            raise self._error_from(error) from None

    async def _body(self, request: UpstreamRequest, response: httpx.Response) -> bytes:
        if _is_failure(response.status_code):
            return b""
        too_large = f"more than {MAX_BODY_BYTES // MEBIBYTE} MiB"
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > MAX_BODY_BYTES:
            raise self._unreadable(request, response, too_large)
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    body.clear()  # The error's traceback would keep it in memory.
                    raise self._unreadable(request, response, too_large)
        except httpx.DecodingError:
            message = "a body that is not compressed as its header says"
            raise self._unreadable(request, response, message) from None
        return bytes(body)

    def _unreadable(
        self, request: UpstreamRequest, response: httpx.Response, returned: str
    ) -> Malformed:
        """Return the error for a body that cannot be read; a write may succeed all the same."""
        kind = Unconfirmed if response.is_success and not request.is_read else Malformed
        return kind(self.provider, f"{self.provider.display_name} returned {returned}.")

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


def timed_out(provider: AccountKey) -> Unavailable:
    """Return the error of a call without a response in time."""
    return Unavailable(provider, f"{provider.display_name} did not respond in time.")


def _is_failure(status: int) -> bool:
    return (
        status in _NO_CREDENTIALS
        or status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
