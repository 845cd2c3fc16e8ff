"""The planners of all vendors have the same port, of which each overrides a part."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.planner import Planner
from groupgate.providers.axim import planner as axim
from groupgate.providers.dodo import planner as dodo
from groupgate.providers.two_checkout import planner as two_checkout

METHODS = {
    Capability.PRODUCT_COLLECTION_CREATE: "create_collection",
    Capability.PRODUCT_COLLECTION_UPDATE: "update_collection",
    Capability.PRODUCT_COLLECTION_REORDER_GROUPS: "reorder_groups",
    Capability.PRODUCT_COLLECTION_ARCHIVE: "archive_collection",
    Capability.PRODUCT_COLLECTION_UNARCHIVE: "unarchive_collection",
    Capability.GROUP_CREATE: "create_group",
    Capability.GROUP_UPDATE: "update_group",
    Capability.GROUP_DELETE: "delete_group",
    Capability.GROUP_REORDER_PRODUCTS: "reorder_products",
    Capability.GROUP_ASSIGN_PRODUCTS: "assign",
    Capability.GROUP_UNASSIGN_PRODUCTS: "unassign",
    Capability.GROUP_SET_PRODUCTS: "set_products",
    Capability.GROUP_MOVE_PRODUCTS: "move",
    Capability.GROUP_PRODUCT_UPDATE: "update_membership",
}


def test_every_method_of_the_port_has_a_capability() -> None:
    methods = {name for name in vars(Planner) if not name.startswith("_")}
    assert methods == set(METHODS.values())


@pytest.mark.parametrize(
    ("planner", "capabilities"),
    [
        (axim.AximPlanner, axim.CAPABILITIES),
        (dodo.DodoPlanner, dodo.CAPABILITIES),
        (two_checkout.TwoCheckoutPlanner, two_checkout.CAPABILITIES),
    ],
)
def test_a_planner_overrides_the_methods_that_its_capabilities_name(
    planner: type[Planner], capabilities: frozenset[Capability]
) -> None:
    overridden = {capability for capability, name in METHODS.items() if name in vars(planner)}
    assert overridden == METHODS.keys() & capabilities
