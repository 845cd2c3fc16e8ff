"""Names are looked up in threads: those of one vendor never keep another's waiting."""

import asyncio
import socket
import threading
from typing import Any

import pytest

from groupgate.cli.server import allow_lookups

pytestmark = pytest.mark.anyio

HANGING = 32
"""Lookups of one vendor: of sixteen calls, and of the sixteen before those."""


async def test_a_name_is_found_while_those_of_another_vendor_are_looked_up_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The gateway allows for all vendors' calls at once."""
    begun, released = threading.Semaphore(0), threading.Event()
    find = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "silent.example":
            begun.release()
            released.wait()
        return find("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    allow_lookups(HANGING + 1)
    loop = asyncio.get_running_loop()
    hanging = [loop.create_task(_look_up("silent.example")) for _ in range(HANGING)]
    try:
        await loop.run_in_executor(None, _take, begun)
        assert await asyncio.wait_for(_look_up("healthy.example"), 30) == "127.0.0.1"
        assert not any(task.done() for task in hanging)
    finally:
        released.set()
        await asyncio.gather(*hanging)


async def _look_up(name: str) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(name, 80, type=socket.SOCK_STREAM)
    return str(found[0][4][0])


def _take(begun: threading.Semaphore) -> None:
    """Wait until all of them have begun."""
    for _ in range(HANGING):
        begun.acquire()
