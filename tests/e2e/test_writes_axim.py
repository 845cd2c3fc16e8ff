"""Axim's column of the table of writes: exact calls, and what Axim holds afterwards."""

from collections.abc import Sequence

import pytest

from groupgate.sandbox.axim import AximSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import Gateway
from tests.e2e.mutations import GROUP, PLAN, WHY, mutate
from tests.providers.axim.seed import (
    changed_groups,
    group_named,
    group_path,
    groups_by_name,
    ids_outside,
    product_ids,
    product_ref,
)
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

MEMBERS = "group { products(first: 100) { nodes { id } } }"


@pytest.fixture
def axim(gateway: Gateway) -> AximSimulator:
    """The vendor, played."""
    return gateway.sandbox.axim


def ids(native_ids: Sequence[str]) -> list[str]:
    """Global ids of products."""
    return [encode_id(product_ref(native_id)) for native_id in native_ids]


async def test_updating_is_one_put_whose_answer_shows_the_group(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """Its own fields are selected, and cost no read; what is not given is not sent."""
    bedroom = group_named(axim, "Bedroom")
    path = f"/productGroup/{bedroom.native_id}"
    products = product_ids(axim, "Bedroom")
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} {WHY} {PLAN}",
        id=encode_id(bedroom),
        input={"name": "Sleep", "status": "INACTIVE", "access": "RESTRICTED"},
    )
    body = {"name": "Sleep", "status": False, "restrictAccess": True}
    assert take_calls(axim) == [("PUT", path, body)]
    assert payload == {
        "group": {
            "id": encode_id(bedroom),
            "name": "Sleep",
            "status": "INACTIVE",
            "access": "RESTRICTED",
            "description": None,
            "templateName": None,
        },
        "userErrors": [],
        "plan": [{"method": "PUT", "path": path}],
    }
    now = {"status": False, "restrictAccess": True, "products": products}
    assert changed_groups(axim) == {"Bedroom": {}, "Sleep": now}


async def test_products_of_an_updated_group_are_one_read_more(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """For the answer to a PUT does not have them."""
    bedroom = group_named(axim, "Bedroom")
    products = ids(product_ids(axim, "Bedroom"))
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} more: {MEMBERS} {WHY}",
        id=encode_id(bedroom),
        input={"status": "INACTIVE"},
    )
    assert take_calls(axim) == [
        ("PUT", f"/productGroup/{bedroom.native_id}", {"status": False}),
        ("GET", group_path(bedroom.native_id), None),
    ]
    assert payload["group"]["status"] == "INACTIVE"
    assert payload["more"] == {"products": {"nodes": [{"id": each} for each in products]}}
    assert payload["userErrors"] == []


async def test_reordering_twenty_is_refused_without_a_call(
    gateway: Gateway, axim: AximSimulator
) -> None:
    products = ids(product_ids(axim, "Bedroom")[::-1])
    payload = await mutate(
        gateway,
        "groupReorderProducts",
        f"{MEMBERS} {PLAN} userErrors {{ code field ... on UnsupportedError "
        "{ capability provider { key } } }",
        id=encode_id(group_named(axim, "Bedroom")),
        productIds=products,
    )
    assert len(products) == 20
    assert take_calls(axim) == []
    assert payload == {
        "group": None,
        "plan": [],
        "userErrors": [
            {
                "code": "UNSUPPORTED",
                "field": None,
                "capability": "GROUP_REORDER_PRODUCTS",
                "provider": {"key": "AXIM"},
            }
        ],
    }


@pytest.mark.parametrize("is_selected", [False, True])
async def test_assigning_twenty_is_one_put(
    gateway: Gateway, axim: AximSimulator, *, is_selected: bool
) -> None:
    """They stay in the groups that they are in; the group's own fields cost no read."""
    staff, there = group_named(axim, "Staff picks"), product_ids(axim, "Staff picks")
    added = ids_outside(axim, "Staff picks", 20)
    path = f"/productGroup/{staff.native_id}"
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"{'group { name }' if is_selected else ''} assignedProductIds {WHY} {PLAN}",
        id=encode_id(staff),
        productIds=ids(added),
    )
    assert take_calls(axim) == [("PUT", path, {"products": added})]
    assert payload == {
        "assignedProductIds": ids(added),
        "userErrors": [],
        "plan": [{"method": "PUT", "path": path}],
    } | ({"group": {"name": "Staff picks"}} if is_selected else {})
    now = {"status": True, "restrictAccess": True, "products": [*there, *added]}
    assert changed_groups(axim) == {"Staff picks": now}


async def test_unassigning_twenty_is_one_put(gateway: Gateway, axim: AximSimulator) -> None:
    """They stay where else they are."""
    bedroom, gone = group_named(axim, "Bedroom"), product_ids(axim, "Bedroom")
    path = f"/productGroup/{bedroom.native_id}"
    payload = await mutate(
        gateway,
        "groupUnassignProducts",
        f"unassignedProductIds {MEMBERS} {WHY} {PLAN}",
        id=encode_id(bedroom),
        productIds=ids(gone),
    )
    assert len(gone) == 20
    assert take_calls(axim) == [
        ("PUT", path, {"productsToRemove": gone}),
        ("GET", group_path(bedroom.native_id), None),
    ]
    assert payload == {
        "unassignedProductIds": ids(gone),
        "group": {"products": {"nodes": []}},
        "userErrors": [],
        "plan": [{"method": "PUT", "path": path}],
    }
    assert changed_groups(axim) == {
        "Bedroom": {"status": True, "restrictAccess": False, "products": []}
    }


@pytest.mark.parametrize("is_selected", [False, True])
async def test_setting_to_what_is_there_only_reads(
    gateway: Gateway, axim: AximSimulator, *, is_selected: bool
) -> None:
    """Once, in whatever order they are given; the selected group is what was read."""
    bedroom, products = group_named(axim, "Bedroom"), product_ids(axim, "Bedroom")
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{MEMBERS if is_selected else ''} {WHY} {PLAN}",
        id=encode_id(bedroom),
        productIds=ids(products[::-1]),
    )
    assert take_calls(axim) == [("GET", group_path(bedroom.native_id), None)]
    shown = {"group": {"products": {"nodes": [{"id": each} for each in ids(products)]}}}
    assert payload == {"userErrors": [], "plan": []} | (shown if is_selected else {})
    assert changed_groups(axim) == {}


async def test_setting_adds_and_takes_out_in_one_put(gateway: Gateway, axim: AximSimulator) -> None:
    """A read tells what to add and what to take out."""
    staff, there = group_named(axim, "Staff picks"), product_ids(axim, "Staff picks")
    added = ids_outside(axim, "Staff picks", 2)
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{WHY}",
        id=encode_id(staff),
        productIds=ids([added[0], *there[3:], added[1]]),
    )
    assert take_calls(axim) == [
        ("GET", group_path(staff.native_id), None),
        (
            "PUT",
            f"/productGroup/{staff.native_id}",
            {"products": added, "productsToRemove": there[:3]},
        ),
    ]
    assert payload == {"userErrors": []}
    assert groups_by_name(axim)["Staff picks"]["products"] == [*there[3:], *added]


async def test_moving_is_a_read_of_each_group_and_two_puts(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """The second group takes them first, so that they are never in neither."""
    source, target = group_named(axim, "Bedroom"), group_named(axim, "Christmas 2026")
    moved = product_ids(axim, "Bedroom")[:2]
    payload = await mutate(
        gateway,
        "groupMoveProducts",
        f"fromGroup {{ name }} toGroup {{ name }} {WHY}",
        fromGroupId=encode_id(source),
        toGroupId=encode_id(target),
        productIds=ids(moved),
    )
    assert take_calls(axim)[:4] == [
        ("GET", group_path(source.native_id), None),
        ("GET", group_path(target.native_id), None),
        ("PUT", f"/productGroup/{target.native_id}", {"products": moved}),
        ("PUT", f"/productGroup/{source.native_id}", {"productsToRemove": moved}),
    ]
    assert payload == {
        "fromGroup": {"name": "Bedroom"},
        "toGroup": {"name": "Christmas 2026"},
        "userErrors": [],
    }
    assert product_ids(axim, "Christmas 2026") == moved
    assert len(product_ids(axim, "Bedroom")) == 18
