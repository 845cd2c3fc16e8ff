"""Measure response times under 1,000 different queries at once: `python -m benchmarks.overload`.

The gateway and the simulators run in processes of their own. All connections are open before the
first query is sent. Every response must arrive by the deadline, with a result or status 503.
/healthz and a quiet client at another address, which sends one query after another, use
connections of their own.

With `--hot`, all of them send the same query, whose response is cached.
With `--bodies 200`, so many clients send all but the last byte of a body of 1 MiB instead.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import asyncio
import json
import resource
import time
from contextlib import suppress
from itertools import count
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.client import Client, Response, read_response, request_of
from benchmarks.memory import take_sample
from benchmarks.processes import free_port, gateway, read_line, started

QUERY: Final = """query Catalogue%d { provider(key: TWO_CHECKOUT) {
  productCollections(first: 5) { nodes { name groups(first: 10) { nodes {
    id name products(first: 5) { edges { node { id name sku price { amount currencyCode } } } }
  } } } }
} }"""

QUIET: Final = "127.0.0.2"
"""The address of the quiet client, which makes it another caller."""

MEBIBYTE: Final = 1_048_576

HEALTH_INTERVAL: Final = 0.02
"""Seconds between two calls of /healthz."""


async def measure(port: int, queries: int, *, is_hot: bool = False) -> None:
    """Send the queries at once and print the response times."""
    client = Client(port)
    for number in range(20):  # warms up the caches
        await client.post(_body(0 if is_hot else -number - 1))
    connections = [await client.connect() for _ in range(queries)]
    health: list[float] = []
    quiet: list[tuple[Response, float]] = []
    checking = asyncio.gather(_check_health(client, health), _ask_quietly(client, quiet))
    begun = time.monotonic()
    for number, (_, writer) in enumerate(connections):
        writer.write(request_of(_body(0 if is_hot else number)))
    responses = await asyncio.gather(*(_timed(reader, begun) for reader, _ in connections))
    await asyncio.sleep(0.1)
    checking.cancel()
    with suppress(asyncio.CancelledError):
        await checking
    for _, writer in connections:
        writer.close()
    _print(responses, health)
    print("The quiet client:")
    _print_kinds(quiet)


async def _ask_quietly(client: Client, answers: list[tuple[Response, float]]) -> None:
    for number in count():
        begun = time.monotonic()
        response = await client.post_from(QUIET, _body(-1_000_000 - number))
        answers.append((response, time.monotonic() - begun))
        await asyncio.sleep(HEALTH_INTERVAL)


async def hold_bodies(process: int, port: int, bodies: int) -> None:
    """Send all but the last byte of each body, and print the memory and a quiet client's time."""
    before = take_sample(process, 0).resident
    client = Client(port)
    connections = [await client.connect() for _ in range(bodies)]
    request = request_of(b" " * MEBIBYTE)
    for _, writer in connections:
        writer.write(request[:-1])
    sending = [asyncio.create_task(writer.drain()) for _, writer in connections]
    await asyncio.sleep(1)
    begun = time.monotonic()
    response = await client.post_from(QUIET, _body(0))
    took = time.monotonic() - begun
    more = (take_sample(process, 0).resident - before) / 1024
    for task in sending:
        task.cancel()
    refused = sum(bool(reader._buffer) for reader, _ in connections)  # type: ignore[attr-defined]  # noqa: SLF001 - a look without reading
    print(f"{bodies} bodies: {more:.0f} MiB more, {refused} refused")
    print(f"The quiet client: {response.status} after {took:.3f} s")
    for _, writer in connections:
        writer.close()


async def _timed(reader: asyncio.StreamReader, begun: float) -> tuple[Response, float]:
    response = await read_response(reader)
    return response, time.monotonic() - begun


async def _check_health(client: Client, latencies: list[float]) -> None:
    while True:
        begun = time.monotonic()
        response = await client.get("/healthz")
        assert response.status == 200  # noqa: S101, PLR2004 - a failure ends the measurement
        latencies.append(time.monotonic() - begun)
        await asyncio.sleep(HEALTH_INTERVAL)


def _print(responses: list[tuple[Response, float]], health: list[float]) -> None:
    _print_kinds(responses)
    print(f"{len(health):5} x /healthz: {_summary(health)}")


def _print_kinds(responses: list[tuple[Response, float]]) -> None:
    times: dict[str, list[float]] = {}
    for response, seconds in responses:
        times.setdefault(f"{response.status} {_code(response)}", []).append(seconds)
    for kind, seconds_of in times.items():
        print(f"{len(seconds_of):5} x {kind}: {_summary(seconds_of)}")


def _summary(seconds: list[float]) -> str:
    return f"median {median(seconds):.3f} s, p99 {p99(seconds):.3f} s, longest {max(seconds):.3f} s"


def p99(seconds: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(seconds)[ceil(0.99 * len(seconds)) - 1]


def _code(response: Response) -> str:
    errors = json.loads(response.body).get("errors")
    return errors[0]["extensions"]["code"] if errors else "data"


def _body(number: int) -> bytes:
    return json.dumps({"query": QUERY.replace("%d", str(number).replace("-", "_"))}).encode()


def main() -> None:
    """Start the processes and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--deadline", type=float, default=3)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--bodies", type=int, default=0)
    parser.add_argument("--hot", action="store_true")
    given = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with TemporaryDirectory() as folder:
        logs, port = Path(folder), free_port()
        sandbox = ("groupgate", "sandbox", "--port", str(port))
        with started(*sandbox, log=logs / "vendors", given={"PYTHONUNBUFFERED": "1"}) as vendors:
            lines = (read_line(vendors).removeprefix("export ").partition("=") for _ in range(7))
            variables = {name: value for name, _, value in lines}
            variables["GROUPGATE_DEADLINE"] = str(given.deadline)
            with gateway(logs / "gateway", variables) as (process, gateway_port):
                if given.bodies:
                    asyncio.run(hold_bodies(process, gateway_port, given.bodies))
                    return
                for _ in range(given.repeat):
                    asyncio.run(measure(gateway_port, given.queries, is_hot=given.hot))


if __name__ == "__main__":
    main()
