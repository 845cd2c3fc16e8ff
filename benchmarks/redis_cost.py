"""The CPU time that Redis costs a request, in microseconds: cold, warm and hot, against none.

All runs in one process, with the sandbox and a redis-server, whose CPU time is not counted. Cold:
nothing is cached, so the vendor is called. Warm: the vendor's response is cached, and the query is
executed. Hot: the response to the query is cached. All requests of a kind have the same document,
and both gateways get the same requests in turn.
"""

import asyncio
import sys
import time
from statistics import median
from typing import Any, Final

from groupgate.app.settings import Settings
from groupgate.sandbox.app import Sandbox
from tests.app.redis.server import RedisServer
from tests.e2e.gateway import Gateway, open_gateway

REQUESTS: Final = 150
ROUNDS: Final = 9
CACHED: Final = Settings.model_construct(
    cache_ttl=3600, dodo_rate_per_second=None, dodo_rate_per_minute=None
)

COLD: Final = "query ($sku: String!) { provider(key: AXIM) { productBySku(sku: $sku) { id } } }"
WARM: Final = """
query ($first: Int!, $after: String) {
  provider(key: AXIM) { products(first: $first, search: $after) { totalCount } }
}
"""


def request(kind: str, number: int) -> tuple[str, dict[str, Any]]:
    """Return the document and the variables of one request."""
    if kind == "cold":
        return COLD, {"sku": f"sku {number}"}
    return WARM, {"first": 1, "after": f"name {number}" if kind == "warm" else "name"}


async def microseconds(gateway: Gateway, kind: str, run: int) -> float:
    """Return the CPU time of one request."""
    document, variables = request(kind, -1)
    await gateway.data(document, **variables)
    started = time.process_time()
    for number in range(REQUESTS):
        document, variables = request(kind, run * REQUESTS + number)
        await gateway.data(document, **variables)
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
            Settings.model_construct(log_level="error", redis_url=url),
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
