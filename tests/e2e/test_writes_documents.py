"""Several mutations in one document: each sees the changes of those before it."""

from typing import Any

import pytest

from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import Gateway
from tests.e2e.valid_mutations import (
    BEDROOM,
    BEDS,
    CHRISTMAS,
    LOOSE,
    MONTHLY,
    ODD,
    UTILITIES,
)
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout

pytestmark = pytest.mark.anyio

ASSIGN_AND_MOVE = """
mutation($from: ID!, $to: ID!, $new: [ID!]!, $moved: [ID!]!, $one: ID!) {
  before: groupAssignProducts(id: $from, productIds: [], dryRun: true) { group { ...held } }
  assign: groupAssignProducts(id: $from, productIds: $new) {
    group { ...held } userErrors { code }
  }
  move: groupMoveProducts(fromGroupId: $from, toGroupId: $to, productIds: $moved) {
    fromGroup { ...held } toGroup { ...held } userErrors { code }
  }
  after: groupAssignProducts(id: $to, productIds: [], dryRun: true) {
    group { ...held has: hasProduct(id: $one) collection { groups(first: 100) {
      nodes { id products(first: 1) { totalCount } } } } }
  }
}
fragment held on Group { products(first: 100) { totalCount nodes { id } } }
"""
VENDORS = {
    "Dodo": (dodo.MONTHLY, dodo.EDGE, dodo.ICONS, MONTHLY[:2]),
    "Axim": (BEDROOM, CHRISTMAS, LOOSE, BEDS[:2]),
    "2Checkout": (two_checkout.UTILITIES, two_checkout.LEGACY, ODD, UTILITIES[:2]),
}


def held(group: dict[str, Any]) -> set[str]:
    """Return the products of a group; assert that their number is the total count."""
    nodes = [node["id"] for node in group["products"]["nodes"]]
    assert len(nodes) == group["products"]["totalCount"] == len(set(nodes))
    return set(nodes)


@pytest.mark.parametrize(("source", "target", "new", "moved"), VENDORS.values(), ids=VENDORS)
async def test_each_payload_has_the_state_after_its_mutation(
    gateway: Gateway,
    source: GroupRef,
    target: GroupRef,
    new: list[ProductRef],
    moved: list[ProductRef],
) -> None:
    """Although the same groups, products and counts were read earlier in the same document."""
    added, removed = {encode_id(each) for each in new}, {encode_id(each) for each in moved}
    data = await gateway.data(
        ASSIGN_AND_MOVE,
        **{"from": encode_id(source)},
        to=encode_id(target),
        new=sorted(added),
        moved=sorted(removed),
        one=encode_id(moved[0]),
    )
    before = held(data["before"]["group"])
    assert removed < before
    assert held(data["assign"]["group"]) == before | added
    assert held(data["move"]["fromGroup"]) == (before | added) - removed
    assert held(data["move"]["toGroup"]) == held(data["after"]["group"]) == removed
    assert data["after"]["group"]["has"] is True
    counts = {
        node["id"]: node["products"]["totalCount"]
        for node in data["after"]["group"]["collection"]["groups"]["nodes"]
    }
    assert counts[encode_id(target)] == len(removed)
    assert [data[name]["userErrors"] for name in ("assign", "move")] == [[], []]


CREATE_AND_DELETE = """
mutation($collection: ID!, $group: ID!, $ids: [ID!]!) {
  rename: groupUpdate(id: $group, input: {name: "Renamed"}) { userErrors { code } }
  taken: groupCreate(collectionId: $collection, input: {name: "Renamed"}) {
    group { id } userErrors { code field }
  }
  make: groupCreate(collectionId: $collection, input: {name: "Monthly"}, productIds: $ids) {
    group { name } userErrors { code field }
  }
  delete: groupDelete(id: $group) { deletedGroupId userErrors { code } }
  again: groupDelete(id: $group) { deletedGroupId userErrors { code field } }
}
"""


async def test_each_mutation_is_checked_against_the_changes_before_it(gateway: Gateway) -> None:
    """A new name is taken, an old name is free, and a deleted group does not exist."""
    data = await gateway.data(
        CREATE_AND_DELETE,
        collection=encode_id(dodo.CRM),
        group=encode_id(dodo.MONTHLY),
        ids=[encode_id(each) for each in dodo.ICONS],
    )
    assert data == {
        "rename": {"userErrors": []},
        "taken": {"group": None, "userErrors": [{"code": "TAKEN", "field": ["input", "name"]}]},
        "make": {"group": {"name": "Monthly"}, "userErrors": []},
        "delete": {"deletedGroupId": encode_id(dodo.MONTHLY), "userErrors": []},
        "again": {
            "deletedGroupId": None,
            "userErrors": [{"code": "NOT_FOUND", "field": ["id"]}],
        },
    }
