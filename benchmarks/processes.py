"""The programs of a measurement, each in a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

_PATIENCE: Final = 60.0
"""Seconds in which a gateway has to be up."""


@contextmanager
def started(
    *arguments: str, log: Path, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a module of Python with these variables; its complaints go to the log.

    The process can be told things by lines, and ends with the block.
    """
    with log.open("w") as complaints:
        process = subprocess.Popen(  # noqa: S603 # nothing but our own modules
            [sys.executable, "-m", *arguments],
            env={**_inherited(), **given},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def gateway(
    log: Path, given: Mapping[str, str], module: str = "groupgate"
) -> Iterator[tuple[int, int]]:
    """Serve the gateway as users do; give its process id and its port."""
    port = free_port()
    with started(module, "serve", "--port", str(port), log=log, given=given) as process:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield process.pid, port


def told_by(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints."""
    if process.stdout is None:
        raise ValueError("Its output is not read.")
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Tell it something, in one line."""
    if process.stdin is None:
        raise ValueError("It does not listen.")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _inherited() -> dict[str, str]:
    """The environment, without what would set up a gateway."""
    ours = ("GROUPGATE_", "DODO_", "AXIM_", "TWOCHECKOUT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def free_port() -> int:
    """Return a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(address: str) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            with urlopen(address):  # noqa: S310 # an address of this machine
                return
        except URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
