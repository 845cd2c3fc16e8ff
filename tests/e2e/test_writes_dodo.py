"""Mutations at Dodo: the exact calls, the vendor's state and what its SDK reads afterwards."""

from collections.abc import Sequence
from typing import Any

import pytest

from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.documents import GROUP, PLAN, PRODUCTS, USER_ERRORS, mutate
from tests.e2e.dodo_sdk import read_group
from tests.e2e.gateway import Gateway
from tests.e2e.transports import ConcurrencyCounter
from tests.providers.dodo.seed import (
    GERMANY,
    MONTHLY,
    members,
    new_rows,
    path_of,
    rows,
    ungrouped,
)
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ACADEMY = path_of(GERMANY.collection)


@pytest.fixture
def dodo(gateway: Gateway) -> DodoSimulator:
    """Return the simulator."""
    return gateway.sandbox.dodo


def ids(refs: Sequence[ProductRef]) -> list[str]:
    """Return global ids of products."""
    return [encode_id(ref) for ref in refs]


def group_of(state: dict[str, Any], ref: GroupRef) -> dict[str, Any]:
    """Return the record of a group in a snapshot."""
    groups = state["collections"][ref.collection_id]["groups"]
    found: dict[str, Any] = next(each for each in groups if each["id"] == ref.native_id)
    return found


async def test_an_update_takes_one_patch(gateway: Gateway, dodo: DodoSimulator) -> None:
    """Null clears a field; nothing is read, because the group is not selected."""
    expected = dodo.snapshot()
    group_of(expected, MONTHLY).update(name=None, status=False)
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{USER_ERRORS} {PLAN}",
        id=encode_id(MONTHLY),
        input={"name": None, "status": "INACTIVE"},
    )
    body = {"group_name": None, "status": False}
    assert take_calls(dodo) == [("PATCH", path_of(MONTHLY), body)]
    assert payload == {
        "userErrors": [],
        "plan": [{"method": "PATCH", "path": path_of(MONTHLY)}],
    }
    assert dodo.snapshot() == expected
    assert (await read_group(gateway.sandbox, MONTHLY))[:2] == (None, False)


async def test_an_update_reads_once_if_the_group_is_selected(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """The number of selected fields does not matter; fields that are not given are not sent."""
    products = ids(members(dodo, MONTHLY))
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} more: {PRODUCTS} {USER_ERRORS}",
        id=encode_id(MONTHLY),
        input={"name": "Per month"},
    )
    assert take_calls(dodo) == [
        ("PATCH", path_of(MONTHLY), {"group_name": "Per month"}),
        ("GET", path_of(MONTHLY.collection), None),
    ]
    assert payload == {
        "group": {
            "id": encode_id(MONTHLY),
            "name": "Per month",
            "status": "ACTIVE",
            "access": None,
            "description": None,
            "templateName": None,
        },
        "more": {"products": {"nodes": [{"id": each} for each in products]}},
        "userErrors": [],
    }


async def test_an_empty_update_takes_no_call(gateway: Gateway, dodo: DodoSimulator) -> None:
    payload = await mutate(
        gateway, "groupUpdate", f"{USER_ERRORS} {PLAN}", id=encode_id(MONTHLY), input={}
    )
    assert payload == {"userErrors": [], "plan": []}
    assert take_calls(dodo) == []


@pytest.mark.parametrize("is_selected", [False, True])
async def test_a_reorder_of_twenty_takes_one_read_and_one_patch(
    gateway: Gateway,
    dodo: DodoSimulator,
    *,
    is_selected: bool,
) -> None:
    """Rows are sent in the order of their products and keep their ids; a selected group is read."""
    expected = dodo.snapshot()
    group_of(expected, GERMANY)["items"].reverse()
    order = members(dodo, GERMANY)[::-1]
    row_ids = [row["id"] for row in rows(dodo, GERMANY)][::-1]
    payload = await mutate(
        gateway,
        "groupReorderProducts",
        f"{PRODUCTS if is_selected else ''} {USER_ERRORS}",
        id=encode_id(GERMANY),
        productIds=ids(order),
    )
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        *([("GET", ACADEMY, None)] if is_selected else []),
    ]
    selected = {"group": {"products": {"nodes": [{"id": each} for each in ids(order)]}}}
    assert payload == {"userErrors": []} | (selected if is_selected else {})
    assert dodo.snapshot() == expected
    assert (len(order), (await read_group(gateway.sandbox, GERMANY))[2]) == (20, order)


async def test_an_assignment_of_twenty_takes_one_read_and_one_post(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """They come after the group's other products, in the requested order."""
    before, added = members(dodo, MONTHLY), ungrouped(dodo, 20)
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"assignedProductIds {USER_ERRORS} {PLAN}",
        id=encode_id(MONTHLY),
        productIds=ids(added),
    )
    assert len(added) == 20
    items = f"{path_of(MONTHLY)}/items"
    assert take_calls(dodo) == [
        ("GET", path_of(MONTHLY.collection), None),
        ("POST", items, new_rows(*added)),
    ]
    assert payload == {
        "assignedProductIds": ids(added),
        "userErrors": [],
        "plan": [{"method": "POST", "path": items}],
    }
    assert [row["product_id"] for row in rows(dodo, MONTHLY)] == [
        ref.native_id for ref in [*before, *added]
    ]
    assert await read_group(gateway.sandbox, MONTHLY) == ("Monthly", True, [*before, *added])


async def test_an_unassignment_of_twenty_takes_one_read_and_twenty_deletes_eight_at_once(
    gateway: Gateway, dodo: DodoSimulator, concurrency: ConcurrencyCounter
) -> None:
    """A row is deleted by its own id."""
    expected = dodo.snapshot()
    products = members(dodo, GERMANY)
    paths = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)]
    group_of(expected, GERMANY)["items"] = []
    for ref in products:
        expected["products"][ref.native_id]["collection_id"] = None
    payload = await mutate(
        gateway,
        "groupUnassignProducts",
        f"unassignedProductIds {USER_ERRORS} {PLAN}",
        id=encode_id(GERMANY),
        productIds=ids(products),
    )
    assert take_calls(dodo) == [("GET", ACADEMY, None), *(("DELETE", path, None) for path in paths)]
    assert (len(paths), concurrency.highest) == (20, 8)
    assert payload == {
        "unassignedProductIds": ids(products),
        "userErrors": [],
        "plan": [{"method": "DELETE", "path": path} for path in paths],
    }
    assert dodo.snapshot() == expected
    assert await read_group(gateway.sandbox, GERMANY) == ("Deutschland", True, [])


@pytest.mark.parametrize("is_selected", [False, True])
async def test_setting_the_current_products_only_reads(
    gateway: Gateway,
    dodo: DodoSimulator,
    *,
    is_selected: bool,
) -> None:
    """One read, from which the selected group comes."""
    expected = dodo.snapshot()
    products = ids(members(dodo, GERMANY))
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{PRODUCTS if is_selected else ''} {USER_ERRORS} {PLAN}",
        id=encode_id(GERMANY),
        productIds=products,
    )
    assert take_calls(dodo) == [("GET", ACADEMY, None)]
    selected = {"group": {"products": {"nodes": [{"id": each} for each in products]}}}
    assert payload == {"userErrors": [], "plan": []} | (selected if is_selected else {})
    assert dodo.snapshot() == expected


async def test_setting_products_adds_removes_and_reorders(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """Products are added first, so that the collection is never empty."""
    kept, removed = members(dodo, GERMANY)[:2], members(dodo, GERMANY)[2:]
    added = ungrouped(dodo, 2)
    wanted = [added[1], kept[1], kept[0], added[0]]
    deleted = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)[2:]]
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{PRODUCTS} {USER_ERRORS}",
        id=encode_id(GERMANY),
        productIds=ids(wanted),
    )
    row_ids = [row["id"] for row in rows(dodo, GERMANY)]
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("POST", f"{path_of(GERMANY)}/items", new_rows(added[1], added[0])),
        *(("DELETE", path, None) for path in deleted),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        ("GET", ACADEMY, None),
    ]
    assert payload == {
        "group": {"products": {"nodes": [{"id": each} for each in ids(wanted)]}},
        "userErrors": [],
    }
    assert len(removed) == 18
    assert (await read_group(gateway.sandbox, GERMANY))[2] == wanted


async def test_a_move_between_collections_removes_first(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """A product is in one collection only; after the move the position is set."""
    moved, current = members(dodo, GERMANY)[:2], members(dodo, MONTHLY)
    statuses = [row["status"] for row in rows(dodo, GERMANY)[:2]]
    deleted = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)[:2]]
    payload = await mutate(
        gateway,
        "groupMoveProducts",
        "toGroup { products(first: 100) { nodes { id } } } " + USER_ERRORS,
        fromGroupId=encode_id(GERMANY),
        toGroupId=encode_id(MONTHLY),
        productIds=ids(moved),
        position=1,
    )
    wanted = [current[0], *moved, *current[1:]]
    row_ids = [row["id"] for row in rows(dodo, MONTHLY)]
    body = [
        {"product_id": ref.native_id, "status": status}
        for ref, status in zip(moved, statuses, strict=True)
    ]
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("GET", path_of(MONTHLY.collection), None),
        *(("DELETE", path, None) for path in deleted),
        ("POST", f"{path_of(MONTHLY)}/items", {"products": body}),
        ("PATCH", path_of(MONTHLY), {"product_order": row_ids}),
        ("GET", path_of(MONTHLY.collection), None),
    ]
    assert payload == {
        "toGroup": {"products": {"nodes": [{"id": each} for each in ids(wanted)]}},
        "userErrors": [],
    }
    assert (await read_group(gateway.sandbox, MONTHLY))[2] == wanted
    assert (await read_group(gateway.sandbox, GERMANY))[2] == members(dodo, GERMANY)
    assert len(members(dodo, GERMANY)) == 18
