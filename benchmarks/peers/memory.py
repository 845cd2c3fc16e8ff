"""Prints groupgate's resident memory: idle, after requests of all kinds, after new documents.

`python -m benchmarks.peers.memory [--documents 20000] [--requests 2000]`

One gateway with default settings, but higher rate limits of Dodo Payments. The requests of each
query are equal ("hot"), different ("warm"), or not to be answered from a cache ("cold"). No two of
the new documents have an operation's name or an alias in common.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from benchmarks.client import Client
from benchmarks.peers.data import WORKS, Dialect, Work
from benchmarks.peers.load import CONNECTIONS
from benchmarks.peers.running import LOAD_CORE, Server, running
from benchmarks.peers.subjects import DEFAULT

STEPS: Final = 8
"""The memory is read after each of so many parts of the new documents."""
_NO_CACHE: Final = {"Cache-Control": "no-cache"}

Request = tuple[bytes, Mapping[str, str]]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=2_000, help="of each kind and query")
    options = parser.parse_args()
    with ExitStack() as stack:
        command = (sys.executable, "-m", "benchmarks.peers.upstream", "{port}", "0")
        upstream = stack.enter_context(running("upstream", command, {}, core=LOAD_CORE))
        address = f"http://127.0.0.1:{upstream.port}"
        environment = {
            key: value.replace("{upstream}", address) for key, value in DEFAULT.environment.items()
        }
        server = stack.enter_context(running(DEFAULT.name, DEFAULT.command, environment))
        print_memory(server, requests=options.requests, documents=options.documents)


def print_memory(server: Server, *, requests: int, documents: int) -> None:
    """Send the requests to a gateway that has just started, and print a row after each kind."""
    print("| groupgate, default settings | resident MiB |\n| --- | --: |")
    _print_row("idle", server)
    for kind, request in (("hot", _hot), ("warm", _warm), ("cold", _cold)):
        for work in WORKS:
            _send(server, (request(work, number) for number in range(requests)))
        _print_row(f"{requests * len(WORKS):,} {kind} requests", server)
    done = 0
    for step in range(1, STEPS + 1):
        until = documents * step // STEPS
        _send(server, (_new(number) for number in range(done, until)))
        done = until
        _print_row(f"{done:,} new documents", server)
    print(flush=True)


def _print_row(name: str, server: Server) -> None:
    print(f"| {name} | {server.resident():.1f} |", flush=True)


def _body(work: Work, number: int) -> bytes:
    bodies = work.bodies(Dialect.GROUPGATE)
    return bodies[number % len(bodies)]


def _hot(work: Work, number: int) -> Request:
    return _body(work, number), {}


def _warm(work: Work, number: int) -> Request:
    return _body(work, number)[:-1] + b', "extensions": {"number": %d}}' % number, {}


def _cold(work: Work, number: int) -> Request:
    return _body(work, number), _NO_CACHE


def _new(number: int) -> Request:
    work = WORKS[number % len(WORKS)]
    request = json.loads(_body(work, number // len(WORKS)))
    query = request["query"].replace("query (", f"query D{number} (", 1)
    request["query"] = query.replace("name", f"n{number}: name")
    return json.dumps(request).encode(), {}


def _send(server: Server, requests: Iterable[Request]) -> None:
    """Send requests over the connections of the comparison; each must succeed."""
    asyncio.run(_send_all(Client(server.port), iter(requests)))


async def _send_all(client: Client, requests: Iterable[Request]) -> None:
    async def send() -> None:
        for body, headers in requests:
            response = await client.post(body, headers)
            while response.status == 503:  # noqa: PLR2004 # the machine has too much to do
                await asyncio.sleep(1)
                response = await client.post(body, headers)
            if response.status != 200 or b'"errors"' in response.body:  # noqa: PLR2004
                raise SystemExit(f"unexpected response: {response.body[:300]!r}")

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


if __name__ == "__main__":
    main()
