"""The whole gateway, as the tests of changes use it."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.ways import Crowd


@pytest.fixture
def crowd() -> Crowd:
    """What counts the calls that are under way at once."""
    return Crowd()


@pytest.fixture
async def gateway(crowd: Crowd) -> AsyncIterator[Gateway]:
    """A gateway over the sandbox."""
    async with open_gateway(way=crowd.way) as gateway:
        yield gateway
