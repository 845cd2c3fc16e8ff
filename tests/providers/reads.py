"""Reads through a provider, and returns the calls that a simulator received."""

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

from groupgate.domain.paging import Page, PageRequest
from groupgate.request import RequestScope
from groupgate.sandbox.simulator import Simulator

ItemT = TypeVar("ItemT")

AlterResponse = Callable[[str, Any], Any]
"""Returns the body in place of a response, given its path with query and its body.

A number in place of a body is the status of an empty response.
"""


def take_calls(simulator: Simulator) -> list[tuple[str, str, Any]]:
    """Return method, path and body of the calls since this function was called last."""
    calls = list(simulator.calls)
    simulator.calls.clear()
    return calls


def take_paths(simulator: Simulator) -> list[str]:
    """Return the paths of the calls since the last time, all of which must be reads."""
    calls = take_calls(simulator)
    assert {method for method, _, _ in calls} <= {"GET"}
    return [path for _, path, _ in calls]


def take_methods(simulator: Simulator) -> list[str]:
    """Return the methods of the calls since the last time."""
    return [method for method, _, _ in take_calls(simulator)]


async def all_pages(
    first: int, read: Callable[[PageRequest], Awaitable[Page[ItemT]]]
) -> list[ItemT]:
    """Read a whole list in pages, each of which begins where the one before ended."""
    items: list[ItemT] = []
    request = PageRequest(first=first)
    while True:
        page = await read(request)
        assert len(page.items) == len(page.ends) <= first
        items += page.items
        if page.has_next is False:
            return items
        request = PageRequest(first=first, offset=page.ends[-1])


def unreadable_paths(scope: RequestScope) -> dict[str, int]:
    """Return the counts of unreadable values and left-out rows by JSON path."""
    counts: Counter[str] = Counter()
    for place, count in scope.unreadable.items():
        counts[place.json_path] += count
    return dict(counts)


class AlteredTransport(httpx.MockTransport):
    """A transport to a simulator that alters its responses."""

    def __init__(self, simulator: Simulator, alter: AlterResponse, prefix: str) -> None:
        super().__init__(self._handle)
        self._vendor = httpx.ASGITransport(app=simulator)
        self._alter = alter
        self._prefix = prefix

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        response = await self._vendor.handle_async_request(request)
        target = request.url.raw_path.decode().removeprefix(self._prefix)
        altered = self._alter(target, json.loads(await response.aread()))
        if isinstance(altered, int):
            return httpx.Response(altered)
        return httpx.Response(response.status_code, json=altered)


class Recorder(httpx.MockTransport):
    """Gives every request the same response, and records the requests."""

    def __init__(self, status: int = 200, **response: Any) -> None:
        self.requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(status, **response)

        super().__init__(handle)

    @property
    def targets(self) -> list[str]:
        """The path with query of every request."""
        return [request.url.raw_path.decode() for request in self.requests]


class FixedResponses(httpx.MockTransport):
    """Responds with these bodies by path with query, and with 404 to all other requests."""

    def __init__(self, bodies: dict[str, Any]) -> None:
        super().__init__(self._handle)
        self.targets: list[str] = []
        self._bodies = bodies

    def _handle(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        self.targets.append(target)
        if target not in self._bodies:
            return httpx.Response(404, json={"code": "NOT_FOUND", "message": ""})
        return httpx.Response(200, json=self._bodies[target])
