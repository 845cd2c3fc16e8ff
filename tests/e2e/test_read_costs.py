"""The exact number of calls that queries take at each vendor."""

from typing import Any

import pytest

from tests.e2e.gateway import Gateway

pytestmark = pytest.mark.anyio

VENDORS = ["DODO", "AXIM", "TWO_CHECKOUT"]


ALL_IDS = """
query ($key: ProviderKey!, $after: String) {
  provider(key: $key) { products(first: 100, after: $after) {
    nodes { id nativeId name } pageInfo { hasNextPage endCursor } } }
}
"""

ALL_GROUPS = """
query ($key: ProviderKey!) {
  provider(key: $key) { productCollections(first: 100) { nodes { id name
    groups(first: 100) { nodes { id name products(first: 1) { totalCount } } } } } }
}
"""


async def product_ids(gateway: Gateway, key: str) -> list[str]:
    """Return the ids of all products of a vendor."""
    ids: list[str] = []
    after = None
    while True:
        data = await gateway.data(ALL_IDS, key=key, after=after)
        page = data["provider"]["products"]
        ids += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return ids
        after = page["pageInfo"]["endCursor"]


async def collections(gateway: Gateway, key: str) -> list[dict[str, Any]]:
    """Return the collections of a vendor with their groups."""
    data = await gateway.data(ALL_GROUPS, key=key)
    nodes: list[dict[str, Any]] = data["provider"]["productCollections"]["nodes"]
    return nodes


WHOLE_COLLECTION = """
query ($id: ID!) {
  productCollection(id: $id) { groups(first: 100) { nodes { name
    products(first: 100) { nodes { name price { amount currencyCode } } } } } }
}
"""


async def test_a_dodo_collection_of_five_groups_of_twenty_takes_one_call(gateway: Gateway) -> None:
    """A read of the collection includes its groups and products."""
    found = [one for one in await collections(gateway, "DODO") if len(one["groups"]["nodes"]) == 5]
    academy = next(
        one
        for one in found
        if all(group["products"]["totalCount"] == 20 for group in one["groups"]["nodes"])
    )
    gateway.clear_calls()
    data = await gateway.data(WHOLE_COLLECTION, id=academy["id"])
    groups = data["productCollection"]["groups"]["nodes"]
    assert [len(group["products"]["nodes"]) for group in groups] == [20] * 5
    assert gateway.call_counts() == {"DODO": 1}


async def test_all_axim_groups_take_one_call_and_a_second_one_for_a_large_group(
    gateway: Gateway,
) -> None:
    """The list of groups includes up to fifty products of each."""
    (implicit,) = await collections(gateway, "AXIM")
    sizes = [group["products"]["totalCount"] for group in implicit["groups"]["nodes"]]
    assert sum(size > 50 for size in sizes) == 1
    gateway.clear_calls()
    data = await gateway.data(WHOLE_COLLECTION, id=implicit["id"])
    groups = data["productCollection"]["groups"]["nodes"]
    assert [len(group["products"]["nodes"]) for group in groups] == sizes
    assert gateway.call_counts() == {"AXIM": 2}
    gateway.clear_calls()
    fifty_each = WHOLE_COLLECTION.replace("products(first: 100)", "products(first: 50)")
    await gateway.data(fifty_each, id=implicit["id"])
    assert gateway.call_counts() == {"AXIM": 1}


async def test_all_2checkout_groups_take_the_list_and_two_pages_of_products(
    gateway: Gateway,
) -> None:
    """Two pages of two hundred products are fewer calls than one for each of ten groups."""
    (implicit,) = await collections(gateway, "TWO_CHECKOUT")
    gateway.clear_calls()
    await gateway.data(WHOLE_COLLECTION, id=implicit["id"])
    assert gateway.call_counts() == {"TWO_CHECKOUT": 3}


async def test_a_2checkout_product_with_its_group_costs_one_call(gateway: Gateway) -> None:
    """The product carries its group, whose fields are those of the group's own read."""
    product = (await product_ids(gateway, "TWO_CHECKOUT"))[3]
    gateway.clear_calls()
    fields = "id nativeId name status access description templateName createdAt updatedAt"
    query = f"query ($id: ID!) {{ product(id: $id) {{ groups {{ {fields} }} }} }}"
    (group,) = (await gateway.data(query, id=product))["product"]["groups"]
    assert gateway.call_counts() == {"TWO_CHECKOUT": 1}
    alone = f"query ($id: ID!) {{ group(id: $id) {{ {fields} }} }}"
    assert (await gateway.data(alone, id=group["id"]))["group"] == group


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name imageUrl } } }"


@pytest.mark.parametrize("key", VENDORS)
async def test_a_hundred_products_by_id_take_two_calls(gateway: Gateway, key: str) -> None:
    """Two list pages at Dodo and 2Checkout, two batches of fifty at Axim."""
    every = await product_ids(gateway, key)
    ids = every[:50] + every[-50:]
    gateway.clear_calls()
    data = await gateway.data(NODES, ids=ids)
    assert [node["id"] for node in data["nodes"]] == ids
    assert all(node["name"] for node in data["nodes"])
    assert gateway.call_counts() == {key: 2}


@pytest.mark.parametrize("key", VENDORS)
async def test_the_same_product_a_hundred_times_takes_one_call(gateway: Gateway, key: str) -> None:
    """In a list of ids and by a hundred aliases."""
    product = (await product_ids(gateway, key))[3]
    gateway.clear_calls()
    await gateway.data(NODES, ids=[product] * 100)
    assert gateway.call_counts() == {key: 1}
    gateway.clear_calls()
    fields = " ".join(f'p{n}: product(id: "{product}") {{ name imageUrl }}' for n in range(100))
    await gateway.data(f"{{ {fields} }}")
    assert gateway.call_counts() == {key: 1}


GROUPS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Group { name status } } }"


async def test_groups_by_id_take_a_call_for_each_dodo_collection(gateway: Gateway) -> None:
    """Fifty ids from three collections take three calls."""
    with_groups = (await collections(gateway, "DODO"))[:3]
    ids = [group["id"] for one in with_groups for group in one["groups"]["nodes"]]
    fifty = (ids * 50)[:50]
    gateway.clear_calls()
    data = await gateway.data(GROUPS, ids=fifty)
    assert [node["id"] for node in data["nodes"]] == fifty
    assert gateway.call_counts() == {"DODO": 3}


@pytest.mark.parametrize("key", ["AXIM", "TWO_CHECKOUT"])
async def test_groups_by_id_take_one_list(gateway: Gateway, key: str) -> None:
    """At both vendors the list fits on one page."""
    (implicit,) = await collections(gateway, key)
    ids = [group["id"] for group in implicit["groups"]["nodes"]]
    gateway.clear_calls()
    data = await gateway.data(GROUPS, ids=ids)
    assert [node["id"] for node in data["nodes"]] == ids
    assert gateway.call_counts() == {key: 1}


@pytest.mark.parametrize("key", VENDORS)
async def test_bad_input_takes_no_call(gateway: Gateway, key: str) -> None:
    """Ids, cursors and page sizes are checked before a vendor is called."""
    queries = [
        '{ node(id: "nonsense") { id } }',
        '{ group(id: "WyJ2IiwiRE9ETyJd") { id } }',
        f"{{ provider(key: {key}) {{ products(first: 0) {{ totalCount }} }} }}",
        f"{{ provider(key: {key}) {{ products(first: 101) {{ totalCount }} }} }}",
        f'{{ provider(key: {key}) {{ products(after: "abc") {{ totalCount }} }} }}',
        f"query {{ nodes(ids: {['x'] * 101}) {{ id }} }}".replace("'", '"'),
    ]
    for query in queries:
        response = await gateway.execute(query)
        assert [one["extensions"]["code"] for one in response["errors"]] == ["BAD_USER_INPUT"], (
            query
        )
    assert gateway.call_counts() == {}
