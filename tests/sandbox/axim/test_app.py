"""Routing, the record of calls, reset and snapshot of the Axim simulator."""

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

pytestmark = pytest.mark.anyio

TOKEN = {"accessToken": "axim-sandbox-token"}


@pytest.mark.parametrize("path", ["/", "/productGroup", "/customers", "/products/a/b"])
async def test_an_unknown_path_returns_404(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.json() == {"success": False, "message": "Not found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/productGroup/all"),
        ("PATCH", "/productGroup/create"),
        ("PATCH", "/productGroup/8b3261d6b9a03a247c90ec0c"),
        ("DELETE", "/products"),
        ("POST", "/products/8b3261d6b9a03a247c90ec0c"),
    ],
)
async def test_an_unsupported_method_returns_405(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await http.request(method, path)
    assert response.status_code == 405
    assert response.json() == {"success": False, "message": "Method not allowed"}


async def test_all_and_create_are_group_ids_for_other_methods(http: httpx.AsyncClient) -> None:
    for method, path in (("PUT", "/productGroup/all"), ("GET", "/productGroup/create")):
        response = await http.request(method, path, json={})
        assert response.status_code == 404
        assert response.json() == {"success": False, "message": "Product group not found"}


async def test_calls_record_method_target_and_body_as_sent(axim: AximSimulator) -> None:
    transport = httpx.ASGITransport(axim)
    async with httpx.AsyncClient(transport=transport, base_url="http://axim.test") as client:
        await client.get("/productGroup/all?search=a%26b&page=2")
        await client.put("/products/a%2Fb/", json={"name": "X"}, headers=TOKEN)
        await client.post("/products", content=b"{", headers=TOKEN)
    assert list(axim.calls) == [
        ("GET", "/productGroup/all?search=a%26b&page=2", None),
        ("PUT", "/products/a%2Fb/", {"name": "X"}),
        ("POST", "/products", None),
    ]


async def test_a_prefix_is_not_part_of_the_recorded_target() -> None:
    axim = AximSimulator(prefix="/open-api/api")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim),
        base_url="http://axim.test/open-api/api",
        headers=TOKEN,
    ) as client:
        response = await client.get("/products?limit=1")
    assert response.status_code == 200
    assert list(axim.calls) == [("GET", "/products?limit=1", None)]


async def test_reset_restores_the_seed_and_keeps_the_calls(
    http: httpx.AsyncClient, axim: AximSimulator
) -> None:
    before = axim.snapshot()
    await http.delete(f"/productGroup/{before['groups'][0]['id']}")
    await http.put(f"/productGroup/{before['groups'][1]['id']}", json={"name": "Renamed"})
    assert axim.snapshot() != before
    axim.reset()
    assert axim.snapshot() == before
    assert len(axim.calls) == 2


async def test_a_snapshot_is_a_copy(axim: AximSimulator) -> None:
    axim.snapshot()["groups"][0]["products"].clear()
    axim.snapshot()["products"][0]["categories"].clear()
    assert len(axim.snapshot()["groups"][0]["products"]) == 20
    assert axim.snapshot()["products"][0]["categories"] == ["furniture"]
