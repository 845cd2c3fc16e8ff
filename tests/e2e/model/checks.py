"""Checks of a mutation's payload and writes against the model."""

from collections.abc import Mapping, Sequence
from typing import Any

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import matches_plan
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.expectation import ErrorKey, NewIds
from tests.e2e.model.mutation import MutationRequest
from tests.e2e.model.selections import matches_collection, matches_group

Json = Mapping[str, Any]
Writes = Sequence[tuple[str, str]]

_PRODUCT_ID_FIELDS = {
    "groupAssignProducts": ("assignedProductIds", True),
    "groupUnassignProducts": ("unassignedProductIds", False),
}
"""By mutation the field with the ids of products, and True if the group has them."""


def error_keys(payload: Json) -> set[ErrorKey]:
    """Return code and field of the user errors of a payload."""
    return {
        (error["code"], None if error["field"] is None else tuple(error["field"]))
        for error in payload["userErrors"]
    }


def check_nodes(
    request: MutationRequest,
    catalog: Catalog,
    payload: Json,
    errors: set[ErrorKey],
    new_ids: NewIds,
) -> None:
    """Assert that the nodes of a payload equal the model's; with errors they may be null."""
    for name, ref in _node_refs(request, catalog, new_ids).items():
        node = payload[name]
        if errors and node is None:
            continue
        if name == "productCollection":
            is_equal = matches_collection(node, catalog.collection(ref))
        else:
            is_equal = matches_group(node, catalog.group(ref), is_ordered=catalog.is_ordered)
        assert is_equal, f"{name} is {node} in the payload and {catalog.group(ref)} in the model"


def check_deleted(request: MutationRequest, payload: Json, *, is_done: bool) -> None:
    """Assert that the payload has the id of the deleted group only if it is deleted."""
    if request.mutation == "groupDelete":
        expected = encode_id(request.target) if is_done and request.target else None
        assert payload["deletedGroupId"] == expected, payload


def check_product_ids(
    request: MutationRequest,
    group: Group | None,
    payload: Json,
    errors: set[ErrorKey],
    *,
    was_sent: bool,
) -> None:
    """Assert that the payload has the ids of the changed products, in the order requested."""
    if request.mutation not in _PRODUCT_ID_FIELDS:
        return
    name, is_in = _PRODUCT_ID_FIELDS[request.mutation]
    members = group.members if group else {}
    fields = {field for _, field in errors}
    expected = [
        encode_id(ref)
        for index, ref in enumerate(request.products or ())
        if isinstance(ref, ProductRef)
        and (ref.native_id in members) is is_in
        and ("productIds", str(index)) not in fields
    ]
    is_one_call = request.provider is ProviderKey.AXIM  # the members before it are not read
    if not was_sent or (errors and (group is None or is_one_call)):
        expected = []
    assert payload[name] == expected, (name, payload[name], expected)


def check_excluded(
    request: MutationRequest,
    catalog: Catalog,
    payload: Json,
    before: set[str],
    unreadable: Sequence[str] = (),
) -> None:
    """Assert that the payload has the ids of the products that an unarchived collection lost.

    Without them, `unreadable` has their place in the vendor's response.
    """
    if request.mutation == "productCollectionUnarchive":
        collection = catalog.collection(request.target)
        lost = before - collection.products if collection else set()
        refs = [ProductRef(provider=catalog.key, native_id=each) for each in lost]
        excluded = payload.get("excludedProductIds", [])
        if "$.excluded_product_ids" in unreadable:
            assert excluded == []
            return
        assert sorted(excluded) == sorted(map(encode_id, refs)), excluded


def check_writes(payload: Json, written: Writes, errors: set[ErrorKey], *, was_sent: bool) -> None:
    """Assert that only planned writes were sent, and none if none was to be sent."""
    if not was_sent:
        assert written == [], written
        assert payload["plan"] == [] or not errors, payload["plan"]
    elif errors:
        assert len(payload["plan"]) <= len(written), (payload["plan"], written)
    else:
        assert matches_plan(payload["plan"], written), (payload["plan"], written)


def _node_refs(
    request: MutationRequest, catalog: Catalog, new_ids: NewIds
) -> dict[str, Ref | None]:
    """Return the refs of the nodes that a payload has, by field."""
    target = request.target
    match request.mutation:
        case "groupDelete":
            return {}
        case "groupMoveProducts":
            return {"fromGroup": target, "toGroup": request.to[0] if request.to else None}
        case "groupCreate":
            ref = GroupRef(
                provider=catalog.key,
                collection_id=target.native_id if isinstance(target, CollectionRef) else None,
                native_id=new_ids.get("group", ""),
            )
            return {"group": ref}
        case "productCollectionCreate":
            native_id = new_ids.get("collection", "")
            return {"productCollection": CollectionRef(provider=catalog.key, native_id=native_id)}
        case mutation if mutation.startswith("productCollection"):
            return {"productCollection": target}
        case _:
            return {"group": target}
