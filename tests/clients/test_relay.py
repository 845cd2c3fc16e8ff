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
def told(node: NodePackage, gateway: str) -> dict[str, Any]:
    """What came of the documents: compiled, then run with Relay's network and store."""
    node.generated("relay")
    node.tool("relay-compiler", "relay.config.json")
    answer: dict[str, Any] = node.answer("relay/run.js", gateway)
    return answer


def test_pages_are_fetched_by_id_and_cursor(told: dict[str, Any]) -> None:
    """Of a provider, of a collection and of a group: each has its own query, made by Relay."""
    assert told["asked"] == [
        "catalogueProviderQuery",
        "catalogueCollectionsPageQuery",
        "catalogueCollectionsPageQuery",
        "catalogueGroupsPageQuery",
        "catalogueGroupsPageQuery",
        "catalogueProductsPageQuery",
        "catalogueProductsPageQuery",
    ]


def test_pages_put_together_are_the_whole_list(told: dict[str, Any], gateway: str) -> None:
    """In order, with nothing twice and nothing left out."""
    whole = httpx.post(gateway, json={"query": ACADEMY}, timeout=30).json()
    collections = whole["data"]["provider"]["productCollections"]["nodes"]
    (academy,) = [one for one in collections if one["name"] == "Kestrel Academy"]
    groups = academy["groups"]["nodes"]
    products = groups[-1]["products"]["nodes"]
    assert [len(one) for one in (collections, groups, products)] == [5, 5, 20]
    assert told["collections"] == [one["id"] for one in collections]
    assert told["groups"] == [one["id"] for one in groups]
    assert told["products"] == [one["id"] for one in products]


def test_a_change_is_seen_wherever_its_object_is_shown(told: dict[str, Any]) -> None:
    """The store has one record for an id: the list shows the new name without being fetched."""
    assert told["renamed"] == {
        "group": {"id": told["groups"][-1], "name": "Portugal"},
        "userErrors": [],
    }
    assert told["shown"] == "Portugal"


def test_refusals_and_errors_reach_the_caller(told: dict[str, Any]) -> None:
    """Refusals as data; errors at the field that catches them (Relay keeps messages back)."""
    assert told["refused"] == {
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
    assert told["failed"] == {"ok": False, "errors": [{"extensions": {"code": "BAD_USER_INPUT"}}]}
