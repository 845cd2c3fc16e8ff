"""Several changes in one document: each sees what those before it have made of the catalogue."""

from typing import Any

import pytest

from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import Gateway
from tests.e2e.possible_changes import (
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

BOTH = """
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
    """The products of a group, which has to have as many as it says."""
    nodes = [node["id"] for node in group["products"]["nodes"]]
    assert len(nodes) == group["products"]["totalCount"] == len(set(nodes))
    return set(nodes)


@pytest.mark.parametrize(("source", "target", "new", "moved"), VENDORS.values(), ids=VENDORS)
async def test_each_change_shows_what_is_held_after_it(
    gateway: Gateway,
    source: GroupRef,
    target: GroupRef,
    new: list[ProductRef],
    moved: list[ProductRef],
) -> None:
    """Though the same groups, products and counts were read before in the same document."""
    added, gone = {encode_id(each) for each in new}, {encode_id(each) for each in moved}
    data = await gateway.data(
        BOTH,
        **{"from": encode_id(source)},
        to=encode_id(target),
        new=sorted(added),
        moved=sorted(gone),
        one=encode_id(moved[0]),
    )
    before = held(data["before"]["group"])
    assert gone < before
    assert held(data["assign"]["group"]) == before | added
    assert held(data["move"]["fromGroup"]) == (before | added) - gone
    assert held(data["move"]["toGroup"]) == held(data["after"]["group"]) == gone
    assert data["after"]["group"]["has"] is True
    counts = {
        node["id"]: node["products"]["totalCount"]
        for node in data["after"]["group"]["collection"]["groups"]["nodes"]
    }
    assert counts[encode_id(target)] == len(gone)
    assert [data[name]["userErrors"] for name in ("assign", "move")] == [[], []]


MADE_AND_FILLED = """
mutation($shop: ID!, $group: ID!, $ids: [ID!]!) {
  rename: groupUpdate(id: $group, input: {name: "Renamed"}) { userErrors { code } }
  taken: groupCreate(collectionId: $shop, input: {name: "Renamed"}) {
    group { id } userErrors { code field }
  }
  make: groupCreate(collectionId: $shop, input: {name: "Monthly"}, productIds: $ids) {
    group { name } userErrors { code field }
  }
  delete: groupDelete(id: $group) { deletedGroupId userErrors { code } }
  again: groupDelete(id: $group) { deletedGroupId userErrors { code field } }
}
"""


async def test_each_change_is_checked_against_what_those_before_it_made(gateway: Gateway) -> None:
    """A name given away a line above is taken, one given up is free, and what is gone is gone."""
    data = await gateway.data(
        MADE_AND_FILLED,
        shop=encode_id(dodo.CRM),
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
