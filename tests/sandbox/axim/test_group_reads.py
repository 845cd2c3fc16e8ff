"""Reads of product groups of the Axim simulator."""

import httpx
import pytest

pytestmark = pytest.mark.anyio

LIVING_ROOM = {
    "id": "8b3261d6b9a03a247c90ec0c",
    "name": "Living room",
    "status": True,
    "restrictAccess": False,
    "createdAt": "2025-01-01T09:00:00.216Z",
    "updatedAt": "2025-01-02T15:00:00.191Z",
}
ARMCHAIR = {
    "id": "PRODUCT",
    "name": "Oslo armchair",
    "sku": "FUR-001",
    "price": 349,
    "status": "active",
    "description": "Low armchair in oiled oak, made by Nordhavn Furniture.",
    "variants": [],
    "categories": ["furniture"],
}


async def test_a_listed_group_has_its_fields_and_products_in_one_object(
    http: httpx.AsyncClient, product_ids: dict[str, str]
) -> None:
    response = await http.get("/productGroup/all", params={"limit": 1, "productLimit": 1})
    armchair = ARMCHAIR | {"id": product_ids["FUR-001"]}
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": [
            LIVING_ROOM
            | {
                "products": [armchair],
                "productCount": 20,
                "productPagination": {"page": 1, "limit": 1, "total": 20, "totalPages": 20},
            }
        ],
        "pagination": {"page": 1, "limit": 1, "total": 14, "totalPages": 14},
    }


async def test_the_list_has_ten_groups_with_five_products_by_default(
    http: httpx.AsyncClient,
) -> None:
    first = (await http.get("/productGroup/all")).json()
    second = (await http.get("/productGroup/all", params={"page": 2})).json()
    assert [len(each["data"]) for each in (first, second)] == [10, 4]
    assert {len(group["products"]) for group in first["data"]} == {5}
    assert second["pagination"] == {"page": 2, "limit": 10, "total": 14, "totalPages": 2}


async def test_limits_are_reduced_to_fifty(http: httpx.AsyncClient) -> None:
    params = {"limit": 51, "productLimit": 500}
    answer = (await http.get("/productGroup/all", params=params)).json()
    assert answer["pagination"]["limit"] == 50
    clothing = answer["data"][5]
    assert (clothing["name"], len(clothing["products"])) == ("Clothing", 50)
    pages = {"page": 1, "limit": 50, "total": 64, "totalPages": 2}
    assert clothing["productPagination"] == pages


async def test_the_product_page_number_applies_to_all_groups(http: httpx.AsyncClient) -> None:
    params = {"productLimit": 20, "productPage": 2}
    answer = (await http.get("/productGroup/all", params=params)).json()
    lengths = [len(group["products"]) for group in answer["data"]]
    assert lengths == [0, 4, 0, 20, 4, 20, 20, 0, 12, 0]


async def test_a_page_after_the_last_is_empty(http: httpx.AsyncClient) -> None:
    answer = (await http.get("/productGroup/all", params={"page": 3})).json()
    assert answer["data"] == []
    assert answer["pagination"] == {"page": 3, "limit": 10, "total": 14, "totalPages": 2}


async def test_search_matches_a_part_of_the_group_name_ignoring_case(
    http: httpx.AsyncClient,
) -> None:
    answer = (await http.get("/productGroup/all", params={"search": "MEN"})).json()
    assert [group["name"] for group in answer["data"]] == ["Women", "Men"]
    assert answer["pagination"]["total"] == 2


@pytest.mark.parametrize("name", ["page", "limit", "productPage", "productLimit"])
@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "", "٣", "9" * 5000])
async def test_an_invalid_page_or_limit_returns_400(
    http: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await http.get("/productGroup/all", params={name: value})
    assert response.status_code == 400
    assert response.json() == {"success": False, "message": f"Invalid {name}"}


async def test_one_group_and_its_products_are_separate_objects(
    http: httpx.AsyncClient, group_ids: dict[str, str], product_ids: dict[str, str]
) -> None:
    response = await http.get(f"/productGroup/{group_ids['Living room']}", params={"limit": 1})
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "productGroup": LIVING_ROOM,
            "products": [ARMCHAIR | {"id": product_ids["FUR-001"]}],
            "pagination": {"page": 1, "limit": 1, "total": 20, "totalPages": 20},
        },
    }


async def test_a_group_with_more_than_fifty_products_has_two_pages(
    http: httpx.AsyncClient, group_ids: dict[str, str]
) -> None:
    path = f"/productGroup/{group_ids['Clothing']}"
    pages = [(await http.get(path, params={"limit": 99, "page": page})).json() for page in (1, 2)]
    assert [len(page["data"]["products"]) for page in pages] == [50, 14]
    skus = {product["sku"] for page in pages for product in page["data"]["products"]}
    assert len(skus) == 64


async def test_an_empty_group_has_no_pages(
    http: httpx.AsyncClient, group_ids: dict[str, str]
) -> None:
    path = f"/productGroup/{group_ids['Christmas 2026']}"
    data = (await http.get(path)).json()["data"]
    assert data["products"] == []
    assert data["pagination"] == {"page": 1, "limit": 10, "total": 0, "totalPages": 0}


@pytest.mark.parametrize("group_id", ["0" * 24, "not-an-id", "a%2Fb"])
async def test_an_unknown_group_returns_404(http: httpx.AsyncClient, group_id: str) -> None:
    response = await http.get(f"/productGroup/{group_id}")
    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Product group not found"}


async def test_prices_of_embedded_variants_are_numbers(
    http: httpx.AsyncClient, group_ids: dict[str, str]
) -> None:
    path = f"/productGroup/{group_ids['New arrivals']}"
    data = (await http.get(path)).json()["data"]
    [tablet] = [each for each in data["products"] if each["name"] == "K2 tablet"]
    variants = [(each["sku"], each["price"]) for each in tablet["variants"]]
    assert tablet["price"] == 599
    assert variants == [("PHO-182-128GB", 599.0), ("PHO-182-256GB", 699.0)]
