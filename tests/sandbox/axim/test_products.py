"""How the played Axim lists, shows and changes products."""

from typing import Any

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

pytestmark = pytest.mark.anyio


async def _found(http: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    response = await http.get("/products", params={"limit": "100", **params})
    assert response.status_code == 200
    data: list[dict[str, Any]] = response.json()["data"]
    return data


async def test_a_product_is_shown_with_texts_for_numbers_and_objects_for_texts(
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


async def test_the_list_has_ten_products_unless_told_and_at_most_a_hundred(
    http: httpx.AsyncClient,
) -> None:
    plain = (await http.get("/products")).json()
    most = (await http.get("/products", params={"limit": 500, "page": 3})).json()
    assert len(plain["data"]) == 10
    assert plain["pagination"] == {"page": 1, "limit": 10, "total": 201, "totalPages": 21}
    assert len(most["data"]) == 1
    assert most["pagination"] == {"page": 3, "limit": 100, "total": 201, "totalPages": 3}


async def test_several_products_are_read_by_id_or_sku_at_once(
    http: httpx.AsyncClient, product_ids: dict[str, str]
) -> None:
    ids = [product_ids["WOM-077"], "0" * 24, product_ids["FUR-002"]]
    by_id = await _found(http, entityId=",".join(ids))
    by_sku = await _found(http, **{"sku:in": "WOM-077, FUR-002,NONE"})
    assert [product["sku"] for product in by_id] == ["FUR-002", "WOM-077"]
    assert by_sku == by_id


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("status", "inactive", 11),
        ("status", "inactive,draft", 11),
        ("name", "LAMP", 12),
        ("sku", "kit-", 24),
        ("isFeatured", "true", 21),
        ("isFreeShipping", "true", 70),
        ("minPrice", "1249.5", 4),
        ("maxPrice", "14.5", 1),
        ("date_created:max", "2025-01-01", 1),
        ("date_created:max", "2025-01-02", 2),
        ("date_created:max", "2025-01-02T21:00:00.216Z", 2),
        ("date_created:min", "2025-10-27", 1),
        ("date_modified:max", "2025-01-01T10:00:00+01:00", 0),
        ("date_modified:min", "2025-10-28T00:00:00", 1),
        ("categories", "lighting,kitchen", 40),
        ("outOfStock", "true", 15),
        ("entityId", "rubbish", 0),
        ("status", "", 100),
    ],
)
async def test_each_filter_narrows_the_list(
    http: httpx.AsyncClient, name: str, value: str, count: int
) -> None:
    assert len(await _found(http, **{name: value})) == count


async def test_filters_are_all_applied(http: httpx.AsyncClient) -> None:
    found = await _found(http, name="coat", minPrice="306.5", maxPrice="314")
    assert [product["name"] for product in found] == ["Elsa wool coat", "Freja wool coat"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("limit", "ten"),
        ("minPrice", "cheap"),
        ("maxPrice", "1,5"),
        ("isFeatured", "maybe"),
        ("outOfStock", "1"),
        ("date_created:min", "yesterday"),
        ("date_modified:max", "2025-13-01"),
    ],
)
async def test_a_filter_of_the_wrong_type_is_refused(
    http: httpx.AsyncClient, name: str, value: str
) -> None:
    response = await http.get("/products", params={name: value})
    assert response.status_code == 400
    assert response.json() == {"success": False, "message": f"Invalid {name}"}


async def test_fields_are_left_out_but_never_the_id(http: httpx.AsyncClient) -> None:
    left_out = "id,description,variants, mediaGallery,unheard"
    found = await _found(http, sku="FUR-001", excludeFields=left_out)
    assert len(found) == 1
    assert not {"description", "variants", "mediaGallery"} & found[0].keys()
    assert {"id", "name", "price"} < found[0].keys()


async def test_a_product_is_created_from_a_name_and_a_sku(
    http: httpx.AsyncClient, axim: AximSimulator
) -> None:
    response = await http.post("/products", json={"name": "Oslo stool", "sku": "FUR-900"})
    product = axim.snapshot()["products"][-1]
    assert response.json() == {
        "success": True,
        "message": "Product created Successfully",
        "data": {"id": product["id"]},
    }
    assert (product["name"], product["price"], product["status"]) == ("Oslo stool", "0", "active")
    assert product["createdAt"] == "2026-09-21T14:13:20.000Z"


async def test_an_update_is_partial_and_answers_a_fragment(
    http: httpx.AsyncClient, axim: AximSimulator, product_ids: dict[str, str]
) -> None:
    before = axim.snapshot()["products"][0]
    body = {"price": "359.5", "description": {}, "productGroups": [], "isFeatured": False}
    response = await http.put(f"/products/{product_ids['FUR-001']}", json=body)
    assert response.json() == {
        "success": True,
        "message": "Product updated Successfully",
        "data": {"name": "Oslo armchair"},
    }
    now = "2026-09-21T14:13:20.000Z"
    changed = {"price": "359.5", "description": {}, "updatedAt": now}
    assert axim.snapshot()["products"][0] == before | changed


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (None, "input data"),
        ([], "input data"),
        ({"name": " "}, "name"),
        ({"price": 5}, "price"),
        ({"price": "dear"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"description": "words"}, "description"),
        ({"weight": True}, "weight"),
        ({"weight": 10**400}, "weight"),
        ({"categories": [1]}, "categories"),
        ({"mediaGallery": [{"url": 1}]}, "mediaGallery"),
        ({"tierPrice": [{"qty": "1"}]}, "tierPrice"),
        ({"name": "Renamed", "status": None}, "status"),
    ],
)
async def test_a_write_of_the_wrong_type_changes_nothing(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    product_ids: dict[str, str],
    body: Any,
    what: str,
) -> None:
    before = axim.snapshot()
    for response in (
        await http.put(f"/products/{product_ids['FUR-001']}", json=body),
        await http.post("/products", json=body),
    ):
        assert response.status_code == 400
        assert response.json() == {"success": False, "message": f"Invalid {what}"}
    assert axim.snapshot() == before


async def test_creation_needs_a_sku_too(http: httpx.AsyncClient) -> None:
    response = await http.post("/products", json={"name": "Oslo stool"})
    assert response.status_code == 400


async def test_a_deleted_product_leaves_its_groups(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    group_ids: dict[str, str],
    product_ids: dict[str, str],
) -> None:
    product_id = product_ids["FUR-001"]
    response = await http.delete(f"/products/{product_id}")
    assert response.json() == {"success": True, "message": "Product deleted successfully"}
    groups = {group["id"]: group["products"] for group in axim.snapshot()["groups"]}
    assert len(groups[group_ids["Living room"]]) == 19
    assert all(product_id not in members for members in groups.values())
    assert (await http.delete(f"/products/{product_id}")).status_code == 404


@pytest.mark.parametrize("product_id", ["0" * 24, "rubbish"])
async def test_an_unknown_product_is_not_found(http: httpx.AsyncClient, product_id: str) -> None:
    for response in (
        await http.get(f"/products/{product_id}"),
        await http.put(f"/products/{product_id}", json={"name": "X"}),
        await http.delete(f"/products/{product_id}"),
    ):
        assert response.status_code == 404
        assert response.json() == {"success": False, "message": "Product not found"}
