"""Measure the start of the gateway: `python -m benchmarks.start`.

Each start ends with the first answer to a query of two vendors' groups, for which the gateway calls
the simulators in another process. The memory is that one second later, without another request.

With `--other`, the gateway in the sources of that folder is started in turn with this one, so that
both are slowed down by the same other programs.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import json
import os
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.memory import take_sample
from benchmarks.processes import free_port, read_line, started

SOURCES: Final = Path(__file__).parents[1] / "src"

QUERY: Final = "{ providers { key groups(first: 2) { nodes { name } } } }"

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_LONGEST: Final = 60.0


def start_once(sources: Path, variables: dict[str, str], log: Path) -> tuple[float, float, float]:
    """Return the milliseconds to the first answer, of wall clock and of CPU, and the idle MiB."""
    port = free_port()
    environment = {**os.environ, **variables, "PYTHONPATH": str(sources)}
    command = (sys.executable, "-m", "groupgate", "serve", "--port", str(port))
    begun = time.monotonic()
    with log.open("w") as errors, subprocess.Popen(command, env=environment, stderr=errors) as one:  # noqa: S603 # our own module
        _wait_for_answer(port, begun + _LONGEST)
        taken = time.monotonic() - begun
        user, system = Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        time.sleep(1)
        resident = take_sample(one.pid, 0).resident / 1024
        one.terminate()
    return taken * 1000, (int(user) + int(system)) / _TICKS * 1000, resident


def _wait_for_answer(port: int, until: float) -> None:
    body = json.dumps({"query": QUERY})
    while True:
        client = HTTPConnection("127.0.0.1", port, timeout=_LONGEST)
        try:
            client.request("POST", "/graphql", body, {"content-type": "application/json"})
            answer = json.loads(client.getresponse().read())
        except ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
            continue
        finally:
            client.close()
        if "errors" in answer:
            raise SystemExit(f"unexpected answer: {answer}")
        return


def main() -> None:
    """Start the simulators and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--other", type=Path)
    given = parser.parse_args()
    folders = [SOURCES, *([given.other.resolve()] if given.other else [])]
    with TemporaryDirectory() as folder:
        logs, port = Path(folder), free_port()
        sandbox = ("groupgate", "sandbox", "--port", str(port))
        with started(*sandbox, log=logs / "vendors", given={"PYTHONUNBUFFERED": "1"}) as vendors:
            lines = (read_line(vendors).removeprefix("export ").partition("=") for _ in range(7))
            variables = {name: value for name, _, value in lines}
            starts: dict[Path, list[tuple[float, float, float]]] = {each: [] for each in folders}
            for _ in range(given.rounds):
                for each, found in starts.items():
                    found.append(start_once(each, variables, logs / "gateway"))
    print("sources: ms (shortest), CPU ms (shortest), MiB")
    for each, found in starts.items():
        wall, cpu, memory = zip(*found, strict=True)
        print(
            f"{each}: {median(wall):,.0f} ({min(wall):,.0f}), "
            f"{median(cpu):,.0f} ({min(cpu):,.0f}), {median(memory):.0f}"
        )


if __name__ == "__main__":
    main()
