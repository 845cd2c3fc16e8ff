"""A way to the played 2Checkout on which some calls go wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from groupgate.domain.provider import Provider
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What comes back in place of the vendor's answer, and whether the call reaches the vendor."""

    error: httpx.TransportError | None = None
    status: int = 0
    body: bytes = b""
    reaches_vendor: bool = False


REFUSED_CONNECTION = Fault(error=httpx.ConnectError("refused"))
LOST_CALL = Fault(error=httpx.ReadTimeout("lost"))
LOST_ANSWER = Fault(error=httpx.ReadTimeout("lost"), reaches_vendor=True)
BROKEN = Fault(status=500)
THROTTLED = Fault(status=429)
DENIED = Fault(status=401)
EMPTY_ANSWER = Fault(status=201, reaches_vendor=True)
FALSE_ANSWER = Fault(status=200, body=b"false", reaches_vendor=True)


FailWith = Callable[[Mapping[str, list[Fault]]], Provider]
"""Makes a provider whose calls meet these faults."""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Lets the first calls of a kind meet these faults, and passes on what comes after.

    A kind is a method and a path, such as "POST /productgroups/".
    """

    def __init__(
        self, simulator: TwoCheckoutSimulator, faults: Mapping[str, list[Fault]], prefix: str
    ) -> None:
        self._vendor = httpx.ASGITransport(app=simulator)
        self._faults = {kind: list(each) for kind, each in faults.items()}
        self._prefix = prefix

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.raw_path.decode().removeprefix(self._prefix)
        faults = self._faults.get(f"{request.method} {path}")
        if not faults:
            return await self._vendor.handle_async_request(request)
        fault = faults.pop(0)
        if fault.reaches_vendor:
            await self._vendor.handle_async_request(request)
        if fault.error is not None:
            raise fault.error
        return httpx.Response(fault.status, content=fault.body, request=request)
