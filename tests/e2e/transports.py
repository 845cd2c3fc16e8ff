"""Transports between the gateway and the sandbox that count, hold, replace or lose responses."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import httpx

from groupgate.sandbox.app import Sandbox

_LOOP_ITERATIONS = 20
"""Enough for every concurrent call to be sent meanwhile."""

Fault = Callable[[httpx.Request], httpx.Response | Exception | None]
"""Returns the result in the vendor's place; None forwards the call."""

AlterJson = Callable[[Any], Any]
Alteration = AlterJson | bytes

Send = Callable[[httpx.Request, httpx.ASGITransport], Awaitable[httpx.Response]]


class _SandboxTransport(httpx.AsyncBaseTransport):
    """Hands each call to a function, together with the transport to the sandbox."""

    def __init__(self, sandbox: Sandbox, send: Send) -> None:
        self._vendors = httpx.ASGITransport(app=sandbox)
        self._send = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one call."""
        return await self._send(request, self._vendors)


class VendorCalls(ABC):
    """Makes transports whose calls all pass one method."""

    def transport(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """Return the transport of one vendor."""
        return _SandboxTransport(sandbox, self._send)

    @abstractmethod
    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        """Send one call, or return or raise a result in the vendor's place."""


class ConcurrencyCounter(VendorCalls):
    """Counts how many calls run at the same time; each takes a few iterations of the loop."""

    def __init__(self) -> None:
        self.highest = 0
        self._running = 0

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        self._running += 1
        self.highest = max(self.highest, self._running)
        for _ in range(_LOOP_ITERATIONS):
            await asyncio.sleep(0)
        self._running -= 1
        return await vendors.handle_async_request(request)


class HeldWrites(VendorCalls):
    """Holds writes until they are released."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.released = asyncio.Event()

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        if request.method != "GET":
            self.reached.set()
            await self.released.wait()
        return await vendors.handle_async_request(request)


class FaultyVendors(VendorCalls):
    """Replaces the responses to the calls that a function selects."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        result = self._fault(request)
        if isinstance(result, Exception):
            raise result
        return result or await vendors.handle_async_request(request)


class FirstWriteResponseLost(VendorCalls):
    """Loses the response to the first write, which the vendor carries out."""

    def __init__(self) -> None:
        self._is_lost = False

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        response = await vendors.handle_async_request(request)
        if request.method != "GET" and not self._is_lost:
            self._is_lost = True
            raise httpx.ReadTimeout("lost")
        return response


class AlteredReads(VendorCalls):
    """Alters the responses to the reads whose path ends with a key of `alterations`.

    An alteration is a body, or a function that returns a body or the JSON in place of the vendor's
    JSON. `reads` counts the altered responses.
    """

    def __init__(self, alterations: Mapping[str, Alteration]) -> None:
        self.alterations = alterations
        self.content_type = "application/json"
        self.reads = 0

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        response = await vendors.handle_async_request(request)
        ends = [end for end in self.alterations if request.url.path.endswith(end)]
        if request.method != "GET" or not ends:
            return response
        self.reads += 1
        body = self.alterations[ends[0]]
        if not isinstance(body, bytes):
            body = body(json.loads(await response.aread()))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx.Response(200, content=content, headers={"Content-Type": self.content_type})


class RawResponse(NamedTuple):
    """A response with exactly these headers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}

    def to_httpx(self) -> httpx.Response:
        """Return a new response that can be read once."""
        stream = httpx.ByteStream(self.body)
        return httpx.Response(self.status, headers=self.headers, stream=stream)


class AlteredWrites(VendorCalls):
    """Replaces the response to each write.

    With `reach_vendor` false, the vendor does not receive the writes. With `fail_reads`, every read
    after the first write is denied.
    """

    def __init__(
        self, response: RawResponse, *, reach_vendor: bool = True, fail_reads: bool = False
    ) -> None:
        self._response = response
        self._reach_vendor = reach_vendor
        self._fail_reads = fail_reads
        self._has_written = False

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        if request.method == "GET":
            is_denied = self._fail_reads and self._has_written
            return httpx.Response(401) if is_denied else await vendors.handle_async_request(request)
        self._has_written = True
        if self._reach_vendor:
            assert (await vendors.handle_async_request(request)).is_success
        return self._response.to_httpx()
