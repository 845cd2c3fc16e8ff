"""Starts the servers of the comparison, each on its core."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.error import HTTPError
from urllib.request import urlopen

from benchmarks.processes import free_port

GATEWAY_CORE: Final = 0
LOAD_CORE: Final = 1
"""The core of wrk and of the upstream."""

_START_TIMEOUT: Final = 60.0
_OURS: Final = ("GROUPGATE_", "DODO_", "AXIM_", "TWOCHECKOUT_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server."""

    name: str
    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its threads since its start."""
        return time.clock_gettime((~self.pid << 3) | 2)  # the id of a process's clock on Linux

    def resident(self) -> float:
        """Return its resident memory in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    core: int = GATEWAY_CORE,
    is_awaited: bool = True,
) -> Iterator[Server]:
    """Run a server until the end of the block; `{port}` stands for its port."""
    port = free_port()
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(_OURS)}
    given = {key: value.replace("{port}", str(port)) for key, value in environment.items()}
    process = subprocess.Popen(  # noqa: S603
        ["taskset", "-c", str(core), *(part.replace("{port}", str(port)) for part in command)],  # noqa: S607
        env={**inherited, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if is_awaited:
            _wait_until_ready(name, port)
        yield Server(name=name, pid=process.pid, port=port)
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(name: str, port: int) -> None:
    until = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < until:
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz"):
                return
        except HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"{name} did not start")
