"""Reads of products of the 2Checkout simulator."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio


def _product(two_checkout: TwoCheckoutSimulator, code: str) -> dict[str, Any]:
    products = two_checkout.snapshot()["products"]
    [found] = [product for product in products if product["ProductCode"] == code]
    return found


async def test_a_page_has_ten_items_by_default(http: httpx.AsyncClient) -> None:
    response = await http.get("/products/")
    assert response.json().keys() == {"Items", "Pagination"}
    assert len(response.json()["Items"]) == 10
    assert response.json()["Pagination"] == {"Page": 1, "Limit": 10, "Count": 262}


async def test_the_limit_is_reduced_to_two_hundred(http: httpx.AsyncClient) -> None:
    pages = [
        (await http.get("/products/", params={"Limit": 1000, "Page": page})).json()
        for page in (1, 2, 3)
    ]
    assert [len(page["Items"]) for page in pages] == [200, 62, 0]
    assert pages[2]["Pagination"] == {"Page": 3, "Limit": 200, "Count": 262}
    codes = {item["ProductCode"] for page in pages for item in page["Items"]}
    assert len(codes) == 262


async def test_list_items_are_complete_products(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    items = (await http.get("/products", params={"Limit": 200})).json()["Items"]
    assert items == two_checkout.snapshot()["products"][:200]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("VPN", 18),
        ("vpn", 0),
        ("7F3E9D2C1A", 0),
        ("R&D + QA / 50%", 12),
        ("Éducation", 16),
        ("Legacy", 0),
        ("", 262),
    ],
)
async def test_group_name_filters_by_the_exact_name(
    http: httpx.AsyncClient, name: str, count: int
) -> None:
    response = await http.get("/products/", params={"GroupName": name})
    assert response.status_code == 200
    assert response.json()["Pagination"]["Count"] == count


async def test_group_name_finds_a_product_that_hides_its_group(http: httpx.AsyncClient) -> None:
    params = {"GroupName": "R&D + QA / 50%", "Limit": "200"}
    items = (await http.get("/products/", params=params)).json()["Items"]
    hidden = [item["ProductCode"] for item in items if item["ProductGroup"] is None]
    assert hidden == ["PTR-TEA-1Y"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Limit", "0"),
        ("Limit", "-1"),
        ("Limit", "ten"),
        ("Limit", ""),
        ("Page", "0"),
        ("Page", "1.0"),
        ("Page", "9" * 5000),
    ],
)
async def test_an_invalid_page_or_limit_returns_400(
    http: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await http.get("/products/", params={name: value})
    assert response.status_code == 400
    assert response.json() == {"error_code": "INVALID_DATA", "message": f"Invalid {name}"}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "code", ["BAV-1D-1Y", "my product 1", "C/C++ Toolkit", "50%-off bundle", "A+B", "what?#1"]
)
async def test_a_product_is_found_by_its_percent_encoded_code(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, code: str, slash: str
) -> None:
    response = await http.get(f"/products/{quote(code, safe='')}{slash}")
    assert response.status_code == 200
    assert response.json() == _product(two_checkout, code)


async def test_an_unencoded_slash_separates_segments(http: httpx.AsyncClient) -> None:
    response = await http.get("/products/C/C++%20Toolkit/")
    assert response.status_code == 404
    assert response.json() == {"error_code": "NOT_FOUND", "message": "Resource not found"}


async def test_prices_are_in_pricing_configurations(two_checkout: TwoCheckoutSimulator) -> None:
    dollars, yen = _product(two_checkout, "BAV-1D-1M")["PricingConfigurations"]
    quantities = {"MinQuantity": "1", "MaxQuantity": "99999", "OptionCodes": []}
    assert dollars["Prices"]["Regular"] == [
        {"Amount": 3.6, "Currency": "USD", **quantities},
        {"Amount": 3.24, "Currency": "EUR", **quantities},
    ]
    assert yen == {
        "Name": "BAV-1D-1M | Japan",
        "Code": "37F6138F07",
        "Default": False,
        "BillingCountries": ["JP"],
        "PricingSchema": "FLAT",
        "PriceType": "GROSS",
        "DefaultCurrency": "JPY",
        "Prices": {
            "Regular": [{"Amount": 540, "Currency": "JPY", **quantities}],
            "Renewal": [],
        },
        "PriceOptions": [],
    }


async def test_an_unknown_product_returns_404(http: httpx.AsyncClient) -> None:
    response = await http.get("/products/NONE/")
    assert response.status_code == 404
    assert response.json() == {"error_code": "PRODUCT_NOT_FOUND", "message": "Product not found"}
