"""`groupgate serve --uds`: a Unix socket instead of a port."""

import errno
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx
import pytest

from groupgate.cli.listening import listen, listen_at
from tests.cli.test_commands import VENDOR_VARIABLES, run

QUERY: Final = {"query": "{ __typename }"}


@pytest.mark.slow
def test_requests_are_served_on_a_unix_socket(tmp_path: Path) -> None:
    """The socket is removed at the end."""
    path = tmp_path / "gateway.sock"
    variables = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    with subprocess.Popen(
        [sys.executable, "-m", "groupgate", "serve", "--sandbox", "--uds", str(path)],
        cwd=tmp_path,
        env=variables,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        for _ in range(600):
            if path.exists():
                break
            time.sleep(0.05)
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            answer = client.post("http://localhost/graphql", json=QUERY).json()
        server.terminate()
        _, errors = server.communicate(timeout=20)
    assert answer == {"data": {"__typename": "Query"}}
    assert server.returncode == 0
    assert errors.splitlines()[0] == (
        f"Sandbox with simulated vendors: Axim Commerce, Dodo Payments, 2Checkout. Socket: {path}"
    )
    assert not path.exists()


@pytest.mark.slow
def test_a_socket_that_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    with listen_at(path):
        done = run("serve", "--sandbox", "--uds", str(path), cwd=tmp_path, status=1)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
    assert done.stderr.splitlines()[-1] == (
        f"groupgate: Cannot listen on {path}: Address already in use."
    )


def test_a_socket_that_a_process_left_behind_is_replaced(tmp_path: Path) -> None:
    """Users who may enter the folder, such as a proxy's, may connect."""
    path = tmp_path / "gateway.sock"
    listen_at(path).close()
    with listen_at(path) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        listener.accept()[0].close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_another_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(OSError, match="in use") as raised:
        listen_at(path)
    assert raised.value.errno == errno.EADDRINUSE
    assert path.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("host", ["::", ""])
def test_all_addresses_are_those_of_ipv4_and_ipv6(host: str) -> None:
    """The port has to be free in both families, so a few are tried."""
    for _ in range(5):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        try:
            listeners = listen(host, port)
        except OSError:
            time.sleep(0.1)
            continue
        break
    for address in ("127.0.0.1", "::1"):
        socket.create_connection((address, port)).close()
    for listener in listeners:
        listener.close()
