"""Injects random faults into the calls between the gateway and the vendors."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any, Final

from groupgate.http11.connection import Connection
from groupgate.http11.transport import Http11Transport, OutgoingRequest
from tests.faults.faults import (
    corrupted_if_successful,
    error_body,
    no_fault,
    reset,
    reset_in_body,
    respond,
    response_lost,
)
from tests.faults.proxy import Call, Fault
from tests.faults.writes.time_skipping import skip_time
from tests.faults.writes.verdicts import Counts

DEADLINE: Final = 10.0

NO_FAULT: Final = "none"
REFUSED: Final = "connection refused"
"""The only fault that is injected before the proxy."""
HELD: Final = "held beyond the deadline"
LATE: Final = "delivered after the deadline"

_HEADER: Final = "X-Fault"
_JSON: Final = {"Content_Type": "application/json"}
SOON: Final = 0.05
"""Seconds by which the gateway has read the responses and started to wait."""


async def _retry_after_one_second(call: Call) -> None:
    """Respond with a wait of one second, most of which is then skipped."""
    await respond(429, Retry_After="1")(call)
    asyncio.get_running_loop().call_later(SOON, skip_time, 1)


FAULTS: Final[Mapping[str, Fault]] = {
    "500": respond(500, b'{"message": "no"}', **_JSON),
    "503": respond(503),
    "503 with Retry-After": respond(503, Retry_After="30"),
    "429": respond(429),
    "429 with Retry-After": _retry_after_one_second,
    "429 with Retry-After beyond the deadline": respond(429, Retry_After="30"),
    "reset": reset,
    "response lost": response_lost,
    "reset in the body": reset_in_body,
    "truncated JSON": corrupted_if_successful(lambda body: body[: len(body) // 2]),
    "invalid JSON": corrupted_if_successful(lambda body: b"{" + body),
    "an HTML page": corrupted_if_successful(lambda _: b"<html>Maintenance</html>", "text/html"),
    "200 with an error in the body": respond(200, error_body(), **_JSON),
    "applied, and 200 with an error in the body": corrupted_if_successful(lambda _: error_body()),
}
"""Faults that depend on nothing but the call."""

NAMES: Final = (*FAULTS, REFUSED, HELD, LATE)


class FaultSchedule:
    """Decides which calls of one request meet which fault.

    A decision depends on the seed and on the call itself, not on the order in which calls arrive:
    a run can be repeated.
    """

    def __init__(self, seed: str, *, reads: float = 0, writes: float = 0) -> None:
        """`reads` and `writes` are the shares of calls that meet a fault."""
        self._seed = seed
        self._shares = {True: reads, False: writes}
        self._sent: Counter[tuple[str, str]] = Counter()

    def fault(self, method: str, target: str) -> str:
        """Return the name of the fault that this call meets."""
        self._sent[method, target] += 1
        call = f"{self._seed} {method} {target} {self._sent[method, target]}"
        dice = Random(call)  # noqa: S311 - a run has to be repeatable
        is_hit = dice.random() < self._shares[method == "GET"]
        return dice.choice(NAMES) if is_hit else NO_FAULT


class FaultInjector:
    """Lets calls meet the faults of the current schedule."""

    def __init__(self, refusing_port: int, counts: Counts) -> None:
        """Connections to `refusing_port` are refused."""
        self.schedule = FaultSchedule("")
        self._counts = counts
        self._refusing_port = refusing_port
        self._running: set[asyncio.Task[None]] = set()
        self._held: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()

    def mark(self, request: OutgoingRequest) -> None:
        """Write the name of the call's fault into a header, from which the proxy reads it."""
        name = self.schedule.fault(request.method, request.target)
        request.headers = [*request.headers, (_HEADER, name)]
        counts = self._counts.reads if request.method == "GET" else self._counts.writes
        counts[name] += 1
        if name == REFUSED:
            scheme, host, _ = request.origin
            request.origin = scheme, host, self._refusing_port

    async def inject(self, call: Call) -> None:
        """Let a call meet its fault; this is the fault of the proxy."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        name = _fault_name(call)
        if name in {HELD, LATE}:
            await self._hold(call, task, is_late=name == LATE)
        else:
            await FAULTS.get(name, no_fault)(call)

    async def drain(self) -> None:
        """Release the calls that are held and wait until none is running."""
        self._released.set()
        if self._running:
            await asyncio.wait(self._running)
        self._released = asyncio.Event()

    async def _hold(self, call: Call, task: asyncio.Task[None], *, is_late: bool) -> None:
        """Hold a call until all others have finished, then skip to the deadline."""
        released = self._released
        if not is_late:
            await call.forward()
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        while others := self._running - self._held:
            await asyncio.wait(others)
        await asyncio.sleep(0)
        skip_time(DEADLINE)
        await released.wait()
        if is_late:
            await call.forward()


class FaultTransport(Http11Transport):
    """The gateway's transport; it marks each call with the fault that it meets."""

    def __init__(self, injector: FaultInjector) -> None:
        super().__init__()
        self._injector = injector

    async def send(self, request: OutgoingRequest, **limits: Any) -> Connection:
        """Send one call."""
        self._injector.mark(request)
        return await super().send(request, **limits)


def _fault_name(call: Call) -> str:
    head = call.request.partition(b"\r\n\r\n")[0].decode("latin-1")
    prefix = f"{_HEADER}: ".lower()
    lines = (line for line in head.split("\r\n") if line.lower().startswith(prefix))
    return next(lines)[len(prefix) :]
