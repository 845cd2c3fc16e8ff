"""A gateway as a user starts it, and a browser as a user opens it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from groupgate.app.auth.tokens import line_of
from tests.browser.explorer import TOKEN
from tests.browser.webdriver import Browser, chromium

STARTUP_SECONDS = 20


@pytest.fixture(scope="session")
def programs() -> tuple[str, str]:
    """Find chromium and chromedriver; skip where they are not installed, but not in CI."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary and driver:
        return binary, driver
    if os.environ.get("CI"):
        pytest.fail("CI has to have chromium and chromedriver")
    pytest.skip("needs chromium and chromedriver")


@pytest.fixture
def browser(programs: tuple[str, str], tmp_path: Path) -> Iterator[Browser]:
    """Chromium with a fresh profile, unable to reach anything but this machine."""
    with chromium(*programs, tmp_path / "profile") as window:
        yield window


@pytest.fixture(scope="session")
def gateway(
    programs: tuple[str, str],  # noqa: ARG001 - without a browser no gateway is started
) -> Iterator[str]:
    """Start a gateway over the played vendors and give the address of its root."""
    with _serving() as address:
        yield address


@pytest.fixture(scope="session")
def guarded_gateway(
    programs: tuple[str, str],  # noqa: ARG001 - without a browser no gateway is started
) -> Iterator[str]:
    """Start one that asks for `TOKEN`, which may read and write."""
    with _serving(GROUPGATE_TOKENS=line_of("explorer", TOKEN, ["write"])) as address:
        yield address


@contextmanager
def _serving(**environment: str) -> Iterator[str]:
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
    pytest.fail(f"the gateway ended, or was not healthy within {STARTUP_SECONDS} s")
