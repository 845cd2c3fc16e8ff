"""Reads of products of the Axim simulator."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def _found(http: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    response = await http.get("/products", params={"limit": "100", **params})
    assert response.status_code == 200
    data: list[dict[str, Any]] = response.json()["data"]
    return data


async def test_a_product_has_its_price_as_a_string_and_its_description_as_an_object(
    http: httpx.AsyncClient, group_ids: dict[str, str], product_ids: dict[str, str]
) -> None:
    response = await http.get(f"/products/{product_ids['FUR-001']}")
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "id": product_ids["FUR-001"],
            "name": "Oslo armchair",
            "sku": "FUR-001",
            "description": {"text": "Low armchair in oiled oak, made by Nordhavn Furniture."},
            "shortDescription": "Low armchair in oiled oak",
            "specifications": [],
            "status": "active",
            "weight": 0.2,
            "files": [],
            "manufacturer": "Nordhavn Furniture",
            "price": "349",
            "options": [],
            "variants": [],
            "metaFields": [],
            "mediaGallery": [
                {
                    "url": "https://images.example.com/axim/fur-001.jpg",
                    "type": "image",
                    "label": "Front",
                    "isDefault": True,
                }
            ],
            "categories": ["furniture"],
            "bundledProducts": [],
            "groupedProducts": [],
            "tierPrice": [],
            "isFeatured": True,
            "isFreeShipping": True,
            "inventory": {"stock": 3, "minStock": 2},
            "productGroups": [
                group_ids["Living room"],
                group_ids["Trade customers"],
                group_ids["Staff picks"],
            ],
            "createdAt": "2025-01-01T09:00:00.216Z",
            "updatedAt": "2025-01-01T09:00:00.791Z",
        },
    }


async def test_the_list_has_ten_products_by_default_and_at_most_a_hundred(
    http: httpx.AsyncClient,
) -> None:
    plain = (await http.get("/products")).json()
    most = (await http.get("/products", params={"limit": 500, "page": 3})).json()
    assert len(plain["data"]) == 10
    assert plain["pagination"] == {"page": 1, "limit": 10, "total": 201, "totalPages": 21}
    assert len(most["data"]) == 1
    assert most["pagination"] == {"page": 3, "limit": 100, "total": 201, "totalPages": 3}


async def test_entity_id_selects_several_products(
    http: httpx.AsyncClient, product_ids: dict[str, str]
) -> None:
    ids = [product_ids["WOM-077"], "0" * 24, product_ids["FUR-002"]]
    for separator in (",", ", "):
        found = await _found(http, entityId=separator.join(ids))
        assert [product["sku"] for product in found] == ["FUR-002", "WOM-077"]
    assert await _found(http, entityId="rubbish") == []
    assert len(await _found(http, entityId="")) == 100


async def test_sku_in_selects_several_products_by_their_whole_skus(
    http: httpx.AsyncClient,
) -> None:
    for separator in (",", ", "):
        skus = separator.join(["WOM-077", "FUR-00", "fur-003", "FUR-002"])
        found = await _found(http, **{"sku:in": skus})
        assert [product["sku"] for product in found] == ["FUR-002", "WOM-077"]
    assert await _found(http, **{"sku:in": "rubbish"}) == []
    assert len(await _found(http, **{"sku:in": ""})) == 100


async def test_sku_selects_products_by_a_part_of_the_sku_in_any_case(
    http: httpx.AsyncClient,
) -> None:
    found = await _found(http, sku="r-00")
    assert [product["sku"] for product in found] == [f"FUR-00{n}" for n in range(1, 10)]
    assert [product["sku"] for product in await _found(http, sku="fur-002")] == ["FUR-002"]
    assert await _found(http, sku="FUR-002,FUR-003") == []


async def test_a_product_must_pass_all_filters(
    http: httpx.AsyncClient, product_ids: dict[str, str]
) -> None:
    entity_id = f"{product_ids['FUR-001']},{product_ids['FUR-002']}"
    found = await _found(http, entityId=entity_id, **{"sku:in": "FUR-002,FUR-003"})
    assert [product["sku"] for product in found] == ["FUR-002"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("limit", "ten"),
    ],
)
async def test_an_invalid_page_or_limit_returns_400(
    http: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await http.get("/products", params={name: value})
    assert response.status_code == 400
    assert response.json() == {"success": False, "message": f"Invalid {name}"}


@pytest.mark.parametrize("product_id", ["0" * 24, "rubbish"])
async def test_an_unknown_product_returns_404(http: httpx.AsyncClient, product_id: str) -> None:
    response = await http.get(f"/products/{product_id}")
    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Product not found"}
