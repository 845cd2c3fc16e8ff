"""The server of `groupgate serve`: uvicorn with a graceful stop, and an immediate second one."""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from types import FrameType
from typing import Final, cast

import structlog
import uvicorn
from starlette.types import ASGIApp

from groupgate.app.health import Lifecycle, Phase
from groupgate.app.metrics.slots import Slot
from groupgate.app.metrics.workers import Worker
from groupgate.app.settings import Settings
from groupgate.app.starts import PacedStarts
from groupgate.cli.connections import Connection, UpgradeConnection
from groupgate.cli.errors import fail
from groupgate.cli.known_heads import KnownHeads
from groupgate.cli.listening import BACKLOG, Address, Listener
from groupgate.cli.workers import Workers

GRACE: Final = 5
"""Seconds after the deadline in which responses may still be written and sent."""

_SIGNAL_STATUS: Final = 128
"""The exit status of a process that a signal ended is this plus the signal's number."""

LOOKUPS_PER_CALL: Final = 2
"""The lookup of a cancelled call continues, as threads cannot be stopped, beside the next one."""

OBJECTS_PER_SCAN: Final = 10_000
"""New objects after which the garbage collector scans them.

Requests leave next to nothing in reference cycles (benchmarks/README.md). With Python's default of
700, every request of a hundred products would be scanned while it runs.
"""

_TICKS_PER_SWEEP: Final = 5

_STANDARD_INPUT: Final = 0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The app to serve, what it shares with the server, and the accounts that it calls."""

    app: ASGIApp
    lifecycle: Lifecycle
    accounts: int


def run_server(service: Service, settings: Settings, address: Address) -> None:
    """Serve until a signal arrives, then finish the requests in progress.

    They get as long as any request may take, so one signal never interrupts a write.
    """
    (listeners,) = _listen(address, 1)
    if settings.metrics and settings.metrics_port is not None:
        (more,) = _listen(Address(host=address.host, port=settings.metrics_port), 1)
        listeners += more
    try:
        _make_server(service, settings).run([*listeners])
    finally:
        address.remove()


def run_workers(
    make: Callable[[Worker], Service], settings: Settings, address: Address, number: int
) -> None:
    """Serve with so many processes; `make` is called in each of them. End with their status."""
    sockets = _listen(address, number)
    if settings.metrics and settings.metrics_port is not None:
        port = Address(host=address.host, port=settings.metrics_port)
        for listeners, more in zip(sockets, _listen(port, number), strict=True):
            listeners.extend(more)
    slots = [Slot() for _ in range(number)] if settings.metrics else []

    def work(worker: int, listeners: Sequence[Listener]) -> None:
        service = make(Worker(number=worker, slots=slots))
        _make_server(service, settings, parent).run([*listeners])

    parent = os.getpid()  # read here, as a worker may start while its parent is killed
    gc.freeze()  # the workers share what they do not touch
    try:
        status = Workers(work, sockets).run()
    finally:
        address.remove()
    sys.exit(status)


def _make_server(service: Service, settings: Settings, parent: int | None = None) -> "Server":
    return Server(
        server_config(PacedStarts(service.app, settings.deadline), settings),
        service.lifecycle,
        LOOKUPS_PER_CALL * settings.upstream_concurrency * service.accounts,
        delay=settings.shutdown_delay,
        parent=parent,
    )


def _listen(address: Address, workers: int) -> list[list[Listener]]:
    try:
        return address.listen(workers)
    except OSError as error:
        # socket.create_server adds the address in Python's notation.
        problem = str(error.strerror).partition(" (while attempting")[0]
        fail(f"Cannot listen on {address}: {problem}.", 1)


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration for an app."""
    return uvicorn.Config(
        app,
        http=cast("type[Connection]", partial(Connection, known_heads=KnownHeads())),
        # And not uvloop, although uvicorn prefers it: a hot response does not get cheaper by it
        # (benchmarks/README.md), and it does not call `Listener.accept`.
        loop="asyncio",
        ws="none",
        log_config=None,  # configure_logs has configured the format
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive,
        backlog=BACKLOG,
        timeout_graceful_shutdown=int(settings.deadline) + GRACE,
    )


class Server(uvicorn.Server):
    """Stops accepting on SIGTERM or SIGINT, finishes what is running, and exits with status 0.

    It stops accepting `delay` seconds after the signal; `/readyz` has status 503 from the signal
    on. SIGHUP reloads the files of the settings.

    uvicorn exits at once only on a second SIGINT, and sends itself the signal again when it has
    stopped; whether that ends the process depends on whether it is the first of a container.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        lifecycle: Lifecycle,
        lookups: int,
        *,
        delay: float = 0,
        parent: int | None = None,
    ) -> None:
        """Make a server that can look up this many host names at the same time.

        With the id of a parent process, it stops when that process has ended.
        """
        super().__init__(config)
        self._delay = delay
        self._parent = parent
        self._accepts_until = inf
        self._reloads = False
        self._has_terminal = os.isatty(_STANDARD_INPUT)
        self._lifecycle = lifecycle
        self._lookups = lookups
        self._signal = ""
        self._has_logged_delay = False
        lifecycle.count_connections = lambda: len(self.server_state.connections)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Handle a signal, which interrupts any code."""
        if self._signal:
            # systemd signals every process of a service, so a worker receives SIGTERM twice: from
            # there and from its parent, which sends SIGINT to end it at once.
            if self._parent is not None and sig == signal.SIGTERM:
                return
            os._exit(_SIGNAL_STATUS + sig)
        self._signal = signal.Signals(sig).name
        self._lifecycle.phase = Phase.STOPPING
        if self._delay and self.started:
            self._accepts_until = time.monotonic() + self._delay
        else:
            self.should_exit = True

    def handle_hang_up(self, _sig: int, _frame: FrameType | None) -> None:
        """Handle SIGHUP, which also arrives when the terminal is closed."""
        self._reloads = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while the context is open."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGHUP, self.handle_hang_up)
        try:
            with super().capture_signals():
                yield
        finally:
            signal.signal(signal.SIGHUP, before)

    async def on_tick(self, counter: int) -> bool:
        """Close stalled connections, and do what signals ask; called ten times a second."""
        if self._reloads:
            self._reloads = False
            self._reload()
        if self._parent is not None and os.getppid() != self._parent and not self._signal:
            self.handle_exit(signal.SIGTERM, None)
        if self._accepts_until < inf:
            self._wait_for_balancers()
        if counter % _TICKS_PER_SWEEP == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection | UpgradeConnection):
                    connection.close_if_stalled()
        return await super().on_tick(counter)

    def _reload(self) -> None:
        if self._has_terminal and not os.isatty(_STANDARD_INPUT):
            self.handle_exit(signal.SIGHUP, None)  # nobody could stop it with Ctrl+C any more
        else:
            self._lifecycle.reload()

    def _wait_for_balancers(self) -> None:
        if not self._has_logged_delay:
            self._has_logged_delay = True
            _log.info("server_stop_delayed", signal=self._signal, seconds=self._delay)
        self.should_exit = time.monotonic() >= self._accepts_until

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Prepare the process and start to listen."""
        ignore_unawaited_fields()
        allow_lookups(self._lookups)
        # Objects that live as long as the process need not be scanned by every garbage collection:
        # on a small machine such a scan stops all requests for a tenth of a second.
        gc.collect()
        gc.freeze()
        gc.set_threshold(OBJECTS_PER_SCAN, *gc.get_threshold()[1:])
        gc.enable()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close idle connections, and wait for requests and for writes to vendors."""
        _log.info("server_stopping", signal=self._signal, requests=len(self.server_state.tasks))
        await super().shutdown(sockets)
        _log.info("server_stopped")


def ignore_unawaited_fields() -> None:
    """Ignore Python's warning about coroutines of fields that a disconnect cancelled.

    When a client disconnects, the tasks of its query are cancelled. A task that has not started
    yet then never awaits its coroutine. Everywhere else the warning points at a mistake.
    """
    fields = r"coroutine '(Executor|GraphQLCoreConverter)\."
    warnings.filterwarnings("ignore", fields, RuntimeWarning)


def allow_lookups(number: int) -> None:
    """Allow this many lookups of host names at the same time, in threads made on demand.

    With asyncio's few default threads, the lookups of a vendor whose name server does not respond
    delay those of the other vendors by ten seconds and more.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(number, "lookup"))
