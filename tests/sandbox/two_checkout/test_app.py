"""What the played 2Checkout does around its operations: routes, records, limits, resets."""

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
async def test_a_path_that_is_none_is_not_found(http: httpx.AsyncClient, path: str) -> None:
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
async def test_no_group_is_changed_or_deleted(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await http.request(method, path)
    assert response.status_code == 405
    message = "Method not allowed"
    assert response.json() == {"error_code": "METHOD_NOT_ALLOWED", "message": message}


async def test_every_request_is_written_down_as_it_was_sent(
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


async def test_it_can_live_below_a_prefix(sign: Callable[..., str]) -> None:
    simulator = TwoCheckoutSimulator(prefix="/2checkout/rest/6.0", clock=lambda: NOW)
    async with _client(simulator, sign(), "/2checkout/rest/6.0") as client:
        response = await client.post("/products/", json={"ProductCode": "a", "ProductName": "A"})
    assert response.headers["location"] == "http://two.test/2checkout/rest/6.0/products/a/"
    assert [path for _, path, _ in simulator.calls] == ["/products/"]


async def test_what_is_missing_may_be_answered_with_400(sign: Callable[..., str]) -> None:
    simulator = TwoCheckoutSimulator(missing_status=400, clock=lambda: NOW)
    async with _client(simulator, sign()) as client:
        product = await client.get("/products/NONE/")
        group = await client.get("/productgroups/NONE/")
    assert (product.status_code, product.json()["error_code"]) == (400, "PRODUCT_NOT_FOUND")
    assert (group.status_code, group.json()["error_code"]) == (400, "PRODUCT_GROUP_NOT_FOUND")


async def test_too_many_requests_are_told_how_long_to_wait(sign: Callable[..., str]) -> None:
    seconds = [NOW]
    simulator = TwoCheckoutSimulator(rate_per_minute=1, clock=lambda: seconds[0])
    async with _client(simulator, sign()) as client:
        first = await client.get("/productgroups/")
        seconds[0] += 17.5
        second = await client.get("/productgroups/")
        seconds[0] += int(second.headers["retry-after"])
        third = await client.get("/productgroups/")
    assert [each.status_code for each in (first, second, third)] == [200, 429, 200]
    assert second.headers["retry-after"] == "43"
    assert second.json() == {"error_code": "TOO_MANY_REQUESTS", "message": "Slow down"}
    assert simulator.throttled == 1


async def test_a_reset_brings_back_the_seed_and_keeps_the_records(
    http: httpx.AsyncClient, two_checkout: TwoCheckoutSimulator
) -> None:
    before = two_checkout.snapshot()
    await http.post("/productgroups/", json={"Name": "SaaS plans"})
    await http.delete("/products/007/")
    assert two_checkout.snapshot() != before
    two_checkout.reset()
    assert two_checkout.snapshot() == before
    assert len(two_checkout.calls) == 2


async def test_a_snapshot_is_a_copy(two_checkout: TwoCheckoutSimulator) -> None:
    two_checkout.snapshot()["products"][0]["PricingConfigurations"][0].clear()
    assert two_checkout.snapshot()["products"][0]["PricingConfigurations"][0] != {}
