"""Starts the programs of a measurement, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

_START_TIMEOUT: Final = 60.0
"""Seconds within which a gateway must be ready."""


@contextmanager
def started(
    *arguments: str, log: Path, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a Python module with these environment variables until the end of the block.

    Its stderr goes to the log file; it receives commands as lines on stdin.
    """
    with log.open("w") as stderr:
        process = subprocess.Popen(  # noqa: S603 # only our own modules
            [sys.executable, "-m", *arguments],
            env={**_inherited(), **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def gateway(
    log: Path,
    given: Mapping[str, str],
    module: str = "groupgate",
    more: Sequence[str] = (),
) -> Iterator[tuple[int, int]]:
    """Run `groupgate serve` with more arguments; yield its process id and its port."""
    port = free_port()
    with started(module, "serve", "--port", str(port), *more, log=log, given=given) as process:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield process.pid, port


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that the process prints."""
    if process.stdout is None:
        raise ValueError("The output of the process is not a pipe.")
    return process.stdout.readline().strip()


def send_line(process: subprocess.Popen[str], line: str) -> None:
    """Send one line to the process."""
    if process.stdin is None:
        raise ValueError("The input of the process is not a pipe.")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _inherited() -> dict[str, str]:
    """Return the environment without the variables of the gateway and the vendors."""
    ours = ("GROUPGATE_", "DODO_", "AXIM_", "TWOCHECKOUT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(address: str) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while True:
        try:
            with urlopen(address):  # noqa: S310 # a local address
                return
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
