"""Lists across a vendor's catalogue: groups by name, products by status, ungrouped products.

Every test opens a gateway that has read nothing yet, and asserts the exact number of calls.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from tests.e2e.gateway import Gateway, open_gateway, take_counts

pytestmark = pytest.mark.anyio

VENDORS = ["DODO", "AXIM", "TWO_CHECKOUT"]

GROUPS = """
query ($key: ProviderKey!, $first: Int! = 20, $after: String, $search: String,
       $status: GroupStatus) {
  provider(key: $key) {
    page: groups(first: $first, after: $after, search: $search, status: $status) {
      nodes { nativeId name collection { nativeId } }
      edges { cursor }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
"""
PRODUCTS = """
query ($key: ProviderKey!, $first: Int! = 20, $after: String, $search: String,
       $status: ProductStatus, $ungrouped: Boolean! = false) {
  provider(key: $key) {
    page: products(first: $first, after: $after, search: $search, status: $status,
                   ungrouped: $ungrouped) {
      nodes { nativeId name status }
      edges { cursor }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}
"""


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway over the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


async def page_of(gateway: Gateway, query: str, key: str, **variables: Any) -> dict[str, Any]:
    """Return one page of a list."""
    data = await gateway.data(query, key=key, **variables)
    page: dict[str, Any] = data["provider"]["page"]
    return page


async def all_nodes(
    gateway: Gateway, query: str, key: str, **variables: Any
) -> list[dict[str, Any]]:
    """Return all items of a list, in pages of seven."""
    nodes: list[dict[str, Any]] = []
    after = None
    while True:
        page = await page_of(gateway, query, key, first=7, after=after, **variables)
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        assert len(page["nodes"]) == 7
        after = page["pageInfo"]["endCursor"]


def groups_in_use(gateway: Gateway, key: str) -> list[tuple[str | None, str, str | None]]:
    """Return the collection, id and name of all groups of collections in use, in order."""
    sandbox = gateway.sandbox
    if key == "DODO":
        return [
            (native_id, group["id"], group["name"])
            for native_id, row in sandbox.dodo.snapshot()["collections"].items()
            if not row["archived"]
            for group in row["groups"]
        ]
    if key == "AXIM":
        return [(None, row["id"], row["name"]) for row in sandbox.axim.snapshot()["groups"]]
    rows = sandbox.two_checkout.snapshot()["groups"]
    return [(None, row["Code"], row["Name"]) for row in rows]


def products(gateway: Gateway, key: str) -> Mapping[str, Any]:
    """Return the simulator's products by native id, in order."""
    sandbox = gateway.sandbox
    if key == "DODO":
        return dict(sandbox.dodo.snapshot()["products"])
    if key == "AXIM":
        return {row["id"]: row for row in sandbox.axim.snapshot()["products"]}
    return {row["ProductCode"]: row for row in sandbox.two_checkout.snapshot()["products"]}


def is_active(key: str, product: Mapping[str, Any]) -> bool:
    """Return True if a product of a simulator is on sale."""
    if key == "DODO":
        return not product["archived"]
    if key == "AXIM":
        return bool(product["status"] == "active")
    return bool(product["Enabled"])


def ungrouped_ids(gateway: Gateway, key: str) -> list[str]:
    """Return the ids of all products that nobody has put into a group."""
    every = products(gateway, key)
    if key == "DODO":
        collections = gateway.sandbox.dodo.snapshot()["collections"].values()
        groups = [group for row in collections if not row["archived"] for group in row["groups"]]
        grouped = {item["product_id"] for group in groups for item in group["items"]}
        return [each for each in every if each not in grouped]
    if key == "AXIM":
        return [each for each, row in every.items() if not row["productGroups"]]
    return [each for each, row in every.items() if row["ProductGroup"]["Name"] == "General"]


@pytest.mark.parametrize("key", VENDORS)
async def test_the_groups_of_all_collections_in_use_are_in_the_order_of_the_collections(
    gateway: Gateway, key: str
) -> None:
    nodes = await all_nodes(gateway, GROUPS, key)
    found = [(each["collection"]["nativeId"], each["nativeId"], each["name"]) for each in nodes]
    assert found == groups_in_use(gateway, key)


@pytest.mark.parametrize(
    ("key", "search", "names", "calls"),
    [
        ("DODO", "NTHLY", ["Monthly"], 6),
        ("DODO", "日", ["日本"], 6),
        ("DODO", "no such thing", [], 6),
        ("AXIM", "KITCHEN &", ["Kitchen & dining"], 1),
        ("AXIM", "men", ["Women", "Men"], 1),
        ("TWO_CHECKOUT", "éDUCATION", ["Éducation"], 1),
        ("TWO_CHECKOUT", "E\u0301duc", ["Éducation"], 1),
    ],
)
async def test_a_search_for_groups_ignores_case_and_reads_each_collection_once(
    gateway: Gateway, key: str, search: str, names: list[str], calls: int
) -> None:
    """At Dodo, the list of collections and the five collections in use."""
    query = GROUPS.replace("collection { nativeId }", "")
    page = await page_of(gateway, query, key, search=search)
    assert [each["name"] for each in page["nodes"]] == names
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (len(names), False)
    assert take_counts(gateway) == {key: calls}


@pytest.mark.parametrize(
    ("key", "active", "inactive"), [("DODO", 18, 1), ("AXIM", 13, 1), ("TWO_CHECKOUT", 10, 0)]
)
async def test_the_groups_of_all_collections_are_filtered_by_status(
    gateway: Gateway, key: str, active: int, inactive: int
) -> None:
    found = await page_of(gateway, GROUPS, key, status="ACTIVE")
    other = await page_of(gateway, GROUPS, key, status="INACTIVE")
    assert (found["totalCount"], other["totalCount"]) == (active, inactive)
    assert active + inactive == len(groups_in_use(gateway, key))


async def test_status_and_search_are_combined(gateway: Gateway) -> None:
    page = await page_of(gateway, GROUPS, "AXIM", search="SUMMER", status="INACTIVE")
    assert [each["name"] for each in page["nodes"]] == ["Summer 2025"]
    page = await page_of(gateway, GROUPS, "AXIM", search="SUMMER", status="ACTIVE")
    assert (page["nodes"], page["totalCount"]) == ([], 0)


COLLECTION_GROUPS = """
query ($id: String!, $search: String) {
  provider(key: DODO) { productCollection(nativeId: $id) { groups(search: $search) {
    nodes { name } totalCount } } }
}
"""


@pytest.mark.parametrize(
    ("search", "names"),
    [("DEUTSCH", ["Deutschland"]), ("日本", ["日本"]), ("Monthly", []), ("", None), (None, None)],
)
async def test_the_groups_of_one_collection_are_searched_with_one_call(
    gateway: Gateway, search: str | None, names: list[str] | None
) -> None:
    every = ["United States", "Deutschland", "日本", "Kuwait", "Brasil"]
    collections = gateway.sandbox.dodo.snapshot()["collections"].items()
    native_id = next(each for each, row in collections if row["name"] == "Kestrel Academy")
    data = await gateway.data(COLLECTION_GROUPS, id=native_id, search=search)
    page = data["provider"]["productCollection"]["groups"]
    wanted = every if names is None else names
    assert [each["name"] for each in page["nodes"]] == wanted
    assert page["totalCount"] == len(wanted)
    assert take_counts(gateway) == {"DODO": 1}


async def test_a_group_without_a_name_matches_no_search(gateway: Gateway) -> None:
    collections = gateway.sandbox.dodo.snapshot()["collections"].items()
    native_id = next(each for each, row in collections if row["name"] == "Marginalia for writers")
    data = await gateway.data(COLLECTION_GROUPS, id=native_id, search="e")
    nodes = data["provider"]["productCollection"]["groups"]["nodes"]
    assert [each["name"] for each in nodes] == ["Desktop licences", "Updates"]


@pytest.mark.parametrize("key", VENDORS)
@pytest.mark.parametrize("status", ["ACTIVE", "INACTIVE"])
async def test_products_are_filtered_by_status(gateway: Gateway, key: str, status: str) -> None:
    nodes = await all_nodes(gateway, PRODUCTS, key, status=status)
    every = products(gateway, key).items()
    wanted = [each for each, row in every if is_active(key, row) is (status == "ACTIVE")]
    assert [each["nativeId"] for each in nodes] == wanted
    assert {each["status"] for each in nodes} == {status}


async def test_archived_dodo_products_cost_one_call(gateway: Gateway) -> None:
    page = await page_of(gateway, PRODUCTS, "DODO", status="INACTIVE")
    assert [each["name"] for each in page["nodes"]] == [
        "CRM Duo 2024",
        "CRM Duo 2024, yearly",
        "CRM Lifetime 2023",
        "Webinar: closing the year 2024",
        "Beta access: Edge",
    ]
    assert page["totalCount"] == 5
    assert take_counts(gateway) == {"DODO": 1}


@pytest.mark.parametrize(
    ("key", "found", "calls"), [("DODO", 20, 1 + 5 + 2), ("AXIM", 6, 5), ("TWO_CHECKOUT", 10, 1)]
)
async def test_twenty_ungrouped_products_cost_the_pages_up_to_the_twentieth(
    gateway: Gateway, key: str, found: int, calls: int
) -> None:
    """At Dodo, after the collections in use; at 2Checkout, the pages of the general group."""
    page = await page_of(gateway, PRODUCTS, key, ungrouped=True)
    wanted = [each for each in ungrouped_ids(gateway, key) if is_listed(gateway, key, each)]
    assert [each["nativeId"] for each in page["nodes"]] == wanted[:20]
    assert len(page["nodes"]) == found
    assert take_counts(gateway) == {key: calls}


async def test_the_first_three_ungrouped_dodo_products_are_on_the_first_page(
    gateway: Gateway,
) -> None:
    page = await page_of(gateway, PRODUCTS, "DODO", ungrouped=True, first=2)
    assert [each["name"] for each in page["nodes"]] == ["CRM Solo 2024", "CRM Crew 2024"]
    assert page["pageInfo"]["hasNextPage"] is True
    assert take_counts(gateway) == {"DODO": 1 + 5 + 1}


def is_listed(gateway: Gateway, key: str, native_id: str) -> bool:
    """Return True unless a product is archived."""
    return key != "DODO" or is_active(key, products(gateway, key)[native_id])


@pytest.mark.parametrize("key", VENDORS)
@pytest.mark.parametrize("status", [None, "ACTIVE", "INACTIVE"])
async def test_ungrouped_products_are_filtered_by_status(
    gateway: Gateway, key: str, status: str | None
) -> None:
    nodes = await all_nodes(gateway, PRODUCTS, key, ungrouped=True, status=status)
    every = products(gateway, key)
    wanted = [
        each
        for each in ungrouped_ids(gateway, key)
        if (
            is_listed(gateway, key, each)
            if status is None
            else is_active(key, every[each]) is (status == "ACTIVE")
        )
    ]
    assert [each["nativeId"] for each in nodes] == wanted


@pytest.mark.parametrize(
    ("key", "search", "names"),
    [
        (
            "DODO",
            "crm",
            [
                "CRM Solo 2024",
                "CRM Crew 2024",
                "CRM Solo 2024, yearly",
                "One hour with a CRM coach",
                "Half a day with a CRM coach",
            ],
        ),
        ("AXIM", "fur-018", ["Aarhus bookcase"]),
        ("TWO_CHECKOUT", "FREE-READER", ["Folio Reader"]),
    ],
)
async def test_ungrouped_products_are_searched(
    gateway: Gateway, key: str, search: str, names: list[str]
) -> None:
    page = await page_of(gateway, PRODUCTS, key, ungrouped=True, search=search)
    found = [each["name"] for each in page["nodes"]]
    assert found == names
    assert page["totalCount"] == len(found)


async def test_a_product_is_no_longer_ungrouped_once_it_is_in_a_group(gateway: Gateway) -> None:
    for key in VENDORS:
        # The first ungrouped products of Dodo are in an archived collection.
        product = (await all_nodes(gateway, with_ids(PRODUCTS), key, ungrouped=True))[-1]
        group = (await page_of(gateway, with_ids(GROUPS), key))["nodes"][1]
        data = await gateway.data(
            "mutation ($id: ID!, $ids: [ID!]!) { groupAssignProducts(id: $id, productIds: $ids) {"
            " userErrors { message } } }",
            id=group["id"],
            ids=[product["id"]],
        )
        assert data["groupAssignProducts"] == {"userErrors": []}
        nodes = await all_nodes(gateway, with_ids(PRODUCTS), key, ungrouped=True)
        assert product["id"] not in [each["id"] for each in nodes]


def with_ids(query: str) -> str:
    """Select the global ids too."""
    return query.replace("nodes { nativeId", "nodes { id nativeId")


@pytest.mark.parametrize("key", VENDORS)
async def test_a_cursor_is_refused_by_a_list_with_other_filters(gateway: Gateway, key: str) -> None:
    filters: list[tuple[str, dict[str, Any]]] = [
        (PRODUCTS, {}),
        (PRODUCTS, {"status": "ACTIVE"}),
        (PRODUCTS, {"ungrouped": True}),
        (PRODUCTS, {"search": "e"}),
        (GROUPS, {}),
        (GROUPS, {"status": "ACTIVE"}),
        (GROUPS, {"search": "e"}),
    ]
    cursors = []
    for query, arguments in filters:
        page = await page_of(gateway, query, key, first=1, **arguments)
        cursors.append(page["edges"][0]["cursor"])
    assert len(set(cursors)) == len(filters)
    for query, arguments in filters:
        for cursor in cursors:
            body = {"query": query, "variables": {"key": key, "after": cursor, **arguments}}
            answer = (await gateway.http.post("/graphql", json=body)).json()
            codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
            is_own = cursors[filters.index((query, arguments))] == cursor
            assert codes == ([] if is_own else ["BAD_USER_INPUT"])


async def test_cursors_of_lists_without_the_new_filters_have_not_changed(gateway: Gateway) -> None:
    """A client may continue a list that it began before the filters were added."""
    page = await page_of(gateway, PRODUCTS, "DODO", first=1)
    searched = await page_of(gateway, PRODUCTS, "DODO", first=1, search="crm")
    collections = gateway.sandbox.dodo.snapshot()["collections"].items()
    native_id = next(each for each, row in collections if row["name"] == "Kestrel CRM")
    data = await gateway.data(
        COLLECTION_GROUPS.replace("nodes { name }", "edges { cursor }"), id=native_id
    )
    groups = data["provider"]["productCollection"]["groups"]
    cursors = [page["edges"][0], searched["edges"][0], groups["edges"][0]]
    assert [each["cursor"] for each in cursors] == ["rPWoLvGVAQ", "sBxWDuA3AQ", "HA-LnB0OAQ"]
