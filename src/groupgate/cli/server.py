"""The server of `groupgate serve`: uvicorn, that stops on a signal, and at once on a second."""

import asyncio
import ctypes
import gc
import os
import signal
import socket
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from groupgate.app.lifecycle import Lifecycle, Phase
from groupgate.app.settings import Settings
from groupgate.domain.refs import ProviderKey

GRACE: Final = 5
"""Seconds that answers have after the deadline to be written and sent."""

_BY_SIGNAL: Final = 128
"""Added to a signal's number, it is the status of a process that the signal has ended."""

LOOKUPS_PER_CALL: Final = 2
"""One whose call was given up goes on, for threads cannot be stopped, beside that of the next."""

LARGE_BLOCK: Final = 128 * 1024
_M_MMAP_THRESHOLD: Final = -3
"""From malloc.h of glibc."""

_log = structlog.get_logger()


def run_server(
    app: ASGIApp, lifecycle: Lifecycle, settings: Settings, *, host: str, port: int
) -> None:
    """Serve until a signal comes, and then until what is running has ended.

    It is given as long as any request may take: no write is cut off by one signal.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=int(settings.deadline) + GRACE,
    )
    lookups = LOOKUPS_PER_CALL * settings.upstream_concurrency * len(ProviderKey)
    Server(config, lifecycle, lookups).run()


class Server(uvicorn.Server):
    """Stops accepting on SIGTERM or SIGINT, finishes what is running, and exits with status 0.

    uvicorn by itself ends at once on a second SIGINT only, and at its end sends itself the signal
    again; whether that ends a process depends on its being the first one of a container.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle, lookups: int) -> None:
        """Make a server under which so many names can be looked up at the same time."""
        super().__init__(config)
        self._lifecycle = lifecycle
        self._lookups = lookups
        self._signal = ""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Handle a signal, in the middle of whatever is running."""
        if self.should_exit:
            os._exit(_BY_SIGNAL + sig)
        self._signal = signal.Signals(sig).name
        self._lifecycle.phase = Phase.STOPPING
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        forgive_unawaited()
        allow_lookups(self._lookups)
        give_back_large_blocks()
        # What lives as long as the process need not be looked through for garbage again and again:
        # on a small machine that is a tenth of a second in which nobody is answered.
        gc.collect()
        gc.freeze()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is idle, and wait for what is running and for the writes of vendors."""
        _log.info("stopping", signal=self._signal, requests=len(self.server_state.tasks))
        await super().shutdown(sockets)
        _log.info("stopped")


def forgive_unawaited() -> None:
    """Have Python not complain of fields that graphql-core had just begun when a client went away.

    The tasks of its query are cancelled then, those that have not run yet among them, and what such
    a task was about to wait for is never waited for. Elsewhere that would be a mistake.
    """
    fields = r"coroutine '(Executor|GraphQLCoreConverter)\."
    warnings.filterwarnings("ignore", fields, RuntimeWarning)


def allow_lookups(number: int) -> None:
    """Let so many names be looked up at once, in threads that are made when they are needed.

    In the few that asyncio has by itself, the lookups of a vendor whose name server is silent keep
    those of the other vendors waiting for ten seconds and more.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(number, "lookup"))


def give_back_large_blocks() -> None:
    """Have the memory of large bodies go back to the system as soon as it is free.

    glibc by itself keeps blocks as large as those it has seen freed, up to 32 MiB; with small ones
    between them they stay for good (measured in benchmarks/large_bodies.py). Nothing happens where
    there is no glibc.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
