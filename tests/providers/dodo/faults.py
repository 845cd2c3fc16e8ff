"""A way to the played Dodo on which some calls go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from groupgate.domain.provider import Provider
from groupgate.providers.dodo import Settings, build
from groupgate.sandbox.dodo import DodoSimulator


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
NO_ROWS = Fault(status=200, body=b"[]", reaches_vendor=True)
NOT_ACCEPTED = Fault(status=422)
ODD_REFUSAL = Fault(status=418)

Faults = Mapping[str, list[Fault | None]]
"""By method, what becomes of the first calls; those behind them are passed on."""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Lets the first calls of a method meet these faults, and passes on what comes after."""

    def __init__(self, simulator: DodoSimulator, faults: Faults) -> None:
        self._vendor = httpx.ASGITransport(app=simulator)
        self._faults = {method: list(each) for method, each in faults.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        faults = self._faults.get(request.method)
        fault = faults.pop(0) if faults else None
        if fault is None:
            return await self._vendor.handle_async_request(request)
        if fault.reaches_vendor:
            await self._vendor.handle_async_request(request)
        if fault.error is not None:
            raise fault.error
        return httpx.Response(fault.status, content=fault.body, request=request)


def failing(settings: Settings, simulator: DodoSimulator, **faults: list[Fault | None]) -> Provider:
    """Make a provider whose calls meet these faults, by method."""
    transport = FaultyTransport(simulator, faults)
    return build(settings, httpx.AsyncClient(transport=transport))
