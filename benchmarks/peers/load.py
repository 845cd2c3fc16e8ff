"""Sends load with wrk and checks the responses."""

import json
import os
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.peers.running import LOAD_CORE, Server

CONNECTIONS: Final = 32
TOLERANCE: Final = 16
"""Bytes by which the mean response may differ from a checked one: numbers in headers."""

_runs = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run of wrk measured."""

    rate: float
    """Requests per second."""
    cpu: float
    """Microseconds of the server's CPU time per request."""
    p50: float
    """Milliseconds."""
    p99: float
    """Milliseconds."""
    calls: float
    """Calls of the upstream per request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests in turn, with the responses that are permitted and the size of one with its head."""

    bodies: Path
    expected: Path
    size: int
    unique: str
    """What makes each request different: "number", "document" or "" (see load.lua)."""

    def check(self, server: Server) -> None:
        """Send load for one second and compare each response in full."""
        _wrk(server.port, self.bodies, 1, UNIQUE=self.unique, EXPECTED=str(self.expected))

    def measure(self, server: Server, upstream_port: int, seconds: int) -> Figures:
        """Send load; the statuses and the mean length of the responses are checked."""
        calls, cpu = read_calls(upstream_port), server.cpu_seconds()
        found = _wrk(server.port, self.bodies, seconds, UNIQUE=self.unique)
        number = found["requests"]
        if not number:  # other programs used the core all the time
            return self.measure(server, upstream_port, seconds + 1)
        mean = found["bytes"] / number
        # Bytes of responses that had not arrived entirely at the end are counted, too.
        most = self.size * (1 + CONNECTIONS / number) + TOLERANCE
        if found["failed"] or not self.size - TOLERANCE <= mean <= most:
            raise SystemExit(f"{server.name}: wrong responses, {self.size} bytes expected: {found}")
        return Figures(
            rate=number / found["seconds"],
            cpu=(server.cpu_seconds() - cpu) / number * 1e6,
            p50=found["p50"] / 1e3,
            p99=found["p99"] / 1e3,
            calls=(read_calls(upstream_port) - calls) / number,
        )


def post(port: int, body: bytes, *, path: str = "/graphql") -> tuple[bytes, bytes]:
    """Send one request over a connection of its own; return the head and the body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return _exchange(port, head.encode() + body)


def read_calls(upstream_port: int) -> int:
    """Return the number of calls that the upstream has received."""
    return int(_exchange(upstream_port, b"GET /calls HTTP/1.1\r\nHost: upstream\r\n\r\n")[1])


def upstream_maximum(port: int, path: str, seconds: int) -> float:
    """Return the upstream's responses per second, while it shares its core with wrk."""
    output = _run(["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", f"http://127.0.0.1:{port}{path}"])
    line = next(line for line in output.splitlines() if line.startswith("Requests/sec:"))
    return float(line.split()[1])


def write_lines(path: Path, lines: Sequence[bytes]) -> Path:
    """Write one line each; none contains a line break."""
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def _wrk(port: int, bodies: Path, seconds: int, **given: str) -> dict[str, int]:
    given |= {"BODIES": str(bodies), "RUN": f"{os.getpid()}_{next(_runs)}"}
    script = str(Path(__file__).with_name("load.lua"))
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script]
    output = _run([*options, f"http://127.0.0.1:{port}/graphql"], **given)
    found: dict[str, int] = json.loads(output.splitlines()[-1])
    return found


def _run(arguments: Sequence[str], **given: str) -> str:
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", *arguments]
    done = subprocess.run(  # noqa: S603
        command, env={**os.environ, **given}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"wrk failed: {done.stderr}{done.stdout}")
    return done.stdout


def _exchange(port: int, sent: bytes) -> tuple[bytes, bytes]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(sent)
        stream = connection.makefile("rb")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                raise ConnectionError("The server closed the connection.")
            head += line
        lengths = [
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        return head, stream.read(int(lengths[0].split(b":")[1]))
