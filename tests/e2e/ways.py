"""Ways from the gateway to the played vendors on which calls are counted, held back or lost."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from groupgate.sandbox.app import Sandbox

_TURNS = 20
"""Of the event loop: enough for every call that may be sent meanwhile to be sent."""

Trouble = Callable[[httpx.Request], httpx.Response | Exception | None]
"""What comes back in place of the vendor's answer; None lets the call through."""


class _Way(httpx.AsyncBaseTransport):
    """Hands each call to a function, and with it the way on to the vendors."""

    def __init__(
        self,
        sandbox: Sandbox,
        carry: Callable[[httpx.Request, httpx.ASGITransport], Awaitable[httpx.Response]],
    ) -> None:
        self._vendors = httpx.ASGITransport(app=sandbox)
        self._carry = carry

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one call."""
        return await self._carry(request, self._vendors)


class Crowd:
    """A way on which calls take a while; it knows how many were under way at once."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0

    def way(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """The way of one vendor."""
        return _Way(sandbox, self._carry)

    async def _carry(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        self._now += 1
        self.most = max(self.most, self._now)
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        self._now -= 1
        return await vendors.handle_async_request(request)


class AccessControl:
    """A way on which writes wait until it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    def way(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """The way of one vendor."""
        return _Way(sandbox, self._carry)

    async def _carry(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        if request.method != "GET":
            self.reached.set()
            await self.opened.wait()
        return await vendors.handle_async_request(request)


class Troubled:
    """A way on which some calls meet trouble, as it is told for each."""

    def __init__(self, trouble: Trouble) -> None:
        self._trouble = trouble

    def way(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """The way of one vendor."""
        return _Way(sandbox, self._carry)

    async def _carry(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        trouble = self._trouble(request)
        if isinstance(trouble, Exception):
            raise trouble
        return trouble or await vendors.handle_async_request(request)


class Unanswered:
    """A way on which the first write reaches the vendor, and its answer is lost."""

    def __init__(self) -> None:
        self._has_happened = False

    def way(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """The way of one vendor."""
        return _Way(sandbox, self._carry)

    async def _carry(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        answer = await vendors.handle_async_request(request)
        if request.method != "GET" and not self._has_happened:
            self._has_happened = True
            raise httpx.ReadTimeout("lost")
        return answer
