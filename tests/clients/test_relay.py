"""Relay: its compiler over the exported schema, and its store, without React."""

from typing import Any

import httpx
import pytest

from tests.clients.node_package import NodePackage

ACADEMY = """
query Academy {
  provider(key: DODO) {
    productCollections { nodes { id name groups { nodes { id products { nodes { id } } } } } }
  }
}
"""


@pytest.fixture(scope="module")
def output(node: NodePackage, gateway: str) -> dict[str, Any]:
    """Compile the documents and run them with Relay's network and store."""
    node.generated("relay")
    node.tool("relay-compiler", "relay.config.json")
    answer: dict[str, Any] = node.run_json("relay/run.js", gateway)
    return answer


def test_pages_are_fetched_by_id_and_cursor(output: dict[str, Any]) -> None:
    """Relay generates a query each for a provider, a collection and a group."""
    assert output["queries"] == [
        "catalogueProviderQuery",
        "catalogueCollectionsPageQuery",
        "catalogueCollectionsPageQuery",
        "catalogueGroupsPageQuery",
        "catalogueGroupsPageQuery",
        "catalogueProductsPageQuery",
        "catalogueProductsPageQuery",
    ]


def test_all_pages_together_are_the_whole_list(output: dict[str, Any], gateway: str) -> None:
    """In order, without duplicates and gaps."""
    whole = httpx.post(gateway, json={"query": ACADEMY}, timeout=30).json()
    collections = whole["data"]["provider"]["productCollections"]["nodes"]
    (academy,) = [one for one in collections if one["name"] == "Kestrel Academy"]
    groups = academy["groups"]["nodes"]
    products = groups[-1]["products"]["nodes"]
    assert [len(one) for one in (collections, groups, products)] == [5, 5, 20]
    assert output["collections"] == [one["id"] for one in collections]
    assert output["groups"] == [one["id"] for one in groups]
    assert output["products"] == [one["id"] for one in products]


def test_a_search_is_paged_like_any_list(output: dict[str, Any]) -> None:
    """The search text is part of the key of the connection in Relay's store."""
    assert output["found"] == ["Gifts under 50", "Trade customers", "Summer 2025"]
    assert output["searches"] == ["catalogueFoundQuery", "catalogueFoundPageQuery"]


def test_a_mutation_updates_the_object_in_the_store(output: dict[str, Any]) -> None:
    """The store has one record for an id, so the list has the new name without a fetch."""
    assert output["renamed"] == {
        "group": {"id": output["groups"][-1], "name": "Portugal"},
        "userErrors": [],
    }
    assert output["shown"] == "Portugal"


def test_user_errors_and_errors_reach_the_caller(output: dict[str, Any]) -> None:
    """User errors are data; errors are at the field that catches them, without their messages."""
    assert output["refused"] == {
        "group": None,
        "userErrors": [
            {
                "__typename": "InvalidInputError",
                "message": "Dodo Payments requires a name for the group.",
                "code": "BLANK",
                "field": ["input", "name"],
            }
        ],
    }
    assert output["failed"] == {"ok": False, "errors": [{"extensions": {"code": "BAD_USER_INPUT"}}]}
