"""Dodo Payments as the gateway sees it, with the simulator in the vendor's place."""

import httpx
import pytest
from pydantic import SecretStr

from groupgate.domain.provider import Provider
from groupgate.providers.dodo import Settings, build
from groupgate.sandbox.dodo import DodoSimulator


@pytest.fixture
def settings() -> Settings:
    """Settings that lead to no real host."""
    return Settings(api_key=SecretStr("sk_test_sandbox"), base_url="http://dodo.test")


@pytest.fixture
def simulator() -> DodoSimulator:
    """The vendor, played, without rate limits."""
    return DodoSimulator(rate_per_second=None, rate_per_minute=None)


@pytest.fixture
def provider(settings: Settings, simulator: DodoSimulator) -> Provider:
    """The provider, which speaks to the simulator."""
    return build(settings, httpx.AsyncClient(transport=httpx.ASGITransport(app=simulator)))
