"""One worker and two: requests a second, and CPU time a request.

`groupgate serve` with a Redis, and `groupgate serve --workers 2` with another one, get the same
load from wrk in turn. The vendor is a process with prepared responses. Hot: the response to the
query is cached. Warm: the vendor's response is cached. Cold: the vendor is called.

All processes share the cores of the machine. With two cores, two workers, wrk, Redis and the vendor
want more than there is, so the requests a second of two workers are too low. The CPU time a request
is that of the workers alone: if two need as much as one, they serve twice as many requests where
each has a core.

`python -m benchmarks.workers [SECONDS]`
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.peers.data import WORKS, Dialect
from benchmarks.processes import free_port, gateway, started
from tests.app.redis.server import RedisServer

CONNECTIONS: Final = 32
"""Of wrk, for each worker."""
ROUNDS: Final = 11
NUMBERS: Final = (1, 2)

SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "hot": {"GROUPGATE_CACHE_TTL": "3600"},
    "warm": {"GROUPGATE_CACHE_TTL": "3600", "GROUPGATE_RESPONSE_CACHE_BYTES": "0"},
    "cold": {"GROUPGATE_CACHE_TTL": "0", "GROUPGATE_RESPONSE_CACHE_BYTES": "0"},
}


@dataclass(kw_only=True)
class Subject:
    """A gateway, and what was measured in each round."""

    port: int
    workers: list[int]
    """Process ids."""
    rates: list[float] = field(default_factory=list)
    """Requests a second."""
    costs: list[float] = field(default_factory=list)
    """Microseconds of CPU time a request, of all workers."""
    shares: list[float] = field(default_factory=list)
    """Cores that the workers used."""

    def measure(self, bodies: Path, seconds: int) -> None:
        """Send load, and note the figures."""
        cpu, began = self._cpu_seconds(), time.monotonic()
        found = send(self.port, len(self.workers), bodies, seconds)
        used, elapsed = self._cpu_seconds() - cpu, time.monotonic() - began
        if found["failed"]:
            raise SystemExit(f"requests have failed: {found}")
        self.rates.append(found["requests"] / found["seconds"])
        self.costs.append(used / found["requests"] * 1e6)
        self.shares.append(used / elapsed)

    def _cpu_seconds(self) -> float:
        # The id of a process's clock on Linux.
        return sum(time.clock_gettime((~worker << 3) | 2) for worker in self.workers)


def send(port: int, workers: int, bodies: Path, seconds: int) -> dict[str, float]:
    """Send the bodies in turn for this time; return what wrk has counted."""
    script = str(Path(__file__).parent / "peers" / "load.lua")
    options = ["-t1", f"-c{CONNECTIONS * workers}", f"-d{seconds}s", "-s", script]
    done = subprocess.run(  # noqa: S603
        ["wrk", *options, f"http://127.0.0.1:{port}/graphql"],  # noqa: S607
        env={**os.environ, "BODIES": str(bodies), "RUN": "0"},
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def workers_of(parent: int, number: int) -> list[int]:
    """Return the process ids of the workers; one alone is the parent."""
    if number == 1:
        return [parent]
    children = Path(f"/proc/{parent}/task/{parent}/children")
    until = time.monotonic() + 60
    while len(found := children.read_text().split()) < number and time.monotonic() < until:
        time.sleep(0.1)
    return [int(child) for child in found]


@contextmanager
def running(folder: Path, number: int, upstream: int, mode: str) -> Iterator[Subject]:
    """Run a gateway with this number of workers and a Redis of its own."""
    with RedisServer() as redis:
        given = {
            "DODO_PAYMENTS_API_KEY": "key",
            "DODO_PAYMENTS_BASE_URL": f"http://127.0.0.1:{upstream}",
            "GROUPGATE_DODO_RATE_PER_SECOND": "1000000",
            "GROUPGATE_DODO_RATE_PER_MINUTE": "60000000",
            "GROUPGATE_ANONYMOUS": "read",
            "GROUPGATE_REDIS_URL": redis.url,
            **SETTINGS[mode],
        }
        more = ("--workers", str(number)) if number > 1 else ()
        with gateway(folder / f"{number}.log", given, more=more) as (parent, port):
            yield Subject(port=port, workers=workers_of(parent, number))


def measure(folder: Path, mode: str, seconds: int) -> list[Subject]:
    """Measure all numbers of workers in turn, in the opposite order every other time."""
    work = next(each for each in WORKS if each.name == "Q1x50")
    bodies = folder / "bodies"
    bodies.write_bytes(b"".join(body + b"\n" for body in work.bodies(Dialect.GROUPGATE)))
    upstream = free_port()
    with ExitStack() as stack:
        stack.enter_context(
            started(
                "benchmarks.peers.upstream", str(upstream), "0", log=folder / "upstream", given={}
            )
        )
        subjects = [
            stack.enter_context(running(folder, number, upstream, mode)) for number in NUMBERS
        ]
        for subject in subjects:
            send(subject.port, len(subject.workers), bodies, 2)
        for number in range(ROUNDS):
            for subject in subjects if number % 2 else reversed(subjects):
                subject.measure(bodies, seconds)
        return subjects


def main(seconds: int) -> None:
    """Print one row for each mode and number of workers."""
    columns = ("requests a second", "CPU time a request, us", "cores used by the workers")
    sys.stdout.write(
        f"| mode | workers | {' | '.join(columns)} |\n| --- | --: | --: | --: | --: |\n"
    )
    for mode in SETTINGS:
        with TemporaryDirectory() as folder:
            subjects = measure(Path(folder), mode, seconds)
        for number, one in zip(NUMBERS, subjects, strict=True):
            figures = (
                f"{median(one.rates):.0f} | {median(one.costs):.0f} | {median(one.shares):.2f}"
            )
            sys.stdout.write(f"| {mode} | {number} | {figures} |\n")
        first, second = subjects
        rate = median(b / a for a, b in zip(first.rates, second.rates, strict=True))
        cost = median(2 * a / b for a, b in zip(first.costs, second.costs, strict=True))
        sys.stdout.write(f"{mode}: {rate:.2f} times as many requests; by CPU time {cost:.2f}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
