"""Responses to reads that fail although the result is cached."""

import pytest

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.ids import encode_id
from groupgate.upstream.sender import TRIES
from tests.faults.faults import respond
from tests.faults.operations import READ
from tests.faults.proxied_gateway import proxied_gateway
from tests.faults.serving import ServedSandbox
from tests.faults.table import DONE, ROWS, Row

pytestmark = pytest.mark.anyio

KEYS = ["AXIM", "DODO", "TWO_CHECKOUT"]
IMMEDIATELY_STALE = 1e-9
"""A cache TTL in seconds that makes every request call the vendor."""


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.address is None and row.read.code != DONE and not row.is_temporary],
    ids=lambda row: row.name,
)
async def test_a_cached_result_replaces_a_failure(
    vendors: ServedSandbox, row: Row, key: str
) -> None:
    """The response is complete and marked as stale, unless the vendor has revoked the key."""
    async with proxied_gateway(vendors, key, cache_ttl=IMMEDIATELY_STALE) as gateway:
        cached = await gateway.execute(READ, key=key)
        gateway.proxy.fault = row.fault
        response = await gateway.execute(READ, key=key)
        assert gateway.proxy.arrived == 1 + row.read.calls
    if row.read.code == "UPSTREAM_DENIED":
        assert [error["extensions"]["code"] for error in response["errors"]] == [row.read.code]
    else:
        assert response["data"] == cached["data"]
        assert "errors" not in response
        (stale,) = response["extensions"]["stale"]
        assert (stale["provider"], stale["reason"]) == (key, row.read.code)


@pytest.mark.parametrize("key", KEYS)
async def test_a_cached_result_replaces_a_refused_connection(
    vendors: ServedSandbox, key: str
) -> None:
    async with proxied_gateway(vendors, key, cache_ttl=IMMEDIATELY_STALE) as gateway:
        cached = await gateway.execute(READ, key=key)
        await gateway.proxy.refuse_connections()
        response = await gateway.execute(READ, key=key)
        assert gateway.proxy.arrived == 1
    assert response["data"] == cached["data"]
    (stale,) = response["extensions"]["stale"]
    assert (stale["provider"], stale["reason"]) == (key, "UPSTREAM_UNAVAILABLE")


LISTS = """
query($key: ProviderKey!) {
  provider(key: $key) {
    products(first: 1) { nodes { id name price { amount currencyCode } } }
    productCollections(first: 1) { nodes { groups(first: 1) { nodes { id name status } } } }
  }
}
"""
PRODUCT = "query($id: ID!) { product(id: $id) { id name price { amount currencyCode } } }"
GROUP = "query($id: ID!) { node(id: $id) { ... on Group { id name status } } }"


@pytest.mark.parametrize("key", KEYS)
async def test_a_cached_list_entry_replaces_a_failed_read_of_one_node(
    vendors: ServedSandbox, key: str
) -> None:
    """A list has the same fields of a product and of a group as a read of the node itself."""
    async with proxied_gateway(vendors, key, cache_ttl=IMMEDIATELY_STALE) as gateway:
        lists = (await gateway.execute(LISTS, key=key))["data"]["provider"]
        gateway.proxy.fault = respond(500)
        (product,) = lists["products"]["nodes"]
        one_product = await gateway.execute(PRODUCT, id=product["id"])
        (collection,) = lists["productCollections"]["nodes"]
        (group,) = collection["groups"]["nodes"]
        one_group = await gateway.execute(GROUP, id=group["id"])
    assert (one_product["data"]["product"], one_group["data"]["node"]) == (product, group)
    for response in (one_product, one_group):
        assert "errors" not in response
        (stale,) = response["extensions"]["stale"]
        assert (stale["provider"], stale["reason"]) == (key, "UPSTREAM_UNAVAILABLE")


@pytest.mark.parametrize("key", KEYS)
async def test_a_node_that_no_cached_list_has_fails(vendors: ServedSandbox, key: str) -> None:
    """The read takes the same calls and fails with the same error as without a cached list."""
    async with proxied_gateway(vendors, key, cache_ttl=IMMEDIATELY_STALE) as gateway:
        await gateway.execute(LISTS, key=key)
        before = gateway.proxy.arrived
        gateway.proxy.fault = respond(500)
        unknown = ProductRef(provider=ProviderKey(key), native_id="unknown")
        response = await gateway.execute(PRODUCT, id=encode_id(unknown))
        assert gateway.proxy.arrived - before == TRIES
    (error,) = response["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert "extensions" not in response
