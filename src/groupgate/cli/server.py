"""The server of `groupgate serve`: uvicorn, that stops on a signal, and at once on a second."""

import os
import signal
import socket
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from groupgate.app.lifecycle import Lifecycle, Phase

GRACE: Final = 5
"""Seconds that answers have after the deadline to be written and sent."""

_BY_SIGNAL: Final = 128
"""Added to a signal's number, it is the status of a process that the signal has ended."""

_log = structlog.get_logger()


def run_server(
    app: ASGIApp, lifecycle: Lifecycle, *, host: str, port: int, deadline: float
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
        timeout_graceful_shutdown=int(deadline) + GRACE,
    )
    Server(config, lifecycle).run()


class Server(uvicorn.Server):
    """Stops accepting on SIGTERM or SIGINT, finishes what is running, and exits with status 0.

    uvicorn by itself ends at once on a second SIGINT only, and at its end sends itself the signal
    again; whether that ends a process depends on its being the first one of a container.
    """

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        super().__init__(config)
        self._lifecycle = lifecycle
        self._signal = ""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's
        """Handle a signal, in the middle of whatever is running."""
        if self.should_exit:
            os._exit(_BY_SIGNAL + sig)
        self._signal = signal.Signals(sig).name
        self._lifecycle.phase = Phase.STOPPING
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is idle, and wait for what is running and for the writes of vendors."""
        _log.info("stopping", signal=self._signal, requests=len(self.server_state.tasks))
        await super().shutdown(sockets)
        _log.info("stopped")
