"""The enums of the schema: those of the domain, with a description for each value."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import (
    GroupAccess,
    GroupProductStatus,
    GroupStatus,
    PeriodUnit,
    PricingModel,
    ProductStatus,
)
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import UserErrorCode

_CAPABILITIES: Final = {
    "COLLECTIONS": (
        "The vendor has collections. Without this capability, the gateway shows all groups of the "
        "vendor in one implicit collection."
    ),
    "PRODUCT_COLLECTION_UPDATE": "The vendor supports `productCollectionUpdate`.",
    "PRODUCT_COLLECTION_REORDER_GROUPS": "The vendor supports `productCollectionReorderGroups`.",
    "GROUP_CREATE": "The vendor supports `groupCreate`.",
    "GROUP_UPDATE": (
        "The vendor supports `groupUpdate`. The capabilities GROUP_STATUS, GROUP_ACCESS, "
        "GROUP_DESCRIPTION and GROUP_TEMPLATE say which fields it accepts in addition to the name."
    ),
    "GROUP_DELETE": "The vendor supports `groupDelete`.",
    "GROUP_REORDER_PRODUCTS": (
        "The vendor supports `groupReorderProducts`: the products of a group have an order."
    ),
    "GROUP_ASSIGN_PRODUCTS": "The vendor supports `groupAssignProducts`.",
    "GROUP_UNASSIGN_PRODUCTS": "The vendor supports `groupUnassignProducts`.",
    "GROUP_UNNAMED": "A group may have no name. `name: null` removes the name.",
    "GROUP_STATUS": "A group can be made inactive.",
    "GROUP_ACCESS": "Access to a group can be restricted.",
    "GROUP_DESCRIPTION": "A group has a description.",
    "GROUP_TEMPLATE": "A group has a shopping cart template.",
    "GROUP_ASSIGN_MOVES": (
        "`groupAssignProducts` removes a product from its current group when it adds the product "
        "to another group. A vendor that has neither this capability nor PRODUCT_IN_MANY_GROUPS "
        "refuses such a product with a ConflictError."
    ),
    "PRODUCT_IN_MANY_GROUPS": "A product can be in several groups at the same time.",
    "PRODUCT_COLLECTION_CREATE": "The vendor supports `productCollectionCreate`.",
    "PRODUCT_COLLECTION_ARCHIVE": "The vendor supports `productCollectionArchive`.",
    "PRODUCT_COLLECTION_UNARCHIVE": "The vendor supports `productCollectionUnarchive`.",
    "GROUP_PRODUCT_UPDATE": (
        "The vendor supports `groupProductUpdate`: a product can be inactive in one group and "
        "active in others."
    ),
    "GROUP_SET_PRODUCTS": "The vendor supports `groupSetProducts`.",
    "GROUP_MOVE_PRODUCTS": "The vendor supports `groupMoveProducts`.",
}

_USER_ERROR_CODES: Final = {
    "INVALID": "The input is not acceptable. The message gives the reason.",
    "BLANK": "A required value is missing or empty.",
    "TOO_LONG": "A value is too long, or a list has too many items.",
    "DUPLICATE": "A list contains the same id more than once.",
    "NOT_A_PERMUTATION": (
        "A list does not contain each member exactly once, or a move is of an object that is not a "
        "member: the input is out of date, or an id is wrong."
    ),
    "WRONG_PROVIDER": "An id belongs to another vendor or another account than the object to change.",
    "NOT_FOUND": "The object does not exist.",
    "TAKEN": "The name is already in use.",
    "IN_ANOTHER_GROUP": (
        "The product is in another group. At this vendor a product can be in one group only, and "
        "the mutation does not move it."
    ),
    "LAST_PRODUCT": "The vendor does not allow removing the last product of a collection.",
    "UNSUPPORTED": "The vendor does not support this mutation or this field.",
    "INCOMPLETE": (
        "A call to the vendor failed before the change was complete. A part of the change was made."
    ),
    "STALE": "The object no longer has the revision given in `ifRevision`.",
}


def describe_enums() -> None:
    """Register the enums of the domain with strawberry; call this before building the schema."""
    # Taken from the domain, so that a new vendor needs no entry here.
    _describe(
        ProviderKey,
        "The key of a vendor.",
        {key.name: f"{key.display_name}." for key in ProviderKey},
    )
    _describe(Capability, "A feature that some vendors support and others do not.", _CAPABILITIES)
    _describe(
        ProviderState,
        "How well a vendor responds to the gateway.",
        {
            "AVAILABLE": "The vendor responds normally.",
            "DEGRADED": (
                "Some calls to the vendor fail or are slow, or the gateway delays calls to stay "
                "within the vendor's rate limits."
            ),
            "UNAVAILABLE": (
                "The vendor does not respond. The gateway makes no calls to it until a test call "
                "succeeds."
            ),
        },
    )
    _describe(
        GroupStatus,
        "The status of a group.",
        {
            "ACTIVE": (
                "The group is in use. Groups of a vendor without the capability GROUP_STATUS are always active."
            ),
            "INACTIVE": "The group exists, but buyers do not see it.",
        },
    )
    _describe(
        GroupAccess,
        "Defines who may buy from a group.",
        {
            "OPEN": "Everyone may buy from the group.",
            "RESTRICTED": "Only buyers that the vendor admits may buy from the group.",
        },
    )
    _describe(
        GroupProductStatus,
        "The status of a product within one group.",
        {
            "ACTIVE": "The product is offered in the group.",
            "INACTIVE": "The product is in the group, but is not offered there.",
        },
    )
    _describe(
        ProductStatus,
        "The status of a product at its vendor.",
        {
            "ACTIVE": "The product is on sale.",
            "INACTIVE": "The product is not on sale: it is a draft, disabled or archived.",
        },
    )
    _describe(
        PricingModel,
        "The basis of a product's price.",
        {
            "ONE_TIME": "The buyer pays once.",
            "RECURRING": "The buyer pays for each billing period.",
            "USAGE_BASED": (
                "The buyer pays for the measured use in each billing period. `price` is the fixed "
                "fee of a period, without the use."
            ),
        },
    )
    _describe(
        PeriodUnit,
        "The unit of a billing period.",
        {"DAY": "Days.", "WEEK": "Weeks.", "MONTH": "Months.", "YEAR": "Years."},
    )
    _describe(
        UserErrorCode,
        "The reason for a user error. Values may be added; treat an unknown value as INVALID.",
        _USER_ERROR_CODES,
    )


def _describe(enum: type[Enum], description: str, values: Mapping[str, str]) -> None:
    # A type that names a plain enum uses this definition of it, if it exists.
    if not has_enum_definition(enum):
        strawberry.enum(enum)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = description
    for value in definition.values:
        value.description = values[value.name]
