"""The road from the gateway to the vendors, on which calls meet trouble at random."""

import asyncio
from collections import Counter
from random import Random
from typing import Final

import httpx

from groupgate.upstream.http11 import Http11Transport
from tests.faults.faults import none
from tests.faults.proxy import Call
from tests.faults.writes.skipping import skip
from tests.faults.writes.tally import Tally
from tests.faults.writes.troubles import (
    HELD,
    NAMES,
    NO_TROUBLE,
    REFUSED,
    TIMED_OUT,
    TROUBLES,
)

DEADLINE: Final = 10.0

_HEADER: Final = "X-Trouble"


class Weather:
    """How much trouble there is for the calls of one request, and which.

    It does not depend on the order in which calls arrive, but on what they are: what was met can
    be met again.
    """

    def __init__(self, seed: str, *, reads: float = 0, writes: float = 0) -> None:
        self._seed = seed
        self._shares = {True: reads, False: writes}
        self._sent: Counter[tuple[str, str]] = Counter()

    def trouble(self, method: str, target: str) -> str:
        """The name of the trouble that this call is to meet."""
        self._sent[method, target] += 1
        dice = Random(f"{self._seed} {method} {target} {self._sent[method, target]}")  # noqa: S311
        is_met = dice.random() < self._shares[method == "GET"]
        return dice.choice(NAMES) if is_met else NO_TROUBLE


class Road:
    """Lets calls meet the trouble of the weather."""

    def __init__(self, nowhere: int, tally: Tally) -> None:
        """Connections to the port `nowhere` are refused."""
        self.weather = Weather("")
        self._tally = tally
        self._nowhere = nowhere
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()

    def send(self, request: httpx.Request) -> None:
        """Send a call on its way: it is written down in it what it will meet."""
        name = self.weather.trouble(request.method, request.url.raw_path.decode())
        request.headers[_HEADER] = name
        met = self._tally.reads_met if request.method == "GET" else self._tally.met
        met[name] += 1
        if name == REFUSED:
            request.url = request.url.copy_with(port=self._nowhere)

    async def meet(self, call: Call) -> None:
        """Let a call meet its trouble; this is the fault of the proxy."""
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        name = _trouble(call)
        if name in {HELD, TIMED_OUT}:
            await self._held_back(call, task, is_late=name == TIMED_OUT)
        else:
            await TROUBLES.get(name, none)(call)

    async def clear(self) -> None:
        """Let go of what is held, and wait until no call is on the road."""
        self._released.set()
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._released = asyncio.Event()

    async def _held_back(self, call: Call, task: asyncio.Task[None], *, is_late: bool) -> None:
        """Wait until the others have come through; then the time is up."""
        released = self._released
        if not is_late:
            await call.forward()
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        while others := self._under_way - self._held:
            await asyncio.wait(others)
        await asyncio.sleep(0)
        skip(DEADLINE)
        await released.wait()
        if is_late:
            await call.forward()


class Carriage(Http11Transport):
    """Carries the calls of the gateway over the road."""

    def __init__(self, road: Road) -> None:
        super().__init__()
        self._road = road

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one call."""
        self._road.send(request)
        return await super().handle_async_request(request)


def _trouble(call: Call) -> str:
    head = call.request.partition(b"\r\n\r\n")[0].decode("latin-1")
    prefix = f"{_HEADER}: ".lower()
    lines = (line for line in head.split("\r\n") if line.lower().startswith(prefix))
    return next(lines)[len(prefix) :]
