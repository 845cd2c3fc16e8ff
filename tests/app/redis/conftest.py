"""Fixtures: a redis-server for all tests of this folder, emptied before each of them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from groupgate.app.redis.connection import RedisConnection
from tests.app.redis.server import RedisServer


@pytest.fixture(scope="session")
def server() -> Iterator[RedisServer]:
    """Run a server."""
    with RedisServer() as running:
        yield running


@pytest.fixture
async def connection(server: RedisServer) -> AsyncIterator[RedisConnection]:
    """Connect to the empty server."""
    opened = RedisConnection(server.url)
    await opened.client.flushall()
    yield opened
    await opened.aclose()
