"""The gateway and Chromium, started as separate processes."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx

from groupgate.sandbox.app import Sandbox
from tests.listening import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STARTUP_SECONDS = 20

Process = subprocess.Popen[bytes]

_CHROMIUM_ARGS = (
    "--disable-gpu",
    "--disable-quic",
    # No other host name or address is reachable, so nothing can be loaded from elsewhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
"""In addition to Playwright's own, which turn off the sandbox and background requests."""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None.

    Debian's `chromium-headless-shell` is Chromium without the interface of its windows, and needs
    half of the CPU time.
    """
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def headless_chromium(path: str) -> Iterator["Browser"]:
    """Start Chromium; stop it, and the event loop of Playwright, at the end."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - it may not be installed

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def sandbox_gateway(*arguments: str, **environment: str) -> Iterator[str]:
    """Run `groupgate serve --sandbox` on a free port and yield the URL of its explorer."""
    port = free_port()
    with _process(
        "serve", "--sandbox", "--port", str(port), *arguments, env=environment
    ) as process:
        wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def vendor_simulators() -> Iterator[str]:
    """Run `groupgate sandbox` on a free port and yield its URL."""
    port = free_port()
    with _process("sandbox", "--port", str(port)):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gateway_without_axim(simulators: str) -> Iterator[str]:
    """Run a gateway over these simulators, except that Axim Commerce cannot be reached.

    Yields the URL of its explorer. For the gateway, the addresses of the simulators are live ones.
    """
    port = free_port()
    variables = Sandbox().environment(simulators)
    variables["AXIM_BASE_URL"] = f"http://127.0.0.1:{free_port()}"
    with _process("serve", "--port", str(port), env=variables) as process:
        wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def _process(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    command = (sys.executable, "-m", "groupgate", *arguments)
    with subprocess.Popen(command, env={**os.environ, **(env or {})}) as process:
        try:
            yield process
        finally:
            process.terminate()


def wait_until_healthy(url: str, process: Process) -> None:
    """Wait until a health check succeeds; raise RuntimeError if the process has ended before."""
    deadline = time.monotonic() + STARTUP_SECONDS
    with httpx.Client(trust_env=False) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if client.get(url).is_success:
                    return
            time.sleep(0.1)
    raise RuntimeError(f"The gateway exited, or was not healthy within {STARTUP_SECONDS} s.")
