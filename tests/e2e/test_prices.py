"""Prices as the vendors write them, seen by a client."""

from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.gateway import open_gateway
from tests.e2e.transports import AlteredReads

pytestmark = pytest.mark.anyio

RESPONSES: Final = Path(__file__).parent / "vendor_responses"
SHOW_PRICES: Final = """
    query ($key: ProviderKey!) {
      provider(key: $key) { products { nodes { price { amount currencyCode } } } }
    }
"""


@pytest.mark.parametrize(
    ("name", "key", "path", "prices"),
    [
        ("2co-amount-minus-1", "TWO_CHECKOUT", "/products/", [("39.99", "USD"), None]),
        ("2co-flat-option-prices", "TWO_CHECKOUT", "/products/", [("39.99", "USD"), None]),
        ("dodo-mga", "DODO", "/products", [("19.99", "USD"), ("5000", "MGA")]),
    ],
)
async def test_prices_are_those_of_the_vendor(
    name: str, key: str, path: str, prices: list[tuple[str, str] | None]
) -> None:
    assert await shown_prices(key, path, (RESPONSES / f"{name}.json").read_bytes()) == prices


@pytest.mark.parametrize(
    ("price", "shown"),
    [(b'"1000"', ("1000", None)), (b'"1_000"', None)],
)
async def test_a_price_of_axim_is_a_number(price: bytes, shown: tuple[str, None] | None) -> None:
    row = b'{"id": "64f123abc456789012345679", "price": %s}' % price
    body = b'{"success": true, "data": [%s], "pagination": {"page": 1, "total": 1}}' % row
    assert await shown_prices("AXIM", "/products", body) == [shown]


async def shown_prices(key: str, path: str, body: bytes) -> list[tuple[Any, Any] | None]:
    """Return amount and currency of the products that a vendor returns in this body."""
    responses = AlteredReads({path: body})
    async with open_gateway(transport=responses.transport) as gateway:
        data = await gateway.data(SHOW_PRICES, key=key)
    assert responses.reads == 1
    prices = [node["price"] for node in data["provider"]["products"]["nodes"]]
    return [price and (price["amount"], price["currencyCode"]) for price in prices]
