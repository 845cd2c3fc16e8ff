"""The selections of a mutation's payload, and comparisons of the payload with the model."""

from collections.abc import Mapping
from typing import Any

from tests.e2e.model.catalog import Collection, Group
from tests.e2e.model.expectation import NewIds

Json = Mapping[str, Any]

_GROUP_FRAGMENT = """
fragment held on Group {
  nativeId name status access description templateName
  products(first: 100) {
    totalCount pageInfo { hasNextPage } edges { status node { nativeId } }
  }
}
"""
_COLLECTION_FRAGMENT = """
fragment whole on ProductCollection {
  nativeId name description groups(first: 100) { nodes { ...held } }
}
"""

_COLLECTION = "productCollection { ...whole }"
_SELECTIONS = {
    "groupDelete": "deletedGroupId",
    "groupMoveProducts": "fromGroup { ...held } toGroup { ...held }",
    "groupAssignProducts": "group { ...held } assignedProductIds",
    "groupUnassignProducts": "group { ...held } unassignedProductIds",
    "productCollectionUnarchive": f"{_COLLECTION} excludedProductIds",
}


def selection(mutation: str) -> str:
    """Return the selection of a mutation's payload."""
    usual = _COLLECTION if mutation.startswith("productCollection") else "group { ...held }"
    selected = _SELECTIONS.get(mutation, usual)
    return f"{selected} userErrors {{ code field }} plan {{ method path }}"


def fragments(mutation: str) -> str:
    """Return the fragments that the selection uses."""
    is_collection = mutation.startswith("productCollection")
    return _GROUP_FRAGMENT + _COLLECTION_FRAGMENT if is_collection else _GROUP_FRAGMENT


def created_ids(payload: Json) -> NewIds:
    """Return the vendor's ids of the group and the collection in a payload."""
    if payload.get("group"):
        return {"group": payload["group"]["nativeId"]}
    collection = payload.get("productCollection")
    if not collection or not collection["groups"]["nodes"]:
        return {}
    group = collection["groups"]["nodes"][0]
    return {"collection": collection["nativeId"], "group": group["nativeId"]}


def matches_group(selected: Json | None, group: Group | None, *, is_ordered: bool) -> bool:
    """Return True if the selected group equals the model's, or if there is neither."""
    if selected is None or group is None:
        return selected is None and group is None
    products = selected["products"]
    rows = [(edge["node"]["nativeId"], edge["status"]) for edge in products["edges"]]
    fields = [selected[name] for name in _FIELDS]
    is_complete = not products["pageInfo"]["hasNextPage"] and products["totalCount"] == len(rows)
    state = [*fields, rows if is_ordered else sorted(rows)]
    return is_complete and state == group.state(is_ordered=is_ordered)


def matches_collection(selected: Json | None, collection: Collection | None) -> bool:
    """Return True if the selected collection equals the model's, or if there is neither.

    Its groups and their products are compared in order.
    """
    if selected is None or collection is None:
        return selected is None and collection is None
    fields = [selected["nativeId"], selected["name"], selected["description"]]
    groups = selected["groups"]["nodes"]
    return (
        fields == [collection.ref.native_id, collection.name, collection.description]
        and len(groups) == len(collection.groups)
        and all(
            matches_group(each, group, is_ordered=True)
            for each, group in zip(groups, collection.groups, strict=True)
        )
    )


_FIELDS = ("nativeId", "name", "status", "access", "description", "templateName")
