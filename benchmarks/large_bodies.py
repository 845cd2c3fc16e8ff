"""How much memory stays behind after many large bodies: run it, and read what it prints.

`python -m benchmarks.large_bodies`, and `--as-it-is` for what glibc does if nobody tells it.
"""
# ruff: noqa: T201 # it prints

import argparse
import asyncio
import gc
import multiprocessing
import os
import socket
from contextlib import suppress
from typing import Final

import httpx

from benchmarks.memory import look
from groupgate.cli.server import give_back_large_blocks
from groupgate.domain.errors import UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.request import request_scope
from groupgate.upstream.client import JsonClient

ROUNDS: Final = 6
AT_ONCE: Final = 16
"""Of each vendor."""
PIECES: Final = 112
"""Of 64 KiB: 7 MiB, which is within the limit."""
_HEAD: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_PIECE: Final = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
_END: Final = b"0\r\n\r\n"


async def ask(base: str) -> None:
    """Ask for large bodies, all at once, and look at the memory when each has been dealt with."""
    clients = [JsonClient(key, httpx.AsyncClient(), base, dict) for key in ProviderKey]
    kept = []
    print(f"{look(os.getpid(), 0).resident // 1024} MiB at first")
    for _ in range(ROUNDS):
        await asyncio.gather(*(_ask(client) for client in clients for _ in range(AT_ONCE)))
        # What a program keeps lies between what it gives back.
        kept.append([{"kept": object()} for _ in range(20_000)])
        await asyncio.sleep(0.3)
        gc.collect()
        print(f"{look(os.getpid(), 0).resident // 1024} MiB")


async def _ask(client: JsonClient) -> None:
    with request_scope(deadline=60), suppress(UpstreamError):
        await client.get("/", dict)


def play(listener: socket.socket) -> None:
    """Answer every request with a large body of nothing."""
    asyncio.run(_serve(listener))


async def _serve(listener: socket.socket) -> None:
    server = await asyncio.start_server(_answer, sock=listener)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_HEAD)
        for _ in range(PIECES):
            writer.write(_PIECE)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(_END)
        writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-it-is", action="store_true")
    if not parser.parse_args().as_it_is:
        give_back_large_blocks()
    with socket.create_server(("127.0.0.1", 0)) as own:
        vendor = multiprocessing.Process(target=play, args=(own,), daemon=True)
        vendor.start()
        asyncio.run(ask(f"http://127.0.0.1:{own.getsockname()[1]}"))
        vendor.terminate()
