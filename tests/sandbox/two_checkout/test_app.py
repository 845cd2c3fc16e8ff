"""Routing, the record of calls, reset and snapshot of the 2Checkout simulator."""

from collections.abc import Callable

import httpx
import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

pytestmark = pytest.mark.anyio

NOW = 1_592_467_546.0


def _client(simulator: TwoCheckoutSimulator, header: str, path: str = "") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(simulator),
        base_url=f"http://two.test{path}",
        headers={"X-Avangate-Authentication": header},
    )


@pytest.mark.parametrize("path", ["/", "/orders/", "/products/007/prices/", "/a/b/c/d/e/"])
async def test_an_unknown_path_returns_404(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.json() == {"error_code": "NOT_FOUND", "message": "Resource not found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/productgroups/7F3E9D2C1A/"),
        ("DELETE", "/productgroups/7F3E9D2C1A/"),
        ("PUT", "/products/007/productgroups/7F3E9D2C1A/"),
        ("DELETE", "/products/"),
    ],
)
async def test_an_unsupported_method_returns_405(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await http.request(method, path)
    assert response.status_code == 405
    message = "Method not allowed"
    assert response.json() == {"error_code": "METHOD_NOT_ALLOWED", "message": message}


async def test_calls_record_method_target_and_body_as_sent(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    await http.get("/products/?GroupName=R%26D+%2B+QA")
    await http.post("/products/C%2FC%2B%2B%20Toolkit/productgroups/7F3E9D2C1A/")
    await http.post("/productgroups", json={"Name": "X"}, headers={"X-Avangate-Authentication": ""})
    assert list(two_checkout.calls) == [
        ("GET", "/products/?GroupName=R%26D+%2B+QA", None),
        ("POST", "/products/C%2FC%2B%2B%20Toolkit/productgroups/7F3E9D2C1A/", None),
        ("POST", "/productgroups", {"Name": "X"}),
    ]


async def test_a_location_has_the_prefix_and_a_recorded_target_has_not(
    sign: Callable[..., str],
) -> None:
    simulator = TwoCheckoutSimulator(prefix="/2checkout/rest/6.0", clock=lambda: NOW)
    async with _client(simulator, sign(), "/2checkout/rest/6.0") as client:
        response = await client.post("/productgroups/", json={"Name": "SaaS plans"})
    code = simulator.snapshot()["groups"][-1]["Code"]
    location = f"http://two.test/2checkout/rest/6.0/productgroups/{code}/"
    assert response.headers["location"] == location
    assert [target for _, target, _ in simulator.calls] == ["/productgroups/"]


async def test_the_status_of_missing_entities_can_be_400(sign: Callable[..., str]) -> None:
    simulator = TwoCheckoutSimulator(missing_status=400, clock=lambda: NOW)
    async with _client(simulator, sign()) as client:
        product = await client.get("/products/NONE/")
        group = await client.get("/productgroups/NONE/")
    assert (product.status_code, product.json()["error_code"]) == (400, "PRODUCT_NOT_FOUND")
    assert (group.status_code, group.json()["error_code"]) == (400, "PRODUCT_GROUP_NOT_FOUND")


async def test_reset_restores_the_seed_and_keeps_the_calls(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    await http.post("/productgroups/", json={"Name": "SaaS plans"})
    await http.post("/products/007/productgroups/7F3E9D2C1A/")
    assert two_checkout.snapshot() != before
    two_checkout.reset()
    assert two_checkout.snapshot() == before
    assert len(two_checkout.calls) == 2


async def test_a_snapshot_is_a_copy(two_checkout: TwoCheckoutSimulator) -> None:
    two_checkout.snapshot()["products"][0]["PricingConfigurations"][0].clear()
    assert two_checkout.snapshot()["products"][0]["PricingConfigurations"][0] != {}
