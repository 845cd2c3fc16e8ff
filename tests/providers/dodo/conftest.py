"""Dodo Payments over a simulator, or over any other transport."""

import pytest
from pydantic import SecretStr

from groupgate.providers.dodo import Settings, build
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import Connect


@pytest.fixture
def prefix() -> str:
    """The path of the base URL."""
    return ""


@pytest.fixture
def settings() -> Settings:
    """Settings that the simulator accepts, with a host that does not exist."""
    return Settings(api_key=SecretStr("sk_test_sandbox"), base_url="http://dodo.test")


@pytest.fixture
def simulator() -> DodoSimulator:
    """The seeded account, without rate limits."""
    return DodoSimulator(rate_per_second=None, rate_per_minute=None)


@pytest.fixture
def connect(settings: Settings) -> Connect:
    """Makes a provider over a transport."""
    return lambda transport: build(settings, transport)
