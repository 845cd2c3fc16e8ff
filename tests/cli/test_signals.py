"""Signals to `groupgate serve` as a process: the delay of a stop, SIGHUP, a closed terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import httpx

from tests.cli.test_commands import VENDOR_VARIABLES
from tests.cli.test_processes import started
from tests.listening import free_port

DELAY: Final = 3.0
QUERY: Final = {"query": "{ __typename }"}


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until this holds; fail if it does not within half a minute."""
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("The condition was not met.")


def events(errors: str) -> list[dict[str, Any]]:
    """Return the lines of a log in JSON, without those that announce the start."""
    lines = [json.loads(line) for line in errors.splitlines()]
    for line in lines:
        del line["timestamp"]
    return [line for line in lines if line["event"] != "server_starting"]


def test_with_a_delay_requests_are_served_after_sigterm_while_readyz_says_503(
    tmp_path: Path,
) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    variables = {"GROUPGATE_SHUTDOWN_DELAY": str(DELAY), "GROUPGATE_LOG_FORMAT": "json"}
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **variables) as server:
        assert httpx.get(f"{base}/readyz").status_code == 200
        signalled = time.monotonic()
        server.terminate()
        wait_for(lambda: httpx.get(f"{base}/readyz").status_code == 503)
        ready = httpx.get(f"{base}/readyz").json()["status"]
        health = httpx.get(f"{base}/healthz").status_code
        answer = httpx.post(f"{base}/graphql", json=QUERY).json()
        assert time.monotonic() - signalled < DELAY
        _, errors = server.communicate(timeout=30)
        took = time.monotonic() - signalled
    assert (ready, health, answer) == ("stopping", 200, {"data": {"__typename": "Query"}})
    assert server.returncode == 0
    assert DELAY <= took < DELAY + 3
    assert events(errors) == [
        {
            "event": "server_stop_delayed",
            "level": "info",
            "signal": "SIGTERM",
            "seconds": DELAY,
        },
        {"event": "server_stopping", "level": "info", "signal": "SIGTERM", "requests": 0},
        {"event": "server_stopped", "level": "info"},
    ]


def test_a_second_signal_ends_the_delay_at_once(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    arguments = ("serve", "--sandbox", "--port", str(port))
    variables = {"GROUPGATE_SHUTDOWN_DELAY": "600"}
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **variables) as server:
        server.terminate()
        wait_for(lambda: httpx.get(f"{base}/readyz").status_code == 503)
        server.terminate()
        assert server.wait(timeout=5) == 143


def test_sighup_reads_tokens_and_trusted_documents_again(tmp_path: Path) -> None:
    """A file that cannot be used changes nothing."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    tokens, manifest = tmp_path / "tokens", tmp_path / "manifest.json"
    tokens.write_text(_line("anna"), encoding="utf-8")
    manifest.write_text(json.dumps({"one": "{ __typename }"}), encoding="utf-8")
    variables = {
        "GROUPGATE_TOKENS_FILE": str(tokens),
        "GROUPGATE_TRUSTED_DOCUMENTS": str(manifest),
        "GROUPGATE_LOG_FORMAT": "json",
    }

    def ask(token: str, document: str) -> int:
        return httpx.post(
            f"{base}/graphql",
            json={"documentId": document},
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        ).status_code

    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **variables) as server:
        assert (ask("anna", "one"), ask("anna", "two")) == (200, 400)
        tokens.write_text(_line("bert"), encoding="utf-8")
        manifest.write_text(json.dumps({"two": "{ __typename }"}), encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        wait_for(lambda: ask("bert", "two") == 200)
        assert (ask("anna", "two"), ask("bert", "one")) == (401, 400)
        manifest.write_text("[]", encoding="utf-8")
        server.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert ask("bert", "two") == 200
        server.terminate()
        _, errors = server.communicate(timeout=30)
    lines = [line for line in events(errors) if "reload" in line["event"]]
    assert lines[0] == {
        "event": "tokens_reloaded",
        "level": "info",
        "file": str(tokens),
        "tokens": 1,
    }
    assert lines[1:] == [
        {"event": "documents_reloaded", "level": "info", "file": str(manifest), "documents": 1},
        lines[0],
        {
            "event": "documents_reload_failed",
            "level": "error",
            "problem": f"GROUPGATE_TRUSTED_DOCUMENTS: {manifest} is not a valid manifest: "
            "Expected `object`, got `array`.",
        },
    ]


def test_without_its_terminal_the_process_stops(tmp_path: Path) -> None:
    """SIGHUP reloads files, but also arrives when the terminal is closed."""
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    terminal, other_end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "groupgate", "serve", "--sandbox", "--port", str(port)],
        cwd=tmp_path,
        env=kept,
        stdin=other_end,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(other_end)
        wait_for(lambda: _status_of(f"http://127.0.0.1:{port}/healthz") == 200)
        server.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert server.poll() is None
        os.close(terminal)
        server.send_signal(signal.SIGHUP)
        assert server.wait(timeout=20) == 0


def _status_of(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def _line(name: str) -> str:
    return f"{name} sha256:{sha256(name.encode()).hexdigest()} read\n"
