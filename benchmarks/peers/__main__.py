"""Compares groupgate with other gateways over one upstream; needs wrk, taskset, node and npm.

`python -m benchmarks.peers [--modes cold warm] [--queries Q1 Q2] [--seconds 2] [--rounds 5]`

The gateways run on one core; wrk and the upstream share another one. Each round measures every
gateway with every query. Medians are printed. Before the first round, each response to one second
of load is compared in full; during the measurement the statuses and the mean length are checked.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.peers import memory, report, tailcall
from benchmarks.peers.data import WORKS, Dialect, Work, without_connections
from benchmarks.peers.load import Figures, Load, post, upstream_maximum, write_lines
from benchmarks.peers.running import LOAD_CORE, Server, running
from benchmarks.peers.subjects import (
    DEFAULT,
    HIVE,
    LATENCY,
    MERCURIUS,
    MODES,
    NODE,
    SUPERGRAPH,
    TAILCALL,
    YOGA,
    Mode,
    Subject,
)

OTHERS: Final = ("start", "memory")
"""Measurements besides the modes."""
REQUESTS_BEFORE_DOCUMENTS: Final = 500
"""Of each kind and query, before the memory of new documents is measured."""
_WORKS: Final = {work.name: work for work in WORKS}


class Comparison:
    """The running servers and the checked loads; both are made when they are first needed."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.upstream = self._start_upstream("upstream", 0)
        self.slow_upstream = self._start_upstream("slow upstream", LATENCY)
        self._servers: dict[str, Server] = {}
        self._loads: dict[tuple[str, str, str], Load] = {}
        self._answers: dict[str, Path] = {}
        self.idle: dict[str, float] = {}
        """The resident memory of each gateway after its start, in MiB."""

    def measure(self, mode: Mode, subject: Subject, work: Work, seconds: int) -> Figures:
        """Measure one gateway with one query."""
        server = self.server(subject, work)
        unique = mode.unique.get(subject.name, "number")
        key = (server.name, work.name, unique)
        if key not in self._loads:
            load = self._loads[key] = self._load(server, subject, work, unique)
            load.check(server)
        upstream = self.slow_upstream if subject.is_slow else self.upstream
        return self._loads[key].measure(server, upstream.port, seconds)

    def resident(self) -> dict[str, tuple[float, float]]:
        """Return for each gateway its memory after its start and now, in MiB."""
        return {
            name: (self.idle[name], server.resident()) for name, server in self._servers.items()
        }

    def command(self, subject: Subject, work: Work) -> list[str]:
        """Return the command that starts a gateway."""
        given = {"{folder}": str(self._folder)}
        if subject.is_bare:
            given["{answer}"] = str(self._answers[work.name])
        return [given.get(part, part) for part in subject.command]

    def environment(self, subject: Subject) -> dict[str, str]:
        """Return the environment variables of a gateway."""
        upstream = self.slow_upstream if subject.is_slow else self.upstream
        address = f"http://127.0.0.1:{upstream.port}"
        return {k: v.replace("{upstream}", address) for k, v in subject.environment.items()}

    def _start_upstream(self, name: str, delay: float) -> Server:
        command = (sys.executable, "-m", "benchmarks.peers.upstream", "{port}", str(delay))
        return self._stack.enter_context(running(name, command, {}, core=LOAD_CORE))

    def server(self, subject: Subject, work: Work) -> Server:
        """Return the running gateway, or start it."""
        name = f"{subject.name}, {work.name}" if subject.is_bare else subject.name
        if name not in self._servers:
            server = running(name, self.command(subject, work), self.environment(subject))
            self._servers[name] = self._stack.enter_context(server)
            self.idle[name] = self._servers[name].resident()
        return self._servers[name]

    def _load(self, server: Server, subject: Subject, work: Work, unique: str) -> Load:
        """Compare the answers to all requests with the upstream's data; return the load."""
        bodies = work.bodies(subject.dialect)
        responses = [post(server.port, body) for body in bodies]
        for (_, native_id), (head, body) in zip(work.ids, responses, strict=True):
            # The bare app returns the answer for the first id to all requests.
            asked = work.ids[0][1] if subject.is_bare else native_id
            expected = work.answer(asked, subject.dialect)
            if b" 200 " not in head or without_connections(json.loads(body)) != {"data": expected}:
                raise SystemExit(f"{server.name}: wrong answer to {work.name}: {body[:300]!r}")
        answers = [body for _, body in responses]
        if subject.dialect is Dialect.GROUPGATE and work.name not in self._answers:
            self._answers[work.name] = self._folder / f"{work.name}.answer"
            self._answers[work.name].write_bytes(answers[0])
        file = self._folder / f"{len(self._loads)}"
        return Load(
            bodies=write_lines(file.with_suffix(".bodies"), bodies),
            expected=write_lines(file.with_suffix(".expected"), answers),
            size=len(responses[-1][0]) + len(answers[-1]),
            unique=unique,
        )


def install() -> None:
    """Install the peers, unless this has been done since the lock file has changed."""
    done = NODE / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime < (NODE / "package-lock.json").stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, check=True)  # noqa: S607
    if not SUPERGRAPH.exists():
        subprocess.run(["npx", "--no-install", "mesh-compose"], cwd=NODE, check=True)  # noqa: S607


def available(mode: Mode) -> Mode:
    """Return the mode with the gateways that can run on this machine."""
    return replace(mode, subjects=tuple(each for each in mode.subjects if _can_run(each.dialect)))


@cache
def _can_run(dialect: Dialect) -> bool:
    if dialect is not Dialect.TAILCALL:
        return True
    program = tailcall.PROGRAM
    if program.exists():
        asked = subprocess.run([program, "--version"], check=False, capture_output=True)  # noqa: S603
        if not asked.returncode:
            return True
    print("Tailcall is left out: it has no program for this machine.")
    return False


def main() -> None:
    """Run the chosen measurements and print their tables."""
    names = [mode.name for mode in MODES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=[*names, *OTHERS], default=[*names, *OTHERS])
    parser.add_argument("--queries", nargs="+", choices=_WORKS, default=list(_WORKS))
    parser.add_argument("--seconds", type=int, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--documents", type=int, default=20_000, help="new ones before the memory is read"
    )
    options = parser.parse_args()
    for program in ("wrk", "taskset", "node", "npm"):
        if shutil.which(program) is None:
            parser.error(f"{program} is not installed")
    install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        _measure(Comparison(stack, folder), options)


def _measure(comparison: Comparison, options: argparse.Namespace) -> None:
    report.print_machine()
    modes = [available(mode) for mode in MODES if mode.name in options.modes]
    print(f"load average before: {os.getloadavg()[0]:.1f}")
    most = upstream_maximum(comparison.upstream.port, "/product-collections/pdc_00", 1)
    print(f"upstream, sharing its core with wrk: {most:,.0f} responses/s\n", flush=True)
    found: dict[tuple[str, str, str], list[Figures]] = defaultdict(list)
    for number in range(options.rounds):
        for mode in modes:
            for query in (each for each in options.queries if each in mode.queries):
                # Every other round in the opposite order; a bare app needs groupgate's answer.
                order = mode.subjects[:: -1 if number % 2 else 1]
                for subject in order:
                    figures = comparison.measure(mode, subject, _WORKS[query], options.seconds)
                    found[mode.name, subject.name, query].append(figures)
    for mode in modes:
        report.print_mode(mode, options.queries, found)
    by_name = {mode.name: mode for mode in modes}
    if {"known", "new"} <= by_name.keys():
        report.print_new_documents(by_name["known"], by_name["new"], options.queries, found)
    if "start" in options.modes:
        subjects = (
            each for each in (DEFAULT, YOGA, MERCURIUS, HIVE, TAILCALL) if _can_run(each.dialect)
        )
        starts = {each.name: _start_times(comparison, each, options.rounds) for each in subjects}
        report.print_rows("start to the first answer to Q2", ["ms", "CPU ms"], starts)
    if "memory" in options.modes:
        _print_memory(comparison, options.documents)
    print(f"load average after: {os.getloadavg()[0]:.1f}")


def _print_memory(comparison: Comparison, documents: int) -> None:
    report.print_rows("resident MiB", ["idle", "at the end"], comparison.resident())
    command = comparison.command(DEFAULT, _WORKS["Q2"])
    with running(DEFAULT.name, command, comparison.environment(DEFAULT)) as server:
        memory.print_memory(server, requests=REQUESTS_BEFORE_DOCUMENTS, documents=documents)


def _start_times(comparison: Comparison, subject: Subject, rounds: int) -> Sequence[float]:
    """Return the median time from the start to the first answer, and the CPU time of it, in ms."""
    body = _WORKS["Q2"].bodies(subject.dialect)[0]
    times = []
    for _ in range(rounds):
        start = time.monotonic()
        environment = comparison.environment(subject)
        command = comparison.command(subject, _WORKS["Q2"])
        with running(subject.name, command, environment, is_awaited=False) as server:
            while True:
                try:
                    head, _ = post(server.port, body)
                except ConnectionError:
                    time.sleep(0.005)
                    continue
                break
            taken = time.monotonic() - start
            if b" 200 " not in head:
                raise SystemExit(f"{subject.name}: unexpected first answer: {head!r}")
            times.append((taken * 1000, server.cpu_seconds() * 1000))
    return [median(column) for column in zip(*times, strict=True)]


if __name__ == "__main__":
    main()
