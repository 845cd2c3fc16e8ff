"""One query walks all three vendors; paging at every level shows each row once."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway over the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


WALK = """
{ providers { key name productCollections(first: 7) { totalCount nodes { name isImplicit
    groups(first: 7) { nodes { name nativeId
      products(first: 7) { edges { status node { nativeId name price { amount } } } } } } } } } }
"""


async def test_one_query_walks_all_three_vendors(gateway: Gateway) -> None:
    """The same four levels at each vendor, with real rows."""
    data = await gateway.data(WALK)
    assert [one["name"] for one in data["providers"]] == [
        "Axim Commerce",
        "Dodo Payments",
        "2Checkout",
    ]
    for one in data["providers"]:
        collections = one["productCollections"]["nodes"]
        groups = [group for each in collections for group in each["groups"]["nodes"]]
        products = [edge for group in groups for edge in group["products"]["edges"]]
        assert len(groups) >= 7
        assert len(products) > 20
        assert all(edge["node"]["name"] for edge in products)
    assert [
        [c["isImplicit"] for c in p["productCollections"]["nodes"]] for p in data["providers"]
    ] == [
        [True],
        [False] * 5,
        [True],
    ]


PAGE = "first: 7, after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } }"
COLLECTIONS = (
    "query ($key: ProviderKey!, $after: String) { at: provider(key: $key) { page: "
    "productCollections(" + PAGE % "id nativeId name" + " } }"
)
PRODUCTS = (
    "query ($key: ProviderKey!, $after: String) { at: provider(key: $key) { page: "
    "products(" + PAGE % "id nativeId name" + " } }"
)
GROUPS = (
    "query ($id: ID!, $after: String) { at: productCollection(id: $id) { page: "
    "groups(" + PAGE % "id nativeId name" + " } }"
)
MEMBERS = (
    "query ($id: ID!, $after: String) { at: group(id: $id) { page: "
    "products(" + PAGE % "id nativeId name" + " } }"
)


async def every(gateway: Gateway, query: str, **variables: Any) -> list[dict[str, Any]]:
    """All rows of a connection, seven at a time."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await gateway.data(query, after=after, **variables))["at"]["page"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        assert len(page["nodes"]) == 7
        after = page["pageInfo"]["endCursor"]


async def walked(gateway: Gateway, key: str) -> dict[str | None, dict[str, list[str]]]:
    """Collections, their groups and the products of these, by native ids, in sevens."""
    found: dict[str | None, dict[str, list[str]]] = {}
    for collection in await every(gateway, COLLECTIONS, key=key):
        groups = await every(gateway, GROUPS, id=collection["id"])
        found[collection["nativeId"]] = {
            group["nativeId"]: [
                row["nativeId"] for row in await every(gateway, MEMBERS, id=group["id"])
            ]
            for group in groups
        }
    return found


async def test_dodo_is_walked_in_sevens_without_a_row_lost_or_repeated(gateway: Gateway) -> None:
    """Every live collection, group, item and product, in the vendor's order."""
    held = gateway.sandbox.dodo.snapshot()
    assert await walked(gateway, "DODO") == {
        native_id: {
            group["id"]: [item["product_id"] for item in group["items"]]
            for group in collection["groups"]
        }
        for native_id, collection in held["collections"].items()
        if not collection["archived"]
    }
    products = [row["nativeId"] for row in await every(gateway, PRODUCTS, key="DODO")]
    assert products == [one for one, row in held["products"].items() if not row["archived"]]


async def test_axim_is_walked_in_sevens_without_a_row_lost_or_repeated(gateway: Gateway) -> None:
    """Every group, member and product, in the vendor's order."""
    held = gateway.sandbox.axim.snapshot()
    assert await walked(gateway, "AXIM") == {
        None: {group["id"]: group["products"] for group in held["groups"]}
    }
    products = [row["nativeId"] for row in await every(gateway, PRODUCTS, key="AXIM")]
    assert products == [row["id"] for row in held["products"]]


async def test_2checkout_is_walked_in_sevens_without_a_row_lost_or_repeated(
    gateway: Gateway,
) -> None:
    """Every group, member and product, in the vendor's order."""
    held = gateway.sandbox.two_checkout.snapshot()
    assert await walked(gateway, "TWO_CHECKOUT") == {
        None: {group["Code"]: group["products"] for group in held["groups"]}
    }
    products = [row["nativeId"] for row in await every(gateway, PRODUCTS, key="TWO_CHECKOUT")]
    assert products == [row["ProductCode"] for row in held["products"]]


EVERY_PRODUCT_FIELD = """
query ($key: ProviderKey!) { provider(key: $key) { products(first: 5) { nodes {
  id nativeId name description sku price { amount currencyCode } isRecurring status imageUrl
  createdAt updatedAt provider { key } groups { id name collection { name } } } } } }
"""


@pytest.mark.parametrize("key", ["DODO", "AXIM", "TWO_CHECKOUT"])
async def test_every_field_of_a_product_can_be_asked_for(gateway: Gateway, key: str) -> None:
    """Upward and downward, at every vendor."""
    data = await gateway.data(EVERY_PRODUCT_FIELD, key=key)
    for product in data["provider"]["products"]["nodes"]:
        assert product["provider"] == {"key": key}
        assert product["status"] in {"ACTIVE", "INACTIVE"}


async def test_groups_tell_membership_and_revision(gateway: Gateway) -> None:
    """`hasProduct` and `revision`, at every vendor."""
    data = await gateway.data(
        "{ providers { productCollections(first: 1) { nodes { revision groups(first: 1) { nodes {"
        " id revision products(first: 1) { nodes { id } } } } } } } }"
    )
    other = None
    for provider in data["providers"]:
        (collection,) = provider["productCollections"]["nodes"]
        (group,) = collection["groups"]["nodes"]
        (product,) = group["products"]["nodes"]
        assert len(collection["revision"]) == len(group["revision"]) == 20
        ask = "query ($g: ID!, $p: ID!) { group(id: $g) { hasProduct(id: $p) revision } }"
        answer = await gateway.data(ask, g=group["id"], p=product["id"])
        assert answer["group"] == {"hasProduct": True, "revision": group["revision"]}
        if other:
            answer = await gateway.data(ask, g=group["id"], p=other)
            assert answer["group"]["hasProduct"] is False
        other = product["id"]
