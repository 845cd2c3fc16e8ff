"""Fixtures for the tests of all vendors.

Each vendor's folder defines `simulator`, `prefix` and `connect`.
"""

from collections.abc import Callable

import httpx
import pytest

from groupgate.domain.provider import Provider
from groupgate.sandbox.simulator import Simulator
from groupgate.upstream import sender
from tests.providers.faults import Faults, FaultyTransport
from tests.providers.reads import AlteredTransport, AlterResponse

Connect = Callable[[httpx.AsyncBaseTransport], Provider]
FailWith = Callable[[Faults], Provider]
AlterResponses = Callable[[AlterResponse], Provider]


@pytest.fixture(autouse=True)
def _one_attempt(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send each call once, so that the counted calls are those that a vendor's code makes.

    Retries are tested with `groupgate.upstream`.
    """
    if "with_retries" not in request.fixturenames:
        monkeypatch.setattr(sender, "TRIES", 1)


@pytest.fixture
def with_retries() -> None:
    """Retry failed calls, as the gateway does."""


@pytest.fixture
def provider(connect: Connect, simulator: Simulator) -> Provider:
    """A provider over the simulator."""
    return connect(httpx.ASGITransport(app=simulator))


@pytest.fixture
def fail_with(connect: Connect, simulator: Simulator, prefix: str) -> FailWith:
    """Makes a provider over the simulator whose calls have these faults."""
    return lambda faults: connect(FaultyTransport(simulator, faults, prefix))


@pytest.fixture
def alter_responses(connect: Connect, simulator: Simulator, prefix: str) -> AlterResponses:
    """Makes a provider over the simulator that receives altered responses."""
    return lambda alter: connect(AlteredTransport(simulator, alter, prefix))
