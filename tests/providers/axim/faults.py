"""A way to the played Axim on which some calls go wrong."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import httpx

from groupgate.domain.provider import Provider
from groupgate.sandbox.axim import AximSimulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What comes back in place of the vendor's answer, and whether the call reaches the vendor."""

    error: httpx.TransportError | None = None
    status: int = 200
    json: object = None
    reaches_vendor: bool = False


REFUSED_CONNECTION = Fault(error=httpx.ConnectError("refused"))
LOST_CALL = Fault(error=httpx.ReadTimeout("lost"))
LOST_ANSWER = Fault(error=httpx.ReadTimeout("lost"), reaches_vendor=True)
BROKEN = Fault(status=500)
THROTTLED = Fault(status=429)
DENIED = Fault(status=401)
FAILED_WITH_200 = Fault(json={"success": False, "message": "no"})

OUT_OF_REACH = [REFUSED_CONNECTION] * 3
"""As often as a call is tried."""

Faults = Mapping[str, Sequence[Fault | None]]
FailWith = Callable[[Faults], Provider]
"""Makes a provider whose calls meet these faults."""


class FaultyTransport(httpx.AsyncBaseTransport):
    """Lets the first calls of a kind meet these faults, and passes on what comes after.

    A kind is a method, with or without a path without its query: "POST /productGroup/create".
    None in the place of a fault passes a call on.
    """

    def __init__(self, simulator: AximSimulator, faults: Faults, prefix: str) -> None:
        self._vendor = httpx.ASGITransport(app=simulator)
        self._faults = {kind: list(each) for kind, each in faults.items()}
        self._prefix = prefix

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.raw_path.decode().removeprefix(self._prefix).partition("?")[0]
        kind = f"{request.method} {path}"
        faults = self._faults.get(kind) or self._faults.get(request.method)
        fault = faults.pop(0) if faults else None
        if fault is None:
            return await self._vendor.handle_async_request(request)
        if fault.reaches_vendor:
            await self._vendor.handle_async_request(request)
        if fault.error is not None:
            raise fault.error
        return httpx.Response(fault.status, json=fault.json, request=request)
