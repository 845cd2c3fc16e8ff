"""The vendors on a port of this machine, served in a thread for all tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from groupgate.sandbox.app import Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The vendors, and where they are."""

    sandbox: Sandbox
    port: int


@contextmanager
def served_aside(sandbox: Sandbox) -> Iterator[Served]:
    """Serve a sandbox; to begin and to end takes longer than most tests."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(sandbox, log_level="warning", ws="none", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Served(sandbox=sandbox, port=listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()
