"""Addresses that cannot be connected to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

UNRESOLVABLE = "http://vendor.invalid"
"""No resolver knows a name below `.invalid` (RFC 2606)."""


@contextmanager
def refusing_address() -> Iterator[str]:
    """Yield an address that refuses connections: its port is bound, and nothing listens on it."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def blackhole_address() -> Iterator[str]:
    """Yield an address that never completes a connection: its listen queue of one is full."""
    with socket.socket() as listener, socket.socket() as queued:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        queued.connect(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
