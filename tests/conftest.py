"""What every test may use."""

from collections.abc import Iterator

import pytest
import stamina
import structlog


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _retry_at_once() -> Iterator[None]:
    """Retries happen as often as they would, without the waiting."""
    stamina.set_testing(True, attempts=10, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture(autouse=True)
def _log_as_if_new() -> Iterator[None]:
    """A test that sets up logging leaves nothing of it to the next."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
