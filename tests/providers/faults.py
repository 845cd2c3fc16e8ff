"""A transport to a simulator on which some calls fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx

from groupgate.sandbox.simulator import Simulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The response in place of the vendor's, and whether the call reaches the vendor.

    With an `error` there is no response.
    """

    error: httpx.TransportError | None = None
    status: int = 200
    body: bytes = b""
    reaches_vendor: bool = False


REFUSED_CONNECTION = Fault(error=httpx.ConnectError("refused"))
LOST_CALL = Fault(error=httpx.ReadTimeout("lost"))
LOST_RESPONSE = Fault(error=httpx.ReadTimeout("lost"), reaches_vendor=True)
BROKEN = Fault(status=500)
THROTTLED = Fault(status=429)
DENIED = Fault(status=401)

UNREACHABLE = [REFUSED_CONNECTION] * 3
"""As many faults as a call has attempts."""

Faults = Mapping[str, Sequence[Fault | None]]
"""The faults of the first calls of a kind; None lets a call pass.

A kind is a method, or a method and a path without query: "POST /productgroups/".
"""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Applies faults to the first calls of each kind, and passes the later ones on."""

    def __init__(self, simulator: Simulator, faults: Faults, prefix: str) -> None:
        self._vendor = httpx.ASGITransport(app=simulator)
        self._faults = {kind: list(each) for kind, each in faults.items()}
        self._prefix = prefix

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response, or raise the error of a fault."""
        path = request.url.raw_path.decode().removeprefix(self._prefix).partition("?")[0]
        faults = self._faults.get(f"{request.method} {path}") or self._faults.get(request.method)
        fault = faults.pop(0) if faults else None
        if fault is None:
            return await self._vendor.handle_async_request(request)
        if fault.reaches_vendor:
            await self._vendor.handle_async_request(request)
        if fault.error is not None:
            raise fault.error
        return httpx.Response(fault.status, content=fault.body, request=request)
