"""A stub vendor that returns prepared responses, with a client that calls it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec

from groupgate.decoding.json_body import NoBody
from groupgate.domain.refs import ProviderKey
from groupgate.observer import Observer
from groupgate.request import RequestScope, now, request_scope
from groupgate.upstream.cache import Check
from groupgate.upstream.client import JsonClient
from groupgate.upstream.vendor_state import Policy, VendorState

CACHE_POLICY: Final = Policy(cache_ttl=5, cache_stale_if_error=300)


class Item(msgspec.Struct, frozen=True):
    """The shape of the stub vendor's responses."""

    name: str


@dataclass(frozen=True, slots=True)
class Delayed:
    """A response that arrives, or an exception that is raised, after some seconds."""

    seconds: float
    response: httpx.Response | Exception


StubResponse = httpx.Response | Exception | Delayed


class StubVendor:
    """Returns `responses` in order, and the last one for every further request.

    Records each request, the time at which it arrived, and how many requests were cancelled.
    """

    def __init__(
        self,
        *responses: StubResponse,
        policy: Policy | None = None,
        observer: Observer | None = None,
        check: Check = lambda _value: None,
    ) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []
        self.request_times: list[float] = []
        self.cancelled_requests = 0
        self.vendor_state = VendorState(ProviderKey.DODO, policy, observer)
        transport = httpx.MockTransport(self.handle)
        self.client = JsonClient(
            ProviderKey.DODO,
            transport,
            "http://vendor/base/",
            lambda: {"X-Key": "s3cret"},
            self.vendor_state,
            check=check,
        )

    @property
    def paths(self) -> list[str]:
        """Path and query of each request, below the base URL."""
        return [request.url.raw_path.decode().removeprefix("/base") for request in self.requests]

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Return the next response, or raise the next exception."""
        self.requests.append(request)
        self.request_times.append(now())
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Delayed):
            await self._wait(response.seconds)
            response = response.response
        if isinstance(response, Exception):
            raise response
        return response

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled_requests += 1
            raise


class ChunkedBody(httpx.AsyncByteStream):
    """A body that repeats one chunk `count` times, or without end if `count` is None.

    `chunks_read` counts the chunks that were read. `error` is raised after the last one.
    """

    def __init__(self, chunk: bytes, count: int | None, error: Exception | None = None) -> None:
        self.chunks_read = 0
        self._chunk = chunk
        self._count = count
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._count is None or self.chunks_read < self._count:
            self.chunks_read += 1
            yield self._chunk
        if self._error is not None:
            raise self._error


def ok(body: bytes = b'{"name":"x"}', **headers: str) -> httpx.Response:
    """Return a response with status 200; the keyword `X_Name` sets the header `X-Name`."""
    return httpx.Response(200, content=body, headers=_header_names(headers))


def http_status(code: int, **headers: str) -> httpx.Response:
    """Return a response with this status and without a body; keywords set headers."""
    return httpx.Response(code, headers=_header_names(headers))


async def read_item(
    vendor: StubVendor, path: str = "/a", *, deadline: float | None = 10, no_cache: bool = False
) -> tuple[str, RequestScope]:
    """Read an item in a new request; return its name, and the request's scope."""
    with request_scope(deadline=deadline, no_cache=no_cache) as scope:
        return (await vendor.client.get(path, Item)).name, scope


async def write_item(vendor: StubVendor, *, deadline: float = 10) -> None:
    """Send `PATCH /a` in a new request."""
    with request_scope(deadline=deadline):
        await vendor.client.write("PATCH", "/a", NoBody, {})


def _header_names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
