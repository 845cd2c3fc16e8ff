"""Axim Commerce over a simulator, or over any other transport."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from groupgate.providers.axim import Settings, build
from groupgate.providers.axim.client import AximClient
from groupgate.sandbox.axim import AximSimulator
from tests.providers.conftest import Connect

ConnectClient = Callable[[httpx.AsyncBaseTransport], AximClient]


@pytest.fixture
def prefix() -> str:
    """The path of the base URL."""
    return "/open-api/api"


@pytest.fixture
def settings(prefix: str) -> Settings:
    """Settings that the simulator accepts, with a host that does not exist."""
    return Settings(
        access_token=SecretStr("axim-sandbox-token"), base_url=f"http://axim.test{prefix}/"
    )


@pytest.fixture
def simulator(prefix: str) -> AximSimulator:
    """A shop with 201 products in 14 groups."""
    return AximSimulator(prefix=prefix)


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Makes a provider over a transport."""
    return lambda transport: build(settings, transport)


@pytest.fixture
def connect_client(settings: Settings) -> ConnectClient:
    """Makes a client over a transport."""
    return lambda transport: AximClient(settings, transport)
