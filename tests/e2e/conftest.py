"""Fixtures of the end-to-end tests."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.transports import ConcurrencyCounter


@pytest.fixture
def concurrency() -> ConcurrencyCounter:
    """Return the counter of concurrent calls that the gateway fixture uses."""
    return ConcurrencyCounter()


@pytest.fixture
async def gateway(concurrency: ConcurrencyCounter) -> AsyncIterator[Gateway]:
    """Open a gateway over a sandbox of its own."""
    async with open_gateway(transport=concurrency.transport) as gateway:
        yield gateway
