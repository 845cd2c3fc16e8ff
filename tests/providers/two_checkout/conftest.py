"""A client of 2Checkout whose answers a test makes up."""

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from groupgate.providers.two_checkout import Settings
from groupgate.providers.two_checkout.client import TwoCheckoutClient

Answer = Callable[[httpx.Request], httpx.Response]
Connect = Callable[[httpx.AsyncBaseTransport], TwoCheckoutClient]


@pytest.fixture
def settings() -> Settings:
    """What the simulator expects."""
    return Settings(
        merchant_code="SANDBOX1",
        secret_key=SecretStr("sandbox-secret-key"),
        base_url="http://two.test/6.0",
    )


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Makes a client over this transport."""
    return lambda transport: TwoCheckoutClient(settings, httpx.AsyncClient(transport=transport))
