"""One query reads all levels at all vendors; pagination returns each row once."""

from typing import Any

import pytest

from tests.e2e.gateway import Gateway

pytestmark = pytest.mark.anyio


ALL_LEVELS = """
{ providers { key name productCollections(first: 7) { totalCount nodes { name isImplicit
    groups(first: 7) { nodes { name nativeId
      products(first: 7) { edges { status node { nativeId name price { amount } } } } } } } } } }
"""


async def test_one_query_reads_all_levels_at_all_vendors(gateway: Gateway) -> None:
    """Vendor, collection, group and product, with data at each level."""
    data = await gateway.data(ALL_LEVELS)
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


async def all_rows(gateway: Gateway, query: str, **variables: Any) -> list[dict[str, Any]]:
    """Return all rows of a connection, read in pages of seven."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await gateway.data(query, after=after, **variables))["at"]["page"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return rows
        assert len(page["nodes"]) == 7
        after = page["pageInfo"]["endCursor"]


async def read_all(gateway: Gateway, key: str) -> dict[str | None, dict[str, list[str]]]:
    """Return the ids of collections, their groups and their products, read in pages of seven."""
    found: dict[str | None, dict[str, list[str]]] = {}
    for collection in await all_rows(gateway, COLLECTIONS, key=key):
        groups = await all_rows(gateway, GROUPS, id=collection["id"])
        found[collection["nativeId"]] = {
            group["nativeId"]: [
                row["nativeId"] for row in await all_rows(gateway, MEMBERS, id=group["id"])
            ]
            for group in groups
        }
    return found


async def test_dodos_pages_have_each_row_once(gateway: Gateway) -> None:
    """Every active collection, group, member and product, in the vendor's order."""
    snapshot = gateway.sandbox.dodo.snapshot()
    assert await read_all(gateway, "DODO") == {
        native_id: {
            group["id"]: [item["product_id"] for item in group["items"]]
            for group in collection["groups"]
        }
        for native_id, collection in snapshot["collections"].items()
        if not collection["archived"]
    }
    products = [row["nativeId"] for row in await all_rows(gateway, PRODUCTS, key="DODO")]
    assert products == [one for one, row in snapshot["products"].items() if not row["archived"]]


async def test_axims_pages_have_each_row_once(gateway: Gateway) -> None:
    """Every group, member and product, in the vendor's order."""
    snapshot = gateway.sandbox.axim.snapshot()
    assert await read_all(gateway, "AXIM") == {
        None: {group["id"]: group["products"] for group in snapshot["groups"]}
    }
    products = [row["nativeId"] for row in await all_rows(gateway, PRODUCTS, key="AXIM")]
    assert products == [row["id"] for row in snapshot["products"]]


async def test_2checkouts_pages_have_each_row_once(
    gateway: Gateway,
) -> None:
    """Every group, member and product, in the vendor's order."""
    snapshot = gateway.sandbox.two_checkout.snapshot()
    assert await read_all(gateway, "TWO_CHECKOUT") == {
        None: {group["Code"]: group["products"] for group in snapshot["groups"]}
    }
    products = [row["nativeId"] for row in await all_rows(gateway, PRODUCTS, key="TWO_CHECKOUT")]
    assert products == [row["ProductCode"] for row in snapshot["products"]]


EVERY_PRODUCT_FIELD = """
query ($key: ProviderKey!) { provider(key: $key) { products(first: 5) { nodes {
  id nativeId name description sku price { amount currencyCode } isRecurring status imageUrl
  pricingModel billingPeriod { count unit } trialDays isTaxIncluded isPayWhatYouWant
  minimumPrice { amount currencyCode } suggestedPrice { amount currencyCode }
  createdAt updatedAt provider { key } groups { id name collection { name } } } } } }
"""


@pytest.mark.parametrize("key", ["DODO", "AXIM", "TWO_CHECKOUT"])
async def test_every_field_of_a_product_can_be_selected(gateway: Gateway, key: str) -> None:
    """At every vendor, including the groups and the vendor that the product belongs to."""
    data = await gateway.data(EVERY_PRODUCT_FIELD, key=key)
    for product in data["provider"]["products"]["nodes"]:
        assert product["provider"] == {"key": key}
        assert product["status"] in {"ACTIVE", "INACTIVE"}


async def test_groups_have_membership_and_revision(gateway: Gateway) -> None:
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
        query = "query ($g: ID!, $p: ID!) { group(id: $g) { hasProduct(id: $p) revision } }"
        response = await gateway.data(query, g=group["id"], p=product["id"])
        assert response["group"] == {"hasProduct": True, "revision": group["revision"]}
        if other:
            response = await gateway.data(query, g=group["id"], p=other)
            assert response["group"]["hasProduct"] is False
        other = product["id"]
