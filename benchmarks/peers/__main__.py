"""Compares groupgate with hand-written Node gateways; needs wrk, node and npm.

`python -m benchmarks.peers [--seconds 3] [--rounds 3]`. The gateway runs on one core; the load and
the upstream share another one. Each round measures every gateway and query; medians are printed.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final
from urllib.request import Request, urlopen

from benchmarks.peers.data import WORKS, Work
from benchmarks.processes import free_port

_HERE: Final = Path(__file__).parent
_NODE: Final = _HERE / "node"
_GATEWAY_CORE, _LOAD_CORE = 0, 1
_CONNECTIONS: Final = 32
_TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A gateway in one mode; with `is_unique` every request differs, so that none is reused."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    is_groupgate: bool = False
    is_unique: bool = True


def _groupgate(name: str, *, is_unique: bool, **settings: str) -> Subject:
    return Subject(
        name=name,
        command=("groupgate", "serve", "--port", "{port}"),
        environment={
            "DODO_PAYMENTS_API_KEY": "key",
            "DODO_PAYMENTS_BASE_URL": "{upstream}",
            "GROUPGATE_DODO_RATE_PER_SECOND": "1000000",
            "GROUPGATE_DODO_RATE_PER_MINUTE": "60000000",
            "GROUPGATE_ANONYMOUS": "read",
            **settings,
        },
        is_groupgate=True,
        is_unique=is_unique,
    )


def _node(name: str, script: str, *, is_unique: bool = True, **settings: str) -> Subject:
    environment = {"UPSTREAM": "{upstream}", "PORT": "{port}", "NODE_ENV": "production"}
    return Subject(
        name=name,
        command=("node", str(_NODE / script)),
        environment={**environment, **settings},
        is_unique=is_unique,
    )


_NO_RESPONSES: Final = {"GROUPGATE_RESPONSE_CACHE_BYTES": "0"}
_LONG: Final = {"GROUPGATE_CACHE_TTL": "600"}

SUBJECTS: Final = (
    _groupgate("groupgate cold", is_unique=True, GROUPGATE_CACHE_TTL="0"),
    _groupgate("groupgate warm", is_unique=True, **_NO_RESPONSES, **_LONG),
    _groupgate("groupgate hot", is_unique=False, **_LONG),
    _groupgate(
        "groupgate, equal queries at once",
        is_unique=False,
        GROUPGATE_CACHE_TTL="0.000001",
        **_NO_RESPONSES,
    ),
    _node("yoga + JIT", "yoga.mjs"),
    _node("yoga, response cache", "yoga.mjs", is_unique=False, RESPONSE_CACHE="1"),
    _node("Mercurius + JIT", "mercurius.mjs"),
)


def main() -> None:
    """Run the comparison and print its tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="names that subjects must contain, by commas")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (Debian package wrk)")
    if not (_NODE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=_NODE, check=True)  # noqa: S607
    chosen = [
        subject
        for subject in SUBJECTS
        if any(part.strip() in subject.name for part in given.only.split(","))
    ]
    with tempfile.TemporaryDirectory() as folder:
        measure(chosen, given.rounds, given.seconds, Path(folder))


def measure(subjects: list[Subject], rounds: int, seconds: int, folder: Path) -> None:
    """Measure the subjects one after another in each round."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as stack:
        port = free_port()
        upstream = f"http://127.0.0.1:{port}"
        command = ("python", "-m", "benchmarks.peers.upstream", str(port), "0")
        stack.enter_context(_running(command, {}, core=_LOAD_CORE))
        _wait_until_ready(port)
        for _ in range(rounds):
            for subject in subjects:
                for work, figures in _measure_subject(subject, upstream, seconds, folder):
                    found[subject.name, work.name].append(figures)
            for work in WORKS:
                figures = _measure_bare(work, seconds, folder)
                found["bare ASGI app", work.name].append(figures)
    _print_table(found)


def _measure_subject(
    subject: Subject, upstream: str, seconds: int, folder: Path
) -> Iterator[tuple[Work, tuple[float, float]]]:
    port = free_port()
    values = {"port": str(port), "upstream": upstream}
    command = tuple(part.format_map(values) for part in subject.command)
    environment = {name: value.format_map(values) for name, value in subject.environment.items()}
    with _running(command, environment, core=_GATEWAY_CORE) as pid:
        _wait_until_ready(port)
        for work in WORKS:
            texts = _request_bodies(work, subject)
            answer = _post(port, texts[0])
            _check(work, json.loads(answer))
            if subject.name == "groupgate hot":
                (folder / f"{work.name}.answer").write_bytes(answer)
            bodies = folder / f"{work.name}.bodies"
            bodies.write_text("\n".join(texts) + "\n")
            _load(port, bodies, 1, is_unique=subject.is_unique)
            yield work, _timed(pid, port, bodies, seconds, is_unique=subject.is_unique)


def _measure_bare(work: Work, seconds: int, folder: Path) -> tuple[float, float]:
    answer = folder / f"{work.name}.answer"
    if not answer.exists():
        return 0.0, 0.0
    port = free_port()
    command = ("python", "-m", "benchmarks.peers.bare", str(port), str(answer))
    with _running(command, {}, core=_GATEWAY_CORE) as pid:
        _wait_until_ready(port)
        return _timed(pid, port, folder / f"{work.name}.bodies", seconds, is_unique=False)


def _request_bodies(work: Work, subject: Subject) -> list[str]:
    query = work.groupgate if subject.is_groupgate else work.peers
    return [
        json.dumps({"query": query, "variables": {"id": own if subject.is_groupgate else other}})
        for own, other in work.ids
    ]


def _check(work: Work, answer: dict[str, object]) -> None:
    """Exit unless the answer has the right number of objects."""
    names = len(re.findall(r'"name":', json.dumps(answer)))
    expected = {"Q1": 106, "Q1x50": 106, "Q2": 1, "Q3": 50}[work.name]
    if "errors" in answer or names != expected:
        raise SystemExit(f"{work.name}: wrong answer with {names} names: {str(answer)[:300]}")


def _timed(
    pid: int, port: int, bodies: Path, seconds: int, *, is_unique: bool
) -> tuple[float, float]:
    """Return requests per second, and microseconds of CPU time per request."""
    before = _cpu_seconds(pid)
    rate, count = _load(port, bodies, seconds, is_unique=is_unique)
    return rate, (_cpu_seconds(pid) - before) * 1e6 / count


def _load(port: int, bodies: Path, seconds: int, *, is_unique: bool) -> tuple[float, int]:
    command = [
        *("taskset", "-c", str(_LOAD_CORE), "wrk", "-t1", f"-c{_CONNECTIONS}"),
        *(f"-d{seconds}s", "-s", str(_HERE / "load.lua"), f"http://127.0.0.1:{port}/graphql"),
    ]
    environment = {**os.environ, "BODIES": str(bodies), "UNIQUE": str(int(is_unique))}
    output = subprocess.run(  # noqa: S603
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(output)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    count = re.search(r"(\d+) requests in", output)
    if rate is None or count is None:
        raise SystemExit(output)
    return float(rate[1]), max(1, int(count[1]))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def _running(
    command: tuple[str, ...], environment: Mapping[str, str], *, core: int
) -> Iterator[int]:
    pinned = ["taskset", "-c", str(core), *command]
    process = subprocess.Popen(  # noqa: S603
        pinned,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(port: int) -> None:
    for _ in range(400):
        try:
            with urlopen(f"http://127.0.0.1:{port}/healthz"):
                return
        except OSError as error:
            if getattr(error, "code", None):
                return
            time.sleep(0.05)
    raise SystemExit("a server did not start")


def _post(port: int, body: str) -> bytes:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = Request(f"http://127.0.0.1:{port}/graphql", body.encode(), headers)
    with urlopen(request) as response:  # noqa: S310
        answer: bytes = response.read()
        return answer


def _print_table(found: Mapping[tuple[str, str], list[tuple[float, float]]]) -> None:
    print("| requests/s (CPU µs a request) |", " | ".join(work.name for work in WORKS), "|")
    print("|---|", "|".join(["--:"] * len(WORKS)), "|")
    for name in dict.fromkeys(subject for subject, _ in found):
        cells = []
        for work in WORKS:
            figures = found[name, work.name]
            rate, cost = (median(column) for column in zip(*figures, strict=True))
            cells.append(f"{rate:,.0f} ({cost:,.0f})")
        print(f"| {name} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
