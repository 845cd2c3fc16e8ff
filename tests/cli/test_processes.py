"""Commands as processes: simulators on one port, and a gateway connected by variables."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.test_commands import VENDOR_VARIABLES, run
from tests.listening import free_port


@contextmanager
def started(
    *arguments: str,
    cwd: Path,
    alive: str,
    program: Sequence[str] = ("-m", "groupgate"),
    **environment: str,
) -> Iterator[subprocess.Popen[str]]:
    """Start a server command, wait until it responds, and stop it at the end.

    `program` are the arguments of Python before those of the command.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    server = subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=cwd,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(alive, server)
        yield server
    finally:
        server.terminate()
        server.communicate(timeout=20)


def start_all(
    stack: ExitStack, servers: Iterable[AbstractContextManager[subprocess.Popen[str]]]
) -> list[subprocess.Popen[str]]:
    """Start servers at the same time; the stack stops them."""
    managers = [*servers]
    with ThreadPoolExecutor() as pool:
        starting = [pool.submit(manager.__enter__) for manager in managers]
        wait(starting)
    for manager, one in zip(managers, starting, strict=True):
        if one.exception() is None:
            stack.push(manager)
    return [one.result() for one in starting]


def _wait_for(address: str, server: subprocess.Popen[str]) -> None:
    # One client for all tries: each makes a TLS context, which takes CPU from the server.
    with httpx.Client(timeout=1) as client:
        for _ in range(400):
            try:
                client.get(address)
            except httpx.HTTPError:
                assert server.poll() is None, server.communicate()
                time.sleep(0.05)
            else:
                return
    raise AssertionError(f"{address} did not answer")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Start `groupgate sandbox` and return the variables that it prints."""
    port = free_port()
    alive = f"http://127.0.0.1:{port}/"
    with started("sandbox", "--port", str(port), cwd=tmp_path, alive=alive) as server:
        assert server.stdout
        lines = [server.stdout.readline() for _ in range(7)]
        yield dict(re.fullmatch(r"export (\w+)=(.*)\n", line).groups() for line in lines)  # type: ignore[union-attr,misc]


def test_a_gateway_connects_to_simulators_in_another_process(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """The printed variables are sufficient."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    arguments = ("serve", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **environment):
        query = "{ providers { key products(first: 1) { nodes { name } } } }"
        body = httpx.post(f"{base}/graphql", json={"query": query}).json()
        assert [one["key"] for one in body["data"]["providers"]] == [
            "AXIM",
            "DODO",
            "TWO_CHECKOUT",
        ]
        assert all(one["products"]["nodes"][0]["name"] for one in body["data"]["providers"])
        assert httpx.get(f"{base}/readyz").json()["status"] == "ready"
        assert httpx.get(f"{base}/schema.graphql").text.startswith('"""')


def test_only_configured_vendors_are_served(tmp_path: Path, environment: dict[str, str]) -> None:
    """A slash at the end of a base URL is ignored."""
    one = {k: v for k, v in environment.items() if k.startswith("TWOCHECKOUT_")}
    one["TWOCHECKOUT_BASE_URL"] += "/"
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with started("serve", "--port", str(port), cwd=tmp_path, alive=f"{base}/healthz", **one):
        query = "{ providers { key productCollections { nodes { groups { totalCount } } } } }"
        body = httpx.post(f"{base}/graphql", json={"query": query}).json()
        assert body["data"]["providers"] == [
            {
                "key": "TWO_CHECKOUT",
                "productCollections": {"nodes": [{"groups": {"totalCount": 10}}]},
            }
        ]


def test_check_reports_every_vendor(tmp_path: Path, environment: dict[str, str]) -> None:
    """The status is 0, or 1 if a vendor does not accept the key."""
    output = run("check", cwd=tmp_path, environment=environment).stdout
    assert [name in output for name in ("Axim Commerce", "Dodo Payments", "2Checkout")] == [
        True
    ] * 3
    wrong = {**environment, "AXIM_ACCESS_TOKEN": "wrong"}
    output = run("check", cwd=tmp_path, status=1, environment=wrong).stdout
    assert "Axim Commerce does not accept the gateway's credentials." in " ".join(output.split())


def test_serve_does_not_start_on_a_port_in_use(tmp_path: Path) -> None:
    """The command exits with 1."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", "--sandbox", "--port", str(port), cwd=tmp_path, status=1)
    assert done.stderr.splitlines()[-1] == (
        f"groupgate: Cannot listen on port {port} of 127.0.0.1: Address already in use."
    )


def test_serve_sandbox_starts_the_simulators(tmp_path: Path) -> None:
    """The first line on standard error has the URL of the explorer."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz") as server:
        page = httpx.get(base, headers={"accept": "text/html"})
        assert "<title>groupgate</title>" in page.text
        server.terminate()
        _, errors = server.communicate(timeout=20)
    assert errors.splitlines()[0] == (
        "Sandbox with simulated vendors: Axim Commerce, Dodo Payments, 2Checkout. "
        f"Explorer: {base}/"
    )
