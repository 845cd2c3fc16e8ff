"""What is answered when a fault meets a read whose answer is known from before."""

import pytest

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.ids import encode_id
from groupgate.upstream.retry import TRIES
from tests.faults.between import between
from tests.faults.faults import answered
from tests.faults.reading import READ
from tests.faults.serving import Served
from tests.faults.table import DONE, ROWS, Row

pytestmark = pytest.mark.anyio

AT_ONCE = 1e-9
"""Seconds in which an answer is fresh: the next request asks the vendor."""


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row.address is None and row.read.code != DONE],
    ids=lambda row: row.name,
)
async def test_a_known_answer_stands_in_for_a_failure(vendors: Served, row: Row, key: str) -> None:
    """Complete, and said to be stale; but a vendor that takes the key away has not failed."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        known = await way.ask(READ, key=key)
        way.proxy.fault = row.fault
        answer = await way.ask(READ, key=key)
        assert way.proxy.arrived == 1 + row.read.calls
    if row.read.code == "UPSTREAM_DENIED":
        assert [error["extensions"]["code"] for error in answer["errors"]] == [row.read.code]
    else:
        assert answer["data"] == known["data"]
        assert "errors" not in answer
        (stale,) = answer["extensions"]["stale"]
        assert (stale["provider"], stale["reason"]) == (key, row.read.code)


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
async def test_a_known_answer_stands_in_for_a_vendor_that_is_gone(
    vendors: Served, key: str
) -> None:
    """Its port refuses connections."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        known = await way.ask(READ, key=key)
        way.proxy.leave()
        answer = await way.ask(READ, key=key)
        assert way.proxy.arrived == 1
    assert answer["data"] == known["data"]
    (stale,) = answer["extensions"]["stale"]
    assert (stale["provider"], stale["reason"]) == (key, "UPSTREAM_UNAVAILABLE")


LISTED = """
query($key: ProviderKey!) {
  provider(key: $key) {
    products(first: 1) { nodes { id name price { amount currencyCode } } }
    productCollections(first: 1) { nodes { groups(first: 1) { nodes { id name status } } } }
  }
}
"""
PRODUCT = "query($id: ID!) { product(id: $id) { id name price { amount currencyCode } } }"
GROUP = "query($id: ID!) { node(id: $id) { ... on Group { id name status } } }"


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
async def test_what_was_seen_on_a_list_stands_in_for_what_cannot_be_read_alone(
    vendors: Served, key: str
) -> None:
    """Lists tell as much of a product, and of a group, as is told of each alone."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        listed = (await way.ask(LISTED, key=key))["data"]["provider"]
        way.proxy.fault = answered(500)
        (product,) = listed["products"]["nodes"]
        shown = await way.ask(PRODUCT, id=product["id"])
        (collection,) = listed["productCollections"]["nodes"]
        (group,) = collection["groups"]["nodes"]
        shown_too = await way.ask(GROUP, id=group["id"])
    assert (shown["data"]["product"], shown_too["data"]["node"]) == (product, group)
    for answer in (shown, shown_too):
        assert "errors" not in answer
        (stale,) = answer["extensions"]["stale"]
        assert (stale["provider"], stale["reason"]) == (key, "UPSTREAM_UNAVAILABLE")


@pytest.mark.parametrize("key", ["AXIM", "DODO", "TWO_CHECKOUT"])
async def test_nothing_is_stale_where_the_list_did_not_help(vendors: Served, key: str) -> None:
    """A product that is not on it fails as if there had been no list, and with no more calls."""
    async with between(vendors, key, cache_ttl=AT_ONCE) as way:
        await way.ask(LISTED, key=key)
        before = way.proxy.arrived
        way.proxy.fault = answered(500)
        unknown = ProductRef(provider=ProviderKey(key), native_id="unknown")
        answer = await way.ask(PRODUCT, id=encode_id(unknown))
        assert way.proxy.arrived - before == TRIES
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
    assert "extensions" not in answer
