"""An Axim simulator with a fixed clock, and a client that sends its token."""

from collections.abc import AsyncIterator

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

NOON = 1_790_000_000.0  # 2026-09-21T14:13:20Z


@pytest.fixture
def axim() -> AximSimulator:
    """A simulator with its seed data."""
    return AximSimulator(clock=lambda: NOON)


@pytest.fixture
async def http(axim: AximSimulator) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sends the bare token, as the vendor's samples do."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim),
        base_url="http://axim.test",
        headers={"accessToken": "axim-sandbox-token"},
    ) as client:
        yield client


@pytest.fixture
def group_ids(axim: AximSimulator) -> dict[str, str]:
    """The ids of the groups by name."""
    return {group["name"]: group["id"] for group in axim.snapshot()["groups"]}


@pytest.fixture
def product_ids(axim: AximSimulator) -> dict[str, str]:
    """The ids of the products by SKU."""
    return {product["sku"]: product["id"] for product in axim.snapshot()["products"]}
