"""Equal reads through three processes at once are one call to the vendor."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app.redis.deployment import Deployment, deployed
from tests.app.redis.server import RedisServer

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

READ = "query ($sku: String!) { provider(key: AXIM) { productBySku(sku: $sku) { id } } }"


async def read_all(deployment: Deployment, skus: list[str]) -> None:
    """Read the products with these SKUs at once, through the processes in turn."""
    replicas = deployment.replicas

    async def read(number: int, sku: str) -> dict[str, Any]:
        return await replicas[number % len(replicas)].data(READ, sku=sku)

    await asyncio.gather(*(read(number, sku) for number, sku in enumerate(skus)))


async def test_1000_equal_reads_are_one_call_and_50_different_ones_are_50(
    server: RedisServer, tmp_path: Path
) -> None:
    async with deployed(tmp_path, server.url, cache_ttl="60") as deployment:
        deployment.vendor.latency = 0.2
        await read_all(deployment, ["same"] * 1000)
        assert deployment.vendor.reads == 1
        await read_all(deployment, [f"sku {number}" for number in range(50)] * 3)
        assert deployment.vendor.reads == 51
