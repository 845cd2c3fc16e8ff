"""The gateway and Chromium, started as separate processes."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STARTUP_SECONDS = 20

_CHROMIUM_ARGS = (
    "--disable-gpu",
    "--disable-quic",
    # No other host name or address is reachable, so nothing can be loaded from elsewhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)
"""In addition to Playwright's own, which turn off the sandbox and background requests."""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, or None."""
    return shutil.which("chromium") or shutil.which("google-chrome")


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
def sandbox_gateway(**environment: str) -> Iterator[str]:
    """Run `groupgate serve --sandbox` on a free port and yield the URL of its explorer."""
    port = _free_port()
    command = (sys.executable, "-m", "groupgate", "serve", "--sandbox")
    with subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], env=os.environ | environment
    ) as process:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/healthz", process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    with httpx.Client(trust_env=False) as client:
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if client.get(url).is_success:
                    return
            time.sleep(0.1)
    raise RuntimeError(f"The gateway exited, or was not healthy within {STARTUP_SECONDS} s.")
