"""The server of `groupgate serve`: uvicorn with a graceful stop, and an immediate second one."""

import asyncio
import gc
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from groupgate.app.health import Lifecycle, Phase
from groupgate.app.settings import Settings
from groupgate.cli.connections import Connection
from groupgate.cli.errors import fail
from groupgate.cli.listening import BACKLOG, Listener, listen, listen_at

GRACE: Final = 5
"""Seconds after the deadline in which responses may still be written and sent."""

_SIGNAL_STATUS: Final = 128
"""The exit status of a process that a signal ended is this plus the signal's number."""

LOOKUPS_PER_CALL: Final = 2
"""The lookup of a cancelled call continues, as threads cannot be stopped, beside the next one."""

_TICKS_PER_SWEEP: Final = 5

_STANDARD_INPUT: Final = 0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens: on a port of a host, or on a Unix socket at a path."""

    host: str
    port: int
    uds: Path | None = None

    def __str__(self) -> str:
        """Return the address for messages."""
        return f"port {self.port} of {self.host}" if self.uds is None else str(self.uds)

    @property
    def in_log(self) -> dict[str, str]:
        """The URL of the explorer, or the path of the socket."""
        if self.uds is not None:
            return {"socket": str(self.uds)}
        host = f"[{self.host}]" if ":" in self.host else self.host
        return {"explorer": f"http://{host}:{self.port}/"}

    def listen(self) -> list[Listener]:
        """Return the listening sockets; raise OSError if the address cannot be used."""
        return listen(self.host, self.port) if self.uds is None else [listen_at(self.uds)]

    def remove(self) -> None:
        """Remove the Unix socket."""
        if self.uds is not None:
            self.uds.unlink(missing_ok=True)


def run_server(
    app: ASGIApp, lifecycle: Lifecycle, settings: Settings, address: Address, *, accounts: int
) -> None:
    """Serve until a signal arrives, then finish the requests in progress.

    They get as long as any request may take, so one signal never interrupts a write. `accounts` is
    the number of those that the gateway calls.
    """
    lookups = LOOKUPS_PER_CALL * settings.upstream_concurrency * accounts
    server = Server(server_config(app, settings), lifecycle, lookups, delay=settings.shutdown_delay)
    try:
        listeners: list[socket.socket] = [*address.listen()]
        if settings.metrics and settings.metrics_port is not None:
            listeners += listen(address.host, settings.metrics_port)
    except OSError as error:
        # socket.create_server adds the address in Python's notation.
        problem = str(error.strerror).partition(" (while attempting")[0]
        fail(f"Cannot listen on {address}: {problem}.", 1)
    try:
        server.run(listeners)
    finally:
        address.remove()


def server_config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return uvicorn's configuration for an app."""
    return uvicorn.Config(
        app,
        http=Connection,
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
        self, config: uvicorn.Config, lifecycle: Lifecycle, lookups: int, *, delay: float = 0
    ) -> None:
        """Make a server that can look up this many host names at the same time."""
        super().__init__(config)
        self._delay = delay
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
        if self._accepts_until < inf:
            self._wait_for_balancers()
        if counter % _TICKS_PER_SWEEP == 0:
            for connection in list(self.server_state.connections):
                if isinstance(connection, Connection):
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
