"""`groupgate serve` as a process: early signals, a low limit of descriptors, logs as JSON."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.cli.test_commands import VENDOR_VARIABLES, run
from tests.cli.test_processes import started
from tests.listening import free_port

SERVE: Final = (sys.executable, "-m", "groupgate", "serve", "--sandbox")
DOCKERFILE: Final = (Path(__file__).parents[2] / "Dockerfile").read_text(encoding="utf-8")


def image_command() -> list[str]:
    """Return the entrypoint of the Docker image, with the command of these tests."""
    entrypoint: list[str] = json.loads(
        re.findall(r"^ENTRYPOINT (.*)$", DOCKERFILE, re.MULTILINE)[0]
    )
    assert entrypoint[-1] == "groupgate"
    return [*entrypoint[:-1], *SERVE]


def as_first_process(command: list[str]) -> list[str]:
    """Return a command that runs as the first process of a process namespace, as in a container."""
    namespace = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("Process namespaces cannot be created here.")
    return [*namespace, *command]


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until this holds; fail if it does not within half a minute."""
    for _ in range(30_000):
        if holds():
            return
        time.sleep(0.001)
    raise AssertionError("The condition was not met.")


def is_in_signal_set(pid: int, name: str) -> bool:
    """Return True if SIGTERM is in a set of /proc/PID/status, such as SigBlk or SigCgt."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (mask,) = re.findall(rf"^{name}:\t([0-9a-f]+)$", status, re.MULTILINE)
    return bool(int(mask, 16) & 1 << signal.SIGTERM - 1)


def is_interpreter(pid: int) -> bool:
    """Return True once a process executes Python, and not the commands that start it."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    return arguments.split("\0")[0] == sys.executable


@contextmanager
def process(command: list[str], cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process without vendors, and kill it at the end if it is still running."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    kept["TINI_SUBREAPER"] = "1"  # tini warns if it is neither this nor the first process
    with subprocess.Popen(command, cwd=cwd, env=kept, stderr=subprocess.PIPE, text=True) as one:
        try:
            yield one
        finally:
            one.kill()


def child_of(pid: int) -> int:
    """Wait for the child of a process and return its id."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_for(lambda: bool(children.read_text(encoding="utf-8")))
    return int(children.read_text(encoding="utf-8").split()[0])


def test_sigterm_ends_the_process_before_it_has_imported_the_gateway(tmp_path: Path) -> None:
    """It is sent as soon as the process handles it, and nothing has been printed."""
    command = [*SERVE, "--port", str(free_port())]
    with process(command, tmp_path) as one:
        wait_for(lambda: is_in_signal_set(one.pid, "SigCgt"))
        one.terminate()
        _, errors = one.communicate(timeout=30)
    assert (one.returncode, errors) == (0, "")


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1, 2, 4])
def test_sigterm_ends_the_process_at_any_later_moment(tmp_path: Path, seconds: float) -> None:
    command = [*SERVE, "--port", str(free_port())]
    with process(command, tmp_path) as one:
        wait_for(lambda: is_in_signal_set(one.pid, "SigCgt"))
        time.sleep(seconds)
        one.terminate()
        one.communicate(timeout=30)
    assert one.returncode == 0


@pytest.mark.parametrize("is_first", [False, True])
def test_sigterm_is_not_lost_while_the_interpreter_of_the_image_starts(
    tmp_path: Path, *, is_first: bool
) -> None:
    """The entrypoint blocks it until `groupgate` handles it; tini passes it on."""
    command = [*image_command(), "--port", str(free_port())]
    with process(as_first_process(command) if is_first else command, tmp_path) as one:
        tini = child_of(one.pid) if is_first else one.pid
        pid = child_of(tini)
        wait_for(lambda: is_interpreter(pid))
        assert is_in_signal_set(pid, "SigBlk")
        os.kill(tini, signal.SIGTERM)
        _, errors = one.communicate(timeout=30)
    assert (one.returncode, errors) == (0, "")


DESCRIPTORS: Final = 96
SILENT: Final = 150


def test_silent_connections_stop_the_service_for_seconds_only(tmp_path: Path) -> None:
    """More than the process has descriptors: it logs one line, and serves again without them."""
    port = free_port()
    limited = ["sh", "-c", f'ulimit -n {DESCRIPTORS} && exec "$@"', "sh"]
    alive = f"http://127.0.0.1:{port}/healthz"
    with (
        process([*limited, *SERVE, "--port", str(port)], tmp_path) as server,
        ExitStack() as opened,
    ):
        wait_for(lambda: _status_of(alive) == 200)
        for _ in range(SILENT):
            opened.enter_context(socket.create_connection(("127.0.0.1", port)))
        wait_for(lambda: _status_of(alive) == 200)
        server.terminate()
        _, errors = server.communicate(timeout=60)
    about = [line for line in errors.splitlines() if "descriptors_exhausted" in line]
    assert len(about) == 1
    assert re.search(rf"limit={DESCRIPTORS} problem='?Too many open files", about[0])
    assert len(errors.splitlines()) == len(["serving", "exhausted", "stopping", "stopped"])


def _status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def test_as_json_every_line_is_an_object(tmp_path: Path) -> None:
    """That holds for uvicorn's lines too."""
    port = free_port()
    alive = f"http://127.0.0.1:{port}/healthz"
    variables = {"GROUPGATE_LOG_FORMAT": "json"}
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=alive, **variables) as server:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"\x00\r\n\r\n")
            assert client.recv(1024).startswith(b"HTTP/1.1 400")
        server.terminate()
        _, errors = server.communicate(timeout=30)
    lines: list[dict[str, Any]] = [json.loads(line) for line in errors.splitlines()]
    for line in lines:
        assert line.pop("timestamp")
    assert lines == [
        {
            "event": "server_starting",
            "level": "info",
            "mode": "sandbox",
            "vendors": ["Axim Commerce", "Dodo Payments", "2Checkout"],
            "explorer": f"http://127.0.0.1:{port}/",
        },
        {
            "event": "Invalid HTTP request received.",
            "level": "warning",
            "logger": "uvicorn.error",
        },
        {"event": "server_stopping", "level": "info", "signal": "SIGTERM", "requests": 0},
        {"event": "server_stopped", "level": "info"},
    ]


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "No vendor is configured."),
        ({"GROUPGATE_DEADLINE": "soon"}, "GROUPGATE_DEADLINE must be a number."),
    ],
)
def test_as_json_the_reason_why_serve_does_not_start_is_an_object(
    tmp_path: Path, variables: dict[str, str], problem: str
) -> None:
    environment = {"GROUPGATE_LOG_FORMAT": "json", **variables}
    (line,) = run("serve", cwd=tmp_path, status=2, environment=environment).stderr.splitlines()
    logged = json.loads(line)
    assert (logged["event"], logged["level"]) == ("command_failed", "error")
    assert logged["problem"].startswith(problem)
