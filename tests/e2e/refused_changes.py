"""Changes that are refused, at all three vendors, and what is told of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groupgate.domain.refs import ProviderKey, Ref
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.schema.ids import ProviderRef, encode_id
from tests.providers.axim import seed as axim
from tests.providers.axim.seed import COLLECTION as AXIM_SHOP
from tests.providers.axim.seed import product_ref as axim_product
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout
from tests.providers.two_checkout.seed import COLLECTION, product_ref

Told = Mapping[str, Any]


def many(*refs: Ref) -> list[str]:
    """Global ids."""
    return [encode_id(ref) for ref in refs]


def invalid(code: str, *field: str) -> Told:
    """An input that makes no sense."""
    return {"__typename": "InvalidInputError", "code": code, "field": list(field)}


def missing(ref: Ref, *field: str) -> Told:
    """Something that is not there."""
    told = {"__typename": "NotFoundError", "code": "NOT_FOUND", "field": list(field)}
    return told | {"missingId": encode_id(ref)}


def conflict(code: str, conflicting_ref: Ref, *field: str) -> Told:
    """What is there already is in the way."""
    told = {"__typename": "ConflictError", "code": code, "field": list(field)}
    return told | {"conflictingNode": {"id": encode_id(conflicting_ref)}}


_DODO = DodoSimulator()
_AXIM = AximSimulator()

MONTHLY = dodo.members(_DODO, dodo.MONTHLY)
YEARLY = dodo.members(_DODO, dodo.YEARLY)
COURSES = dodo.members(_DODO, dodo.GERMANY)
ARCHIVED = dodo.product("CRM Lifetime 2023")
FREE = dodo.ICONS[0]
PUT_AWAY = dodo.group("Kestrel CRM 2024", "Monthly")
BEDROOM = axim.group_named(_AXIM, "Bedroom")
BED = axim_product(axim.product_ids(_AXIM, "Bedroom")[0])
READER = product_ref("FREE-READER")
NO_PRODUCT = product_ref("no such product")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A mutation that is refused, and why; `refused_writes` are those that the vendor refused."""

    mutation: str
    arguments: Mapping[str, Any]
    told: tuple[Told, ...]
    refused_writes: int = 0


CASES = {
    "what is no id": Case(
        mutation="groupUpdate",
        arguments={"id": "nonsense", "input": {"name": "New"}},
        told=(invalid("INVALID", "id"),),
    ),
    "the id of a vendor": Case(
        mutation="productCollectionArchive",
        arguments={"id": encode_id(ProviderRef(ProviderKey.DODO))},
        told=(invalid("INVALID", "id"),),
    ),
    "the id of a group where a product is wanted": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(BEDROOM), "productIds": many(BED, BEDROOM)},
        told=(invalid("INVALID", "productIds", "1"),),
    ),
    "a position before the first": Case(
        mutation="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(dodo.MONTHLY),
            "toGroupId": encode_id(dodo.YEARLY),
            "productIds": many(MONTHLY[0]),
            "position": -1,
        },
        told=(invalid("INVALID", "position"),),
    ),
    "a product that is not in the first group": Case(
        mutation="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(dodo.MONTHLY),
            "toGroupId": encode_id(dodo.YEARLY),
            "productIds": many(YEARLY[0]),
        },
        told=(invalid("INVALID", "productIds", "0"),),
    ),
    "a status of nothing": Case(
        mutation="groupProductUpdate",
        arguments={
            "groupId": encode_id(dodo.MONTHLY),
            "productId": encode_id(MONTHLY[0]),
            "input": {"status": None},
        },
        told=(invalid("INVALID", "input", "status"),),
    ),
    "an archived product": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": many(FREE, ARCHIVED)},
        told=(invalid("INVALID", "productIds", "1"),),
        refused_writes=1,
    ),
    "a blank name": Case(
        mutation="groupUpdate",
        arguments={"id": encode_id(dodo.MONTHLY), "input": {"name": " "}},
        told=(invalid("BLANK", "input", "name"),),
    ),
    "a name that cannot be cleared": Case(
        mutation="productCollectionUpdate",
        arguments={"id": encode_id(dodo.CRM), "input": {"name": None}},
        told=(invalid("BLANK", "input", "name"),),
    ),
    "no name for a new group": Case(
        mutation="groupCreate",
        arguments={"collectionId": encode_id(AXIM_SHOP), "input": {"status": "INACTIVE"}},
        told=(invalid("BLANK", "input", "name"),),
    ),
    "a Dodo collection without a product": Case(
        mutation="productCollectionCreate",
        arguments={"provider": "DODO", "input": {"name": "Empty"}},
        told=(invalid("BLANK", "productIds"),),
    ),
    "more than a hundred products": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": many(*COURSES * 6)},
        told=(invalid("TOO_LONG", "productIds"),),
    ),
    "more than a hundred products to be put in": Case(
        mutation="groupSetProducts",
        arguments={
            "id": encode_id(two_checkout.LEGACY),
            "productIds": many(*(product_ref(f"P{number}") for number in range(101))),
        },
        told=(invalid("TOO_LONG", "productIds"),),
    ),
    "an order that names one twice, and so not all": Case(
        mutation="groupReorderProducts",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "productIds": many(MONTHLY[1], MONTHLY[1], *MONTHLY[2:]),
        },
        told=(
            invalid("DUPLICATE", "productIds", "1"),
            invalid("NOT_A_PERMUTATION", "productIds"),
        ),
    ),
    "an order of groups that lacks some": Case(
        mutation="productCollectionReorderGroups",
        arguments={
            "id": encode_id(dodo.CRM),
            "groupIds": many(dodo.MONTHLY, dodo.YEARLY),
        },
        told=(invalid("NOT_A_PERMUTATION", "groupIds"),),
    ),
    "a product of another vendor": Case(
        mutation="groupUnassignProducts",
        arguments={"id": encode_id(two_checkout.GENERAL), "productIds": many(READER, BED)},
        told=(invalid("WRONG_PROVIDER", "productIds", "1"),),
    ),
    "a group of another vendor": Case(
        mutation="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(BEDROOM),
            "toGroupId": encode_id(two_checkout.LEGACY),
            "productIds": many(BED),
        },
        told=(invalid("WRONG_PROVIDER", "toGroupId"),),
    ),
    "a Dodo group that is not there": Case(
        mutation="groupDelete",
        arguments={"id": encode_id(dodo.UNKNOWN_GROUP)},
        told=(missing(dodo.UNKNOWN_GROUP, "id"),),
    ),
    "an Axim group that is not there": Case(
        mutation="groupUpdate",
        arguments={"id": encode_id(axim.UNKNOWN_GROUP), "input": {"name": "New"}},
        told=(missing(axim.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "a 2Checkout group that is not there": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(two_checkout.UNKNOWN_GROUP), "productIds": many(READER)},
        told=(missing(two_checkout.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "a 2Checkout group that is not there, to be emptied": Case(
        mutation="groupUnassignProducts",
        arguments={"id": encode_id(two_checkout.UNKNOWN_GROUP), "productIds": many(READER)},
        told=(missing(two_checkout.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "a group in an archived collection": Case(
        mutation="groupSetProducts",
        arguments={"id": encode_id(PUT_AWAY), "productIds": []},
        told=(missing(PUT_AWAY, "id"),),
        refused_writes=3,
    ),
    "a collection that is not there": Case(
        mutation="groupCreate",
        arguments={"collectionId": encode_id(dodo.UNKNOWN_COLLECTION), "input": {"name": "New"}},
        told=(missing(dodo.UNKNOWN_COLLECTION, "collectionId"),),
    ),
    "a Dodo product that is not there": Case(
        mutation="groupSetProducts",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "productIds": many(*MONTHLY, FREE, dodo.UNKNOWN_PRODUCT),
        },
        told=(missing(dodo.UNKNOWN_PRODUCT, "productIds", str(len(MONTHLY) + 1)),),
        refused_writes=1,
    ),
    "an Axim product that is not there": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(BEDROOM), "productIds": many(axim.UNKNOWN_PRODUCT, BED)},
        told=(missing(axim.UNKNOWN_PRODUCT, "productIds", "0"),),
        refused_writes=1,
    ),
    "a 2Checkout product that is not there": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(two_checkout.LEGACY), "productIds": many(NO_PRODUCT)},
        told=(missing(NO_PRODUCT, "productIds", "0"),),
        refused_writes=1,
    ),
    "a name that a Dodo group has": Case(
        mutation="groupUpdate",
        arguments={"id": encode_id(dodo.MONTHLY), "input": {"name": "Yearly"}},
        told=(conflict("TAKEN", dodo.YEARLY, "input", "name"),),
        refused_writes=1,
    ),
    "a name that a 2Checkout group has": Case(
        mutation="groupCreate",
        arguments={"collectionId": encode_id(COLLECTION), "input": {"name": "Legacy"}},
        told=(conflict("TAKEN", two_checkout.LEGACY, "input", "name"),),
        refused_writes=1,
    ),
    "a product in another group of the collection": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": many(FREE, YEARLY[0])},
        told=(conflict("IN_ANOTHER_GROUP", dodo.YEARLY, "productIds", "1"),),
    ),
    "products in another collection": Case(
        mutation="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": many(FREE, COURSES[0])},
        told=(conflict("IN_ANOTHER_GROUP", dodo.GERMANY, "productIds", "1"),),
        refused_writes=1,
    ),
    "several things at once": Case(
        mutation="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(BEDROOM),
            "toGroupId": encode_id(BEDROOM),
            "productIds": ["", *many(BED, BED, READER)],
            "position": -1,
        },
        told=(
            invalid("INVALID", "productIds", "0"),
            invalid("DUPLICATE", "productIds", "2"),
            invalid("WRONG_PROVIDER", "productIds", "3"),
            invalid("INVALID", "toGroupId"),
            {
                "__typename": "UnsupportedError",
                "code": "UNSUPPORTED",
                "field": ["position"],
                "capability": "GROUP_REORDER_PRODUCTS",
                "provider": {"key": "AXIM"},
            },
            invalid("INVALID", "position"),
        ),
    ),
    "a revision that no longer holds": Case(
        mutation="groupUpdate",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "input": {"name": "New"},
            "ifRevision": "old",
        },
        told=(conflict("STALE", dodo.MONTHLY, "ifRevision"),),
    ),
}
