"""What queries cost upstream, from HTTP in to the played vendors and back, exactly."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio

VENDORS = ["DODO", "AXIM", "TWO_CHECKOUT"]


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway over the sandbox, its counters at nothing."""
    async with open_gateway() as gateway:
        yield gateway


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
    """The ids of everything a vendor sells."""
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
    """The collections of a vendor with their groups."""
    data = await gateway.data(ALL_GROUPS, key=key)
    nodes: list[dict[str, Any]] = data["provider"]["productCollections"]["nodes"]
    return nodes


WHOLE_COLLECTION = """
query ($id: ID!) {
  productCollection(id: $id) { groups(first: 100) { nodes { name
    products(first: 100) { nodes { name price { amount currencyCode } } } } } }
}
"""


async def test_a_dodo_collection_of_five_groups_of_twenty_costs_one_call(gateway: Gateway) -> None:
    """Groups and products come with the collection."""
    found = [one for one in await collections(gateway, "DODO") if len(one["groups"]["nodes"]) == 5]
    academy = next(
        one
        for one in found
        if all(group["products"]["totalCount"] == 20 for group in one["groups"]["nodes"])
    )
    gateway.clear()
    data = await gateway.data(WHOLE_COLLECTION, id=academy["id"])
    groups = data["productCollection"]["groups"]["nodes"]
    assert [len(group["products"]["nodes"]) for group in groups] == [20] * 5
    assert gateway.counts() == {"DODO": 1}


async def test_all_axim_groups_cost_one_call_and_a_second_for_a_large_group(
    gateway: Gateway,
) -> None:
    """The list of groups carries up to fifty products of each."""
    (implicit,) = await collections(gateway, "AXIM")
    sizes = [group["products"]["totalCount"] for group in implicit["groups"]["nodes"]]
    assert sum(size > 50 for size in sizes) == 1
    gateway.clear()
    data = await gateway.data(WHOLE_COLLECTION, id=implicit["id"])
    groups = data["productCollection"]["groups"]["nodes"]
    assert [len(group["products"]["nodes"]) for group in groups] == sizes
    assert gateway.counts() == {"AXIM": 2}
    gateway.clear()
    fifty_each = WHOLE_COLLECTION.replace("products(first: 100)", "products(first: 50)")
    await gateway.data(fifty_each, id=implicit["id"])
    assert gateway.counts() == {"AXIM": 1}


async def test_all_2checkout_groups_cost_the_list_and_two_pages_of_products(
    gateway: Gateway,
) -> None:
    """Two pages of two hundred products are less than a call for each of ten groups."""
    (implicit,) = await collections(gateway, "TWO_CHECKOUT")
    gateway.clear()
    await gateway.data(WHOLE_COLLECTION, id=implicit["id"])
    assert gateway.counts() == {"TWO_CHECKOUT": 3}


async def test_a_2checkout_product_with_its_group_costs_one_call(gateway: Gateway) -> None:
    """The product carries its group, whose fields are those of the group's own read."""
    product = (await product_ids(gateway, "TWO_CHECKOUT"))[3]
    gateway.clear()
    fields = "id nativeId name status access description templateName createdAt updatedAt"
    query = f"query ($id: ID!) {{ product(id: $id) {{ groups {{ {fields} }} }} }}"
    (group,) = (await gateway.data(query, id=product))["product"]["groups"]
    assert gateway.counts() == {"TWO_CHECKOUT": 1}
    alone = f"query ($id: ID!) {{ group(id: $id) {{ {fields} }} }}"
    assert (await gateway.data(alone, id=group["id"]))["group"] == group


NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name imageUrl } } }"


@pytest.mark.parametrize("key", VENDORS)
async def test_a_hundred_products_by_id_cost_two_calls(gateway: Gateway, key: str) -> None:
    """Two list pages at Dodo and 2Checkout, two batches of fifty at Axim."""
    every = await product_ids(gateway, key)
    ids = every[:50] + every[-50:]
    gateway.clear()
    data = await gateway.data(NODES, ids=ids)
    assert [node["id"] for node in data["nodes"]] == ids
    assert all(node["name"] for node in data["nodes"])
    assert gateway.counts() == {key: 2}


@pytest.mark.parametrize("key", VENDORS)
async def test_the_same_product_a_hundred_times_costs_one_call(gateway: Gateway, key: str) -> None:
    """By one list and by a hundred aliases alike."""
    product = (await product_ids(gateway, key))[3]
    gateway.clear()
    await gateway.data(NODES, ids=[product] * 100)
    assert gateway.counts() == {key: 1}
    gateway.clear()
    fields = " ".join(f'p{n}: product(id: "{product}") {{ name imageUrl }}' for n in range(100))
    await gateway.data(f"{{ {fields} }}")
    assert gateway.counts() == {key: 1}


GROUPS = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Group { name status } } }"


async def test_groups_by_id_cost_a_call_for_each_dodo_collection(gateway: Gateway) -> None:
    """Fifty ids out of three collections are three calls."""
    with_groups = (await collections(gateway, "DODO"))[:3]
    ids = [group["id"] for one in with_groups for group in one["groups"]["nodes"]]
    fifty = (ids * 50)[:50]
    gateway.clear()
    data = await gateway.data(GROUPS, ids=fifty)
    assert [node["id"] for node in data["nodes"]] == fifty
    assert gateway.counts() == {"DODO": 3}


@pytest.mark.parametrize("key", ["AXIM", "TWO_CHECKOUT"])
async def test_groups_by_id_cost_one_list(gateway: Gateway, key: str) -> None:
    """Both lists fit into one page."""
    (implicit,) = await collections(gateway, key)
    ids = [group["id"] for group in implicit["groups"]["nodes"]]
    gateway.clear()
    data = await gateway.data(GROUPS, ids=ids)
    assert [node["id"] for node in data["nodes"]] == ids
    assert gateway.counts() == {key: 1}


@pytest.mark.parametrize("key", VENDORS)
async def test_bad_input_costs_nothing(gateway: Gateway, key: str) -> None:
    """Ids, cursors and page sizes are checked before a vendor is called."""
    queries: Sequence[str] = [
        '{ node(id: "nonsense") { id } }',
        '{ group(id: "WyJ2IiwiRE9ETyJd") { id } }',
        f"{{ provider(key: {key}) {{ products(first: 0) {{ totalCount }} }} }}",
        f"{{ provider(key: {key}) {{ products(first: 101) {{ totalCount }} }} }}",
        f'{{ provider(key: {key}) {{ products(after: "abc") {{ totalCount }} }} }}',
        f"query {{ nodes(ids: {['x'] * 101}) {{ id }} }}".replace("'", '"'),
    ]
    for query in queries:
        answer = await gateway.ask(query)
        assert [one["extensions"]["code"] for one in answer["errors"]] == ["BAD_USER_INPUT"], query
    assert gateway.counts() == {}
