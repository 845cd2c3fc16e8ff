"""Refused mutations at all three vendors, with their user errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groupgate.domain.refs import ProviderKey, Ref
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.schema.ids import ProviderRef, encode_id
from tests.providers.axim import seed as axim
from tests.providers.axim.seed import COLLECTION as AXIM_COLLECTION
from tests.providers.axim.seed import product_ref as axim_product
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout
from tests.providers.two_checkout.seed import COLLECTION, product_ref

UserError = Mapping[str, Any]


def ids(*refs: Ref) -> list[str]:
    """Return global ids."""
    return [encode_id(ref) for ref in refs]


def invalid(code: str, *field: str) -> UserError:
    """Return the user error of an invalid input."""
    return {"__typename": "InvalidInputError", "code": code, "field": list(field)}


def missing(ref: Ref, *field: str) -> UserError:
    """Return the user error of an object that does not exist."""
    error = {"__typename": "NotFoundError", "code": "NOT_FOUND", "field": list(field)}
    return error | {"missingId": encode_id(ref)}


def conflict(code: str, conflicting_ref: Ref, *field: str) -> UserError:
    """Return the user error of a conflict with an existing object."""
    error = {"__typename": "ConflictError", "code": code, "field": list(field)}
    return error | {"conflictingNode": {"id": encode_id(conflicting_ref)}}


_DODO = DodoSimulator()
_AXIM = AximSimulator()

MONTHLY = dodo.members(_DODO, dodo.MONTHLY)
YEARLY = dodo.members(_DODO, dodo.YEARLY)
COURSES = dodo.members(_DODO, dodo.GERMANY)
ARCHIVED = dodo.product("CRM Lifetime 2023")
FREE = dodo.ICONS[0]
ARCHIVED_GROUP = dodo.group("Kestrel CRM 2024", "Monthly")
BEDROOM = axim.group_named(_AXIM, "Bedroom")
BED = axim_product(axim.product_ids(_AXIM, "Bedroom")[0])
READER = product_ref("FREE-READER")
NO_PRODUCT = product_ref("no such product")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMutation:
    """A refused mutation and its user errors."""

    name: str
    arguments: Mapping[str, Any]
    errors: tuple[UserError, ...]
    refused_writes: int = 0
    """Writes that the vendor refuses; 0 if the gateway refuses the mutation itself."""


REFUSED_MUTATIONS = {
    "an invalid id": RefusedMutation(
        name="groupUpdate",
        arguments={"id": "nonsense", "input": {"name": "New"}},
        errors=(invalid("INVALID", "id"),),
    ),
    "a vendor id instead of a collection id": RefusedMutation(
        name="productCollectionArchive",
        arguments={"id": encode_id(ProviderRef(ProviderKey.DODO))},
        errors=(invalid("INVALID", "id"),),
    ),
    "a group id in a list of product ids": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(BEDROOM), "productIds": ids(BED, BEDROOM)},
        errors=(invalid("INVALID", "productIds", "1"),),
    ),
    "a negative position": RefusedMutation(
        name="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(dodo.MONTHLY),
            "toGroupId": encode_id(dodo.YEARLY),
            "productIds": ids(MONTHLY[0]),
            "position": -1,
        },
        errors=(invalid("INVALID", "position"),),
    ),
    "a product that is not in the first group": RefusedMutation(
        name="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(dodo.MONTHLY),
            "toGroupId": encode_id(dodo.YEARLY),
            "productIds": ids(YEARLY[0]),
        },
        errors=(invalid("INVALID", "productIds", "0"),),
    ),
    "a null status": RefusedMutation(
        name="groupProductUpdate",
        arguments={
            "groupId": encode_id(dodo.MONTHLY),
            "productId": encode_id(MONTHLY[0]),
            "input": {"status": None},
        },
        errors=(invalid("INVALID", "input", "status"),),
    ),
    "an archived product": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": ids(FREE, ARCHIVED)},
        errors=(invalid("INVALID", "productIds", "1"),),
        refused_writes=1,
    ),
    "a blank name": RefusedMutation(
        name="groupUpdate",
        arguments={"id": encode_id(dodo.MONTHLY), "input": {"name": " "}},
        errors=(invalid("BLANK", "input", "name"),),
    ),
    "a name that cannot be cleared": RefusedMutation(
        name="productCollectionUpdate",
        arguments={"id": encode_id(dodo.CRM), "input": {"name": None}},
        errors=(invalid("BLANK", "input", "name"),),
    ),
    "a new group without a name": RefusedMutation(
        name="groupCreate",
        arguments={"collectionId": encode_id(AXIM_COLLECTION), "input": {"status": "INACTIVE"}},
        errors=(invalid("BLANK", "input", "name"),),
    ),
    "a Dodo collection without a product": RefusedMutation(
        name="productCollectionCreate",
        arguments={"provider": "DODO", "input": {"name": "Empty"}},
        errors=(invalid("BLANK", "productIds"),),
    ),
    "more than a hundred products": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": ids(*COURSES * 6)},
        errors=(invalid("TOO_LONG", "productIds"),),
    ),
    "more than a hundred products to set": RefusedMutation(
        name="groupSetProducts",
        arguments={
            "id": encode_id(two_checkout.LEGACY),
            "productIds": ids(*(product_ref(f"P{number}") for number in range(101))),
        },
        errors=(invalid("TOO_LONG", "productIds"),),
    ),
    "an order with a duplicate and a missing product": RefusedMutation(
        name="groupReorderProducts",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "productIds": ids(MONTHLY[1], MONTHLY[1], *MONTHLY[2:]),
        },
        errors=(
            invalid("DUPLICATE", "productIds", "1"),
            invalid("NOT_A_PERMUTATION", "productIds"),
        ),
    ),
    "an order with missing groups": RefusedMutation(
        name="productCollectionReorderGroups",
        arguments={
            "id": encode_id(dodo.CRM),
            "groupIds": ids(dodo.MONTHLY, dodo.YEARLY),
        },
        errors=(invalid("NOT_A_PERMUTATION", "groupIds"),),
    ),
    "a product of another vendor": RefusedMutation(
        name="groupUnassignProducts",
        arguments={"id": encode_id(two_checkout.GENERAL), "productIds": ids(READER, BED)},
        errors=(invalid("WRONG_PROVIDER", "productIds", "1"),),
    ),
    "a group of another vendor": RefusedMutation(
        name="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(BEDROOM),
            "toGroupId": encode_id(two_checkout.LEGACY),
            "productIds": ids(BED),
        },
        errors=(invalid("WRONG_PROVIDER", "toGroupId"),),
    ),
    "a Dodo group that does not exist": RefusedMutation(
        name="groupDelete",
        arguments={"id": encode_id(dodo.UNKNOWN_GROUP)},
        errors=(missing(dodo.UNKNOWN_GROUP, "id"),),
    ),
    "an Axim group that does not exist": RefusedMutation(
        name="groupUpdate",
        arguments={"id": encode_id(axim.UNKNOWN_GROUP), "input": {"name": "New"}},
        errors=(missing(axim.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "a 2Checkout group that does not exist": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(two_checkout.UNKNOWN_GROUP), "productIds": ids(READER)},
        errors=(missing(two_checkout.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "removal from a 2Checkout group that does not exist": RefusedMutation(
        name="groupUnassignProducts",
        arguments={"id": encode_id(two_checkout.UNKNOWN_GROUP), "productIds": ids(READER)},
        errors=(missing(two_checkout.UNKNOWN_GROUP, "id"),),
        refused_writes=1,
    ),
    "a group in an archived collection": RefusedMutation(
        name="groupSetProducts",
        arguments={"id": encode_id(ARCHIVED_GROUP), "productIds": []},
        errors=(missing(ARCHIVED_GROUP, "id"),),
        refused_writes=3,
    ),
    "a collection that does not exist": RefusedMutation(
        name="groupCreate",
        arguments={"collectionId": encode_id(dodo.UNKNOWN_COLLECTION), "input": {"name": "New"}},
        errors=(missing(dodo.UNKNOWN_COLLECTION, "collectionId"),),
    ),
    "a Dodo product that does not exist": RefusedMutation(
        name="groupSetProducts",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "productIds": ids(*MONTHLY, FREE, dodo.UNKNOWN_PRODUCT),
        },
        errors=(missing(dodo.UNKNOWN_PRODUCT, "productIds", str(len(MONTHLY) + 1)),),
        refused_writes=1,
    ),
    "an Axim product that does not exist": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(BEDROOM), "productIds": ids(axim.UNKNOWN_PRODUCT, BED)},
        errors=(missing(axim.UNKNOWN_PRODUCT, "productIds", "0"),),
        refused_writes=1,
    ),
    "a 2Checkout product that does not exist": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(two_checkout.LEGACY), "productIds": ids(NO_PRODUCT)},
        errors=(missing(NO_PRODUCT, "productIds", "0"),),
        refused_writes=1,
    ),
    "the name of another Dodo group": RefusedMutation(
        name="groupUpdate",
        arguments={"id": encode_id(dodo.MONTHLY), "input": {"name": "Yearly"}},
        errors=(conflict("TAKEN", dodo.YEARLY, "input", "name"),),
        refused_writes=1,
    ),
    "the name of another 2Checkout group": RefusedMutation(
        name="groupCreate",
        arguments={"collectionId": encode_id(COLLECTION), "input": {"name": "Legacy"}},
        errors=(conflict("TAKEN", two_checkout.LEGACY, "input", "name"),),
        refused_writes=1,
    ),
    "a product in another group of the collection": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": ids(FREE, YEARLY[0])},
        errors=(conflict("IN_ANOTHER_GROUP", dodo.YEARLY, "productIds", "1"),),
    ),
    "products in another collection": RefusedMutation(
        name="groupAssignProducts",
        arguments={"id": encode_id(dodo.MONTHLY), "productIds": ids(FREE, COURSES[0])},
        errors=(conflict("IN_ANOTHER_GROUP", dodo.GERMANY, "productIds", "1"),),
        refused_writes=1,
    ),
    "several errors at once": RefusedMutation(
        name="groupMoveProducts",
        arguments={
            "fromGroupId": encode_id(BEDROOM),
            "toGroupId": encode_id(BEDROOM),
            "productIds": ["", *ids(BED, BED, READER)],
            "position": -1,
        },
        errors=(
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
    "an outdated revision": RefusedMutation(
        name="groupUpdate",
        arguments={
            "id": encode_id(dodo.MONTHLY),
            "input": {"name": "New"},
            "ifRevision": "old",
        },
        errors=(conflict("STALE", dodo.MONTHLY, "ifRevision"),),
    ),
}
