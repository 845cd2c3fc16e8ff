"""Addresses at which nobody can be reached."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

NOWHERE = "http://vendor.invalid"
"""A name that is never anybody's (RFC 2606)."""


@contextmanager
def refusing() -> Iterator[str]:
    """An address that refuses connections: its port is taken, and nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def black_hole() -> Iterator[str]:
    """An address at which connections are never made: the only place in its queue is taken."""
    with socket.socket() as listener, socket.socket() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
