"""The server: lookups of host names, and warnings after disconnects."""

import asyncio
import gc
import socket
import threading
import warnings
from typing import Any

import pytest

from groupgate.cli.server import allow_lookups, ignore_unawaited_fields
from tests.app.disconnecting_client import DisconnectingClient, HeldSimulators, open_app

pytestmark = pytest.mark.anyio

HANGING = 32
"""Lookups of one vendor: of sixteen calls, and of sixteen cancelled calls before them."""


async def test_hanging_lookups_of_one_vendor_do_not_delay_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The gateway has enough threads for all vendors' calls."""
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
    """Wait until all lookups have started."""
    for _ in range(HANGING):
        begun.acquire()


NESTED_QUERY = """{ providers { productCollections { nodes { groups(first: 3) { nodes {
  products(first: 3) { nodes { name } }
} } } } } }"""
ITERATIONS = 60
"""Iterations of the event loop in which the whole query is answered."""


async def test_a_disconnect_causes_no_warning_about_unawaited_fields() -> None:
    """This holds for a disconnect in every iteration of the event loop."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ignore_unawaited_fields()
        async with open_app(HeldSimulators("none")) as app:
            for iterations in range(ITERATIONS):
                client = DisconnectingClient(app)
                request = client.post(NESTED_QUERY)
                for _ in range(iterations):
                    await asyncio.sleep(0)
                client.disconnect()
                await request
        gc.collect()
    assert [str(one.message) for one in caught] == []


async def test_other_unawaited_coroutines_cause_a_warning() -> None:

    async def forgotten() -> None:
        pass

    ignore_unawaited_fields()
    coroutine = forgotten()
    with pytest.warns(RuntimeWarning, match="forgotten' was never awaited"):
        del coroutine
