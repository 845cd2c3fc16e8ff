"""Measure how much memory stays allocated after many large response bodies.

`python -m benchmarks.large_bodies` runs with the image's MALLOC_MMAP_THRESHOLD_, and `--as-it-is`
with glibc's own threshold, which rises when large blocks are freed.
"""
# ruff: noqa: T201 # it prints

import argparse
import asyncio
import gc
import multiprocessing
import os
import socket
import sys
from contextlib import suppress
from typing import Final

from benchmarks.memory import take_sample
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.domain.errors import UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.http11.transport import Http11Transport
from groupgate.request import request_scope
from groupgate.upstream.client import JsonClient

_VARIABLE: Final = "MALLOC_MMAP_THRESHOLD_"
"""glibc gives freed blocks of this many bytes and more back to the system (Dockerfile)."""

ROUNDS: Final = 6
CONCURRENCY: Final = 16
"""Calls to each vendor."""
CHUNKS: Final = 112
"""Of 64 KiB: 7 MiB, which is within the limit."""
_HEAD: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
_CHUNK: Final = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
_END: Final = b"0\r\n\r\n"


async def measure(base: str) -> None:
    """Read large bodies concurrently, and print the memory after each round."""
    clients = [JsonClient(key, Http11Transport(), base, dict) for key in ProviderKey]
    kept = []
    print(f"{take_sample(os.getpid(), 0).resident // 1024} MiB at the start")
    for _ in range(ROUNDS):
        await asyncio.gather(*(_read(client) for client in clients for _ in range(CONCURRENCY)))
        # Objects that a program keeps are allocated between those that it frees.
        kept.append([{"kept": object()} for _ in range(20_000)])
        await asyncio.sleep(0.3)
        gc.collect()
        print(f"{take_sample(os.getpid(), 0).resident // 1024} MiB")


async def _read(client: JsonClient) -> None:
    with request_scope(deadline=60), suppress(UpstreamError):
        await client.get("/", dict)


def serve(listener: socket.socket) -> None:
    """Respond to every request with a large body of spaces."""
    asyncio.run(_serve(listener))


async def _serve(listener: socket.socket) -> None:
    server = await asyncio.start_server(_respond, sock=listener)
    await server.serve_forever()


async def _respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(_HEAD)
        for _ in range(CHUNKS):
            writer.write(_CHUNK)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(_END)
        writer.close()


def _restart_with(threshold: str | None) -> None:
    """Run this program again unless the variable is as wanted: glibc reads it at the start."""
    if os.environ.pop(_VARIABLE, None) != threshold:
        given = {} if threshold is None else {_VARIABLE: threshold}
        command = [sys.executable, "-m", "benchmarks.large_bodies", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | given)  # noqa: S606 - this program itself


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-it-is", action="store_true")
    _restart_with(None if parser.parse_args().as_it_is else "131072")
    configure_logs(Settings.model_construct(log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as own:
        vendor = multiprocessing.Process(target=serve, args=(own,), daemon=True)
        vendor.start()
        asyncio.run(measure(f"http://127.0.0.1:{own.getsockname()[1]}"))
        vendor.terminate()
