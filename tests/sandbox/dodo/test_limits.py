"""Rate limits: by default 40 requests per second and 240 per minute."""

import dodopayments
import httpx
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import URL, Clock

pytestmark = pytest.mark.anyio

RESET = 1_795_348_800


def _limit_headers(response: httpx.Response) -> dict[str, str]:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")
    return {name: response.headers[name] for name in names if name in response.headers}


async def _statuses(http: httpx.AsyncClient, times: int) -> list[int]:
    return [(await http.get("/products/x")).status_code for _ in range(times)]


async def test_responses_report_the_remaining_requests_of_the_minute(
    http: httpx.AsyncClient,
) -> None:
    first = await http.get("/products")
    second = await http.get("/nowhere")
    assert _limit_headers(first) == {
        "x-ratelimit-limit": "240",
        "x-ratelimit-remaining": "239",
        "x-ratelimit-reset": str(RESET + 60),
    }
    assert second.headers["x-ratelimit-remaining"] == "238"


async def test_the_41st_request_in_a_second_returns_429(
    http: httpx.AsyncClient, dodo: DodoSimulator, clock: Clock
) -> None:
    assert await _statuses(http, 40) == [404] * 40
    refused = await http.get("/products")
    assert refused.status_code == 429
    assert refused.json() == {"code": "TOO_MANY_REQUESTS", "message": ""}
    assert _limit_headers(refused) == {
        "x-ratelimit-limit": "40",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(RESET + 1),
        "retry-after": "1",
    }
    assert (dodo.throttled, len(dodo.calls)) == (1, 41)
    clock.now += 1
    assert await _statuses(http, 1) == [404]


async def test_the_241st_request_in_a_minute_returns_429(
    http: httpx.AsyncClient, dodo: DodoSimulator, clock: Clock
) -> None:
    for _ in range(6):
        assert await _statuses(http, 40) == [404] * 40
        clock.now += 5
    refused = await http.get("/products")
    assert refused.status_code == 429
    assert _limit_headers(refused) == {
        "x-ratelimit-limit": "240",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(RESET + 60),
        "retry-after": "30",
    }
    clock.now += 30
    assert await _statuses(http, 41) == [404] * 40 + [429]
    assert dodo.throttled == 2


async def test_refused_requests_change_nothing_and_are_not_counted(
    http: httpx.AsyncClient, ids: dict[str, str], dodo: DodoSimulator, clock: Clock
) -> None:
    before = dodo.snapshot()
    await _statuses(http, 40)
    clock.now += 0.9
    path = f"/product-collections/{ids['Kestrel Desk']}"
    assert (await http.delete(path)).status_code == 429
    assert dodo.snapshot() == before
    clock.now += 0.1
    assert await _statuses(http, 40) == [404] * 40


async def test_the_sdk_raises_a_rate_limit_error(sdk: AsyncDodoPayments) -> None:
    for _ in range(40):
        await sdk.products.list()
    with pytest.raises(dodopayments.RateLimitError) as failure:
        await sdk.products.list()
    assert failure.value.body == {"code": "TOO_MANY_REQUESTS", "message": ""}


async def test_requests_without_a_valid_key_are_not_counted(http: httpx.AsyncClient) -> None:
    for _ in range(50):
        response = await http.get("/products", headers={"Authorization": "Bearer wrong"})
        assert response.status_code == 401
    assert (await http.get("/products")).headers["x-ratelimit-remaining"] == "239"


async def test_limits_can_be_changed_and_turned_off(clock: Clock) -> None:
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    results = []
    for per_second, per_minute in ((2, None), (None, 3), (None, None)):
        dodo = DodoSimulator(rate_per_second=per_second, rate_per_minute=per_minute, clock=clock)
        transport = httpx.ASGITransport(dodo)
        async with httpx.AsyncClient(transport=transport, base_url=URL, headers=headers) as client:
            responses = [await client.get("/products") for _ in range(5)]
        limit = responses[0].headers.get("x-ratelimit-limit")
        results.append(([response.status_code for response in responses], limit))
    assert results == [
        ([200, 200, 429, 429, 429], "2"),
        ([200, 200, 200, 429, 429], "3"),
        ([200, 200, 200, 200, 200], None),
    ]
