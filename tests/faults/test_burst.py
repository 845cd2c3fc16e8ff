"""Many clients that read at once from a vendor with a rate limit."""

import asyncio

import pytest

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.faults.faults import first, respond
from tests.faults.proxied_gateway import ProxiedGateway, proxied_gateway
from tests.faults.serving import ServedSandbox, serve_sandbox

pytestmark = pytest.mark.anyio

CLIENTS = 100
ONE_PRODUCT = "query($id: ID!) { product(id: $id) { id name } }"


def product_ids(sandbox: Sandbox) -> list[str]:
    """Return the id of a product for each client."""
    products = list(sandbox.dodo.snapshot()["products"])[:CLIENTS]
    assert len(products) == CLIENTS
    return [encode_id(ProductRef(provider=ProviderKey.DODO, native_id=each)) for each in products]


async def read_all(gateway: ProxiedGateway) -> list[str]:
    """Read all products at once; return the ids in the responses, none of which has an error."""
    wanted = product_ids(gateway.sandbox)
    responses = await asyncio.gather(
        *(gateway.execute_untimed(ONE_PRODUCT, id=each) for each in wanted)
    )
    assert [each for each in responses if "errors" in each] == []
    received = [each["data"]["product"]["id"] for each in responses]
    assert received == wanted
    return received


async def test_calls_queue_for_the_vendors_rate_limit() -> None:
    """With Dodo's limit of 40 a second, each client is served and no call exceeds the limit."""
    with serve_sandbox(Sandbox()) as vendors:
        async with proxied_gateway(vendors, "DODO", deadline=10) as gateway:
            await read_all(gateway)
        assert vendors.sandbox.dodo.throttled == 0
        assert len(vendors.sandbox.dodo.calls) == CLIENTS


async def test_clients_get_cached_answers_while_the_vendor_returns_429(
    vendors: ServedSandbox,
) -> None:
    async with proxied_gateway(vendors, "DODO", deadline=5, cache_ttl=1e-9) as gateway:
        before = await read_all(gateway)
        gateway.proxy.fault = respond(429, Retry_After="30")
        assert await read_all(gateway) == before


async def test_calls_refused_with_retry_after_are_retried(vendors: ServedSandbox) -> None:
    """Twenty calls are refused for a second and then sent again."""
    burst = first(20, respond(429, Retry_After="1"))
    async with proxied_gateway(vendors, "DODO", burst, deadline=10) as gateway:
        await read_all(gateway)
