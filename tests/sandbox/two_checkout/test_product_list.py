"""How the played 2Checkout searches products."""

from typing import Any

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio


async def _count(http: httpx.AsyncClient, params: Any) -> int:
    response = await http.get("/products/", params=params)
    assert response.status_code == 200
    count: int = response.json()["Pagination"]["Count"]
    return count


async def test_a_page_has_ten_items_unless_told(http: httpx.AsyncClient) -> None:
    response = await http.get("/products/")
    assert response.json().keys() == {"Items", "Pagination"}
    assert len(response.json()["Items"]) == 10
    assert response.json()["Pagination"] == {"Page": 1, "Limit": 10, "Count": 262}


async def test_the_limit_is_cut_down_to_two_hundred(http: httpx.AsyncClient) -> None:
    pages = [
        (await http.get("/products/", params={"Limit": 1000, "Page": page})).json()
        for page in (1, 2, 3)
    ]
    assert [len(page["Items"]) for page in pages] == [200, 62, 0]
    assert pages[2]["Pagination"] == {"Page": 3, "Limit": 200, "Count": 262}
    codes = {item["ProductCode"] for page in pages for item in page["Items"]}
    assert len(codes) == 262


async def test_items_are_whole_products(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    items = (await http.get("/products", params={"Limit": 200})).json()["Items"]
    assert items == two_checkout.snapshot()["products"][:200]


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({"Name": "anvil ide"}, 9),
        ({"Name": "ÉCOLE, 1"}, 2),
        ({"Types": "BUNDLE"}, 2),
        ({"Types[]": "BUNDLE"}, 2),
        ({"Types": ["BUNDLE", "REGULAR"]}, 262),
        ({"Types[]": ["REGULAR"]}, 260),
        ({"Types": "REGULAR,BUNDLE"}, 262),
        ({"Enabled": "true"}, 249),
        ({"Enabled": "1"}, 249),
        ({"Enabled": "false"}, 13),
        ({"Enabled": "0"}, 13),
        ({"ReviewStatus": "Pending"}, 11),
        ({"ReviewStatus": "In Review"}, 0),
        ({"GroupName": "VPN"}, 18),
        ({"GroupName": "vpn"}, 0),
        ({"GroupName": "7F3E9D2C1A"}, 0),
        ({"GroupName": "R&D + QA / 50%"}, 12),
        ({"GroupName": "Éducation"}, 16),
        ({"GroupName": "Legacy"}, 0),
        ({"GroupName": ""}, 262),
        ({"GroupName": "Antivirus", "Name": "mobile", "Enabled": "1"}, 14),
        ({"Codes[]": ["007", "A+B"]}, 262),
        ({"OrderBy": "Name"}, 262),
    ],
)
async def test_filters_narrow_the_list(
    http: httpx.AsyncClient, params: dict[str, Any], count: int
) -> None:
    assert await _count(http, params) == count


async def test_a_product_that_hides_its_group_is_found_in_it(http: httpx.AsyncClient) -> None:
    params = {"GroupName": "R&D + QA / 50%", "Name": "Proof Test Runner Team, 1 year"}
    [item] = (await http.get("/products/", params=params)).json()["Items"]
    assert (item["ProductCode"], item["ProductGroup"]) == ("PTR-TEA-1Y", None)


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
        ("Types", "SERVICE"),
        ("Enabled", "yes"),
        ("ReviewStatus", "pending"),
    ],
)
async def test_a_parameter_of_the_wrong_type_is_refused(
    http: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await http.get("/products/", params={name: value})
    assert response.status_code == 400
    assert response.json() == {"error_code": "INVALID_DATA", "message": f"Invalid {name}"}
