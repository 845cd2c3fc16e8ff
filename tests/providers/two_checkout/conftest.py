"""2Checkout, played by the sandbox or by answers that a test makes up."""

from collections.abc import Callable, Mapping

import httpx
import pytest
from pydantic import SecretStr

from groupgate.domain.provider import Provider
from groupgate.providers.two_checkout import Settings, build
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.faults import FailWith, Fault, FaultyTransport

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


@pytest.fixture
def simulator() -> TwoCheckoutSimulator:
    """A software vendor with 262 products, two pages of them, in 10 groups."""
    return TwoCheckoutSimulator(prefix="/6.0", hides_group_of=["PTR-TEA-1Y"])


@pytest.fixture
def provider(settings: Settings, simulator: TwoCheckoutSimulator) -> Provider:
    """The provider over the simulator, of whose catalogue it knows nothing yet."""
    return build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))


@pytest.fixture
def fail_with(settings: Settings, simulator: TwoCheckoutSimulator) -> FailWith:
    """Makes a provider over the simulator whose calls meet these faults."""

    def build_with(faults: Mapping[str, list[Fault]]) -> Provider:
        transport = FaultyTransport(simulator, faults, "/6.0")
        return build(settings, httpx.AsyncClient(transport=transport))

    return build_with
