"""Lookups by the vendors' own ids, and the exact number of upstream calls of each.

Every test opens a gateway that has read nothing yet.
"""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import pytest

from groupgate.app.settings import Settings
from tests.e2e.gateway import Gateway, open_gateway, take_counts

pytestmark = pytest.mark.anyio

VENDORS = ["DODO", "AXIM", "TWO_CHECKOUT"]


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway over the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


async def lookup(gateway: Gateway, key: str, field: str) -> Any:
    """Return the value of one field of a vendor, whose alias has to be `found`."""
    data = await gateway.data(f"{{ provider(key: {key}) {{ found: {field} }} }}")
    return data["provider"]["found"]


def product_ids(gateway: Gateway, key: str) -> list[str]:
    """Return the native ids of the products that a vendor lists, in order."""
    sandbox = gateway.sandbox
    if key == "DODO":
        rows = sandbox.dodo.snapshot()["products"].items()
        return [native_id for native_id, row in rows if not row["archived"]]
    if key == "AXIM":
        return [row["id"] for row in sandbox.axim.snapshot()["products"]]
    return [row["ProductCode"] for row in sandbox.two_checkout.snapshot()["products"]]


def group_in(gateway: Gateway, key: str) -> tuple[str | None, str, str]:
    """Return the collection's native id, native id and name of a group."""
    sandbox = gateway.sandbox
    if key == "DODO":
        collections = sandbox.dodo.snapshot()["collections"].items()
        native_id, row = next(each for each in collections if each[1]["name"] == "Kestrel Academy")
        return native_id, row["groups"][1]["id"], "Deutschland"
    if key == "AXIM":
        group = sandbox.axim.snapshot()["groups"][3]
        return None, group["id"], group["name"]
    group = sandbox.two_checkout.snapshot()["groups"][3]
    return None, group["Code"], group["Name"]


def literal(text: str | None) -> str:
    """Return a GraphQL literal."""
    return "null" if text is None else f'"{text}"'


@pytest.mark.parametrize("key", VENDORS)
async def test_a_product_by_native_id_costs_one_call(gateway: Gateway, key: str) -> None:
    native_id = product_ids(gateway, key)[5]
    product = await lookup(gateway, key, f'product(nativeId: "{native_id}") {{ nativeId name }}')
    assert product["nativeId"] == native_id
    assert product["name"]
    assert take_counts(gateway) == {key: 1}


@pytest.mark.parametrize("key", VENDORS)
async def test_an_unknown_product_is_null_and_costs_one_call(gateway: Gateway, key: str) -> None:
    assert await lookup(gateway, key, 'product(nativeId: "unknown") { id }') is None
    assert take_counts(gateway) == {key: 1}


@pytest.mark.parametrize("key", VENDORS)
@pytest.mark.parametrize("field", ["product", "group", "productCollection"])
async def test_an_empty_id_is_null_and_costs_no_call(
    gateway: Gateway, key: str, field: str
) -> None:
    assert await lookup(gateway, key, f'{field}(nativeId: "") {{ id }}') is None
    assert take_counts(gateway) == {}


BY_NATIVE_ID = """
query ($key: ProviderKey!, $ids: [String!]!) {
  provider(key: $key) { productsByNativeId(nativeIds: $ids) { id nativeId name imageUrl } }
}
"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name imageUrl } } }"


@pytest.mark.parametrize("key", VENDORS)
async def test_a_hundred_products_by_native_id_cost_the_same_calls_as_nodes(
    gateway: Gateway, key: str
) -> None:
    every = product_ids(gateway, key)
    ids = every[:50] + every[-50:]
    data = await gateway.data(BY_NATIVE_ID, key=key, ids=ids)
    products = data["provider"]["productsByNativeId"]
    assert [product["nativeId"] for product in products] == ids
    assert all(product["name"] for product in products)
    assert take_counts(gateway) == {key: 2}
    async with open_gateway() as other:
        data = await other.data(NODES, ids=[product["id"] for product in products])
        assert [node["name"] for node in data["nodes"]] == [each["name"] for each in products]
        assert take_counts(other) == {key: 2}


@pytest.mark.parametrize("key", VENDORS)
async def test_products_by_native_id_are_in_the_requested_order_with_null_for_unknown_ones(
    gateway: Gateway, key: str
) -> None:
    every = product_ids(gateway, key)
    ids = [every[9], "unknown", every[2], every[9], ""]
    data = await gateway.data(BY_NATIVE_ID, key=key, ids=ids)
    found = [each and each["nativeId"] for each in data["provider"]["productsByNativeId"]]
    assert found == [every[9], None, every[2], every[9], None]


@pytest.mark.parametrize("key", VENDORS)
async def test_no_native_ids_return_an_empty_list_without_a_call(
    gateway: Gateway, key: str
) -> None:
    data = await gateway.data(BY_NATIVE_ID, key=key, ids=[])
    assert data == {"provider": {"productsByNativeId": []}}
    assert take_counts(gateway) == {}


@pytest.mark.parametrize("key", VENDORS)
async def test_a_group_of_a_known_collection_costs_one_call(gateway: Gateway, key: str) -> None:
    collection, native_id, name = group_in(gateway, key)
    found = await lookup(
        gateway,
        key,
        f'group(nativeId: "{native_id}", productCollectionNativeId: {literal(collection)})'
        " { nativeId name collection { nativeId } }",
    )
    assert found == {"nativeId": native_id, "name": name, "collection": {"nativeId": collection}}
    assert take_counts(gateway) == {key: 1}


@pytest.mark.parametrize(("key", "calls"), [("DODO", 5), ("AXIM", 1), ("TWO_CHECKOUT", 1)])
async def test_a_group_by_native_id_alone_is_searched_until_it_is_found(
    gateway: Gateway, key: str, calls: int
) -> None:
    """At Dodo, the list and the first four collections in use."""
    collection, native_id, name = group_in(gateway, key)
    found = await lookup(
        gateway, key, f'group(nativeId: "{native_id}") {{ name collection {{ nativeId }} }}'
    )
    assert found == {"name": name, "collection": {"nativeId": collection}}
    assert take_counts(gateway) == {key: calls}


@pytest.mark.parametrize(("key", "calls"), [("DODO", 6), ("AXIM", 1), ("TWO_CHECKOUT", 1)])
async def test_an_unknown_group_is_null(gateway: Gateway, key: str, calls: int) -> None:
    """At Dodo, the list and all five collections in use are read."""
    assert await lookup(gateway, key, 'group(nativeId: "unknown") { id }') is None
    assert take_counts(gateway) == {key: calls}


@pytest.mark.parametrize("key", ["AXIM", "TWO_CHECKOUT"])
async def test_a_vendor_without_collections_has_no_group_in_one_and_is_not_called(
    gateway: Gateway, key: str
) -> None:
    _, native_id, _ = group_in(gateway, key)
    field = f'group(nativeId: "{native_id}", productCollectionNativeId: "pdc_1") {{ id }}'
    assert await lookup(gateway, key, field) is None
    assert take_counts(gateway) == {}


async def test_a_group_of_an_archived_collection_is_found_only_in_its_collection(
    gateway: Gateway,
) -> None:
    collections = gateway.sandbox.dodo.snapshot()["collections"].items()
    collection, row = next(each for each in collections if each[1]["archived"])
    native_id = row["groups"][0]["id"]
    assert await lookup(gateway, "DODO", f'group(nativeId: "{native_id}") {{ id }}') is None
    assert take_counts(gateway) == {"DODO": 6}
    found = await lookup(
        gateway,
        "DODO",
        f'group(nativeId: "{native_id}", productCollectionNativeId: "{collection}") {{ nativeId }}',
    )
    assert found == {"nativeId": native_id}
    assert take_counts(gateway) == {"DODO": 1}


async def test_several_groups_by_native_id_share_one_search(gateway: Gateway) -> None:
    collections = gateway.sandbox.dodo.snapshot()["collections"].values()
    ids = [group["id"] for row in collections if not row["archived"] for group in row["groups"]]
    fields = " ".join(
        f'g{n}: group(nativeId: "{each}") {{ nativeId }}' for n, each in enumerate(ids)
    )
    data = await gateway.data(f"{{ provider(key: DODO) {{ {fields} }} }}")
    assert [group["nativeId"] for group in data["provider"].values()] == ids
    assert take_counts(gateway) == {"DODO": 6}


async def test_a_collection_by_native_id_costs_one_call(gateway: Gateway) -> None:
    for native_id, row in gateway.sandbox.dodo.snapshot()["collections"].items():
        field = f'productCollection(nativeId: "{native_id}") {{ nativeId name }}'
        found = await lookup(gateway, "DODO", field)
        assert found == {"nativeId": native_id, "name": row["name"]}
        assert take_counts(gateway) == {"DODO": 1}
    assert await lookup(gateway, "DODO", 'productCollection(nativeId: "unknown") { id }') is None
    assert take_counts(gateway) == {"DODO": 1}


@pytest.mark.parametrize("key", ["AXIM", "TWO_CHECKOUT"])
async def test_a_vendor_without_collections_has_none_by_native_id(
    gateway: Gateway, key: str
) -> None:
    assert await lookup(gateway, key, 'productCollection(nativeId: "pdc_1") { id }') is None
    assert take_counts(gateway) == {}


@pytest.mark.parametrize(
    ("key", "sku", "name"),
    [("AXIM", "FUR-001", "Oslo armchair"), ("TWO_CHECKOUT", "FREE-READER", "Folio Reader")],
)
async def test_a_product_by_sku_costs_one_call(
    gateway: Gateway, key: str, sku: str, name: str
) -> None:
    found = await lookup(gateway, key, f'productBySku(sku: "{sku}") {{ sku name status }}')
    assert found == {"sku": sku, "name": name, "status": "ACTIVE"}
    assert take_counts(gateway) == {key: 1}


@pytest.mark.parametrize("key", ["AXIM", "TWO_CHECKOUT"])
@pytest.mark.parametrize("sku", ["unknown", "fur-001", "free-reader"])
async def test_a_sku_is_compared_exactly(gateway: Gateway, key: str, sku: str) -> None:
    assert await lookup(gateway, key, f'productBySku(sku: "{sku}") {{ id }}') is None
    assert take_counts(gateway) == {key: 1}


@pytest.mark.parametrize("key", VENDORS)
async def test_an_empty_sku_is_null_and_costs_no_call(gateway: Gateway, key: str) -> None:
    assert await lookup(gateway, key, 'productBySku(sku: "") { id }') is None
    assert take_counts(gateway) == {}


async def test_dodo_products_have_no_sku_and_are_not_searched_by_one(gateway: Gateway) -> None:
    assert await lookup(gateway, "DODO", 'productBySku(sku: "FUR-001") { id }') is None
    assert take_counts(gateway) == {}


@pytest.mark.parametrize(("key", "calls"), [("AXIM", 1), ("TWO_CHECKOUT", 1)])
async def test_fifty_aliases_of_product_by_sku_are_one_batch(
    gateway: Gateway, key: str, calls: int
) -> None:
    """One batch of fifty at Axim, one page of two hundred at 2Checkout."""
    if key == "AXIM":
        skus = [row["sku"] for row in gateway.sandbox.axim.snapshot()["products"][-50:]]
    else:
        skus = product_ids(gateway, key)[:50]
    fields = " ".join(f'p{n}: productBySku(sku: "{sku}") {{ sku }}' for n, sku in enumerate(skus))
    data = await gateway.data(f"{{ provider(key: {key}) {{ {fields} }} }}")
    assert [product["sku"] for product in data["provider"].values()] == skus
    assert take_counts(gateway) == {key: calls}


PRICES = "name products(first: 100) { nodes { name price { amount currencyCode } } totalCount }"


@pytest.mark.parametrize(("key", "calls"), [("DODO", 1), ("AXIM", 1), ("TWO_CHECKOUT", 2)])
async def test_a_pricing_page_of_one_group_costs_its_lookup_and_at_2checkout_its_pages(
    gateway: Gateway, key: str, calls: int
) -> None:
    collection, native_id, name = group_in(gateway, key)
    group = await lookup(
        gateway,
        key,
        f'group(nativeId: "{native_id}", productCollectionNativeId: {literal(collection)})'
        f" {{ {PRICES} }}",
    )
    assert group["name"] == name
    assert len(group["products"]["nodes"]) == group["products"]["totalCount"] > 5
    assert take_counts(gateway) == {key: calls}


async def test_lookups_of_the_same_object_share_its_call(gateway: Gateway) -> None:
    collection, group, _ = group_in(gateway, "DODO")
    data = await gateway.data(
        f'{{ provider(key: DODO) {{ productCollection(nativeId: "{collection}") {{ name }}'
        f' group(nativeId: "{group}", productCollectionNativeId: "{collection}") {{ name }} }} }}'
    )
    assert data["provider"] == {
        "productCollection": {"name": "Kestrel Academy"},
        "group": {"name": "Deutschland"},
    }
    assert take_counts(gateway) == {"DODO": 1}


LONG = "x" * 2_001


@pytest.mark.parametrize(
    "field",
    [
        f'product(nativeId: "{LONG}") {{ id }}',
        f'productBySku(sku: "{LONG}") {{ id }}',
        f'productCollection(nativeId: "{LONG}") {{ id }}',
        f'group(nativeId: "{LONG}") {{ id }}',
        f'group(nativeId: "g", productCollectionNativeId: "{LONG}") {{ id }}',
    ],
    ids=["product", "sku", "collection", "group", "parent"],
)
@pytest.mark.parametrize("key", VENDORS)
async def test_an_id_that_is_too_long_to_be_sent_is_refused(
    gateway: Gateway, key: str, field: str
) -> None:
    answer = await post(gateway, f"{{ provider(key: {key}) {{ found: {field} }} }}")
    assert answer["data"] == {"provider": {"found": None}}
    (error,) = answer["errors"]
    assert error["message"] == "An id, code or SKU may have at most 2,000 characters, not 2,001."
    assert error["path"] == ["provider", "found"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert take_counts(gateway) == {}


async def test_more_than_a_hundred_native_ids_are_refused(gateway: Gateway) -> None:
    answer = await post(gateway, BY_NATIVE_ID, {"key": "DODO", "ids": ["x"] * 101})
    assert answer["data"] == {"provider": None}
    (error,) = answer["errors"]
    assert error["message"] == "`nativeIds` may contain at most 100 ids, not 101."
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert take_counts(gateway) == {}


async def test_one_bad_native_id_does_not_affect_the_others(gateway: Gateway) -> None:
    known = product_ids(gateway, "AXIM")[0]
    answer = await post(gateway, BY_NATIVE_ID, {"key": "AXIM", "ids": [known, LONG]})
    first, second = answer["data"]["provider"]["productsByNativeId"]
    assert (first["nativeId"], second) == (known, None)
    assert [error["path"] for error in answer["errors"]] == [["provider", "productsByNativeId", 1]]


async def post(
    gateway: Gateway, query: str, variables: dict[str, Any] | None = None, caller: str = ""
) -> Any:
    """Send one operation, and return the whole response."""
    headers = {"Authorization": f"Bearer {caller}"} if caller else {}
    body = {"query": query, "variables": variables or {}}
    return (await gateway.http.post("/graphql", json=body, headers=headers)).json()


async def test_a_caller_without_read_permission_finds_nothing_of_the_vendor() -> None:
    line = f"shop sha256:{sha256(b'shop').hexdigest()} read:AXIM"
    async with open_gateway(settings=Settings.model_construct(tokens=line)) as gateway:
        dodo, axim = product_ids(gateway, "DODO")[0], product_ids(gateway, "AXIM")[0]
        answer = await post(
            gateway,
            f'{{ dodo: provider(key: DODO) {{ product(nativeId: "{dodo}") {{ name }}'
            " groups { totalCount } products(ungrouped: true) { totalCount } }"
            f' axim: provider(key: AXIM) {{ product(nativeId: "{axim}") {{ sku }} }} }}',
            caller="shop",
        )
        assert take_counts(gateway) == {"AXIM": 1}
    assert answer == {"data": {"dodo": None, "axim": {"product": {"sku": "FUR-001"}}}}
