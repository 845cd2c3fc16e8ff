"""What can be changed at Dodo Payments."""

from typing import Final

from groupgate.domain.capabilities import Capability

CAPABILITIES: Final = frozenset(
    {
        Capability.COLLECTIONS,
        Capability.PRODUCT_COLLECTION_UPDATE,
        Capability.PRODUCT_COLLECTION_REORDER_GROUPS,
        Capability.GROUP_CREATE,
        Capability.GROUP_UPDATE,
        Capability.GROUP_DELETE,
        Capability.GROUP_REORDER_PRODUCTS,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_UNNAMED,
        Capability.GROUP_STATUS,
        Capability.PRODUCT_COLLECTION_CREATE,
        Capability.PRODUCT_COLLECTION_ARCHIVE,
        Capability.PRODUCT_COLLECTION_UNARCHIVE,
        Capability.GROUP_PRODUCT_UPDATE,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }
)
