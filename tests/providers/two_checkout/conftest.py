"""2Checkout over a simulator, or over any other transport."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from groupgate.providers.two_checkout import Settings, build
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.conftest import Connect

ConnectClient = Callable[[httpx.AsyncBaseTransport], TwoCheckoutClient]


@pytest.fixture
def prefix() -> str:
    """The path of the base URL."""
    return "/6.0"


@pytest.fixture
def settings(prefix: str) -> Settings:
    """Settings that the simulator accepts, with a host that does not exist."""
    return Settings(
        merchant_code="SANDBOX1",
        secret_key=SecretStr("sandbox-secret-key"),
        base_url=f"http://two.test{prefix}",
    )


@pytest.fixture
def simulator(prefix: str) -> TwoCheckoutSimulator:
    """A software shop with 262 products, which are two pages, in 10 groups."""
    return TwoCheckoutSimulator(prefix=prefix, hides_group_of=["PTR-TEA-1Y"])


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Makes a provider over a transport."""
    return lambda transport: build(settings, transport)


@pytest.fixture
def connect_client(settings: Settings) -> ConnectClient:
    """Makes a client over a transport."""
    return lambda transport: TwoCheckoutClient(settings, transport)
