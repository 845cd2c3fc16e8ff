"""How many requests start in an iteration of the event loop, and which do not wait."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from groupgate.app.protocol.requests import DEADLINE
from groupgate.app.starts import STARTS, PacedStarts
from groupgate.request import now

pytestmark = pytest.mark.anyio


class Paced:
    """An app behind paced starts that notes the requests in the order of their starts."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.scopes: list[Scope] = []
        self._app = PacedStarts(self._start, seconds=3)

    async def _start(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self.started.append((scope["client"][0], scope["path"]))
        self.scopes.append(scope)

    def send(
        self, number: int, path: str = "/graphql", client: str = "a"
    ) -> list[asyncio.Task[None]]:
        """Send requests that the server reads in one iteration."""
        scopes: list[Scope] = [
            {"type": "http", "path": path, "client": (client, 1)} for _ in range(number)
        ]
        return [asyncio.ensure_future(self._app(one, receive, send)) for one in scopes]


async def receive() -> Message:
    return {"type": "http.request"}


async def send(_message: Any) -> None:
    pass


async def test_each_iteration_starts_so_many_requests() -> None:
    paced = Paced()
    paced.send(3 * STARTS + 1)
    counts = []
    while len(paced.started) < 3 * STARTS + 1:
        await asyncio.sleep(0)
        counts.append(len(paced.started))
    assert (
        max(later - earlier for earlier, later in zip([0, *counts], counts, strict=False)) == STARTS
    )
    assert counts[0] == STARTS


async def test_a_health_check_starts_before_requests_that_wait() -> None:
    paced = Paced()
    paced.send(5 * STARTS)
    paced.send(1, "/shop/healthz", "b")
    await asyncio.sleep(0)
    assert paced.started[STARTS:] == [("b", "/shop/healthz")]


async def test_clients_take_turns() -> None:
    """One that sends hundreds of requests at once delays its own."""
    paced = Paced()
    sent = paced.send(5 * STARTS) + paced.send(2, client="b")
    await asyncio.gather(*sent)
    order = [client for client, _ in paced.started]
    assert order[:STARTS] == ["a"] * STARTS
    assert order[STARTS : STARTS + 5] == ["a", "b", "a", "b", "a"]


async def test_the_wait_is_part_of_the_deadline() -> None:
    paced = Paced()
    await asyncio.gather(*paced.send(STARTS + 1))
    waited = [scope for scope in paced.scopes if DEADLINE in scope]
    assert len(waited) == 1
    assert waited[0][DEADLINE].at <= now() + 3


async def test_a_request_that_is_cancelled_takes_no_turn() -> None:
    paced = Paced()
    sent = paced.send(3 * STARTS)
    await asyncio.sleep(0)
    for task in sent[STARTS:-1]:
        task.cancel()
    await asyncio.gather(*sent, return_exceptions=True)
    assert len(paced.started) == STARTS + 1
    await asyncio.gather(*paced.send(1))
    assert len(paced.started) == STARTS + 2
