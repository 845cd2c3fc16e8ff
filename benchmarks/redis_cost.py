"""The CPU time that Redis costs a request, in microseconds: cold, warm and hot, against none.

All runs in one process, with the sandbox and a redis-server, whose CPU time is not counted. Cold:
nothing is cached, so the vendor is called. Warm: the vendor's response is cached, and the query is
executed. Hot: the response to the query is cached.
"""

import asyncio
import sys
import time
from statistics import median
from typing import Final

from groupgate.app.settings import Settings
from groupgate.sandbox.app import Sandbox
from tests.app.redis.server import RedisServer
from tests.e2e.gateway import Gateway, open_gateway

REQUESTS: Final = 150
ROUNDS: Final = 5
CACHED: Final = Settings.model_construct(
    cache_ttl=3600, dodo_rate_per_second=None, dodo_rate_per_minute=None
)


def query(kind: str, number: int) -> str:
    """Return the query of one request: with another SKU if cold, with another alias if warm."""
    sku = f"{kind} {number}" if kind == "cold" else "same"
    alias = f"warm{number}" if kind == "warm" else "id"
    return f'{{ provider(key: AXIM) {{ productBySku(sku: "{sku}") {{ {alias}: id }} }} }}'


async def microseconds(gateway: Gateway, kind: str, run: int) -> float:
    """Return the CPU time of one request."""
    await gateway.data(query("hot", 0))
    started = time.process_time()
    for number in range(REQUESTS):
        await gateway.data(query(kind, run * REQUESTS + number))
    return (time.process_time() - started) / REQUESTS * 1e6


async def measure(url: str) -> None:
    """Measure both gateways in turn and print a table."""
    sandbox = Sandbox(unlimited=True)
    async with (
        open_gateway(
            sandbox, Settings.model_construct(log_level="error"), upstream=CACHED
        ) as alone,
        open_gateway(
            sandbox,
            Settings.model_construct(redis_url=url),
            upstream=CACHED,
        ) as shared,
    ):
        sys.stdout.write("| request | alone, us | with Redis, us | difference, us |\n")
        for kind in ("cold", "warm", "hot"):
            times: list[list[float]] = [[], []]
            for run in range(ROUNDS):
                for own, gateway in zip(times, (alone, shared), strict=True):
                    own.append(await microseconds(gateway, kind, run))
            first, second = map(median, times)
            sys.stdout.write(f"| {kind} | {first:.0f} | {second:.0f} | {second - first:.0f} |\n")


if __name__ == "__main__":
    with RedisServer() as server:
        asyncio.run(measure(server.url))
