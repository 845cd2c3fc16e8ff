"""Dodo's column of the table of writes: exact calls, what Dodo holds, and what its SDK reads."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.gateway import Gateway
from tests.e2e.mutations import GROUP, PLAN, WHY, mutate
from tests.e2e.ways import Crowd
from tests.providers.dodo.seed import (
    GERMANY,
    MONTHLY,
    members,
    new_rows,
    path_of,
    product_ref,
    rows,
)
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ACADEMY = path_of(GERMANY.collection)
MEMBERS = "group { products(first: 100) { nodes { id } } }"


@pytest.fixture
def dodo(gateway: Gateway) -> DodoSimulator:
    """The vendor, played."""
    return gateway.sandbox.dodo


@pytest.fixture
async def sdk(gateway: Gateway) -> AsyncIterator[AsyncDodoPayments]:
    """The vendor's own client; an answer that it does not expect is an error."""
    async with AsyncDodoPayments(
        bearer_token="sk_test_sandbox",
        base_url="http://sandbox/dodo",
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(app=gateway.sandbox)),
        _strict_response_validation=True,
    ) as client:
        yield client


async def read_back(
    sdk: AsyncDodoPayments, ref: GroupRef
) -> tuple[str | None, bool, list[ProductRef]]:
    """Name, status and products of a group, as the vendor's own client reads them."""
    found = await sdk.product_collections.retrieve(ref.collection_id or "")
    (group,) = (each for each in found.groups if each.group_id == ref.native_id)
    products = [product_ref(row.product_id) for row in group.products]
    return group.group_name, group.status, products


def ids(refs: Sequence[ProductRef]) -> list[str]:
    """Global ids of products."""
    return [encode_id(ref) for ref in refs]


def free(dodo: DodoSimulator, count: int) -> list[ProductRef]:
    """Products that are on sale and in no collection."""
    found = [
        product_ref(native_id)
        for native_id, each in dodo.snapshot()["products"].items()
        if not each["archived"] and each["collection_id"] is None
    ]
    assert len(found) >= count
    return found[:count]


def group_of(state: dict[str, Any], ref: GroupRef) -> dict[str, Any]:
    """The record of a group in a snapshot."""
    groups = state["collections"][ref.collection_id]["groups"]
    found: dict[str, Any] = next(each for each in groups if each["id"] == ref.native_id)
    return found


async def test_updating_is_one_patch(
    gateway: Gateway, dodo: DodoSimulator, sdk: AsyncDodoPayments
) -> None:
    """What is null is cleared, and nothing is read, for the group is not selected."""
    expected = dodo.snapshot()
    group_of(expected, MONTHLY).update(name=None, status=False)
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{WHY} {PLAN}",
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
    assert (await read_back(sdk, MONTHLY))[:2] == (None, False)


async def test_updating_reads_once_if_the_group_is_selected(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """However much of it is selected; what is not given is not sent."""
    products = ids(members(dodo, MONTHLY))
    payload = await mutate(
        gateway,
        "groupUpdate",
        f"{GROUP} more: {MEMBERS} {WHY}",
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


async def test_updating_nothing_asks_nothing(gateway: Gateway, dodo: DodoSimulator) -> None:
    payload = await mutate(gateway, "groupUpdate", f"{WHY} {PLAN}", id=encode_id(MONTHLY), input={})
    assert payload == {"userErrors": [], "plan": []}
    assert take_calls(dodo) == []


@pytest.mark.parametrize("is_selected", [False, True])
async def test_reordering_twenty_is_one_read_and_one_patch(
    gateway: Gateway,
    dodo: DodoSimulator,
    sdk: AsyncDodoPayments,
    *,
    is_selected: bool,
) -> None:
    """Rows go in the order of their products, and keep their ids; a selected group is read."""
    expected = dodo.snapshot()
    group_of(expected, GERMANY)["items"].reverse()
    order = members(dodo, GERMANY)[::-1]
    row_ids = [row["id"] for row in rows(dodo, GERMANY)][::-1]
    payload = await mutate(
        gateway,
        "groupReorderProducts",
        f"{MEMBERS if is_selected else ''} {WHY}",
        id=encode_id(GERMANY),
        productIds=ids(order),
    )
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        *([("GET", ACADEMY, None)] if is_selected else []),
    ]
    shown = {"group": {"products": {"nodes": [{"id": each} for each in ids(order)]}}}
    assert payload == {"userErrors": []} | (shown if is_selected else {})
    assert dodo.snapshot() == expected
    assert (len(order), (await read_back(sdk, GERMANY))[2]) == (20, order)


async def test_assigning_twenty_is_one_read_and_one_post(
    gateway: Gateway, dodo: DodoSimulator, sdk: AsyncDodoPayments
) -> None:
    """They come behind those that are there, in the order asked."""
    before, added = members(dodo, MONTHLY), free(dodo, 20)
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"assignedProductIds {WHY} {PLAN}",
        id=encode_id(MONTHLY),
        productIds=ids(added),
    )
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
    assert await read_back(sdk, MONTHLY) == ("Monthly", True, [*before, *added])


async def test_unassigning_twenty_is_one_read_and_twenty_deletes_eight_at_once(
    gateway: Gateway, dodo: DodoSimulator, sdk: AsyncDodoPayments, crowd: Crowd
) -> None:
    """A row is taken out by its own id."""
    expected = dodo.snapshot()
    products = members(dodo, GERMANY)
    paths = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)]
    group_of(expected, GERMANY)["items"] = []
    for ref in products:
        expected["products"][ref.native_id]["collection_id"] = None
    payload = await mutate(
        gateway,
        "groupUnassignProducts",
        f"unassignedProductIds {WHY} {PLAN}",
        id=encode_id(GERMANY),
        productIds=ids(products),
    )
    assert take_calls(dodo) == [("GET", ACADEMY, None), *(("DELETE", path, None) for path in paths)]
    assert (len(paths), crowd.most) == (20, 8)
    assert payload == {
        "unassignedProductIds": ids(products),
        "userErrors": [],
        "plan": [{"method": "DELETE", "path": path} for path in paths],
    }
    assert dodo.snapshot() == expected
    assert await read_back(sdk, GERMANY) == ("Deutschland", True, [])


@pytest.mark.parametrize("is_selected", [False, True])
async def test_setting_to_what_is_there_only_reads(
    gateway: Gateway,
    dodo: DodoSimulator,
    *,
    is_selected: bool,
) -> None:
    """Once; the selected group is what was read."""
    expected = dodo.snapshot()
    products = ids(members(dodo, GERMANY))
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{MEMBERS if is_selected else ''} {WHY} {PLAN}",
        id=encode_id(GERMANY),
        productIds=products,
    )
    assert take_calls(dodo) == [("GET", ACADEMY, None)]
    shown = {"group": {"products": {"nodes": [{"id": each} for each in products]}}}
    assert payload == {"userErrors": [], "plan": []} | (shown if is_selected else {})
    assert dodo.snapshot() == expected


async def test_setting_adds_takes_out_and_orders(
    gateway: Gateway, dodo: DodoSimulator, sdk: AsyncDodoPayments
) -> None:
    """Adding comes first, so that the collection is never empty."""
    kept, gone = members(dodo, GERMANY)[:2], members(dodo, GERMANY)[2:]
    added = free(dodo, 2)
    wanted = [added[1], kept[1], kept[0], added[0]]
    going = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)[2:]]
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{MEMBERS} {WHY}",
        id=encode_id(GERMANY),
        productIds=ids(wanted),
    )
    row_ids = [row["id"] for row in rows(dodo, GERMANY)]
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("POST", f"{path_of(GERMANY)}/items", new_rows(added[1], added[0])),
        *(("DELETE", path, None) for path in going),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        ("GET", ACADEMY, None),
    ]
    assert payload == {
        "group": {"products": {"nodes": [{"id": each} for each in ids(wanted)]}},
        "userErrors": [],
    }
    assert len(gone) == 18
    assert (await read_back(sdk, GERMANY))[2] == wanted


async def test_moving_between_collections_takes_out_first(
    gateway: Gateway, dodo: DodoSimulator, sdk: AsyncDodoPayments
) -> None:
    """For a product is in one collection only; then they are put where they are wanted."""
    moved, there = members(dodo, GERMANY)[:2], members(dodo, MONTHLY)
    offered = [row["status"] for row in rows(dodo, GERMANY)[:2]]
    going = [f"{path_of(GERMANY)}/items/{row['id']}" for row in rows(dodo, GERMANY)[:2]]
    payload = await mutate(
        gateway,
        "groupMoveProducts",
        "toGroup { products(first: 100) { nodes { id } } } " + WHY,
        fromGroupId=encode_id(GERMANY),
        toGroupId=encode_id(MONTHLY),
        productIds=ids(moved),
        position=1,
    )
    wanted = [there[0], *moved, *there[1:]]
    row_ids = [row["id"] for row in rows(dodo, MONTHLY)]
    body = [
        {"product_id": ref.native_id, "status": status}
        for ref, status in zip(moved, offered, strict=True)
    ]
    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("GET", path_of(MONTHLY.collection), None),
        *(("DELETE", path, None) for path in going),
        ("POST", f"{path_of(MONTHLY)}/items", {"products": body}),
        ("PATCH", path_of(MONTHLY), {"product_order": row_ids}),
        ("GET", path_of(MONTHLY.collection), None),
    ]
    assert payload == {
        "toGroup": {"products": {"nodes": [{"id": each} for each in ids(wanted)]}},
        "userErrors": [],
    }
    assert (await read_back(sdk, MONTHLY))[2] == wanted
    assert (await read_back(sdk, GERMANY))[2] == members(dodo, GERMANY)
    assert len(members(dodo, GERMANY)) == 18
