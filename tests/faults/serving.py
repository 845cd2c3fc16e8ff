"""The sandbox served on a port of this machine by a thread, for all tests of a package."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import simulators


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSandbox:
    """A sandbox and the port it is served on."""

    sandbox: Sandbox
    port: int

    def reset(self) -> None:
        """Restore the seed data of every vendor and forget the recorded calls."""
        self.sandbox.reset()
        for simulator in simulators(self.sandbox).values():
            simulator.calls.clear()


@contextmanager
def serve_sandbox(sandbox: Sandbox) -> Iterator[ServedSandbox]:
    """Serve a sandbox until the end of the block; start and stop take longer than most tests."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(sandbox, log_level="warning", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield ServedSandbox(sandbox=sandbox, port=listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
