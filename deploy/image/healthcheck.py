"""The health check of the image: exits with 0 if the gateway answers /healthz with status 200.

The address is that of the arguments of the container's first process (`--host` and `--port`, or
`--uds`), so that it follows `docker run groupgate serve --port 9000`. It uses no proxy, and only
the standard library without site packages: a check must be cheap, as it runs every few seconds.
"""

import http.client
import socket
import sys
from pathlib import Path

DEFAULTS = {"--host": "127.0.0.1", "--port": "8000", "--uds": ""}
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - it calls them
TIMEOUT = 2
"""Seconds; less than the timeout of HEALTHCHECK, so that the reason is printed."""


def address(arguments: list[str]) -> tuple[str, int] | str:
    """Return the host and port, or the Unix socket, of a gateway with these arguments."""
    found = dict(DEFAULTS)
    for name, value in zip(arguments, [*arguments[1:], ""], strict=True):
        option, equals, attached = name.partition("=")
        if option in found:
            found[option] = attached if equals else value
    if found["--uds"]:
        return found["--uds"]
    return ANY_ADDRESS.get(found["--host"], found["--host"]), int(found["--port"])


def connect(where: tuple[str, int] | str) -> http.client.HTTPConnection:
    """Connect to the gateway; raise OSError if it does not listen."""
    if not isinstance(where, str):
        return http.client.HTTPConnection(*where, timeout=TIMEOUT)
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(TIMEOUT)
    connection.sock.connect(where)
    return connection


def main() -> int:
    """Return 0 if the gateway is healthy; else print why not and return 1."""
    process = Path("/proc/1/cmdline").read_text(encoding="utf-8")
    where = address(process.split("\0")[:-1])
    try:
        connection = connect(where)
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        sys.stdout.write(f"{where} does not answer: {error}\n")
        return 1
    sys.stdout.write(f"{where} answers with status {status}\n")
    return 0 if status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
