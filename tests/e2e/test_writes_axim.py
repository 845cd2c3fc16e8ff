"""Mutations at Axim: the exact calls and the vendor's state afterwards."""

from collections.abc import Sequence

import pytest

from groupgate.sandbox.axim import AximSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.documents import GROUP, PLAN, PRODUCTS, USER_ERRORS, mutate
from tests.e2e.gateway import Gateway
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


@pytest.fixture
def axim(gateway: Gateway) -> AximSimulator:
    """Return the simulator."""
    return gateway.sandbox.axim


def ids(native_ids: Sequence[str]) -> list[str]:
    """Return global ids of products."""
    return [encode_id(product_ref(native_id)) for native_id in native_ids]


async def test_an_update_takes_one_put_whose_response_has_the_group(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """Selecting the group's own fields takes no read; fields that are not given are not sent."""
    bedroom = group_named(axim, "Bedroom")
    path = f"/productGroup/{bedroom.native_id}"
    products = product_ids(axim, "Bedroom")
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} {USER_ERRORS} {PLAN}",
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


async def test_selecting_the_products_of_an_updated_group_takes_one_read(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """The response to the PUT does not have them."""
    bedroom = group_named(axim, "Bedroom")
    products = ids(product_ids(axim, "Bedroom"))
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} more: {PRODUCTS} {USER_ERRORS}",
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


async def test_a_reorder_of_twenty_is_refused_without_a_call(
    gateway: Gateway, axim: AximSimulator
) -> None:
    products = ids(product_ids(axim, "Bedroom")[::-1])
    payload = await mutate(
        gateway,
        "groupReorderProducts",
        f"{PRODUCTS} {PLAN} userErrors {{ code field ... on UnsupportedError "
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
async def test_an_assignment_of_twenty_takes_one_put(
    gateway: Gateway, axim: AximSimulator, *, is_selected: bool
) -> None:
    """They stay in their other groups; selecting the group's own fields takes no read."""
    staff, current = group_named(axim, "Staff picks"), product_ids(axim, "Staff picks")
    added = ids_outside(axim, "Staff picks", 20)
    path = f"/productGroup/{staff.native_id}"
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"{'group { name }' if is_selected else ''} assignedProductIds {USER_ERRORS} {PLAN}",
        id=encode_id(staff),
        productIds=ids(added),
    )
    assert take_calls(axim) == [("PUT", path, {"products": added})]
    assert payload == {
        "assignedProductIds": ids(added),
        "userErrors": [],
        "plan": [{"method": "PUT", "path": path}],
    } | ({"group": {"name": "Staff picks"}} if is_selected else {})
    now = {"status": True, "restrictAccess": True, "products": [*current, *added]}
    assert changed_groups(axim) == {"Staff picks": now}


async def test_an_unassignment_of_twenty_takes_one_put(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """They stay in their other groups."""
    bedroom, removed = group_named(axim, "Bedroom"), product_ids(axim, "Bedroom")
    path = f"/productGroup/{bedroom.native_id}"
    payload = await mutate(
        gateway,
        "groupUnassignProducts",
        f"unassignedProductIds {PRODUCTS} {USER_ERRORS} {PLAN}",
        id=encode_id(bedroom),
        productIds=ids(removed),
    )
    assert len(removed) == 20
    assert take_calls(axim) == [
        ("PUT", path, {"productsToRemove": removed}),
        ("GET", group_path(bedroom.native_id), None),
    ]
    assert payload == {
        "unassignedProductIds": ids(removed),
        "group": {"products": {"nodes": []}},
        "userErrors": [],
        "plan": [{"method": "PUT", "path": path}],
    }
    assert changed_groups(axim) == {
        "Bedroom": {"status": True, "restrictAccess": False, "products": []}
    }


@pytest.mark.parametrize("is_selected", [False, True])
async def test_setting_the_current_products_only_reads(
    gateway: Gateway, axim: AximSimulator, *, is_selected: bool
) -> None:
    """One read, in any order of the products; the selected group comes from that read."""
    bedroom, products = group_named(axim, "Bedroom"), product_ids(axim, "Bedroom")
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{PRODUCTS if is_selected else ''} {USER_ERRORS} {PLAN}",
        id=encode_id(bedroom),
        productIds=ids(products[::-1]),
    )
    assert take_calls(axim) == [("GET", group_path(bedroom.native_id), None)]
    selected = {"group": {"products": {"nodes": [{"id": each} for each in ids(products)]}}}
    assert payload == {"userErrors": [], "plan": []} | (selected if is_selected else {})
    assert changed_groups(axim) == {}


async def test_setting_products_adds_and_removes_in_one_put(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """A read finds the products to add and to remove."""
    staff, current = group_named(axim, "Staff picks"), product_ids(axim, "Staff picks")
    added = ids_outside(axim, "Staff picks", 2)
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{USER_ERRORS}",
        id=encode_id(staff),
        productIds=ids([added[0], *current[3:], added[1]]),
    )
    assert take_calls(axim) == [
        ("GET", group_path(staff.native_id), None),
        (
            "PUT",
            f"/productGroup/{staff.native_id}",
            {"products": added, "productsToRemove": current[:3]},
        ),
    ]
    assert payload == {"userErrors": []}
    assert groups_by_name(axim)["Staff picks"]["products"] == [*current[3:], *added]


async def test_a_move_takes_a_read_of_each_group_and_two_puts(
    gateway: Gateway, axim: AximSimulator
) -> None:
    """They are added to the second group first, so that they are never in neither."""
    source, target = group_named(axim, "Bedroom"), group_named(axim, "Christmas 2026")
    moved = product_ids(axim, "Bedroom")[:2]
    payload = await mutate(
        gateway,
        "groupMoveProducts",
        f"fromGroup {{ name }} toGroup {{ name }} {USER_ERRORS}",
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
