"""The enums of the schema: those of the domain, with a description for each value."""

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition, has_enum_definition

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupAccess, GroupProductStatus, GroupStatus, ProductStatus
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import UserErrorCode


def describe_enums() -> None:
    """Make the enums of the domain enums of the schema; to be called before it is built."""
    _describe(
        ProviderKey,
        "Key of a vendor whose groups this gateway presents.",
        AXIM="Axim Commerce.",
        DODO="Dodo Payments.",
        TWO_CHECKOUT="2Checkout (Verifone).",
    )
    _describe(
        Capability,
        "Something that not every provider can do.",
        COLLECTIONS="Has collections of its own; without it there is one implicit collection.",
        PRODUCT_COLLECTION_UPDATE="`productCollectionUpdate` works.",
        PRODUCT_COLLECTION_REORDER_GROUPS="`productCollectionReorderGroups` works.",
        GROUP_CREATE="`groupCreate` works.",
        GROUP_UPDATE="`groupUpdate` works. Which fields it takes is told by the GROUP_ values below.",
        GROUP_DELETE="`groupDelete` works.",
        GROUP_REORDER_PRODUCTS="`groupReorderProducts` works: products have an order in their group.",
        GROUP_ASSIGN_PRODUCTS="`groupAssignProducts` works.",
        GROUP_UNASSIGN_PRODUCTS="`groupUnassignProducts` works.",
        GROUP_UNNAMED="A group may be without a name; `name: null` clears it.",
        GROUP_STATUS="Groups can be made inactive.",
        GROUP_ACCESS="Access to groups can be restricted.",
        GROUP_DESCRIPTION="Groups have a description.",
        GROUP_TEMPLATE="Groups have a shopping cart template.",
        GROUP_ASSIGN_MOVES=(
            "`groupAssignProducts` takes a product out of the group it was in. Without this, "
            "and without PRODUCT_IN_MANY_GROUPS, such a product is refused with a "
            "ConflictError."
        ),
        PRODUCT_IN_MANY_GROUPS="A product can be in several groups at once.",
        PRODUCT_COLLECTION_CREATE="`productCollectionCreate` works.",
        PRODUCT_COLLECTION_ARCHIVE="`productCollectionArchive` works.",
        PRODUCT_COLLECTION_UNARCHIVE="`productCollectionUnarchive` works.",
        GROUP_PRODUCT_UPDATE=(
            "`groupProductUpdate` works: a product can be inactive in one group only."
        ),
        GROUP_SET_PRODUCTS="`groupSetProducts` works.",
        GROUP_MOVE_PRODUCTS="`groupMoveProducts` works.",
    )
    _describe(
        ProviderState,
        "How a vendor is answering.",
        AVAILABLE="It answers.",
        DEGRADED=(
            "It answers some, or late, or the gateway holds calls back to stay within its limits."
        ),
        UNAVAILABLE="It does not answer; calls are not even tried until a probe succeeds.",
    )
    _describe(
        GroupStatus,
        "Whether a group is in use.",
        ACTIVE="In use. Groups of vendors without GROUP_STATUS are always active.",
        INACTIVE="Kept, but not shown to buyers.",
    )
    _describe(
        GroupAccess,
        "Who may buy from a group.",
        OPEN="Everyone.",
        RESTRICTED="Only those the vendor lets in.",
    )
    _describe(
        GroupProductStatus,
        "Whether a product is offered within one group.",
        ACTIVE="Offered.",
        INACTIVE="In the group, but not offered there.",
    )
    _describe(
        ProductStatus,
        "Whether a product is on sale at its vendor.",
        ACTIVE="On sale.",
        INACTIVE="Not on sale: draft, disabled or archived.",
    )
    _describe(
        UserErrorCode,
        "What exactly was wrong. New values will come; treat an unknown one as INVALID.",
        INVALID="Not acceptable, for a reason only the message tells.",
        BLANK="Must be given, and must not be empty.",
        TOO_LONG="Longer, or more, than allowed.",
        DUPLICATE="The same id more than once.",
        NOT_A_PERMUTATION=(
            "Not all members once each: the list is out of date, or an id is wrong."
        ),
        WRONG_PROVIDER="An id of another provider than the object changed.",
        NOT_FOUND="There is no such object, or no longer.",
        TAKEN="Name in use already.",
        IN_ANOTHER_GROUP=(
            "The product is in another group, and this vendor neither shares nor moves it."
        ),
        LAST_PRODUCT="The last product of a collection has to stay.",
        UNSUPPORTED="This provider cannot do that.",
        INCOMPLETE="The vendor failed halfway; the products before this one were done.",
        STALE="The object is no longer of the revision given.",
    )


def _describe(enum: type[Enum], description: str, **values: str) -> None:
    # Strawberry takes a plain enum as it is where a type names it: that definition is the one.
    if not has_enum_definition(enum):
        strawberry.enum(enum)
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    definition.description = description
    for value in definition.values:
        value.description = values[value.name]
