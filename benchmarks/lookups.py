"""Runs groupgate where the vendors have names, and where one may be looked up in vain.

A name below `vendor.test` is this machine's. While the file named by LOOKUPS_IN_VAIN is there, what
it holds is a name whose lookup takes long and then fails, as where a name server does not answer.
"""

import os
import socket
import time
from pathlib import Path
from typing import Any, Final

from groupgate.cli.main import app

DOMAIN: Final = "vendor.test"
VARIABLE: Final = "LOOKUPS_IN_VAIN"
MAX_WAIT_IF_CACHED: Final = 10.0
"""Seconds until a lookup is given up: five, twice, where nothing else is configured."""

_look_up = socket.getaddrinfo


def look_up(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
    """Stand in for `socket.getaddrinfo`."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or not name.endswith(DOMAIN):
        return _look_up(host, *arguments, **options)
    if name == _in_vain():
        time.sleep(MAX_WAIT_IF_CACHED)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _look_up("127.0.0.1", *arguments, **options)


def _in_vain() -> str | None:
    try:
        return Path(os.environ[VARIABLE]).read_text()
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    socket.getaddrinfo = look_up
    app()
