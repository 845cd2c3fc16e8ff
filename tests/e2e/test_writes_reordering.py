"""Reordering by moves over HTTP: the exact calls, the vendor's state and what its SDK reads."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.domain.refs import CollectionRef, GroupRef, Ref
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.documents import PRODUCTS, REVISION
from tests.e2e.dodo_sdk import read_group, read_group_refs
from tests.e2e.gateway import Gateway, open_gateway
from tests.providers.axim import seed as axim
from tests.providers.dodo.seed import (
    CRM,
    CRM_2024,
    GERMANY,
    ICONS,
    MONTHLY,
    YEARLY,
    collection_record,
    group,
    group_ref,
    members,
    path_of,
    row_id,
)
from tests.providers.reads import take_calls
from tests.providers.two_checkout import seed as two_checkout

pytestmark = pytest.mark.anyio

ARCHIVED_GROUP = group("Kestrel CRM 2024", "Monthly")
ACADEMY = path_of(GERMANY.collection)
GROUPS = "productCollection { groups(first: 100) { nodes { id } } }"
RESULT = "userErrors { __typename code field } plan { method path }"

Moves = Sequence[tuple[Ref, int]]


@pytest.fixture
def dodo(gateway: Gateway) -> DodoSimulator:
    """Return the simulator."""
    return gateway.sandbox.dodo


def group_refs(dodo: DodoSimulator, ref: CollectionRef) -> list[GroupRef]:
    """Return the groups of a collection in order."""
    return [group_ref(ref.native_id, each["id"]) for each in collection_record(dodo, ref)["groups"]]


def nodes(refs: Iterable[Ref]) -> dict[str, Any]:
    """Return a connection with these objects as a document selects it."""
    return {"nodes": [{"id": encode_id(ref)} for ref in refs]}


async def reorder(
    gateway: Gateway, ref: GroupRef | CollectionRef, moves: Moves, select: str, **more: Any
) -> dict[str, Any]:
    """Reorder the members of a group or a collection by moves; return the payload."""
    name = "groupReorderProducts" if isinstance(ref, GroupRef) else "productCollectionReorderGroups"
    data = await gateway.data(
        "mutation($id: ID!, $moves: [MoveInput!], $ifRevision: String, $dryRun: Boolean! = false) {"
        f" payload: {name}(id: $id, moves: $moves, ifRevision: $ifRevision, dryRun: $dryRun)"
        f" {{ {select} }} }}",
        id=encode_id(ref),
        moves=[{"id": encode_id(each), "newPosition": position} for each, position in moves],
        **more,
    )
    payload: dict[str, Any] = data["payload"]
    return payload


@pytest.mark.parametrize("is_selected", [False, True])
async def test_moves_of_products_take_one_read_and_one_patch(
    gateway: Gateway, dodo: DodoSimulator, *, is_selected: bool
) -> None:
    """The number of moves does not matter; selecting the group takes one more read."""
    first, second, *others, last = members(dodo, GERMANY)
    order = [last, second, first, *others]
    row_ids = [row_id(dodo, GERMANY, each) for each in order]

    payload = await reorder(
        gateway,
        GERMANY,
        [(first, 99), (last, 0), (first, 2)],
        f"{PRODUCTS if is_selected else ''} {RESULT}",
    )

    assert take_calls(dodo) == [
        ("GET", ACADEMY, None),
        ("PATCH", path_of(GERMANY), {"product_order": row_ids}),
        *([("GET", ACADEMY, None)] if is_selected else []),
    ]
    selected = {"group": {"products": nodes(order)}}
    assert payload == {
        "userErrors": [],
        "plan": [{"method": "PATCH", "path": path_of(GERMANY)}],
    } | (selected if is_selected else {})
    assert (len(order), (await read_group(gateway.sandbox, GERMANY))[2]) == (20, order)


@pytest.mark.parametrize("is_selected", [False, True])
async def test_moves_of_groups_take_one_read_and_one_patch(
    gateway: Gateway, dodo: DodoSimulator, *, is_selected: bool
) -> None:
    first, second, *others = group_refs(dodo, CRM)
    order = [second, *others, first]

    payload = await reorder(
        gateway, CRM, [(first, 99)], f"{GROUPS if is_selected else ''} {RESULT}"
    )

    assert take_calls(dodo) == [
        ("GET", path_of(CRM), None),
        ("PATCH", path_of(CRM), {"group_order": [each.native_id for each in order]}),
        *([("GET", path_of(CRM), None)] if is_selected else []),
    ]
    selected = {"productCollection": {"groups": nodes(order)}}
    assert payload == {
        "userErrors": [],
        "plan": [{"method": "PATCH", "path": path_of(CRM)}],
    } | (selected if is_selected else {})
    assert (len(order), await read_group_refs(gateway.sandbox, CRM)) == (4, order)


async def test_a_move_with_the_current_revision_takes_one_read_and_one_patch(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """One read finds the current revision and the current order."""
    for ref, moved in ((MONTHLY, members(dodo, MONTHLY)[0]), (CRM, MONTHLY)):
        revision = (await gateway.data(REVISION, id=encode_id(ref)))["node"]["revision"]
        take_calls(dodo)

        payload = await reorder(gateway, ref, [(moved, 1)], RESULT, ifRevision=revision)
        assert payload["userErrors"] == []
        assert [method for method, _, _ in take_calls(dodo)] == ["GET", "PATCH"]

        stale = await reorder(gateway, ref, [(moved, 0)], RESULT, ifRevision=revision)
        assert stale == {
            "userErrors": [
                {"__typename": "ConflictError", "code": "STALE", "field": ["ifRevision"]}
            ],
            "plan": [],
        }
        assert [method for method, _, _ in take_calls(dodo)] == ["GET"]


async def test_a_dry_run_of_moves_takes_one_read(gateway: Gateway, dodo: DodoSimulator) -> None:
    before = dodo.snapshot()

    products = await reorder(
        gateway, MONTHLY, [(members(dodo, MONTHLY)[0], 1)], RESULT, dryRun=True
    )
    groups = await reorder(gateway, CRM, [(YEARLY, 0)], RESULT, dryRun=True)

    assert products["plan"] == [{"method": "PATCH", "path": path_of(MONTHLY)}]
    assert groups["plan"] == [{"method": "PATCH", "path": path_of(CRM)}]
    assert take_calls(dodo) == [("GET", path_of(CRM), None)] * 2
    assert dodo.snapshot() == before


async def test_moves_that_change_nothing_take_one_read(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    first, *_, last = members(dodo, MONTHLY)
    before = dodo.snapshot()

    for moves in ([], [(first, 0)], [(last, 99)], [(first, 2), (first, 0)]):
        payload = await reorder(gateway, MONTHLY, moves, f"{PRODUCTS} {RESULT}")
        assert payload == {
            "group": {"products": nodes(members(dodo, MONTHLY))},
            "userErrors": [],
            "plan": [],
        }
        assert take_calls(dodo) == [("GET", path_of(CRM), None)]
    assert dodo.snapshot() == before


async def test_a_move_of_a_non_member_is_refused_after_one_read(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    """A product of another group, a product of no group, and a group of another collection."""
    before = dodo.snapshot()
    non_members: list[tuple[GroupRef | CollectionRef, Ref]] = [
        (MONTHLY, members(dodo, YEARLY)[0]),
        (MONTHLY, ICONS[0]),
        (CRM, GERMANY),
    ]
    for ref, non_member in non_members:
        payload = await reorder(gateway, ref, [(non_member, 0)], RESULT)
        assert payload == {
            "userErrors": [
                {
                    "__typename": "InvalidInputError",
                    "code": "NOT_A_PERMUTATION",
                    "field": ["moves", "0", "id"],
                }
            ],
            "plan": [],
        }
        assert take_calls(dodo) == [("GET", path_of(CRM), None)]
    assert dodo.snapshot() == before


async def test_a_move_in_an_archived_collection_is_refused_by_the_vendor(
    gateway: Gateway, dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()

    payload = await reorder(
        gateway, ARCHIVED_GROUP, [(members(dodo, ARCHIVED_GROUP)[0], 99)], RESULT
    )

    assert payload == {
        "userErrors": [{"__typename": "NotFoundError", "code": "NOT_FOUND", "field": ["id"]}],
        "plan": [],
    }
    assert [(method, path) for method, path, _ in take_calls(dodo)] == [
        ("GET", path_of(CRM_2024)),
        ("PATCH", path_of(ARCHIVED_GROUP)),
    ]
    assert dodo.snapshot() == before


async def test_moves_are_refused_without_a_call_at_vendors_without_an_order(
    gateway: Gateway,
) -> None:
    bedroom = axim.group_named(gateway.sandbox.axim, "Bedroom")
    bed = axim.product_ref(axim.product_ids(gateway.sandbox.axim, "Bedroom")[0])
    targets: list[tuple[GroupRef | CollectionRef, Ref]] = [
        (bedroom, bed),
        (axim.COLLECTION, bedroom),
        (two_checkout.UTILITIES, two_checkout.product_ref("FREE-READER")),
        (two_checkout.COLLECTION, two_checkout.UTILITIES),
    ]
    for ref, member in targets:
        payload = await reorder(gateway, ref, [(member, 0)], RESULT)
        assert payload == {
            "userErrors": [
                {"__typename": "UnsupportedError", "code": "UNSUPPORTED", "field": None}
            ],
            "plan": [],
        }
    assert take_calls(gateway.sandbox.axim) == []
    assert take_calls(gateway.sandbox.two_checkout) == []


RANDOM_MOVES = st.lists(
    st.lists(st.tuples(st.integers(0, 19), st.integers(0, 22)), max_size=6), min_size=1, max_size=6
)
"""Lists of moves: the number of a product, counted from 0, and its new position."""


@settings(max_examples=25, derandomize=True, deadline=None)
@given(mutations=RANDOM_MOVES)
async def test_random_moves_leave_the_order_of_a_python_list(
    mutations: list[list[tuple[int, int]]],
) -> None:
    """One mutation after another on the same group; a write only if the order changes."""
    async with open_gateway() as gateway:
        dodo = gateway.sandbox.dodo
        products = members(dodo, GERMANY)
        order = list(products)
        for drawn in mutations:
            moves = [(products[number], position) for number, position in drawn]
            before = list(order)
            for product, position in moves:
                order.remove(product)
                order.insert(position, product)

            payload = await reorder(gateway, GERMANY, moves, "userErrors { code }")

            assert payload == {"userErrors": []}
            methods = [method for method, _, _ in take_calls(dodo)]
            assert methods == (["GET"] if order == before else ["GET", "PATCH"])
            assert (await read_group(gateway.sandbox, GERMANY))[2] == order
            dodo.calls.clear()
