"""Product groups of the 2Checkout simulator, and moving products between them."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio

VPN = {"Name": "VPN", "Code": "7F3E9D2C1A", "TemplateName": "Security cart", "Description": ""}
GENERAL = "0A1B2C3D4E"
LEGACY = "F00DBABE42"


def _members(two_checkout: TwoCheckoutSimulator, code: str) -> list[str]:
    [group] = [each for each in two_checkout.snapshot()["groups"] if each["Code"] == code]
    members: list[str] = group["products"]
    return members


async def test_the_list_is_an_array_of_all_groups_without_pages(http: httpx.AsyncClient) -> None:
    response = await http.get("/productgroups/", params={"Limit": 1, "Page": 9})
    groups = response.json()
    assert response.status_code == 200
    assert len(groups) == 10
    assert groups[0] == {
        "Name": "General",
        "Code": GENERAL,
        "TemplateName": "Default Template",
        "Description": "",
    }
    assert groups[5] == VPN


@pytest.mark.parametrize("path", ["/productgroups/7F3E9D2C1A/", "/productgroups/7F3E9D2C1A"])
async def test_one_group_is_an_object_with_or_without_a_trailing_slash(
    http: httpx.AsyncClient, path: str
) -> None:
    response = await http.get(path)
    assert response.status_code == 200
    assert response.json() == VPN


async def test_create_returns_true_and_the_code_in_the_location_header(
    http: httpx.AsyncClient,
) -> None:
    response = await http.post("/productgroups", json={"Name": "SaaS plans"})
    code = response.headers["location"].split("/")[-2]
    assert response.status_code == 201
    assert response.json() is True
    assert response.headers["location"] == f"http://two-checkout.test/productgroups/{code}/"
    assert (await http.get(f"/productgroups/{code}/")).json() == {
        "Name": "SaaS plans",
        "Code": code,
        "TemplateName": "Default Template",
        "Description": "",
    }


async def test_create_ignores_a_code_in_the_body(http: httpx.AsyncClient) -> None:
    body = {
        "Code": "AAAAAAAAAA",
        "Name": "SaaS plans",
        "TemplateName": "Security cart",
        "Description": "Monthly and yearly plans",
    }
    await http.post("/productgroups/", json=body)
    group = (await http.get("/productgroups/")).json()[-1]
    assert group["Code"] != "AAAAAAAAAA"
    assert group == body | {"Code": group["Code"]}


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"{", b"[]", b"{}", b'{"Name": ""}', b'{"Name": " "}', b'{"Name": 7}'],
)
async def test_create_without_a_name_returns_400(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, content: bytes
) -> None:
    response = await http.post("/productgroups/", content=content)
    assert response.status_code == 400
    assert response.json() == {
        "error_code": "PRODUCT_GROUP_EMPTY",
        "message": "Product group cannot be empty",
    }
    assert len(two_checkout.snapshot()["groups"]) == 10


async def test_names_are_unique_and_case_sensitive(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    same = await http.post("/productgroups/", json={"Name": "VPN"})
    other = await http.post("/productgroups/", json={"Name": "vpn"})
    assert same.status_code == 400
    assert same.json() == {
        "error_code": "PRODUCT_GROUP_NAME_NOT_UNIQUE",
        "message": "A product group with this name already exists",
    }
    assert other.status_code == 201
    assert len(two_checkout.snapshot()["groups"]) == 11


@pytest.mark.parametrize("name", ["TemplateName", "Description"])
async def test_create_with_a_non_string_field_returns_400(
    http: httpx.AsyncClient, name: str
) -> None:
    response = await http.post("/productgroups/", json={"Name": "SaaS plans", name: 1})
    assert response.status_code == 400
    assert response.json() == {"error_code": "INVALID_DATA", "message": f"Invalid {name}"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("PVP-1D-1Y", "VPN"),
        ("PTR-TEA-1Y", "R&D + QA / 50%"),
        ("C/C++ Toolkit", "General"),
        ("50%-off bundle", "General"),
        ("日本語入力", "General"),
    ],
)
async def test_the_group_of_a_product_is_a_json_string(
    http: httpx.AsyncClient, code: str, name: str
) -> None:
    response = await http.get(f"/products/{quote(code, safe='')}/productgroups/")
    assert response.status_code == 200
    assert response.json() == name


async def test_assign_moves_a_product_to_the_group(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = (await http.get("/products/A%2BB/")).json()["ProductGroup"]
    response = await http.post("/products/A%2BB/productgroups/7F3E9D2C1A/")
    assert (before["Name"], before["TemplateName"]) == ("General", "Default Template")
    assert response.status_code == 200
    assert response.json() is True
    assert (await http.get("/products/A%2BB/")).json()["ProductGroup"] == VPN
    assert "A+B" in _members(two_checkout, "7F3E9D2C1A")
    assert "A+B" not in _members(two_checkout, GENERAL)


@pytest.mark.parametrize("body", [None, {}, {"ProductGroup": "other"}])
async def test_assigning_again_changes_nothing_and_ignores_a_body(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, body: Any
) -> None:
    before = two_checkout.snapshot()
    response = await http.post("/products/PVP-1D-1Y/productgroups/7F3E9D2C1A/", json=body)
    assert (response.status_code, response.json()) == (200, True)
    assert two_checkout.snapshot() == before


async def test_unassign_moves_a_product_to_general(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    response = await http.delete("/products/PVP-1D-1Y/productgroups/7F3E9D2C1A/")
    assert (response.status_code, response.json()) == (200, True)
    assert "PVP-1D-1Y" in _members(two_checkout, GENERAL)
    assert len(_members(two_checkout, "7F3E9D2C1A")) == 17


async def test_unassign_from_general_changes_nothing(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    response = await http.delete(f"/products/007/productgroups/{GENERAL}/")
    assert (response.status_code, response.json()) == (200, True)
    assert two_checkout.snapshot() == before


@pytest.mark.parametrize("group", [LEGACY, GENERAL])
async def test_unassign_from_another_group_returns_400(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator, group: str
) -> None:
    before = two_checkout.snapshot()
    response = await http.delete(f"/products/PVP-1D-1Y/productgroups/{group}/")
    assert response.status_code == 400
    assert response.json() == {
        "error_code": "PRODUCT_NOT_IN_GROUP",
        "message": "Product is not in this product group",
    }
    assert two_checkout.snapshot() == before


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/productgroups/0000000000/", "group"),
        ("GET", "/productgroups/7f3e9d2c1a/", "group"),
        ("GET", "/products/NONE/productgroups/", "product"),
        ("GET", "/products/4590000/productgroups/", "product"),
        ("POST", "/products/NONE/productgroups/7F3E9D2C1A/", "product"),
        ("POST", "/products/007/productgroups/0000000000/", "group"),
        ("POST", "/products/007/productgroups/VPN/", "group"),
        ("DELETE", "/products/NONE/productgroups/7F3E9D2C1A/", "product"),
        ("DELETE", "/products/007/productgroups/0000000000/", "group"),
    ],
)
async def test_unknown_codes_return_404(
    http: httpx.AsyncClient, method: str, path: str, kind: str
) -> None:
    bodies = {
        "group": {"error_code": "PRODUCT_GROUP_NOT_FOUND", "message": "Product group not found"},
        "product": {"error_code": "PRODUCT_NOT_FOUND", "message": "Product not found"},
    }
    response = await http.request(method, path)
    assert response.status_code == 404
    assert response.json() == bodies[kind]
