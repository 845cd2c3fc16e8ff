"""How the played 2Checkout shows and changes products."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio

NEW = {"ProductCode": "new one/2", "ProductName": "New one"}


def _product(two_checkout: TwoCheckoutSimulator, code: str) -> dict[str, Any]:
    products = two_checkout.snapshot()["products"]
    [found] = [product for product in products if product["ProductCode"] == code]
    return found


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "code", ["BAV-1D-1Y", "my product 1", "C/C++ Toolkit", "50%-off bundle", "A+B", "what?#1"]
)
async def test_a_product_is_found_by_its_code_whatever_is_in_it(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, code: str, slash: str
) -> None:
    response = await http.get(f"/products/{quote(code, safe='')}{slash}")
    assert response.status_code == 200
    assert response.json() == _product(two_checkout, code)


async def test_a_slash_that_is_not_encoded_is_a_real_one(http: httpx.AsyncClient) -> None:
    response = await http.get("/products/C/C++%20Toolkit/")
    assert response.status_code == 404
    assert response.json() == {"error_code": "NOT_FOUND", "message": "Resource not found"}


async def test_prices_are_in_configurations(two_checkout: TwoCheckoutSimulator) -> None:
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


async def test_creating_answers_true_and_an_address(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    response = await http.post("/products/", json=NEW)
    product = _product(two_checkout, "new one/2")
    assert response.status_code == 201
    assert response.json() is True
    address = "http://two-checkout.test/products/new%20one%2F2/"
    assert response.headers["location"] == address
    assert (product["AvangateId"], product["Enabled"]) == (4600262, False)
    assert product["ProductGroup"]["Name"] == "General"


@pytest.mark.parametrize(
    "group", [{"Code": "7F3E9D2C1A"}, {"Name": "VPN"}, {"Code": None, "Name": "VPN"}]
)
async def test_a_new_product_may_name_its_group(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, group: dict[str, Any]
) -> None:
    await http.post("/products/", json={**NEW, "ProductGroup": group})
    assert _product(two_checkout, "new one/2")["ProductGroup"]["Code"] == "7F3E9D2C1A"


async def test_a_new_price_gets_a_code(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    prices = [{"Name": "Yearly", "Code": None, "PricingSchema": "FLAT"}]
    await http.post("/products/", json={**NEW, "PricingConfigurations": prices})
    [price] = _product(two_checkout, "new one/2")["PricingConfigurations"]
    assert price == {"Name": "Yearly", "Code": price["Code"], "PricingSchema": "FLAT"}
    assert len(price["Code"]) == 10


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (None, "product"),
        ([], "product"),
        ({"ProductName": "New one"}, "ProductCode"),
        ({**NEW, "ProductCode": " "}, "ProductCode"),
        ({"ProductCode": "new"}, "ProductName"),
        ({**NEW, "ProductName": None}, "ProductName"),
        ({**NEW, "ProductType": "SERVICE"}, "ProductType"),
        ({**NEW, "Enabled": "yes"}, "Enabled"),
        ({**NEW, "ProductCategory": 1}, "ProductCategory"),
        ({**NEW, "PricingConfigurations": {}}, "PricingConfigurations"),
        ({**NEW, "PricingConfigurations": [{"PriceType": 1}]}, "PricingConfigurations"),
        (
            {**NEW, "PricingConfigurations": [{"Prices": {"Regular": [{"Amount": []}]}}]},
            "PricingConfigurations",
        ),
        ({**NEW, "ProductGroup": "VPN"}, "ProductGroup"),
        ({**NEW, "ProductGroup": {"Name": "vpn"}}, "ProductGroup"),
        ({**NEW, "ProductGroup": {"Code": "0000000000", "Name": "VPN"}}, "ProductGroup"),
    ],
)
async def test_a_product_that_does_not_fit_is_refused(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, body: Any, what: str
) -> None:
    before = two_checkout.snapshot()
    response = await http.post("/products/", json=body)
    assert response.status_code == 400
    assert response.json() == {"error_code": "INVALID_DATA", "message": f"Invalid {what}"}
    assert two_checkout.snapshot() == before


async def test_a_code_that_no_url_can_hold_is_refused(http: httpx.AsyncClient) -> None:
    content = b'{"ProductCode": "\\ud800", "ProductName": "New one"}'
    response = await http.post("/products/", content=content)
    assert response.status_code == 400
    assert response.json() == {"error_code": "INVALID_DATA", "message": "Invalid ProductCode"}


async def test_a_product_code_is_used_once(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    body = {"ProductCode": "007", "ProductName": "Another"}
    for response in (
        await http.post("/products/", json=body),
        await http.put("/products/A%2BB/", json=body),
    ):
        assert response.status_code == 400
        assert response.json()["error_code"] == "PRODUCT_CODE_NOT_UNIQUE"
    assert two_checkout.snapshot() == before


async def test_an_update_changes_what_was_sent_and_may_change_the_code(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()["products"]
    place = [product["ProductCode"] for product in before].index("007")
    body = {"ProductCode": "008", "ProductName": "Agent", "AvangateId": 1, "TrialUrl": None}
    response = await http.put("/products/007/", json=body)
    changed = {"ProductCode": "008", "ProductName": "Agent", "TrialUrl": None}
    assert (response.status_code, response.json()) == (200, True)
    assert (await http.get("/products/007/")).status_code == 404
    assert two_checkout.snapshot()["products"][place] == before[place] | changed


@pytest.mark.parametrize(
    "change",
    [
        {"ProductType": "BUNDLE"},
        {"PricingConfigurations": [{"Code": "0000000000"}]},
        {"PricingConfigurations": [{"Code": "PRICE", "PricingSchema": "FLAT"}]},
    ],
)
async def test_an_update_cannot_change_type_or_price_codes_and_schemas(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, change: dict[str, Any]
) -> None:
    before = two_checkout.snapshot()
    price = _product(two_checkout, "007")["PricingConfigurations"][0]["Code"]
    for configuration in change.get("PricingConfigurations", []):
        configuration["Code"] = configuration["Code"].replace("PRICE", price)
    body = {"ProductCode": "007", "ProductName": "Agent licence", **change}
    response = await http.put("/products/007/", json=body)
    assert response.status_code == 400
    assert response.json()["message"] == f"Invalid {next(iter(change))}"
    assert two_checkout.snapshot() == before


async def test_an_update_may_send_a_product_back_as_it_was_read(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    product = (await http.get("/products/BAV-1D-1M/")).json()
    response = await http.put("/products/BAV-1D-1M/", json=product)
    assert response.status_code == 200
    assert two_checkout.snapshot() == before


async def test_delete_only_disables_and_post_enables(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    deleted = await http.delete("/products/007/")
    assert (deleted.status_code, deleted.json()) == (200, True)
    assert _product(two_checkout, "007")["Enabled"] is False
    enabled = await http.post("/products/007/")
    assert (enabled.status_code, enabled.json()) == (200, True)
    assert two_checkout.snapshot() == before


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
async def test_an_unknown_product_is_not_found(http: httpx.AsyncClient, method: str) -> None:
    response = await http.request(method, "/products/NONE/", json=NEW)
    assert response.status_code == 404
    assert response.json() == {"error_code": "PRODUCT_NOT_FOUND", "message": "Product not found"}
