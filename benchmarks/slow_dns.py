"""Run groupgate with host names for the vendors, one of which can have a failing name server.

Names below `vendor.test` resolve to this machine. While the file named by FAILING_LOOKUPS exists,
the lookup of the name in the file takes long and then fails, as if no name server responded.
"""

import os
import socket
import time
from pathlib import Path
from typing import Any, Final

from groupgate.cli.main import app

DOMAIN: Final = "vendor.test"
VARIABLE: Final = "FAILING_LOOKUPS"
LOOKUP_TIMEOUT: Final = 10.0
"""Seconds until a lookup fails: the resolver's default of two tries of five seconds."""

_getaddrinfo = socket.getaddrinfo


def getaddrinfo(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
    """Replace `socket.getaddrinfo`."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or not name.endswith(DOMAIN):
        return _getaddrinfo(host, *arguments, **options)
    if name == _failing_name():
        time.sleep(LOOKUP_TIMEOUT)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _getaddrinfo("127.0.0.1", *arguments, **options)


def _failing_name() -> str | None:
    try:
        return Path(os.environ[VARIABLE]).read_text()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    socket.getaddrinfo = getaddrinfo
    app()
