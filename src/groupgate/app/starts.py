"""The starts of requests: a few in each iteration of the event loop, and health checks at once.

When a thousand connections send at the same time, the server starts as many tasks in one iteration.
Even to reject all of them then takes several tenths of a second, in which no health check is read.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from groupgate.app.protocol.requests import DEADLINE
from groupgate.request import Deadline

STARTS: Final = 64
"""Requests that start in one iteration; each takes up to a millisecond until it waits."""

_AT_ONCE: Final = ("/healthz", "/readyz", "/metrics")
"""The ends of the paths that operators ask for, also behind a prefix."""


class PacedStarts:
    """ASGI app that lets the requests for another one wait for their turn.

    Clients take turns by their addresses, each with its requests in the order of arrival. The wait
    is part of the `seconds` in which a request is answered.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds
        self._started = 0
        """Requests that have started in this iteration."""
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """The requests of each client that wait, the one with the next turn first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and not scope["path"].endswith(_AT_ONCE):
            if self._started >= STARTS:
                scope[DEADLINE] = Deadline.after(self._seconds)
                await self._wait(scope["client"][0])
            else:
                if not self._started:
                    asyncio.get_running_loop().call_soon(self._begin_iteration)
                self._started += 1
        await self._app(scope, receive, send)

    async def _wait(self, client: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(turn)
        await turn

    def _begin_iteration(self) -> None:
        """Give the turns of this iteration to requests that wait; new ones get what is left."""
        self._started = 0
        while self._queues and self._started < STARTS:
            client, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[client] = queue  # at the end
            if not turn.done():  # else its task was cancelled
                turn.set_result(None)
                self._started += 1
        if self._started:
            asyncio.get_running_loop().call_soon(self._begin_iteration)
