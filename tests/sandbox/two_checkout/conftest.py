"""A 2Checkout simulator with a fixed clock, and a client that signs its requests."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

NOW = 1_592_467_546.0
"""2020-06-18 08:05:46 UTC, the date in the vendor's example."""
DATE = "2020-06-18 08:05:46"

Sign = Callable[..., str]


@pytest.fixture
def two_checkout() -> TwoCheckoutSimulator:
    """A simulator with its seed data and one product that hides its group."""
    return TwoCheckoutSimulator(clock=lambda: NOW, hides_group_of=["PTR-TEA-1Y"])


@pytest.fixture(scope="session")
def sign() -> Sign:
    """A function that returns an authentication header."""
    return _header


@pytest.fixture
async def http(two_checkout: TwoCheckoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a signed header, which is valid for every request at the fixed time."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(two_checkout),
        base_url="http://two-checkout.test",
        headers={"X-Avangate-Authentication": _header()},
    ) as client:
        yield client


def _header(
    *,
    code: str = "SANDBOX1",
    secret: str = "sandbox-secret-key",  # noqa: S107 - opens only the simulator
    date: str = DATE,
    algo: str = "sha256",
    template: str = 'code="{code}" date="{date}" hash="{hash}" algo="{algo}"',
) -> str:
    lengths = [len(each.encode()) for each in (code, date)]
    text = f"{lengths[0]}{code}{lengths[1]}{date}"
    digest = hmac.new(secret.encode(), text.encode(), getattr(hashlib, algo.replace("-", "_")))
    return template.format(code=code, date=date, hash=digest.hexdigest(), algo=algo)
