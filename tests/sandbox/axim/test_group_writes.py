"""Writes of product groups and their members in the Axim simulator."""

from typing import Any

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

pytestmark = pytest.mark.anyio


def _group(axim: AximSimulator, group_id: str) -> dict[str, Any]:
    [found] = [group for group in axim.snapshot()["groups"] if group["id"] == group_id]
    return found


async def test_create_returns_only_the_id(http: httpx.AsyncClient, axim: AximSimulator) -> None:
    response = await http.post("/productGroup/create", json={"name": "Garden"})
    body = response.json()
    new_id = body["data"]["id"]
    assert response.status_code == 200
    assert body == {
        "success": True,
        "message": "ProductGroup created Successfully",
        "data": {"id": new_id},
    }
    assert axim.snapshot()["groups"][-1] == {
        "id": new_id,
        "name": "Garden",
        "status": True,
        "restrictAccess": False,
        "createdAt": "2026-09-21T14:13:20.000Z",
        "updatedAt": "2026-09-21T14:13:20.000Z",
        "products": [],
    }


async def test_create_accepts_name_and_status_only(
    http: httpx.AsyncClient, axim: AximSimulator, product_ids: dict[str, str]
) -> None:
    body = {
        "name": "Garden",
        "status": False,
        "restrictAccess": True,
        "products": [product_ids["FUR-001"]],
    }
    await http.post("/productGroup/create", json=body)
    group = axim.snapshot()["groups"][-1]
    assert (group["status"], group["restrictAccess"], group["products"]) == (False, False, [])


async def test_group_names_need_not_be_unique(http: httpx.AsyncClient, axim: AximSimulator) -> None:
    for _ in range(2):
        await http.post("/productGroup/create", json={"name": "Lighting"})
    groups = [group for group in axim.snapshot()["groups"] if group["name"] == "Lighting"]
    assert len({group["id"] for group in groups}) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"name": ""}',
        b'{"name": "  "}',
        b'{"name": null}',
        b'{"name": 5}',
        b'{"name": "Garden", "status": "yes"}',
        b'{"name": "Garden", "status": null}',
    ],
)
async def test_create_with_an_invalid_name_or_status_returns_400(
    http: httpx.AsyncClient, axim: AximSimulator, content: bytes
) -> None:
    response = await http.post("/productGroup/create", content=content)
    assert response.status_code == 400
    assert response.json() == {"success": False, "message": "Invalid input data"}
    assert len(axim.snapshot()["groups"]) == 14


async def test_update_changes_only_the_fields_in_the_body(
    http: httpx.AsyncClient, axim: AximSimulator, group_ids: dict[str, str]
) -> None:
    group_id = group_ids["Lighting"]
    before = _group(axim, group_id)
    response = await http.put(f"/productGroup/{group_id}", json={"restrictAccess": True})
    after = before | {"restrictAccess": True, "updatedAt": "2026-09-21T14:13:20.000Z"}
    assert _group(axim, group_id) == after
    assert response.json() == {
        "success": True,
        "message": "ProductGroup updated Successfully",
        "data": {key: value for key, value in after.items() if key != "products"},
    }


async def test_update_adds_products_last_and_only_once(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    group_ids: dict[str, str],
    product_ids: dict[str, str],
) -> None:
    group_id = group_ids["New arrivals"]
    members = _group(axim, group_id)["products"]
    first, second = product_ids["KIT-029"], product_ids["FUR-001"]
    added = [first, members[0], second, first]
    response = await http.put(f"/productGroup/{group_id}", json={"products": added})
    assert response.status_code == 200
    assert _group(axim, group_id)["products"] == [*members, first, second]


async def test_update_ignores_products_to_remove_that_are_not_members(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    group_ids: dict[str, str],
    product_ids: dict[str, str],
) -> None:
    group_id = group_ids["New arrivals"]
    members = _group(axim, group_id)["products"]
    removed = [members[1], product_ids["FUR-001"], "0" * 24, "rubbish"]
    response = await http.put(f"/productGroup/{group_id}", json={"productsToRemove": removed})
    assert response.status_code == 200
    assert _group(axim, group_id)["products"] == [members[0], *members[2:]]


async def test_a_product_that_is_added_and_removed_is_not_a_member(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    group_ids: dict[str, str],
    product_ids: dict[str, str],
) -> None:
    group_id = group_ids["Christmas 2026"]
    both, added = product_ids["FUR-001"], product_ids["FUR-002"]
    body = {"products": [both, added], "productsToRemove": [both]}
    await http.put(f"/productGroup/{group_id}", json=body)
    assert _group(axim, group_id)["products"] == [added]


async def test_product_groups_of_a_product_follow_the_group(
    http: httpx.AsyncClient, group_ids: dict[str, str], product_ids: dict[str, str]
) -> None:
    group_id, product_id = group_ids["Christmas 2026"], product_ids["KIT-033"]
    gifts = group_ids["Gifts under 50"]
    trade = group_ids["Trade customers"]
    kitchen = group_ids["Kitchen & dining"]

    async def product_groups() -> list[str]:
        answer = await http.get(f"/products/{product_id}")
        groups: list[str] = answer.json()["data"]["productGroups"]
        return groups

    assert await product_groups() == [kitchen, gifts, trade]
    await http.put(f"/productGroup/{group_id}", json={"products": [product_id]})
    assert await product_groups() == [kitchen, gifts, trade, group_id]
    await http.put(f"/productGroup/{gifts}", json={"productsToRemove": [product_id]})
    assert await product_groups() == [kitchen, trade, group_id]
    await http.delete(f"/productGroup/{group_id}")
    assert await product_groups() == [kitchen, trade]


async def test_update_with_an_unknown_product_changes_nothing(
    http: httpx.AsyncClient,
    axim: AximSimulator,
    group_ids: dict[str, str],
    product_ids: dict[str, str],
) -> None:
    before = axim.snapshot()
    body = {
        "name": "Renamed",
        "products": [product_ids["FUR-001"], "0" * 24],
        "productsToRemove": [product_ids["LIG-186"]],
    }
    response = await http.put(f"/productGroup/{group_ids['Lighting']}", json=body)
    assert response.status_code == 400
    message = "One or more products do not exist"
    assert response.json() == {"success": False, "message": message}
    assert axim.snapshot() == before


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {"name": ""},
        {"name": None},
        {"status": "true"},
        {"restrictAccess": 1},
        {"products": "0" * 24},
        {"products": [5]},
        {"productsToRemove": None},
        {"productsToRemove": [None]},
        {"name": "Renamed", "status": None},
    ],
)
async def test_update_with_an_invalid_body_changes_nothing(
    http: httpx.AsyncClient, axim: AximSimulator, group_ids: dict[str, str], body: Any
) -> None:
    before = axim.snapshot()
    response = await http.put(f"/productGroup/{group_ids['Lighting']}", json=body)
    assert response.status_code == 400
    assert response.json() == {"success": False, "message": "Invalid input data"}
    assert axim.snapshot() == before


async def test_delete_returns_no_data_and_keeps_the_products(
    http: httpx.AsyncClient, axim: AximSimulator, group_ids: dict[str, str]
) -> None:
    path = f"/productGroup/{group_ids['Clothing']}"
    response = await http.delete(path)
    assert response.status_code == 200
    assert response.json() == {"success": True, "message": "ProductGroup deleted successfully"}
    assert (await http.get(path)).status_code == 404
    assert (await http.delete(path)).status_code == 404
    assert (await http.put(path, json={})).status_code == 404
    snapshot = axim.snapshot()
    assert (len(snapshot["groups"]), len(snapshot["products"])) == (13, 201)
