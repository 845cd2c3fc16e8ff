"""What the played Axim does around its operations: routes, records, limits, resets."""

import httpx
import pytest

from groupgate.sandbox.axim import AximSimulator

pytestmark = pytest.mark.anyio

TOKEN = {"accessToken": "axim-sandbox-token"}


@pytest.mark.parametrize("path", ["/", "/productGroup", "/customers", "/products/a/b"])
async def test_a_path_that_is_none_is_not_found(http: httpx.AsyncClient, path: str) -> None:
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
async def test_a_method_that_is_none_is_not_allowed(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await http.request(method, path)
    assert response.status_code == 405
    assert response.json() == {"success": False, "message": "Method not allowed"}


async def test_names_of_operations_are_ids_to_other_methods(http: httpx.AsyncClient) -> None:
    for method, path in (("PUT", "/productGroup/all"), ("GET", "/productGroup/create")):
        response = await http.request(method, path, json={})
        assert response.status_code == 404
        assert response.json() == {"success": False, "message": "Product group not found"}


async def test_every_request_is_written_down_as_it_was_sent(axim: AximSimulator) -> None:
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


async def test_it_can_live_below_a_prefix() -> None:
    axim = AximSimulator(prefix="/open-api/api")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim),
        base_url="http://axim.test/open-api/api",
        headers=TOKEN,
    ) as client:
        response = await client.get("/products?limit=1")
    assert response.status_code == 200
    assert list(axim.calls) == [("GET", "/products?limit=1", None)]


async def test_too_many_requests_in_a_minute_are_turned_away() -> None:
    seconds = [100.0]
    axim = AximSimulator(rate_per_minute=2, clock=lambda: seconds[0])
    statuses = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim), base_url="http://axim.test", headers=TOKEN
    ) as client:
        for moment in (100.0, 101.0, 159.9, 160.0, 160.5, 161.0):
            seconds[0] = moment
            response = await client.get("/products?limit=1")
            statuses.append(response.status_code)
    assert statuses == [200, 200, 429, 200, 429, 200]
    assert axim.throttled == 2
    assert len(axim.calls) == 6


async def test_being_turned_away_comes_without_a_time_to_wait() -> None:
    axim = AximSimulator(rate_per_minute=0)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(axim), base_url="http://axim.test", headers=TOKEN
    ) as client:
        response = await client.get("/products")
    assert response.status_code == 429
    assert response.json() == {"success": False, "message": "Too many requests"}
    assert "retry-after" not in response.headers


async def test_a_reset_brings_back_the_seed_and_keeps_the_records(
    http: httpx.AsyncClient, axim: AximSimulator
) -> None:
    before = axim.snapshot()
    await http.delete(f"/productGroup/{before['groups'][0]['id']}")
    await http.delete(f"/products/{before['products'][0]['id']}")
    assert axim.snapshot() != before
    axim.reset()
    assert axim.snapshot() == before
    assert len(axim.calls) == 2


async def test_a_snapshot_is_a_copy(axim: AximSimulator) -> None:
    axim.snapshot()["groups"][0]["products"].clear()
    axim.snapshot()["products"][0]["categories"].clear()
    assert len(axim.snapshot()["groups"][0]["products"]) == 20
    assert axim.snapshot()["products"][0]["categories"] == ["furniture"]
