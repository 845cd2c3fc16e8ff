"""Fixtures of the fault tests: retries with a short wait, an unresolvable name, served vendors."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.upstream import sender
from tests.faults.addresses import UNRESOLVABLE
from tests.faults.serving import ServedSandbox, serve_sandbox


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait between retries; it is not removed, because it counts for the deadline."""
    monkeypatch.setattr(sender, "FIRST_WAIT", 0.02)


@pytest.fixture(autouse=True)
def _unresolvable_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the lookup of the unresolvable name, independent of this machine's resolver."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and UNRESOLVABLE.endswith(f"//{name}"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture(scope="package")
def _served() -> Iterator[ServedSandbox]:
    with serve_sandbox(Sandbox(unlimited=True)) as served:
        yield served


@pytest.fixture
def vendors(_served: ServedSandbox) -> ServedSandbox:
    """Return the served vendors, reset to their seed data and with no recorded calls."""
    _served.reset()
    return _served
