"""Holds what a mutation answered against what the model says."""

from collections.abc import Mapping, Sequence
from typing import Any

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.schema.ids import encode_id
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Group, Shop
from tests.e2e.model.ruling import Complaint, NewIds
from tests.e2e.model.showing import fits_collection, fits_group
from tests.e2e.watching import fits

Json = Mapping[str, Any]
Told = set[Complaint]
Writes = Sequence[tuple[str, str]]

_STANDING = {
    "groupAssignProducts": ("assignedProductIds", True),
    "groupUnassignProducts": ("unassignedProductIds", False),
}
"""By mutation the list of products that stand as asked, and whether they are in the group."""


def complaints(payload: Json) -> Told:
    """What a payload tells to be wrong."""
    return {
        (error["code"], None if error["field"] is None else tuple(error["field"]))
        for error in payload["userErrors"]
    }


def check_shown(asked: Asked, shop: Shop, payload: Json, told: Told, made: NewIds) -> None:
    """What is shown is what there is; where something was wrong it may be left out."""
    for name, ref in _shown_refs(asked, shop, made).items():
        if told and payload[name] is None:
            continue
        if name == "productCollection":
            is_fine = fits_collection(payload[name], shop.collection(ref))
        else:
            is_fine = fits_group(payload[name], shop.group(ref), is_ordered=shop.is_ordered)
        assert is_fine, f"{name} is shown as {payload[name]}, and is {shop.group(ref)}"


def check_deleted(asked: Asked, payload: Json, *, is_done: bool) -> None:
    """The id of what is gone, only if it is gone."""
    if asked.mutation == "groupDelete":
        expected = encode_id(asked.target) if is_done and asked.target else None
        assert payload["deletedGroupId"] == expected, payload


def check_standing(
    asked: Asked, group: Group | None, payload: Json, told: Told, *, was_sent: bool
) -> None:
    """The products that stand as asked, in the order asked."""
    if asked.mutation not in _STANDING:
        return
    name, is_in = _STANDING[asked.mutation]
    members = group.members if group else {}
    blamed = {field for _, field in told}
    expected = [
        encode_id(ref)
        for index, ref in enumerate(asked.products or ())
        if isinstance(ref, ProductRef)
        and (ref.native_id in members) is is_in
        and ("productIds", str(index)) not in blamed
    ]
    is_one_call = asked.provider is ProviderKey.AXIM  # it is not looked who was there already
    if not was_sent or (told and (group is None or is_one_call)):
        expected = []
    assert payload[name] == expected, (name, payload[name], expected)


def check_excluded(asked: Asked, shop: Shop, payload: Json, before: set[str]) -> None:
    """The products that a collection had before it was brought back, and has no longer."""
    if asked.mutation == "productCollectionUnarchive":
        collection = shop.collection(asked.target)
        gone = before - collection.products if collection else set()
        refs = [ProductRef(provider=shop.key, native_id=each) for each in gone]
        excluded = payload.get("excludedProductIds", [])
        assert sorted(excluded) == sorted(map(encode_id, refs)), excluded


def check_writes(payload: Json, written: Writes, told: Told, *, was_sent: bool) -> None:
    """Nothing is written but what is planned, and nothing at all of what is not to be sent."""
    if not was_sent:
        assert written == [], written
        assert payload["plan"] == [] or not told, payload["plan"]
    elif told:
        assert len(payload["plan"]) <= len(written), (payload["plan"], written)
    else:
        assert fits(payload["plan"], written), (payload["plan"], written)


def _shown_refs(asked: Asked, shop: Shop, made: NewIds) -> dict[str, Ref | None]:
    """What each field of a payload is to show."""
    match asked.mutation:
        case "groupDelete":
            return {}
        case "groupMoveProducts":
            return {"fromGroup": asked.target, "toGroup": asked.to[0] if asked.to else None}
        case "groupCreate":
            holder = asked.target.native_id if isinstance(asked.target, CollectionRef) else None
            ref = GroupRef(provider=shop.key, collection_id=holder, native_id=made.get("group", ""))
            return {"group": ref}
        case "productCollectionCreate":
            native_id = made.get("collection", "")
            return {"productCollection": CollectionRef(provider=shop.key, native_id=native_id)}
        case mutation if mutation.startswith("productCollection"):
            return {"productCollection": asked.target}
        case _:
            return {"group": asked.target}
