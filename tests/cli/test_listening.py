"""Listening: which addresses, and what happens without descriptors."""

import errno
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from groupgate.cli.listening import LOG_INTERVAL, Listener, listen

DESCRIPTORS = Path("/proc/self/fd")


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listen on a free port."""
    (one,) = listen("127.0.0.1", 0)
    with one:
        yield one


def test_a_name_may_have_several_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of a family that the machine does not have is left out."""
    addresses: list[Any] = [("127.0.0.1", 0), ("127.0.0.2", 0), ("192.0.2.1", 0)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_named: found)
    listeners = listen("gateway.example", 0)
    assert [one.getsockname()[0] for one in listeners] == ["127.0.0.1", "127.0.0.2"]
    for one in listeners:
        one.close()


@pytest.mark.parametrize(
    ("host", "number"),
    [("192.0.2.1", errno.EADDRNOTAVAIL), ("gateway.invalid", socket.EAI_NONAME)],
)
def test_an_address_of_another_machine_is_an_error(host: str, number: int) -> None:
    with pytest.raises(OSError) as raised:  # noqa: PT011 - the number tells which
        listen(host, 0)
    assert raised.value.errno == number


def test_without_descriptors_a_connection_is_closed_and_one_line_logged(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next line is logged a minute later; with descriptors connections are accepted again."""
    address = listener.getsockname()
    accept, fails = socket.socket._accept, True  # type: ignore[attr-defined]

    def fail_once(self: socket.socket) -> Any:
        nonlocal fails
        fails = not fails
        if not fails:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return accept(self)

    times = iter([0.0, 0.0, LOG_INTERVAL - 1, LOG_INTERVAL, LOG_INTERVAL])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    before = len([*DESCRIPTORS.iterdir()])
    with structlog.testing.capture_logs() as lines:
        monkeypatch.setattr(socket.socket, "_accept", fail_once)
        for _ in range(3):
            with socket.create_connection(address) as client:
                with pytest.raises(ConnectionAbortedError):
                    listener.accept()
                assert client.recv(1) == b""
    monkeypatch.undo()
    assert len([*DESCRIPTORS.iterdir()]) == before
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    line = {
        "event": "descriptors_exhausted",
        "log_level": "error",
        "limit": limit,
        "problem": "Too many open files",
    }
    assert lines == [line, line]
    with socket.create_connection(address):
        connection, _ = listener.accept()
        connection.close()


def test_other_errors_are_raised(listener: Listener) -> None:
    listener.settimeout(0)
    with pytest.raises(BlockingIOError):
        listener.accept()
