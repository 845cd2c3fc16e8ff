"""Fixtures: a redis-server for the tests of one module, and a connection to it, emptied."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from groupgate.app.redis.connection import RedisConnection
from tests.app.redis.server import RedisServer


async def wait_until_available(connection: RedisConnection) -> None:
    """Wait until a connection that was lost is open again, for five seconds at most."""
    for _ in range(250):
        if connection.is_available:
            return
        await asyncio.sleep(0.02)
    pytest.fail("Redis was not used again within five seconds.")


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """Run a server. Results of mutations stay in it, so modules with equal keys need two."""
    with RedisServer() as running:
        yield running


def connect(url: str, encryption_key: str = "") -> RedisConnection:
    """Connect with much time for replies, so that a busy machine is not taken for a slow Redis."""
    return RedisConnection(url, encryption_key, timeout=2)


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[RedisConnection]:
    """Connect to the empty server."""
    opened = connect(server.url)
    await opened.client.flushall()
    yield opened
    await opened.aclose()
