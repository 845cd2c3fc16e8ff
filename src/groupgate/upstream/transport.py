"""One HTTP exchange with a vendor: a call out, and an answer whose body is bounded, back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx
import structlog

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    UpstreamError,
)
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.policy import MEBIBYTE
from groupgate.upstream.rate_limit.headers import RateLimitHeaders, parse_rate_limit_headers

LARGEST_BODY: Final = 8 * MEBIBYTE
TIMED_OUT: Final = "It did not answer in time."

Authenticate = Callable[[], Mapping[str, str]]

_log = structlog.get_logger()

_SPENT = httpx.ByteStream(b"")
_DENIED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(slots=True, kw_only=True)
class UpstreamRequest:
    """One call; `is_under_way` from when it is sent until it is known what became of it.

    One that is not `is_wanted` any longer is not sent again.
    """

    method: str
    target: str
    content: bytes | None = None
    is_in_flight: bool = False
    is_wanted: bool = True

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method == "GET"

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Note that it is not sent as long as a connection is being made: httpcore calls this."""
        if event == "connection.connect_tcp.started":
            self.is_in_flight = False
        elif event.endswith("send_request_headers.started"):
            self.is_in_flight = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamResponse:
    """What a vendor sent back. Of one that failed or refused our key there is no body."""

    status: int
    body: bytes
    content_type: str
    told: RateLimitHeaders

    @property
    def is_success(self) -> bool:
        """Whether the vendor did what it was asked for."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def asks_for_fewer(self) -> bool:
        """Whether the vendor has had too many calls."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS

    @property
    def is_failure(self) -> bool:
        """Whether the status says that the vendor, and not the call, is the matter."""
        return _is_failure(self.status)


class HttpTransport:
    """Sends calls below one base URL. `authenticate` makes the headers of one; it is asked each."""

    def __init__(
        self,
        provider: ProviderKey,
        http: httpx.AsyncClient,
        base_url: str,
        authenticate: Authenticate,
    ) -> None:
        self._provider = provider
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._authenticate = authenticate

    async def send(self, call: UpstreamRequest) -> UpstreamResponse:
        """Send it; raise UpstreamError if there is no whole answer. Redirects are not followed."""
        headers = {"Accept": "application/json", **self._authenticate()}
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        request = self._http.build_request(
            call.method,
            self._base_url + call.target,
            headers=headers,
            content=call.content,
            extensions={"trace": call.trace},
        )
        try:
            response = await self._http.send(request, stream=True, follow_redirects=False)
            try:
                return UpstreamResponse(
                    status=response.status_code,
                    body=await self._body(response),
                    content_type=response.headers.get("content-type", ""),
                    told=parse_rate_limit_headers(response.headers),
                )
            finally:
                await response.aclose()
                # It knows the response in turn, and only a look for garbage would end that.
                response.stream = _SPENT
        except httpx.HTTPError as error:
            _log.debug("upstream_broken", provider=self._provider.value, error=repr(error))
            raise self._broken(error) from None

    async def _body(self, response: httpx.Response) -> bytes:
        if _is_failure(response.status_code):
            return b""
        length = response.headers.get("content-length", "")
        if length.isdigit() and int(length) > LARGEST_BODY:
            raise self._too_large()
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST_BODY:
                body.clear()  # The error would keep it, for as long as it is itself kept.
                raise self._too_large()
        return bytes(body)

    def _too_large(self) -> Malformed:
        return Malformed(
            self._provider, f"Its answer is larger than {LARGEST_BODY // MEBIBYTE} MiB."
        )

    def _broken(self, error: httpx.HTTPError) -> UpstreamError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return Unreachable(self._provider, "It could not be reached.")
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(self._provider, TIMED_OUT)
        if isinstance(error, httpx.DecodingError):
            return Malformed(self._provider, "Its answer is not compressed as it says.")
        return Unavailable(self._provider, "The connection to it broke.")


def refusal(provider: ProviderKey, answer: UpstreamResponse) -> UpstreamError:
    """What the status of an answer means that is no success."""
    status, wait = answer.status, answer.told.wait
    if status in _DENIED:
        return Denied(provider, "It does not accept the gateway's credentials.")
    if answer.asks_for_fewer:
        return Throttled(provider, "It wants fewer calls.", retry_after=wait)
    if answer.is_failure:
        message = f"It failed with status {status}."
        return Unavailable(provider, message, retry_after=answer.told.retry_in)
    return Rejected(provider, status, answer.body)


def _is_failure(status: int) -> bool:
    return (
        status in _DENIED
        or status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
