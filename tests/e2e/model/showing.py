"""What a document is to show of groups and collections, and how an answer is compared with it."""

from collections.abc import Mapping
from typing import Any

from tests.e2e.model.catalogue import Collection, Group
from tests.e2e.model.ruling import NewIds

Json = Mapping[str, Any]

_HELD = """
fragment held on Group {
  nativeId name status access description templateName
  products(first: 100) {
    totalCount pageInfo { hasNextPage } edges { status node { nativeId } }
  }
}
"""
_WHOLE = """
fragment whole on ProductCollection {
  nativeId name description groups(first: 100) { nodes { ...held } }
}
"""

_COLLECTION = "productCollection { ...whole }"
_SHOWN = {
    "groupDelete": "deletedGroupId",
    "groupMoveProducts": "fromGroup { ...held } toGroup { ...held }",
    "groupAssignProducts": "group { ...held } assignedProductIds",
    "groupUnassignProducts": "group { ...held } unassignedProductIds",
    "productCollectionUnarchive": f"{_COLLECTION} excludedProductIds",
}


def selection(mutation: str) -> str:
    """What is selected of a payload."""
    usual = _COLLECTION if mutation.startswith("productCollection") else "group { ...held }"
    shown = _SHOWN.get(mutation, usual)
    return f"{shown} userErrors {{ code field }} plan {{ method path }}"


def fragments(mutation: str) -> str:
    """The fragments that a selection is made of; a group is shown besides."""
    return _HELD + _WHOLE if mutation.startswith("productCollection") else _HELD


def new_ids(payload: Json) -> NewIds:
    """The vendor's own ids of what a payload shows."""
    if payload.get("group"):
        return {"group": payload["group"]["nativeId"]}
    collection = payload.get("productCollection")
    if not collection or not collection["groups"]["nodes"]:
        return {}
    group = collection["groups"]["nodes"][0]
    return {"collection": collection["nativeId"], "group": group["nativeId"]}


def fits_group(shown: Json | None, group: Group | None, *, is_ordered: bool) -> bool:
    """Whether an answer shows just this group."""
    if shown is None or group is None:
        return shown is None and group is None
    rows = [(edge["node"]["nativeId"], edge["status"]) for edge in shown["products"]["edges"]]
    own = [shown[name] for name in _FIELDS]
    is_whole = not shown["products"]["pageInfo"]["hasNextPage"]
    count = shown["products"]["totalCount"]
    answered = [*own, rows if is_ordered else sorted(rows)]
    return is_whole and count == len(rows) and answered == group.shown(is_ordered=is_ordered)


def fits_collection(shown: Json | None, collection: Collection | None) -> bool:
    """Whether an answer shows just this collection, whose groups and products have an order."""
    if shown is None or collection is None:
        return shown is None and collection is None
    own = [shown["nativeId"], shown["name"], shown["description"]]
    groups = shown["groups"]["nodes"]
    return (
        own == [collection.ref.native_id, collection.name, collection.description]
        and len(groups) == len(collection.groups)
        and all(
            fits_group(each, group, is_ordered=True)
            for each, group in zip(groups, collection.groups, strict=True)
        )
    )


_FIELDS = ("nativeId", "name", "status", "access", "description", "templateName")
