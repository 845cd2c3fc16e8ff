"""What all tests of faults stand on: retries that wait, and a name that nobody has."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.upstream import retry
from tests.faults.addresses import NOWHERE
from tests.faults.serving import Served, served_aside


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do wait, for the deadline counts that too, but not for long."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.02)


@pytest.fixture(autouse=True)
def _no_such_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that nobody has is not found, whatever resolver this machine has, or none."""
    find = socket.getaddrinfo

    def look_up(host: str | bytes | None, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and NOWHERE.endswith(f"//{name}"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return find(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture(scope="package")
def _served() -> Iterator[Served]:
    with served_aside(Sandbox(unlimited=True)) as served:
        yield served


@pytest.fixture
def vendors(_served: Served) -> Served:
    """The vendors as they are at first, and not yet called."""
    _served.sandbox.reset()
    for vendor in (_served.sandbox.dodo, _served.sandbox.axim, _served.sandbox.two_checkout):
        vendor.calls.clear()
    return _served
