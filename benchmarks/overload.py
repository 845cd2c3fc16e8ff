"""Measure response times under 1,000 different queries at once: `python -m benchmarks.overload`.

The gateway and the simulators run in processes of their own. All connections are open before the
first query is sent. Every response must arrive by the deadline, with a result or status 503.
/healthz is called continuously over a connection of its own.
"""
# ruff: noqa: T201 # the output is the result

import argparse
import asyncio
import json
import resource
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.client import Client, Response, read_response, request_of
from benchmarks.processes import free_port, gateway, read_line, started

QUERY: Final = """query Catalogue%d { provider(key: TWO_CHECKOUT) {
  productCollections(first: 5) { nodes { name groups(first: 10) { nodes {
    id name products(first: 5) { edges { node { id name sku price { amount currencyCode } } } }
  } } } }
} }"""

HEALTH_INTERVAL: Final = 0.02
"""Seconds between two calls of /healthz."""


async def measure(port: int, queries: int) -> None:
    """Send the queries at once and print the response times."""
    client = Client(port)
    for number in range(20):  # warms up the caches
        await client.post(_body(-number - 1))
    connections = [await client.connect() for _ in range(queries)]
    health: list[float] = []
    checking = asyncio.create_task(_check_health(client, health))
    begun = time.monotonic()
    for number, (_, writer) in enumerate(connections):
        writer.write(request_of(_body(number)))
    responses = await asyncio.gather(*(_timed(reader, begun) for reader, _ in connections))
    await asyncio.sleep(0.1)
    checking.cancel()
    for _, writer in connections:
        writer.close()
    _print(responses, health)


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
    times: dict[str, list[float]] = {}
    for response, seconds in responses:
        times.setdefault(f"{response.status} {_code(response)}", []).append(seconds)
    for kind, seconds_of in times.items():
        print(f"{len(seconds_of):5} x {kind}: {_summary(seconds_of)}")
    print(f"{len(health):5} x /healthz: {_summary(health)}")


def _summary(seconds: list[float]) -> str:
    return f"median {median(seconds):.3f} s, longest {max(seconds):.3f} s"


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
            with gateway(logs / "gateway", variables) as (_, gateway_port):
                for _ in range(given.repeat):
                    asyncio.run(measure(gateway_port, given.queries))


if __name__ == "__main__":
    main()
