"""Axim Commerce as the gateway sees it, with the simulator or a test's own answers in its place."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from groupgate.domain.provider import Provider
from groupgate.providers.axim import Settings, build
from groupgate.providers.axim.client import AximClient
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.faults import FailWith, Faults, FaultyTransport

Connect = Callable[[httpx.AsyncBaseTransport], AximClient]


@pytest.fixture
def settings() -> Settings:
    """Settings that lead to no real host."""
    return Settings(
        access_token=SecretStr("axim-sandbox-token"), base_url="http://axim.test/open-api/api/"
    )


@pytest.fixture
def simulator() -> AximSimulator:
    """The vendor, played."""
    return AximSimulator(prefix="/open-api/api")


@pytest.fixture
def provider(settings: Settings, simulator: AximSimulator) -> Provider:
    """The provider, which speaks to the simulator."""
    return build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))


@pytest.fixture
def fail_with(settings: Settings, simulator: AximSimulator) -> FailWith:
    """Makes a provider whose calls to the simulator meet these faults."""

    def make(faults: Faults) -> Provider:
        transport = FaultyTransport(simulator, faults, "/open-api/api")
        return build(settings, httpx.AsyncClient(transport=transport))

    return make


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Makes a client over this transport."""
    return lambda transport: AximClient(settings, httpx.AsyncClient(transport=transport))
